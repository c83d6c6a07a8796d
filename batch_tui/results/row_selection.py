"""Row numbers as sequences that grow: those of one kind with their file, those of a scan with its findings."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import compress
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from batch_tui.results.line_index import is_odd
from batch_tui.results.result_line import KINDS, Kind

if TYPE_CHECKING:
    from batch_tui.results.line_index import LineIndex
    from batch_tui.results.search import Slice

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
        self._version = index.suspicion_version

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

    def nearest(self, row: int) -> int:
        """Position of a row, or of the next one that is here; the last one when there is none."""
        length = len(self)
        position = row if self._chosen is None else bisect_left(self._rows, row)
        return max(0, min(position, length - 1))

    def _catch_up(self) -> None:
        if self._chosen == "suspicious" and self._index.suspicion_version != self._version:
            # The verdict on earlier rows has changed.
            self._version = self._index.suspicion_version
            self._rows, self._seen = array("I"), 0
        published, seen = len(self._index), self._seen
        if published == seen:
            return
        if self._chosen == "suspicious":
            flags, wants_json = self._index.flags[seen:published], self._index.wants_json
            self._rows.extend(row for row, flag in enumerate(flags, seen) if is_odd(flag, wants_json))
        elif self._chosen is not None:
            wanted = KINDS.index(self._chosen)
            matching = bytes(number == wanted for number in range(256))
            self._rows.extend(compress(range(seen, published), self._index.kinds[seen:published].translate(matching)))
        self._seen = published


class FoundRows(Sequence[int]):
    """Rows that a scan has found so far, ascending; one thread appends, another reads.

    `upto`: every row before this one has been looked at.
    """

    def __init__(self) -> None:
        self._rows = array("I")
        self._published = (0, 0)

    @property
    def upto(self) -> int:
        return self._published[1]

    def append(self, found: Slice) -> None:
        """Take up the next step of the scan."""
        self._rows.extend(found.rows)
        # After the rows, and both together: a reader never sees a row that is not there yet.
        self._published = (len(self._rows), found.upto)

    def __len__(self) -> int:
        return self._published[0]

    @overload
    def __getitem__(self, position: int) -> int: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[int]: ...
    def __getitem__(self, position: int | slice) -> int | Sequence[int]:
        return self._rows[position]

    def index_of(self, row: int) -> int | None:
        """Position of a row among those found, or None."""
        length = len(self)
        position = bisect_left(self._rows, row, 0, length)
        return position if position < length and self._rows[position] == row else None
