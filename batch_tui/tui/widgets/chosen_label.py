"""Labels in a line of which one is chosen: what leaves, and what is said shorter, where there is no room for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Sequence


def fit_labels(wordings: Sequence[Sequence[Content]], empty: Sequence[bool], chosen: int, cells: int) -> list[Content]:
    """The first wording that fits, with all labels or without the empty ones; else the neighbours of the chosen.

    `wordings`: all labels, the longest wording first. An arrow stands where neighbours were left out.
    """
    kept = [place for place in range(len(empty)) if place == chosen or not empty[place]]
    for labels in wordings:
        for places in (range(len(labels)), kept):
            if _cells(shown := [labels[place] for place in places]) < cells:
                return shown
    return _around(wordings[-1], chosen, cells)


def _around(labels: Sequence[Content], chosen: int, cells: int) -> list[Content]:
    """The chosen label with as many neighbours as fit, those behind it first."""
    first, last = chosen, chosen + 1
    room = cells - labels[chosen].cell_length - 2
    while last < len(labels) and labels[last].cell_length < room:
        room -= labels[last].cell_length
        last += 1
    while first > 0 and labels[first - 1].cell_length < room:
        first -= 1
        room -= labels[first].cell_length
    before = [Content.styled("‹", TONES["muted"])] if first else []
    behind = [Content.styled("›", TONES["muted"])] if last < len(labels) else []
    return [*before, *labels[first:last], *behind]


def _cells(labels: Sequence[Content]) -> int:
    return sum(label.cell_length for label in labels)
