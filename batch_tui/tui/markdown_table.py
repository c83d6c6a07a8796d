"""A Markdown table as rows of a width: columns as wide as they need, or a line per cell where they do not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from batch_tui.tui.wrapping import breaks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_tui.tui.wrapping import Span

_BETWEEN = " │ "
_NARROWEST = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """The harmless text of a cell with its spans; `right` aligns it there."""

    text: str
    spans: Sequence[Span]
    right: bool = False


TableRow = tuple[str, list["Span"], str]
"""Text, spans and tone."""


def laid_out(table: Sequence[Sequence[Cell]], room: int) -> Iterator[TableRow]:
    """The rows of a table whose first row is its heading, in at most `room` cells."""
    columns = max((len(row) for row in table), default=0)
    widths = _widths(table, columns, room - len(_BETWEEN) * (columns - 1))
    if widths is None:
        yield from _as_list(table, room)
        return
    for place, row in enumerate(table):
        yield from _row(row, widths, "heading" if place == 0 else "text")
        if place == 0:
            yield "─┼─".join("─" * width for width in widths), [], "faint"


def _widths(table: Sequence[Sequence[Cell]], columns: int, room: int) -> list[int] | None:
    """How wide each column is, or None where even narrow ones have no room."""
    if room < columns * _NARROWEST:
        return None
    natural = [
        max((cell_len(row[column].text.replace("\n", " ")) for row in table if column < len(row)), default=0) or 1
        for column in range(columns)
    ]
    if sum(natural) <= room:
        return natural
    # What narrow columns leave over goes to the wide ones, in equal shares.
    widths = [0] * columns
    left, waiting = room, sorted(range(columns), key=natural.__getitem__)
    while waiting:
        column = waiting.pop(0)
        widths[column] = min(natural[column], left // (len(waiting) + 1))
        left -= widths[column]
    return widths


def _row(row: Sequence[Cell], widths: Sequence[int], tone: str) -> Iterator[TableRow]:
    pieces = [list(_pieces(cell, width)) for cell, width in zip(row, widths, strict=False)]
    for place in range(max((len(each) for each in pieces), default=0)):
        text, spans = "", []
        for column, width in enumerate(widths):
            said, inside = pieces[column][place] if column < len(pieces) and place < len(pieces[column]) else ("", [])
            blank = " " * max(width - cell_len(said), 0)
            right = column < len(row) and row[column].right
            start = len(text) + (len(blank) if right else 0)
            spans += [(start + begin, start + end, other) for begin, end, other in inside]
            text += blank + said if right else said + blank
            if column < len(widths) - 1:
                spans.append((len(text), len(text) + len(_BETWEEN), "faint"))
                text += _BETWEEN
        yield text.rstrip(), spans, tone


def _pieces(cell: Cell, width: int) -> Iterator[tuple[str, list[Span]]]:
    """The cell in rows of at most `width` cells."""
    text = cell.text.replace("\n", " ")
    for start, stop in breaks(text, max(width, 2)):
        inside = [
            (max(begin, start) - start, min(end, stop) - start, tone)
            for begin, end, tone in cell.spans
            if begin < stop and end > start
        ]
        yield text[start:stop], inside


def _as_list(table: Sequence[Sequence[Cell]], room: int) -> Iterator[TableRow]:
    heading = [cell.text.replace("\n", " ") for cell in table[0]] if table else []
    if len(table) == 1:
        for name in heading:
            yield from ((name[start:stop], [], "heading") for start, stop in breaks(name, room))
    for number, row in enumerate(table[1:]):
        if number:
            yield "", [], "text"
        for column, cell in enumerate(row):
            name = f"{heading[column] if column < len(heading) else column + 1}: "
            text = name + cell.text.replace("\n", " ")
            for start, stop in breaks(text, room):
                named = [(0, min(len(name) - start, stop - start), "muted")] if start < len(name) else []
                yield text[start:stop], named, "text"
