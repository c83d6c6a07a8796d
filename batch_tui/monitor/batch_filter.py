"""Which of the loaded batches to show: what a user typed, the tabs, and both put to a catalog."""

from __future__ import annotations

import operator
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.catalog import BatchCatalog

Tab = Literal["all", "running", "ended", "with failures", "expiring"]
TABS: Final[tuple[Tab, ...]] = ("all", "running", "ended", "with failures", "expiring")

RESULTS_KEPT = timedelta(days=29)
"""From `created_at` (batches-api.md §3.4)."""
EXPIRING_WITHIN = timedelta(days=4)
"""How close to that end the expiring tab looks."""
_LIFETIME = timedelta(hours=25)
"""A batch ends within 24 h of its creation; an hour more for one that is late."""

_STATUSES: Final = {
    "running": "in_progress",
    "in_progress": "in_progress",
    "canceling": "canceling",
    "ended": "ended",
}
_COMPARISONS: Final[dict[str, Callable[[int, int], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
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


class Condition(Protocol):
    """One thing that a batch must be."""

    @property
    def reach(self) -> timedelta | None:
        """The age beyond which no batch can fulfil it, or None."""

    def keep(self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str]) -> list[MessageBatch]:
        """Those that fulfil it, in their order; `saved` are the ids whose results are on this machine."""


@dataclass(frozen=True, slots=True)
class HasText:
    """The id holds a text, whatever its case."""

    text: str

    @property
    def reach(self) -> timedelta | None:
        return None

    def keep(self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str]) -> list[MessageBatch]:
        return [one for one in batches if self.text in one.id.lower()]


@dataclass(frozen=True, slots=True)
class HasStatus:
    """The batch is in one state; `unfinished` is every state but ended."""

    status: str

    @property
    def reach(self) -> timedelta | None:
        return None if self.status == "ended" else _LIFETIME

    def keep(self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str]) -> list[MessageBatch]:
        if self.status == "unfinished":
            return [one for one in batches if one.processing_status != "ended"]
        return [one for one in batches if one.processing_status == self.status]


@dataclass(frozen=True, slots=True)
class HasCount:
    """A count of the batch's requests compares to a number."""

    name: Literal["errors", "requests"]
    comparison: str
    amount: int

    @property
    def reach(self) -> timedelta | None:
        return None

    def keep(self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str]) -> list[MessageBatch]:
        compares, amount = _COMPARISONS[self.comparison], self.amount
        match self.name:
            case "errors":
                return [one for one in batches if compares(one.request_counts.errored, amount)]
            case "requests":
                return [one for one in batches if compares(one.request_counts.total, amount)]


@dataclass(frozen=True, slots=True)
class HasFailures:
    """Requests of the batch errored or expired; canceled ones were the user's own wish."""

    @property
    def reach(self) -> timedelta | None:
        return None

    def keep(self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str]) -> list[MessageBatch]:
        return [one for one in batches if (counts := one.request_counts).errored or counts.expired]


@dataclass(frozen=True, slots=True)
class IsOlder:
    """The batch was created longer ago than a span."""

    span: timedelta

    @property
    def reach(self) -> timedelta | None:
        return None

    def keep(self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str]) -> list[MessageBatch]:
        return [one for one in batches if now - one.created_at > self.span]


@dataclass(frozen=True, slots=True)
class IsNewer:
    """The batch was created within a span."""

    span: timedelta

    @property
    def reach(self) -> timedelta | None:
        return self.span

    def keep(self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str]) -> list[MessageBatch]:
        return [one for one in batches if now - one.created_at < self.span]


@dataclass(frozen=True, slots=True)
class IsExpiring:
    """The results leave the API within a span, and are not saved here."""

    span: timedelta

    @property
    def reach(self) -> timedelta | None:
        return RESULTS_KEPT

    def keep(self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str]) -> list[MessageBatch]:
        still = timedelta(0)
        return [
            one
            for one in batches
            if one.processing_status == "ended"
            and one.archived_at is None
            and still < RESULTS_KEPT - (now - one.created_at) < self.span
            and one.id not in saved
        ]


@dataclass(frozen=True, slots=True)
class BatchFilter:
    """What a batch must be to be shown: everything of this."""

    conditions: tuple[Condition, ...] = ()

    def keep(self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str]) -> list[MessageBatch]:
        """The batches to be shown, in their order; one pass for each condition, over what the last one left."""
        kept = list(batches)
        for one in self.conditions:
            kept = one.keep(kept, now, saved)
        return kept

    @property
    def reach(self) -> timedelta | None:
        """The age beyond which no batch can match, or None."""
        return min((one.reach for one in self.conditions if one.reach is not None), default=None)

    def __bool__(self) -> bool:
        return bool(self.conditions)


