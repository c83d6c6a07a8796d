"""Chosen rows into a file of the user's: JSON lines byte for byte, CSV that is safe to open, Markdown to read."""

from __future__ import annotations

import csv
import errno
import io
import math
import os
import re
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from batch_tui.results.errors import ExportError, ExportExists, ExportStopped
from batch_tui.results.json_path import MISSING, show
from batch_tui.results.result_line import COUNT_LIMIT, mapping, parse
from batch_tui.results.result_row import answer_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import BinaryIO

    from batch_tui.results.json_path import JsonPath
    from batch_tui.results.result_line import Kind
    from batch_tui.results.result_row import ResultRow
    from batch_tui.results.results_file import ResultsFile

Format = Literal["jsonl", "csv", "markdown"]
CSV_COLUMNS = ("custom_id", "kind", "stop_reason", "model", "input_tokens", "output_tokens", "text")
_SAY_SOMETHING = ("succeeded", "errored", "canceled", "expired")
"""Kinds whose text is known; of the others a row has the line as it is."""
_ROWS_PER_REPORT = 500
_EXCEL_CELL = 32_767
"""Characters that Excel takes in a cell; what a longer one has beyond them is lost there."""
_PIPE_PAUSE = 0.05
"""Seconds between two looks whether a pipe has a reader."""
# What makes a spreadsheet take a cell for a formula, full-width forms included.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


class Output(Protocol):
    """What rows are written to."""

    def write(self, data: bytes, /) -> object:
        """Take all of these bytes."""
        ...


