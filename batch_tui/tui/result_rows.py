"""The lines of a results file as rows of a table, and while more may come, a last one that says so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from batch_tui.results.errors import ResultsInUse
from batch_tui.results.json_path import MISSING, show
from batch_tui.results.line_facts import SUSPICIOUS_STOP_REASONS
from batch_tui.results.long_row import long_row
from batch_tui.results.result_line import KINDS
from batch_tui.tui import mask
from batch_tui.tui.key_names import key_for
from batch_tui.tui.result_columns import EXTRACTED, tokens_said
from batch_tui.tui.text import Plain, fit_middle, join, number, plain, size
from batch_tui.tui.trouble import describe
from batch_tui.tui.widgets.table_rows import Cell

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from batch_tui.results.json_path import JsonPath
    from batch_tui.results.result_row import ResultRow
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.row_selection import FoundRows
    from batch_tui.results.search import SearchPattern
    from batch_tui.tui.context import OpenResults
    from batch_tui.tui.widgets.outcome_bar import Part

TAIL: Final = "tail"
"""Key of the last row; every other key is a line number."""

_FENCE: Final = re.compile(r"\A\s*```\w*[ \t]*\r?\n")
_BREAKS: Final = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")

_WRITTEN = ("custom_id", "preview")
"""Columns of what people and models wrote, beside the extracted ones."""

_LONGEST_LINE = 2**20
"""Bytes of a line that is parsed while painting."""

_SUCCEEDED = KINDS.index("succeeded")
_KINDS: dict[str, Part] = {
    "succeeded": (Plain("✓ succeeded"), "success"),
    "errored": (Plain("! errored"), "error"),
    "canceled": (Plain("⊘ canceled"), "muted"),
    "expired": (Plain("◷ expired"), "warning"),
    "unreadable": (Plain("✗ unreadable"), "error"),
}
_NO_ANSWER = {
    "canceled": Plain("canceled before it was sent"),
    "expired": Plain("not sent within 24h"),
}


@dataclass(frozen=True, slots=True)
class _Long:
    """A line that is too long to be read while painting."""

    row: ResultRow
    size: Plain


class LineNumbers(Protocol):
    """Line numbers in the order they are shown in; may grow."""

    def __len__(self) -> int: ...
    def __getitem__(self, position: int, /) -> int: ...
    def __iter__(self) -> Iterator[int]: ...
    def index_of(self, row: int) -> int | None:
        """Position of a line, or None."""

    def nearest(self, row: int) -> int:
        """Position of a line, or where the cursor should go when it is not there."""


@dataclass(frozen=True, slots=True)
class FileRows:
    """Lines of a file; held together, so that nobody looks for the lines of one file in another."""

    file: ResultsFile
    lines: LineNumbers


@dataclass(frozen=True, slots=True)
class Look:
    """What is shown of each row: extracted columns, and what was searched for."""

    columns: tuple[JsonPath, ...] = ()
    pattern: SearchPattern | None = None
    hits: FoundRows | None = None


class ResultRows:
    """A RowSource over lines of a results file, which may still grow; `chosen` None: there is no file yet."""

    def __init__(
        self,
        opened: OpenResults,
        chosen: FileRows | None,
        host: Plain,
        look: Look | None = None,
        *,
        tail: bool = True,
    ) -> None:
        self._opened = opened
        self._host = host
        self._chosen = chosen
        self._look = look or Look()
        self._tail_shown = tail
        self._cells: dict[str, Callable[[ResultRow], Cell]] = {
            "number": self._number,
            "kind": _kind,
            "stop": _stop,
            "input": lambda row: _tokens(row.input_tokens),
            "output": lambda row: _tokens(row.output_tokens),
            "preview": self._preview,
        }

    @property
    def lines(self) -> LineNumbers | Sequence[int]:
        """The line numbers that are shown, in order."""
        return () if self._chosen is None else self._chosen.lines

    def _line(self, row: int) -> int | None:
        """The line that stands there; None for the last row, and where the lines became fewer a moment ago."""
        try:
            return self.lines[row]
        except IndexError:
            return None

    def __len__(self) -> int:
        return len(self.lines) + (not self._whole)

    @property
    def last(self) -> int:
        return max(0, len(self) - 1)

    def key(self, row: int) -> str:
        line = self._line(row)
        return TAIL if line is None else str(line)

    def index_of(self, key: str) -> int | None:
        # The last row is a place, not a thing: what stands there changes as lines arrive.
        return None if key == TAIL or self._chosen is None else self._chosen.lines.index_of(int(key))

    def nearest(self, key: str) -> int:
        if key == TAIL or self._chosen is None:
            return max(0, len(self.lines) - 1)
        return self._chosen.lines.nearest(int(key))

    def next_where(self, row: int, direction: int, wanted: Callable[[int], bool]) -> int | None:
        """The next row in a direction whose line is wanted, or None."""
        lines = self.lines
        rows = range(row + 1, len(lines)) if direction > 0 else range(min(row, len(lines)) - 1, -1, -1)
        return next((each for each in rows if wanted(lines[each])), None)

    def next_without_answer(self, row: int, direction: int) -> int | None:
        """The next row in a direction whose request did not succeed, or None."""
        if self._chosen is None:
            return None
        kinds = self._chosen.file.index.kinds
        return self.next_where(row, direction, lambda line: kinds[line] != _SUCCEEDED)

    def version(self, row: int) -> Hashable:
        line = self._line(row)
        if line is None or self._chosen is None:
            return self._opened.progress
        return self._is_hit(line), self._chosen.file.index.suspicion_version

    def _is_hit(self, line: int) -> bool:
        return self._look.hits is not None and self._look.hits.index_of(line) is not None

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        line = self._line(row)
        if line is None or self._chosen is None:
            return [self._tail()]
        file = self._chosen.file
        return [
            cell if column not in _WRITTEN and not column.startswith(EXTRACTED) else _masked(cell)
            for (column, _), cell in zip(widths, self._shown(file, line, widths), strict=True)
        ]

    def _shown(self, file: ResultsFile, line: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        long = self._long(file, line)
        if long is not None:
            return [self._long_cell(long, column, cells) for column, cells in widths]
        shown = file.row(line)
        return [
            _custom_id(shown, cells)
            if column == "custom_id"
            else self._extracted(file, line, int(column.removeprefix(EXTRACTED)))
            if column.startswith(EXTRACTED)
            else self._cells[column](shown)
            for column, cells in widths
        ]

    @staticmethod
    def _long(file: ResultsFile, line: int) -> _Long | None:
        """A line that is too long to be read while painting, or None."""
        start, stop = file.index.span(line)
        row = long_row(file, line) if stop - start > _LONGEST_LINE else None
        return None if row is None else _Long(row, size(stop - start))

    def _long_cell(self, long: _Long, column: str, cells: int) -> Cell:
        if column == "custom_id":
            return _custom_id(long.row, cells)
        if column == "preview":
            return Cell.of(
                join(Plain("("), long.size, Plain(f"; {key_for('results.open', 'enter')} reads it)")), "muted"
            )
        if column.startswith(EXTRACTED):
            return Cell.of(Plain("(line over 1 MB)"), "faint")
        return self._cells[column](long.row)

    def _extracted(self, file: ResultsFile, line: int, place: int) -> Cell:
        value = self._look.columns[place].value(file.record(line).value)
        return Cell.of(Plain("–"), "muted") if value is MISSING else Cell.of(plain(show(value)[:300]))

    def seen(self, first: int, last: int) -> list[ResultRow]:
        """The rows that stand there, but for those too long to be read while painting."""
        if self._chosen is None:
            return []
        file = self._chosen.file
        return [file.row(line) for line in self._from(first, last + 1 - first) if self._long(file, line) is None]

    def _from(self, first: int, count: int) -> list[int]:
        """As many lines as stand there, from a row on."""
        return [line for row in range(first, first + count) if (line := self._line(row)) is not None]

    def has_value(self, path: JsonPath, first: int, count: int) -> bool:
        """Whether any of these rows, none of which is too long to be read while painting, has something there."""
        if self._chosen is None:
            return False
        file = self._chosen.file
        return any(
            self._long(file, line) is None and path.value(file.record(line).value) is not MISSING
            for line in self._from(first, count)
        )

    def _number(self, row: ResultRow) -> Cell:
        return Cell.of(number(row.number + 1), "accent" if self._is_hit(row.number) else "muted")

    def _preview(self, row: ResultRow) -> Cell:
        cell = _preview(row)
        pattern = self._look.pattern
        return cell if pattern is None or not self._is_hit(row.number) else highlighted(cell, pattern)

    @property
    def _whole(self) -> bool:
        return not self._tail_shown or self._opened.progress.state == "complete"

    def _tail(self) -> Cell:
        progress = self._opened.progress
        if self._whole:
            # A row that is gone: it is painted once more before the table is told.
            return Cell.of(Plain(""))
        match progress.state:
            case "failed" if progress.error is not None:
                said = plain(str(describe(progress.error, host=self._host)))
                return Cell(
                    (
                        (Plain(f"! The download stopped. {key_for('results.pause', 'P')} tries again. "), "error"),
                        (said, "muted"),
                    )
                )
            case "failed" | "stopped":
                return Cell.of(Plain(f"! The download stopped. {key_for('results.pause', 'P')} goes on."), "error")
            case "paused":
                return Cell.of(Plain(f"■ paused. {key_for('results.pause', 'P')} goes on."), "warning")
            case "waiting":
                return Cell.of(Plain(f"… more as you scroll; {key_for('table.last', 'G')} fetches all"), "muted")
            case "checking":
                return Cell.of(Plain("… checking what is saved"), "muted")
            case "retrying" if isinstance(progress.error, ResultsInUse):
                return Cell.of(Plain("… another batch-tui is downloading them"), "warning")
            case "retrying":
                return Cell.of(Plain("… the line dropped; picking up where it broke off"), "warning")
        return Cell.of(Plain(f"… downloading, {size(progress.bytes)} so far"), "muted")


def _masked(cell: Cell) -> Cell:
    return Cell.of(mask.DOTS, "muted") if mask.is_on() else cell


def highlighted(cell: Cell, pattern: SearchPattern) -> Cell:
    """The cell with what was searched for standing out."""
    parts: list[Part] = []
    for text, tone in cell.parts:
        end = 0
        for start, stop in pattern.spans(text):
            parts += [(Plain(text[end:start]), tone), (Plain(text[start:stop]), "match")]
            end = stop
        parts.append((Plain(text[end:]), tone))
    return Cell(tuple(part for part in parts if part[0]))


def _custom_id(row: ResultRow, cells: int) -> Cell:
    if row.custom_id is None:
        return Cell.of(Plain("(none)"), "warning")
    if not row.custom_id.strip():
        # Blanks alone would look like nothing at all.
        return Cell.of(join(Plain('"'), plain(row.custom_id[:cells]), Plain('"')), "warning")
    return Cell.of(fit_middle(plain(row.custom_id), cells))


def _kind(row: ResultRow) -> Cell:
    """The kind, or for a success that is none, why."""
    if row.suspicious:
        why = "no text" if row.silent else "not JSON"
        odd = row.stop_reason if row.stop_reason in SUSPICIOUS_STOP_REASONS else why
        return Cell.of(join(Plain("△ "), plain(odd or "")), "warning")
    return Cell((_KINDS.get(row.kind, (plain(f"? {row.kind}"), "warning")),))


def _stop(row: ResultRow) -> Cell:
    if row.stop_reason is None:
        return Cell.of(Plain("–"), "muted")
    return Cell.of(plain(row.stop_reason), "warning" if row.suspicious else "muted")


def _tokens(count: int | None) -> Cell:
    return Cell.of(tokens_said(count), "muted")


def _tight(text: str) -> str:
    """An answer as one line: the fence that many JSON answers begin with and the indents would take all the room."""
    return _BREAKS.sub(" ", _FENCE.sub("", text))


def _preview(row: ResultRow) -> Cell:
    if row.kind in _NO_ANSWER:
        return Cell.of(_NO_ANSWER[row.kind], "muted")
    if row.kind == "succeeded":
        return Cell.of(plain(_tight(row.preview))) if row.preview else Cell.of(Plain("(no text)"), "warning")
    if row.kind == "errored":
        # What happened tells rows apart; its category repeats from row to row.
        category, _, said = row.preview.partition(": ")
        return Cell(((plain(said or category), "error"), (plain(f"  {category}" if said else ""), "muted")))
    return Cell.of(plain(row.preview), "warning")
