"""The marks of a table: they belong to keys, so they stay whatever rows are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.scroll_view import ScrollView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_tui.tui.widgets.table_rows import RowSource


class MarkedRows(ScrollView):
    """Marks and what is done with them; rows and cursor are those of the table that it becomes."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._marks: set[str] = set()
        self.unmarkable: frozenset[str] = frozenset()
        """Keys of rows that are places rather than things."""

    @property
    def source(self) -> RowSource:
        """What is shown."""
        raise NotImplementedError

    @property
    def cursor_key(self) -> str | None:
        """The key under the cursor, or None in an empty table."""
        raise NotImplementedError

    @property
    def cursor_row(self) -> int:
        """The row number under the cursor."""
        raise NotImplementedError

    def move_to(self, row: int) -> None:
        """Put the cursor on a row and bring it into view."""
        raise NotImplementedError

    def tell_marks(self) -> None:
        """Other rows are marked now."""
        raise NotImplementedError

    @property
    def marks(self) -> frozenset[str]:
        """The keys of marked rows, shown or not."""
        return frozenset(self._marks)

    def mark(self, keys: Iterable[str], *, on: bool) -> None:
        """Mark these keys, or take their marks away."""
        before = len(self._marks)
        if on:
            self._marks.update(set(keys) - self.unmarkable)
        else:
            self._marks.difference_update(keys)
        if len(self._marks) != before:
            self.refresh()
            self.tell_marks()

    def toggle_mark(self) -> None:
        """Mark the row under the cursor or unmark it, and go on to the next."""
        key = self.cursor_key
        if key is not None and key not in self.unmarkable:
            self.mark([key], on=key not in self._marks)
            self.move_to(self.cursor_row + 1)

    def mark_all_or_none(self, keys: Iterable[str]) -> None:
        """Mark these, or, where there are marks, take all of them away."""
        if self._marks:
            self.mark(self.marks, on=False)
        else:
            self.mark(keys, on=True)

    def mark_range(self) -> None:
        """Mark from the nearest marked row above the cursor (or, without one, below) to the cursor."""
        here, source = self.cursor_row, self.source
        marked = [row for row in map(source.index_of, self._marks) if row is not None]
        above = max((row for row in marked if row <= here), default=None)
        start = above if above is not None else min(marked, default=here)
        self.mark([source.key(row) for row in range(min(start, here), max(start, here) + 1)], on=True)
