"""Counts of rows, such as tokens read from a cache: most batches have none of most kinds."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Sequence


class CountColumn:
    """A column of 32-bit counts that takes no memory as long as all of them are 0; one thread adds, others read."""

    def __init__(self) -> None:
        self._zeros = 0
        self._counts: array[int] | None = None

    def __len__(self) -> int:
        return self._zeros if self._counts is None else len(self._counts)

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> array[int]: ...
    def __getitem__(self, place: int | slice) -> int | array[int]:
        """The count of a row; IndexError past the last one. Of several rows, a copy."""
        counts = self._counts
        if counts is not None:
            return counts[place]
        rows = range(self._zeros)[place]
        return 0 if isinstance(rows, int) else _zeros(len(rows))

    def extend(self, counts: Sequence[int]) -> None:
        """Add the counts of further rows."""
        if self._counts is None:
            packed = array("I", counts)
            if packed == _zeros(len(packed)):
                self._zeros += len(packed)
                return
            self._counts = _zeros(self._zeros)
        self._counts.extend(counts)

    def cut(self, rows: int) -> None:
        """Forget the counts of all but the first rows."""
        self._zeros = min(self._zeros, rows)
        if self._counts is not None:
            del self._counts[rows:]


def _zeros(number: int) -> array[int]:
    return array("I", [0]) * number
