"""What was asked of the API lately as rows of a table, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.monitor.activity_log import LoggedRequest
from batch_tui.tui.log_rows import LogRows
from batch_tui.tui.text import Plain, number, plain
from batch_tui.tui.widgets.table_rows import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_tui.tui.widgets.outcome_bar import Part

COLUMNS = (
    Column("at", "TIME", 8),
    Column("status", "STATUS", 6),
    Column("ms", "MS", 6, right=True),
    Column("asked", "REQUEST", 44, grow=1),
    Column("id", "REQUEST ID", 28, drop=1),
)
_SLOW = 1_000
"""Milliseconds from which an answer was slow enough to stand out."""


class ActivityRows(LogRows[LoggedRequest]):
    """A RowSource over the requests as they were."""

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        one = self.at(row)
        query = "&".join(f"{name}={value}" for name, value in one.query)
        made = {
            "at": Cell.of(Plain(f"{one.at.astimezone(self._zone):%H:%M:%S}"), "muted"),
            "asked": Cell(
                (
                    (plain(f"{one.method:6} {one.path}"), "text"),
                    (plain(f"?{query}" if query else ""), "muted"),
                    *self._aside(one),
                )
            ),
            "status": self._status(one),
            "ms": Cell.of(number(round(one.milliseconds)), "warning" if one.milliseconds >= _SLOW else "text"),
            "id": Cell.of(plain(one.request_id or ""), "muted"),
        }
        return [made[column] for column, _ in widths]

    @staticmethod
    def _status(one: LoggedRequest) -> Cell:
        if one.status is None:
            return Cell.of(Plain("! none"), "error")
        if one.failure is None:
            return Cell.of(Plain(f"✓ {one.status}"), "success")
        return Cell.of(Plain(f"! {one.status}"), "error" if one.status >= 500 else "warning")

    @staticmethod
    def _aside(one: LoggedRequest) -> tuple[Part, ...]:
        """What went wrong, and which try it was."""
        failure = plain(f"  {one.failure}") if one.failure is not None else Plain("")
        again = Plain(f" try {one.attempt + 1}" if one.attempt else "")
        return (failure, "error"), (again, "muted")