def export_results(
    file: ResultsFile,
    rows: Iterable[int],
    path: Path,
    format: Format,
    *,
    columns: Sequence[JsonPath] = (),
    overwrite: bool = False,
    on_progress: Callable[[int], None] | None = None,
    on_long_cells: Callable[[int], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> int:
    """Write rows to `path` in one step (it appears whole or not at all, mode 0600) and give their number.

    `columns` are added to a CSV, before the text. A link leads to the file to write, and one that is replaced keeps its
    mode; devices and pipes are written to as they are.
    `on_progress` is told the number of rows written so far, `on_long_cells` that of rows in a CSV that Excel cuts, if
    any. Raises ExportExists when there is such a file and `overwrite` is not set, ExportStopped when `should_stop` said
    so, ExportError when the disk refuses or results are kept in that file, and ResultsStoreError when a row
    cannot be read any more; nothing is left behind then.
    """
    path = Path(path)
    long_rows = 0

    def note_long() -> None:
        nonlocal long_rows
        long_rows += 1

    def write_all(out: BinaryIO) -> int:
        write = _writer(out, format, columns, note_long)
        written = 0
        for row in rows:
            if should_stop is not None and should_stop():
                left = "nothing" if special is None else f"only {written:,} of the rows"
                raise ExportStopped(f"The export to {path} was stopped; {left} was written.")
            write(out, file, row)
            written += 1
            if on_progress is not None and written % _ROWS_PER_REPORT == 0:
                on_progress(written)
        return written

    try:
        there = _status(path)
        special = None if there is None or stat.S_ISREG(there.st_mode) else there.st_mode
        if special is None:
            if there is not None and path.resolve().parent == file.path.resolve().parent:
                raise ExportError(f"{path} is what batch-tui keeps results in itself. Choose another place.")
            written = _write_in_one_step(path, there, write_all, overwrite=overwrite)
        else:
            with _open_special(path, special, should_stop, sleep, overwrite=overwrite) as out:
                written = write_all(out)
    except OSError as error:
        raise _failed(path, error) from error
    if on_progress is not None:
        on_progress(written)
    if on_long_cells is not None and long_rows:
        on_long_cells(long_rows)
    return written


def _status(path: Path) -> os.stat_result | None:
    """What is at the end of a path and its links; None for nothing."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _write_in_one_step(
    path: Path, there: os.stat_result | None, write_all: Callable[[BinaryIO], int], *, overwrite: bool
) -> int:
    if not overwrite and os.path.lexists(path):
        raise _exists(path)
    # A link stays one, and is not followed by a rename.
    target = path.resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:64]}.", suffix=".new", dir=target.parent)
    temporary = Path(name)
    try:
        with open(descriptor, "wb") as out:
            if there is not None:
                os.fchmod(descriptor, stat.S_IMODE(there.st_mode))
            written = write_all(out)
        _put_in_place(temporary, target, overwrite=overwrite)
    finally:
        temporary.unlink(missing_ok=True)
    return written


def _open_special(
    path: Path,
    mode: int,
    should_stop: Callable[[], bool] | None,
    sleep: Callable[[float], object],
    *,
    overwrite: bool,
) -> BinaryIO:
    """Open what is no file to keep rows in, for writing through it; a pipe is waited for until somebody reads it."""
    if stat.S_ISDIR(mode):
        raise ExportError(f"{path} is a directory. Name a file in it.")
    if stat.S_ISBLK(mode) and not overwrite:
        raise _exists(path)
    while True:
        # An open that blocks until there is a reader could not be stopped, and nothing tells when one comes.
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY | (os.O_NONBLOCK if stat.S_ISFIFO(mode) else 0))
            break
        except OSError as error:
            if error.errno != errno.ENXIO or not stat.S_ISFIFO(mode):
                raise
        if should_stop is not None and should_stop():
            raise ExportStopped(f"The export to {path} was stopped: nobody reads from it.")
        sleep(_PIPE_PAUSE)
    os.set_blocking(descriptor, True)
    return open(descriptor, "wb")


def cut_by_excel(rows: int) -> str:
    """The sentence about rows of a CSV with a cell that Excel cuts."""
    verb = "row has" if rows == 1 else "rows have"
    return f"{rows:,} {verb} a text of more than {_EXCEL_CELL:,} characters: Excel cuts it there."


def write_rows(
    out: Output, file: ResultsFile, rows: Iterable[int], format: Format, *, columns: Sequence[JsonPath] = ()
) -> None:
    """Write rows to an open stream, such as stdout; raises what that raises, and ResultsStoreError."""
    write = _writer(out, format, columns)
    for row in rows:
        write(out, file, row)


def _write_jsonl(out: Output, file: ResultsFile, row: int) -> None:
    out.write(file.line(row) + b"\n")


def _writer(
    out: Output, format: Format, columns: Sequence[JsonPath], on_long: Callable[[], object] = lambda: None
) -> Callable[[Output, ResultsFile, int], None]:
    if format == "csv":
        return _csv_writer(out, columns, on_long)
    return _write_jsonl if format == "jsonl" else _write_markdown


def _csv_writer(
    out: Output, columns: Sequence[JsonPath], on_long: Callable[[], object]
) -> Callable[[Output, ResultsFile, int], None]:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    *facts, answer = CSV_COLUMNS
    writer.writerow([*facts, *(_harmless(path.text) for path in columns), answer])

    def write(out: Output, file: ResultsFile, row: int) -> None:
        shown, line = file.row(row), file.line(row)
        value = parse(line)[0]
        extracted = (path.value(value) for path in columns)
        cells = (
            shown.custom_id,
            shown.kind,
            shown.stop_reason,
            shown.model,
            *_tokens(shown, value),
            *map(_cell, extracted),
            _said(shown.kind, value, line),
        )
        harmless = [_harmless(cell) for cell in cells]
        if any(isinstance(cell, str) and len(cell) > _EXCEL_CELL for cell in harmless):
            on_long()
        writer.writerow(harmless)
        flush(out)

    def flush(out: Output) -> None:
        # Lone surrogates have no UTF-8; their escape keeps the file readable.
        out.write(text.getvalue().encode("utf-8", "backslashreplace"))
        text.seek(0)
        text.truncate()

    flush(out)
    return write


def _write_markdown(out: Output, file: ResultsFile, row: int) -> None:
    """A section: the custom_id, the facts, and the answer fenced, so that nothing in it is taken for Markdown."""
    shown, line = file.row(row), file.line(row)
    value = parse(line)[0]
    text = _said(shown.kind, value, line)
    facts = [shown.kind, shown.stop_reason, shown.model]
    given, made = _tokens(shown, value)
    tokens = [*([] if given is None else [f"{given} tokens in"]), *([] if made is None else [f"{made} out"])]
    facts += [", ".join(tokens)]
    said = " · ".join(_one_line(fact) for fact in facts if fact)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    section = f"## {_one_line(shown.custom_id or f'line {row + 1}')}\n\n{said}\n\n"
    if text:
        section += f"{fence}text\n{text}\n{fence}\n\n"
    out.write(section.encode("utf-8", "backslashreplace"))


def _tokens(shown: ResultRow, value: object) -> tuple[int | None, int | None]:
    """The tokens that went in and came out; as the line says where they are more than a row tells of."""
    given, made = shown.input_tokens, shown.output_tokens
    if COUNT_LIMIT in (given, made):
        usage: Mapping[str, Any] = mapping(mapping(mapping(mapping(value).get("result")).get("message")).get("usage"))
        given = usage["input_tokens"] if given == COUNT_LIMIT else given
        made = usage["output_tokens"] if made == COUNT_LIMIT else made
    return given, made


def _said(kind: Kind, value: object, line: bytes) -> str:
    return answer_text(value) if kind in _SAY_SOMETHING else line.decode("utf-8", "replace")


def _one_line(text: str) -> str:
    return re.sub(r"([\\`*_~\[\]<>#|&])", r"\\\1", " ".join(text.split()))


def _cell(value: object) -> str | int | float:
    """A number as it is, which no spreadsheet takes for a formula; everything else as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return "" if value is MISSING else show(value)


def _harmless(cell: str | float | None) -> str | float | None:
    if not isinstance(cell, str):
        return cell
    # Many readers of CSV refuse the whole file for one NUL.
    cell = cell.replace("\0", "\N{SYMBOL FOR NULL}")
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _put_in_place(temporary: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    try:
        # Unlike a rename, a link fails if the name was taken meanwhile.
        os.link(temporary, path)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError:
        # A file system without links: look again, then rename.
        if os.path.lexists(path):
            raise _exists(path) from None
        temporary.replace(path)


def _exists(path: Path) -> ExportExists:
    return ExportExists(f"{path} exists. Choose another name, or say that it may be overwritten.")


def _failed(path: Path, error: OSError) -> ExportError:
    return ExportError(f"Could not export to {path}: {error.strerror or error}. Choose another place, then retry.")
