"""The rows a scan has found so far, counted by kind and narrowed to one of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from batch_tui.results.result_line import KINDS

if TYPE_CHECKING:
    from batch_tui.results.line_index import LineIndex
    from batch_tui.results.row_selection import Filter, FoundRows


class ChosenRows(Sequence[int]):
    """Found rows of one kind, the suspicious ones, or all; grows with the scan. For one reading thread."""

    def __init__(self, index: LineIndex, found: FoundRows, chosen: Filter) -> None:
        self._index = index
        self._found = found
        self._chosen = chosen
        self._forget()

    def _forget(self) -> None:
        """Look again from the start: what counts as suspicious has changed."""
        self._version = self._index.suspicion_version
        self._rows = array("I")
        self._looked_at = 0
        self._counts: dict[str | None, int] = dict.fromkeys((None, "suspicious", *KINDS), 0)

    def counts(self) -> dict[str | None, int]:
        """How many found rows there are: of each kind, suspicious, and, under None, in all."""
        self._catch_up()
        return self._counts

    def __len__(self) -> int:
        self._catch_up()
        return len(self._rows)

    @overload
    def __getitem__(self, position: int) -> int: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[int]: ...
    def __getitem__(self, position: int | slice) -> int | Sequence[int]:
        self._catch_up()
        return self._rows[position]

    def nearest(self, row: int) -> int:
        """Position of a row, or of the next one after it; the last one when there is none."""
        length = len(self)
        return max(0, min(bisect_left(self._rows, row), length - 1))

    def index_of(self, row: int) -> int | None:
        """Position of a row among these, or None."""
        length = len(self)
        position = bisect_left(self._rows, row)
        return position if position < length and self._rows[position] == row else None

    def _catch_up(self) -> None:
        index, found = self._index, self._found
        if index.suspicion_version != self._version:
            self._forget()
        end = len(found)
        if end == self._looked_at:
            return
        counts, kinds, chosen = self._counts, index.kinds, self._chosen
        for row in found[self._looked_at : end]:
            kind, suspicious = KINDS[kinds[row]], index.is_suspicious(row)
            counts[kind] += 1
            counts["suspicious"] += suspicious
            if chosen is None or kind == chosen or (suspicious and chosen == "suspicious"):
                self._rows.append(row)
        counts[None] = end
        self._looked_at = end
