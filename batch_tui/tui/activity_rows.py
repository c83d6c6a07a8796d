"""What was asked of the API lately as rows of a table, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.tui.text import Plain, fit, number, plain
from batch_tui.tui.widgets.table_rows import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import tzinfo

    from batch_tui.monitor.activity_log import LoggedRequest

COLUMNS = (
    Column("at", "TIME", 8),
    Column("method", "METHOD", 6, drop=2),
    Column("status", "STATUS", 9),
    Column("ms", "MS", 6, right=True),
    Column("path", "PATH", 22, grow=3),
    Column("failure", "WHAT WENT WRONG", 15, grow=1, drop=1),
    Column("request", "REQUEST ID", 28, drop=3),
)
_SLOW = 1_000
"""Milliseconds from which an answer was slow enough to stand out."""


class ActivityRows:
    """A RowSource over a log as it was; keys count requests from the first, so they stay when more come."""

    def __init__(self, entries: Sequence[LoggedRequest], total: int, zone: tzinfo | None) -> None:
        self._entries = entries
        self._total = total
        self._zone = zone

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def last(self) -> int:
        return max(0, len(self) - 1)

    def at(self, row: int) -> LoggedRequest:
        """The request of a row."""
        return self._entries[-1 - row]

    def key(self, row: int) -> str:
        return str(self._total - row)

    def index_of(self, key: str) -> int | None:
        row = self._total - int(key)
        return row if 0 <= row < len(self) else None

    def nearest(self, key: str) -> int:
        return max(0, min(self._total - int(key), len(self) - 1))

    def version(self, row: int) -> Hashable:
        return 0

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        one = self.at(row)
        query = "&".join(f"{name}={value}" for name, value in one.query)
        made = {
            "at": Cell.of(Plain(f"{one.at.astimezone(self._zone):%H:%M:%S}"), "muted"),
            "method": Cell.of(plain(one.method)),
            "path": Cell(((plain(one.path), "text"), (plain(f"?{query}" if query else ""), "muted"))),
            "status": self._status(one),
            "ms": Cell.of(number(round(one.milliseconds)), "warning" if one.milliseconds >= _SLOW else "text"),
            "failure": self._failure(one),
            "request": Cell.of(plain(one.request_id or ""), "muted"),
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
    def _failure(one: LoggedRequest) -> Cell:
        again = Plain(f"{one.attempt + 1}. try") if one.attempt else Plain("")
        if one.failure is None:
            return Cell.of(again, "muted")
        return Cell(((fit(plain(one.failure), 60), "error"), (Plain(f" · {again}" if again else ""), "muted")))
