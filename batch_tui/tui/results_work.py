"""Work on results that takes a while: adding up, sorting, counting, writing out. Runs in threads; touches no widget."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from batch_tui.results.deep_json import compact_json
from batch_tui.results.export import cut_by_excel, export_results
from batch_tui.results.frequencies import frequencies
from batch_tui.results.pricing import Prices
from batch_tui.results.result_row import answer_text
from batch_tui.results.row_order import sort_rows
from batch_tui.results.server_tools import count_server_tools
from batch_tui.results.summary import ResultsSummary
from batch_tui.tui import mask
from batch_tui.tui.key_names import key_for
from batch_tui.tui.results_messages import LineFound, RecordText, RowsSorted, ValuesCounted
from batch_tui.tui.summary_page import SummaryPage
from batch_tui.tui.text import Plain, join, json_lines, lines, plain, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from batch_tui.results.export import Format
    from batch_tui.results.frequencies import Subject
    from batch_tui.results.json_path import JsonPath
    from batch_tui.results.results_file import Record, ResultsFile
    from batch_tui.results.row_order import SortKey

FORMATS: dict[str, Format] = {".jsonl": "jsonl", ".csv": "csv", ".md": "markdown"}
"""The format that each ending of a file name stands for."""

MOST_COPIED = 1_000_000
"""Characters that are handed to the terminal's clipboard: more is dropped by most, and holds some of them up."""


@dataclass(frozen=True, slots=True)
class Export:
    """Which rows of which file go where; `called` names the rows, `columns` are added to a .csv."""

    file: ResultsFile
    rows: Sequence[int]
    called: Plain
    path: Path
    columns: Sequence[JsonPath] = ()
    overwrite: bool = False


def summarise(
    file: ResultsFile, should_stop: Callable[[], bool], own_prices: Path | None
) -> tuple[Callable[[], list[tuple[str, str]]], str]:
    """The page of totals of a file, as far as it has come, and what limits them; empty when nothing does.

    The page is asked for whenever it is shown, and reads nothing more. Raises ResultsStoreError.
    """
    prices, problem = Prices.load_with(own_prices)
    tools = count_server_tools(file, should_stop=should_stop)
    summary = ResultsSummary.of(file, prices, should_stop=should_stop)
    return SummaryPage.of(summary, prices, tools, own_prices).lines, problem or ""


def sort(
    file: ResultsFile,
    should_stop: Callable[[], bool],
    *,
    basis: object,
    rows: Sequence[int],
    key: SortKey,
    reverse: bool,
) -> RowsSorted | None:
    """The rows in order, or None when told to stop."""
    ordered = sort_rows(file, rows, key, reverse=reverse, should_stop=should_stop)
    return None if ordered is None else RowsSorted(basis, ordered, key, reverse=reverse)


def count_values(
    file: ResultsFile, should_stop: Callable[[], bool], *, rows: Sequence[int], subject: Subject, whole: bool
) -> ValuesCounted | None:
    """How often each value occurs in these rows, or None when told to stop."""
    values = frequencies(file, rows, subject, should_stop=should_stop)
    return None if should_stop() else ValuesCounted(subject, values, whole=whole)


def find_line(file: ResultsFile, should_stop: Callable[[], bool], *, typed: str) -> LineFound:
    """The line of that number or custom_id; a custom_id of digits goes before a number."""
    looked = len(file)
    line = file.find_custom_id(typed)
    if line is None and typed.replace(",", "").isdecimal():
        number = int(typed.replace(",", ""))
        line = number - 1 if 0 < number <= looked else None
    if line is not None:
        return LineFound(file, typed, looked, line, Plain(""))
    said = Plain(f" is neither a custom_id nor a line here; {key_for('results.query', 'f')} id:… finds parts of one.")
    return LineFound(file, typed, looked, None, join(mask.written(plain(typed[:80])), said))


def record_text(file: ResultsFile, should_stop: Callable[[], bool], *, line: int, what: str) -> RecordText:
    """One record as a text: its answer, its custom_id, or its JSON laid out; harmless, as it goes to a terminal."""
    record = file.record(line)
    harmless = lines
    if what == "text":
        text = answer_text(record.value)
    elif what == "custom_id":
        text = record.custom_id or ""
    elif record.value is None:
        text = record.raw.decode("utf-8", "replace")
    else:
        text = _pretty(record.value) if _fits_json(record.value) else _pretty_as_written(record)
        # What is taken for JSON elsewhere must say what the record does.
        harmless = json_lines
    if what not in ("PAGER", "EDITOR") and len(text) > MOST_COPIED:
        # Not made harmless, as nothing is done with it but to say how long it is.
        return RecordText(text, what)
    return RecordText(harmless(text), what)


def _pretty(value: object) -> str:
    try:
        # Ten times as fast as the standard library's, which matters for records of many megabytes.
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except (ValueError, TypeError, OverflowError, RecursionError):
        return _pretty_slowly(value)


def _fits_json(value: object) -> bool:
    """Whether all numbers are such that JSON can have them: the encoder would make null of the others."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, float) and not math.isfinite(one):
            return False
        if isinstance(one, dict | list):
            left += one.values() if isinstance(one, dict) else one
    return True


def _pretty_as_written(record: Record) -> str:
    try:
        return msgspec.json.format(record.raw, indent=2).decode()
    except (ValueError, RecursionError):
        # NaN and the like, which the standard library reads and writes.
        return _pretty_slowly(record.value)


def _pretty_slowly(value: object) -> str:
    """Lone surrogates and integers of more than 64 bits too."""
    try:
        return json.dumps(value, indent=2, ensure_ascii=False)
    except RecursionError:
        # Indents of thousands of levels would be many times what they are to make readable.
        return compact_json(value)


def export(order: Export, on_progress: Callable[[int], None], should_stop: Callable[[], bool]) -> Plain:
    """Write the rows and say so. Raises ExportExists and other ExportErrors."""
    more: list[str] = []
    written = export_results(
        order.file,
        order.rows,
        order.path,
        FORMATS[order.path.suffix.lower()],
        columns=order.columns,
        overwrite=order.overwrite,
        on_progress=on_progress,
        on_long_cells=lambda rows: more.append(f". {cut_by_excel(rows)}"),
        should_stop=should_stop,
    )
    return join(Plain("Wrote "), plural(written, "row"), Plain(" to "), plain(str(order.path)), *map(Plain, more))
