"""The line above the list: whose batches these are, how many run, and how far what is shown can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from batch_tui.tui.freshness import freshness
from batch_tui.tui.key_names import key_for
from batch_tui.tui.text import Plain, number, width
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_tui.tui.context import AppContext
    from batch_tui.tui.widgets.status_line import Part

_USUAL: Final = width(Plain("● live just now"))
"""Room that is always kept for the age: what stands beside it must not come and go with the seconds."""
_SHORTEST_HOST = 10
"""Cells below which what is left of the host, and of what sets it apart, would tell nobody where this is."""
_BETWEEN: Final[Part] = (" · ", TONES["muted"])
_GAP = len(_BETWEEN[0])
_NAME: Final[tuple[Part, ...]] = (("batch-tui", TONES["accent"]), ("  ", ""))
_LEAST_FIRST = ("loaded", "name", "pace", "shows", "marked", "new")
"""What is left out where it is narrow, in this order; the first tab says how many are loaded too."""


class ListState(msgspec.Struct, frozen=True):
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
    pieces = _pieces(context, state)
    sizes = {what: _cells(parts) + _GAP for what, parts in pieces.items()} | {"name": _cells(_NAME)}
    sizes["fresh"] = max(sizes["fresh"], _USUAL + _GAP)
    # A cell before, two between left and right, one behind; and the last piece has no gap.
    spare = cells - 4 - _cells(whose) - sum(sizes.values()) + _GAP
    # How many run, a tab says too; what is still to be deleted stands nowhere else.
    for least in (*_LEAST_FIRST, "running", "pending") if "pending" in pieces else _LEAST_FIRST:
        if spare < 0:
            spare += sizes.pop(least, 0)
    left = [(" ", ""), *(_NAME if "name" in sizes else ()), *whose]
    if spare >= _SHORTEST_HOST - 1:
        left += [_BETWEEN, (context.host, TONES["muted"])]
    right: list[Part] = []
    for what, parts in pieces.items():
        if what in sizes:
            right += [_BETWEEN, *parts] if right else parts
    return left, [*right, (" ", "")]


def _pieces(context: AppContext, state: ListState) -> dict[str, list[Part]]:
    """What stands on the right, from left to right."""
    running, loaded = len(context.catalog.unfinished), len(context.catalog)
    pieces: dict[str, list[Part]] = {}
    if state.new_above:
        pieces["new"] = [(f"↑ {number(state.new_above)} new", "bold $text-success")]
    if state.marked:
        pieces["marked"] = [(f"{number(state.marked)} marked", "bold $text-accent")]
    if context.monitor.pending:
        pieces["pending"] = [(_to_do(context), "bold $text-warning")]
        pieces["shows"] = [(f"{key_for('batch.job', 'b')} shows", TONES["muted"])]
    if running:
        pieces["running"] = [(f"{number(running)} running", TONES["running"])]
    if state.loads_all:
        pieces["loading"] = [
            (f"loading all: {number(loaded)}, {key_for('batch.load_all', 'L')} stops", "bold $text-accent")
        ]
    elif loaded:
        pieces["loaded"] = [(f"{number(loaded)} loaded", TONES["muted"])]
    pieces["fresh"] = freshness(context)
    if (asked := context.activity.last_minute()) or context.monitor.poll.last_success is not None:
        pieces["pace"] = [(f"API {number(asked)}/min", TONES["muted"])]
    return pieces


def _to_do(context: AppContext) -> str:
    """What was confirmed and is not done."""
    pending = context.monitor.pending.values()
    amounts = {action: sum(1 for one in pending if one.action == action) for action in ("cancel", "delete")}
    return ", ".join(f"{number(amount)} to {action}" for action, amount in amounts.items() if amount)


def _cells(parts: Sequence[Part]) -> int:
    # Each part passed the door, or is our own.
    return sum(width(Plain(text)) for text, _ in parts)
