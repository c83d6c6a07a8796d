"""Long text as rows of a width: linear in its length, whatever it holds, and free of any widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, get_character_cell_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = tuple[str, str]
"""Text of one row and its tone."""

Span = tuple[int, int, str]
"""Where a part of a row starts and stops, and the tone it has instead."""


def wrap(page: Iterable[tuple[str, str]], cells: int) -> list[Row]:
    """Rows of at most so many cells from texts with tones; texts may hold line breaks."""
    cells = max(cells, 2)
    return [
        (line[start:stop], tone)
        for text, tone in page
        for line in text.split("\n")
        for start, stop in breaks(line, cells)
    ]


def wrap_hanging(page: Iterable[tuple[str, str]], cells: int) -> list[Row]:
    """The same, where rows that go on stand below the first letter of their line."""
    rows: list[Row] = []
    for text, tone in page:
        for line in text.split("\n"):
            said = line.lstrip(" ")
            indent = min(len(line) - len(said), cells // 2)
            rows += [(" " * indent + said[start:stop], tone) for start, stop in breaks(said, max(cells - indent, 2))]
    return rows


def unwrapped(page: Iterable[tuple[str, str]]) -> list[Row]:
    """Lines as long as they are."""
    return [(line, tone) for text, tone in page for line in text.split("\n")]


def breaks(line: str, cells: int) -> Iterator[tuple[int, int]]:
    """Where the rows of a line start and stop, for rows of at most so many cells; always at least one."""
    start, end = 0, len(line)
    narrow = line.isascii()
    while True:
        stop = min(start + cells, end) if narrow else _reach(line, start, cells)
        if stop >= end:
            yield start, end
            return
        # Break after a blank where there is one in the second half; a long word is cut.
        blank = line.rfind(" ", start + (stop - start) // 2, stop + 1)
        if blank > start:
            yield start, blank
            start = blank + 1
        else:
            yield start, stop
            start = stop


def _reach(line: str, start: int, cells: int) -> int:
    """How far so many cells reach from a position."""
    piece = line[start : start + cells]
    if cell_len(piece) <= cells and len(piece) == cells and piece.isprintable() and cell_len(piece) == len(piece):
        return start + cells
    taken = 0
    for position in range(start, len(line)):
        taken += get_character_cell_size(line[position])
        if taken > cells:
            return max(position, start + 1)
    return len(line)
