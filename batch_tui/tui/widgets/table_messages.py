"""What a table says to the screen it is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from batch_tui.tui.widgets.virtual_table import VirtualTable


class TableMessage(Message):
    """Something a table says; `control` is the table."""

    def __init__(self, table: VirtualTable) -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> VirtualTable:
        return self.table


class CursorMoved(TableMessage):
    """The cursor now stands on another row; `key` is None in an empty table."""

    def __init__(self, table: VirtualTable, key: str | None) -> None:
        super().__init__(table)
        self.key = key

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, CursorMoved)


class RowOpened(TableMessage):
    """The user asked to open the row under the cursor."""

    def __init__(self, table: VirtualTable, key: str) -> None:
        super().__init__(table)
        self.key = key


class BottomNeared(TableMessage):
    """The view came within a screenful of the last row."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, BottomNeared)


class EndAsked(TableMessage):
    """The user wants the very end, so everything that is still to come."""


class Viewed(TableMessage):
    """Which rows are on screen now, first and last."""

    def __init__(self, table: VirtualTable, first: int, last: int) -> None:
        super().__init__(table)
        self.first = first
        self.last = last

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Viewed)


class MarksChanged(TableMessage):
    """Other rows are marked now."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, MarksChanged)