NO_FILTER = BatchFilter()

TAB_CONDITIONS: Final[dict[Tab, tuple[Condition, ...]]] = {
    "all": (),
    "running": (HasStatus("unfinished"),),
    "ended": (HasStatus("ended"),),
    "with failures": (HasFailures(),),
    "expiring": (IsExpiring(EXPIRING_WITHIN),),
}


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
        case "":
            raise FilterError(f"A word is missing before {sign} as in status:ended or errors>0.")
    shown = name if len(name) <= 16 else f"{name[:15]}…"
    raise FilterError(f"There is no {shown}{sign} but status errors requests older newer expiring.")


def _status(sign: str, value: str) -> str:
    status = _STATUSES.get(value.lower())
    if sign != ":" or status is None:
        raise FilterError("status: takes running, canceling or ended.")
    return status


def _amount(name: str, sign: str, value: str) -> int:
    if sign not in _COMPARISONS or not _NUMBER.fullmatch(value):
        raise FilterError(f"{name} takes > < or = and a whole number, as in {name}>0.")
    return int(value.replace(",", "").replace("_", ""))


def _span(name: str, sign: str, value: str) -> timedelta:
    parts = _SPAN.fullmatch(value)
    if sign != ":" or parts is None:
        raise FilterError(f"{name}: takes minutes, hours, days or weeks, as in {name}:30m, 6h, 2d or 1w.")
    return int(parts[1]) * _UNITS[parts[2].lower()]


def count_tabs(catalog: BatchCatalog, now: datetime, saved: Collection[str]) -> dict[Tab, int]:
    """How many batches stand under each tab."""
    # Runs over every batch whenever one changed, so it uses what the catalog knows: who runs, and the order.
    batches, running = list(catalog), len(catalog.unfinished)
    return {
        "all": len(batches),
        "running": running,
        "ended": len(batches) - running,
        "with failures": len(HasFailures().keep(batches, now, saved)),
        "expiring": len(IsExpiring(EXPIRING_WITHIN).keep(_of_leaving_age(batches, now), now, saved)),
    }


def _of_leaving_age(batches: list[MessageBatch], now: datetime) -> list[MessageBatch]:
    """Of batches that stand newest first, those of an age at which they may be expiring."""
    first = bisect_left(batches, -(now - (RESULTS_KEPT - EXPIRING_WITHIN)).timestamp(), key=_age)
    last = bisect_right(batches, -(now - RESULTS_KEPT).timestamp(), key=_age)
    return batches[first:last]


class Selection:
    """The loaded batches under a tab and a filter, newest first, as they were at the last `take_up`."""

    def __init__(self, tab: Tab, wanted: BatchFilter) -> None:
        self.tab: Tab = tab
        self.wanted = wanted
        self._all = BatchFilter(TAB_CONDITIONS[tab] + wanted.conditions)
        self._batches: list[MessageBatch] = []
        self._places: dict[str, int] = {}

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked of a batch at all."""
        return bool(self._all)

    def take_up(self, catalog: BatchCatalog, now: datetime, saved: Collection[str]) -> None:
        """Look through the catalog again; costs time for each batch loaded, so only when something moved."""
        if self.narrowed:
            self._batches = self._all.keep(catalog, now, saved)
            self._places = {batch.id: place for place, batch in enumerate(self._batches)}

    def searched_all(self, catalog: BatchCatalog, now: datetime) -> bool:
        """Whether no batch that is not loaded could match."""
        if catalog.complete:
            return True
        reach = self._all.reach
        return reach is not None and len(catalog) > 0 and now - catalog.at(len(catalog) - 1).created_at > reach

    def __len__(self) -> int:
        return len(self._batches)

    def at(self, place: int) -> MessageBatch:
        """The batch at a place as it was at the last look; it may have changed or gone since."""
        return self._batches[place]

    def index_of(self, batch_id: str) -> int | None:
        """The place of a batch, or None."""
        return self._places.get(batch_id)

    def nearest(self, batch: MessageBatch) -> int:
        """The place of a batch, or of the match that comes next below it."""
        place = self._places.get(batch.id)
        if place is None:
            place = bisect_left(self._batches, -batch.created_at.timestamp(), key=_age)
        return max(0, min(place, len(self._batches) - 1))


def _age(batch: MessageBatch) -> float:
    return -batch.created_at.timestamp()
