"""The lines of a results file as rows of a table, and while more may come, a last one that says so."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from batch_tui.results.result_line import KINDS
from batch_tui.results.row_selection import RowSelection
from batch_tui.tui.text import Plain, fit_middle, join, number, plain, size
from batch_tui.tui.trouble import describe
from batch_tui.tui.widgets.table_rows import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from batch_tui.results.result_row import ResultRow
    from batch_tui.results.row_selection import Filter
    from batch_tui.tui.context import OpenResults
    from batch_tui.tui.widgets.outcome_bar import Part

TAIL: Final = "tail"
"""Key of the last row; every other key is a line number."""

COLUMNS = (
    Column("number", "#", 7, right=True, drop=1),
    Column("custom_id", "CUSTOM_ID", 18, grow=1),
    Column("kind", "KIND", 12),
    Column("stop", "STOP", 10, drop=5),
    Column("input", "IN", 9, right=True, drop=4),
    Column("output", "OUT", 7, right=True, drop=3),
    Column("preview", "ANSWER", 20, grow=4),
)

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
    "expired": Plain("not sent within 24 h"),
}


class ResultRows:
    """A RowSource over the rows of one filter."""

    def __init__(self, opened: OpenResults, chosen: Filter, host: Plain) -> None:
        self._opened = opened
        self._host = host
        self._selection: Sequence[int] = () if opened.file is None else opened.file.rows(chosen)
        self._cells: dict[str, Callable[[ResultRow], Cell]] = {
            "number": lambda row: Cell.of(number(row.number + 1), "muted"),
            "kind": _kind,
            "stop": _stop,
            "input": lambda row: _tokens(row.input_tokens),
            "output": lambda row: _tokens(row.output_tokens),
            "preview": _preview,
        }

    def __len__(self) -> int:
        return len(self._selection) + (not self._whole)

    @property
    def last(self) -> int:
        return max(0, len(self) - 1)

    def key(self, row: int) -> str:
        return str(self._selection[row]) if row < len(self._selection) else TAIL

    def index_of(self, key: str) -> int | None:
        # The last row is a place, not a thing: what stands there changes as lines arrive.
        if key == TAIL or not isinstance(self._selection, RowSelection):
            return None
        return self._selection.index_of(int(key))

    def nearest(self, key: str) -> int:
        if key == TAIL:
            return max(0, len(self._selection) - 1)
        return min(bisect_left(self._selection, int(key)), max(0, len(self._selection) - 1))

    def next_without_answer(self, row: int, direction: int) -> int | None:
        """The next row in a direction whose request did not succeed, or None."""
        file, selection = self._opened.file, self._selection
        if file is None:
            return None
        kinds = file.index.kinds
        rows = range(row + 1, len(selection)) if direction > 0 else range(min(row, len(selection)) - 1, -1, -1)
        return next((each for each in rows if kinds[selection[each]] != _SUCCEEDED), None)

    def version(self, row: int) -> Hashable:
        return self._opened.progress if row >= len(self._selection) else 0

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        if row >= len(self._selection):
            return [self._tail()]
        file = self._opened.file
        if file is None:
            return [self._tail()]
        shown = file.row(self._selection[row])
        return [
            _custom_id(shown, cells) if column == "custom_id" else self._cells[column](shown)
            for column, cells in widths
        ]

    @property
    def _whole(self) -> bool:
        return self._opened.progress.state == "complete"

    def _tail(self) -> Cell:
        progress = self._opened.progress
        match progress.state:
            case "failed" if progress.error is not None:
                said = plain(str(describe(progress.error, host=self._host)))
                return Cell(((Plain("! The download stopped. P tries again. "), "error"), (said, "muted")))
            case "failed" | "stopped":
                return Cell.of(Plain("! The download stopped. P goes on."), "error")
            case "paused":
                return Cell.of(Plain("■ paused. P goes on."), "warning")
            case "waiting":
                return Cell.of(Plain("… more as you scroll; G fetches all"), "muted")
            case "retrying":
                return Cell.of(Plain("… the line dropped; picking up where it broke off"), "warning")
        return Cell.of(Plain(f"… downloading, {size(progress.bytes)} so far"), "muted")


def _custom_id(row: ResultRow, cells: int) -> Cell:
    if row.custom_id is None:
        return Cell.of(Plain("(none)"), "warning")
    return Cell.of(fit_middle(plain(row.custom_id), cells))


def _kind(row: ResultRow) -> Cell:
    """The kind, or for a success that is none, why."""
    if row.suspicious:
        odd = row.stop_reason if row.stop_reason not in (None, "end_turn", "stop_sequence") else "no text"
        return Cell.of(join(Plain("△ "), plain(odd or "")), "warning")
    return Cell((_KINDS.get(row.kind, (plain(f"? {row.kind}"), "warning")),))


def _stop(row: ResultRow) -> Cell:
    if row.stop_reason is None:
        return Cell.of(Plain("–"), "muted")
    return Cell.of(plain(row.stop_reason), "warning" if row.suspicious else "muted")


def _tokens(count: int | None) -> Cell:
    return Cell.of(Plain("–") if count is None else number(count), "muted")


def _preview(row: ResultRow) -> Cell:
    if row.kind in _NO_ANSWER:
        return Cell.of(_NO_ANSWER[row.kind], "muted")
    if row.kind == "succeeded":
        return Cell.of(plain(row.preview)) if row.preview else Cell.of(Plain("(no text)"), "warning")
    if row.kind == "errored":
        # What happened tells rows apart; its category repeats from row to row.
        category, _, said = row.preview.partition(": ")
        return Cell(((plain(said or category), "error"), (plain(f"  {category}" if said else ""), "muted")))
    return Cell.of(plain(row.preview), "warning")
