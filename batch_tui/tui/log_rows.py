"""Rows of a log as it was, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import tzinfo

Entry = TypeVar("Entry")


class LogRows(Generic[Entry]):
    """All of a RowSource but its cells; keys count entries from the first, so they stay when more come."""

    def __init__(self, entries: Sequence[Entry], total: int, zone: tzinfo | None) -> None:
        self._entries = entries
        self._total = total
        self._zone = zone

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def last(self) -> int:
        return max(0, len(self) - 1)

    def at(self, row: int) -> Entry:
        """The entry of a row."""
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
