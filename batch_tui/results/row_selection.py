"""The row numbers of one filter, as a sequence that grows with its file."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from batch_tui.results.line_facts import SUSPICIOUS
from batch_tui.results.result_line import KINDS, Kind

if TYPE_CHECKING:
    from batch_tui.results.line_index import LineIndex

Filter: TypeAlias = Kind | Literal["suspicious"] | None
"""One kind, the suspicious successes, or every row."""


class RowSelection(Sequence[int]):
    """Row numbers that pass a filter, in file order. `len()` looks at the rows that came since the last look.

    For one reading thread; ask the file for another selection on another thread.
    """

    def __init__(self, index: LineIndex, chosen: Filter) -> None:
        self._index = index
        self._chosen = chosen
        self._rows = array("I")
        self._seen = 0

    def __len__(self) -> int:
        if self._chosen is None:
            return len(self._index)
        self._catch_up()
        return len(self._rows)

    @overload
    def __getitem__(self, position: int) -> int: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[int]: ...
    def __getitem__(self, position: int | slice) -> int | Sequence[int]:
        length = len(self)
        if self._chosen is None:
            return range(length)[position]
        return self._rows[position]

    def index_of(self, row: int) -> int | None:
        """Position of a row in this selection, or None when the filter leaves it out."""
        length = len(self)
        if self._chosen is None:
            return row if 0 <= row < length else None
        position = bisect_left(self._rows, row)
        return position if position < length and self._rows[position] == row else None

    def _catch_up(self) -> None:
        published, seen = len(self._index), self._seen
        if published == seen:
            return
        if self._chosen == "suspicious":
            flags = self._index.flags[seen:published]
            self._rows.extend(row for row, flag in enumerate(flags, seen) if flag & SUSPICIOUS)
        elif self._chosen is not None:
            wanted = KINDS.index(self._chosen)
            kinds = self._index.kinds[seen:published]
            self._rows.extend(row for row, kind in enumerate(kinds, seen) if kind == wanted)
        self._seen = published
