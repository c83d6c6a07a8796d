"""What a table shows: columns, cells, and the source its rows come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from batch_tui.tui.text import Plain

GAP = 2
"""Cells between two columns."""


class Column(msgspec.Struct, frozen=True):
    """One column; a `grow` above 0 shares what width is left, the highest `drop` leaves first when cramped.

    Of the width that is left, `wanted` comes before any sharing.
    """

    id: str
    label: str
    width: int
    grow: int = 0
    drop: int = 0
    right: bool = False
    wanted: int = 0
    least: int = 0
    """Cells below its `width` that it can still be read in, where nothing more can be dropped."""
    spares: int = 0
    """Cells that it must leave over beside the widths of all, or it is dropped."""


class Cell(msgspec.Struct, frozen=True):
    """Runs of harmless text, each with the name of a tone (a component class without its prefix)."""

    parts: tuple[tuple[Plain, str], ...]

    @classmethod
    def of(cls, text: Plain, tone: str = "text") -> Cell:
        """A cell of one run."""
        return cls(((text, tone),))


class RowSource(Protocol):
    """What a table shows. Row numbers may shift at any time; keys may not."""

    def __len__(self) -> int: ...

    @property
    def last(self) -> int:
        """The row that the end key goes to."""

    def key(self, row: int) -> str:
        """The lasting name of a row."""

    def index_of(self, key: str) -> int | None:
        """Where a row stands now."""

    def nearest(self, key: str) -> int:
        """The row of a key, or where the cursor should go when these rows do not hold it."""

    def version(self, row: int) -> Hashable:
        """A value that differs when the row must be painted again."""

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        """A cell for each (column id, width); a single cell spans the whole row."""


def lay_out(columns: Sequence[Column], space: int) -> tuple[tuple[Column, int], ...]:
    """The columns that fit into so many cells, with their widths."""
    shown = list(columns)
    while len(shown) > 1:
        droppable = max(shown, key=lambda column: column.drop)
        needed = sum(one.width for one in shown) + GAP * (len(shown) - 1) + droppable.spares
        if droppable.drop == 0 or needed <= space:
            break
        shown.remove(droppable)
    over = sum(one.width for one in shown) + GAP * (len(shown) - 1) - space
    for place, one in enumerate(shown):
        if over > 0 and one.least:
            less = min(over, one.width - one.least)
            shown[place] = replace(one, width=one.width - less)
            over -= less
    spare = max(0, space - sum(one.width for one in shown) - GAP * (len(shown) - 1))
    widths = {}
    for one in shown:
        more = min(spare, max(0, one.wanted - one.width))
        widths[one.id] = one.width + more
        spare -= more
    shares = sum(one.grow for one in shown)
    return tuple((one, widths[one.id] + (spare * one.grow // shares if shares else 0)) for one in shown)
