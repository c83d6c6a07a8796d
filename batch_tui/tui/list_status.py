"""The line above the list: whose batches these are, how many run, and how far what is shown can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from batch_tui.tui.freshness import freshness
from batch_tui.tui.text import Plain, number, width
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.widgets.status_line import Part

_USUAL: Final = width(Plain("● live just now"))
"""Room that is always kept for the age: what stands beside it must not come and go with the seconds."""
_SHORTEST_HOST = 10
"""Cells below which what is left of the host, and of what sets it apart, would tell nobody where this is."""
_BETWEEN: Final[Part] = (" · ", TONES["muted"])

_Pieces: TypeAlias = list[tuple[str, "list[Part]"]]


@dataclass(frozen=True, slots=True)
class ListState:
    """What the screen itself knows."""

    new_above: int
    marked: int
    loads_all: bool


def list_status(context: AppContext, state: ListState, cells: int) -> tuple[list[Part], list[Part]]:
    """The left and the right of the line, the least important left out where both do not fit into so many cells.

    The left may still be longer: its end, the host, is what can be cut.
    """
    whose: list[Part] = [(context.profile, "bold")]
    if context.read_only:
        whose += [_BETWEEN, ("read-only", TONES["warning"])]
    name: list[Part] = [("batch-tui", TONES["accent"]), ("  ", "")]
    host: list[Part] = [_BETWEEN, (context.host, TONES["muted"])]
    pieces = _pieces(context, state)
    room = cells - _cells(whose) - 2
    if _wanted(pieces) > room - _cells(name):
        # The first tab counts them too.
        pieces = _without("loaded", pieces)
    if _wanted(pieces) > room - _cells(name):
        name = []
    for least in ("pace", "marked", "new"):
        if _wanted(pieces) > room:
            pieces = _without(least, pieces)
    if room - _cells(name) - _wanted(pieces) < _SHORTEST_HOST:
        host = []
    right: list[Part] = []
    for _, parts in pieces:
        right += [_BETWEEN, *parts] if right else parts
    return [(" ", ""), *name, *whose, *host], [*right, (" ", "")]


def _pieces(context: AppContext, state: ListState) -> _Pieces:
    """What stands on the right, from left to right."""
    running, loaded = len(context.catalog.unfinished), len(context.catalog)
    pieces: _Pieces = []
    if state.new_above:
        pieces.append(("new", [(f"↑ {number(state.new_above)} new", "bold $text-success")]))
    if state.marked:
        pieces.append(("marked", [(f"{number(state.marked)} marked", "bold $text-accent")]))
    if running:
        pieces.append(("running", [(f"{number(running)} running", TONES["running"])]))
    if state.loads_all:
        pieces.append(("loading", [(f"loading all: {number(loaded)}, L stops", "bold $text-accent")]))
    elif loaded:
        pieces.append(("loaded", [(f"{number(loaded)} loaded", TONES["muted"])]))
    pieces.append(("fresh", freshness(context)))
    if (asked := context.activity.last_minute()) or context.monitor.poll.last_success is not None:
        pieces.append(("pace", [(f"{number(asked)}/min", TONES["muted"])]))
    return pieces


def _without(what: str, pieces: _Pieces) -> _Pieces:
    return [one for one in pieces if one[0] != what]


def _wanted(pieces: _Pieces) -> int:
    """Cells that these take, and the one that sets them apart."""
    cells = sum(max(_cells(parts), _USUAL if what == "fresh" else 0) for what, parts in pieces)
    return cells + len(_BETWEEN[0]) * (len(pieces) - 1) + 1


def _cells(parts: list[Part]) -> int:
    # Each part passed the door, or is our own.
    return sum(width(Plain(text)) for text, _ in parts)
