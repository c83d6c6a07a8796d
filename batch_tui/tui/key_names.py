"""What keys are called in sentences, where the user may have put other keys on the actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.binding import ActiveBinding
    from textual.dom import DOMNode

# One dashboard is on a terminal, and sentences about keys are made in places that are given nothing else of the app.
_own: dict[str, str] = {}


def use(own: Mapping[str, str]) -> None:
    """From now on, the actions with these ids are called by these keys."""
    _own.clear()
    _own.update(own)


def key_for(action_id: str, usual: str) -> str:
    """The key of an action as a sentence names it; `usual` is how it is called as long as the user has not moved it."""
    return _own.get(action_id, usual)


def with_own_keys(sentence: str) -> str:
    """A sentence of a room that knows no keys but the usual ones; only what is said of links names one there."""
    return sentence.replace(" I links ", f" {key_for('results.input', 'I')} links ")


def in_usual_order(active: Iterable[ActiveBinding]) -> list[ActiveBinding]:
    """Active bindings as their nodes declare them: those that were moved to another key come last in each otherwise."""
    bindings = list(active)
    if not _own:
        return bindings
    places: dict[tuple[DOMNode, str | None], int] = {}
    for node in dict.fromkeys(one.node for one in bindings):
        for _, binding in node._bindings:
            places.setdefault((node, binding.id), len(places))
    return sorted(bindings, key=lambda one: places.get((one.node, one.binding.id), len(places)))
