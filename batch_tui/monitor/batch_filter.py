"""What a user typed to find batches, understood: words separated by spaces, all of which must hold."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from batch_tui.monitor.conditions import (
    COMPARISONS,
    BatchFilter,
    HasCount,
    HasName,
    HasStatus,
    HasTag,
    HasText,
    IsExpiring,
    IsNewer,
    IsOlder,
)

if TYPE_CHECKING:
    from batch_tui.monitor.conditions import Condition

_STATUSES: Final = {
    "running": "in_progress",
    "in_progress": "in_progress",
    "canceling": "canceling",
    "ended": "ended",
}
_UNITS: Final = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_WORD = re.compile(r"([^:<>=]*)(<=|>=|[:<>=])(.*)", re.DOTALL)
_SPAN = re.compile(r"([0-9]{1,6})([mhdw])", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9][0-9,_]{0,14}")


class FilterError(ValueError):
    """A word of a filter that cannot be understood; the text is one sentence for the user."""


class FilterText(NamedTuple):
    """What a typed text means."""

    wanted: BatchFilter
    """Of the words that could be understood."""
    problem: str | None
    """One sentence about the first that could not. It may quote what was typed."""


def read_filter(text: str) -> FilterText:
    """Understand words separated by spaces, all of which must hold; anything may be typed, nothing is raised."""
    conditions: list[Condition] = []
    problem: str | None = None
    for word in text.split():
        try:
            conditions.append(_condition(word))
        except FilterError as error:
            problem = problem or str(error)
    return FilterText(BatchFilter(tuple(conditions)), problem)


def _condition(word: str) -> Condition:
    parts = _WORD.fullmatch(word)
    if parts is None:
        return HasText(word.lower())
    name, sign, value = parts[1].lower(), parts[2], parts[3]
    match name:
        case "status":
            return HasStatus(_status(sign, value))
        case "errors" | "requests":
            return HasCount(name, sign, _amount(name, sign, value))
        case "older":
            return IsOlder(_span(name, sign, value))
        case "newer":
            return IsNewer(_span(name, sign, value))
        case "expiring":
            return IsExpiring(_span(name, sign, value))
        case "tag" | "name":
            if sign != ":":
                raise FilterError(f"{name}: takes a text, as in {name}:nightly.")
            return HasTag(value.lower()) if name == "tag" else HasName(value.lower())
        case "":
            raise FilterError(f"A word is missing before {sign} as in status:ended or errors>0.")
    shown = name if len(name) <= 16 else f"{name[:15]}…"
    raise FilterError(f"There is no {shown}{sign} but status errors requests older newer expiring tag name.")


def _status(sign: str, value: str) -> str:
    status = _STATUSES.get(value.lower())
    if sign != ":" or status is None:
        raise FilterError("status: takes running, canceling or ended.")
    return status


def _amount(name: str, sign: str, value: str) -> int:
    if sign not in COMPARISONS or not _NUMBER.fullmatch(value):
        raise FilterError(f"{name} takes > < or = and a whole number, as in {name}>0.")
    return int(value.replace(",", "").replace("_", ""))


def _span(name: str, sign: str, value: str) -> timedelta:
    parts = _SPAN.fullmatch(value)
    if sign != ":" or parts is None:
        raise FilterError(f"{name}: takes minutes, hours, days or weeks, as in {name}:30m, 6h, 2d or 1w.")
    return int(parts[1]) * _UNITS[parts[2].lower()]
