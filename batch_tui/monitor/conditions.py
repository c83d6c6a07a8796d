"""What a batch must be to be shown: one condition for each word of a filter, and those of the tabs."""

from __future__ import annotations

import operator
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, Protocol

import msgspec

from batch_tui.monitor.batch_notes import NO_NOTES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.batch_notes import BatchNotes

    Names = Mapping[str, BatchNotes]

Tab = Literal["all", "running", "ended", "with failures", "expiring"]
TABS: Final[tuple[Tab, ...]] = ("all", "running", "ended", "with failures", "expiring")

RESULTS_KEPT = timedelta(days=29)
"""From `created_at` (batches-api.md §3.4)."""
EXPIRING_WITHIN = timedelta(days=4)
"""How close to that end the expiring tab looks."""
_LIFETIME = timedelta(hours=25)
"""A batch ends within 24 h of its creation; an hour more for one that is late."""

COMPARISONS: Final[dict[str, Callable[[int, int], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}


class Condition(Protocol):
    """One thing that a batch must be."""

    @property
    def reach(self) -> timedelta | None:
        """The age beyond which no batch can fulfil it, or None."""

    @property
    def edges(self) -> tuple[timedelta, ...]:
        """The ages at which a batch that does not change may begin or cease to fulfil it."""

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        """Those that fulfil it, in their order.

        `saved` are the ids whose results are on this machine, `names` what was noted about batches, by id.
        """


class _Timeless(msgspec.Struct, frozen=True):
    """Defaults of a condition that a batch of any age may fulfil, and for ever."""

    @property
    def reach(self) -> timedelta | None:
        return None

    @property
    def edges(self) -> tuple[timedelta, ...]:
        return ()


class HasText(_Timeless, frozen=True):
    """The id or the local name holds a text, whatever its case."""

    text: str

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        text = self.text.lower()
        named = {batch_id for batch_id, one in names.items() if text in one.name.lower()}
        return [one for one in batches if text in one.id.lower() or one.id in named]


class HasName(_Timeless, frozen=True):
    """The local name holds a text, whatever its case; an empty text: there is a name."""

    text: str

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        text = self.text.lower()
        named = {batch_id for batch_id, one in names.items() if one.name and text in one.name.lower()}
        return [one for one in batches if one.id in named]


class HasTag(_Timeless, frozen=True):
    """One of the local tags is this one, whatever its case; an empty tag: there is any."""

    tag: str

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        tag = self.tag.lower()
        tagged = {
            batch_id
            for batch_id, one in names.items()
            if (not tag and one.tags) or any(each.lower() == tag for each in one.tags)
        }
        return [one for one in batches if one.id in tagged]


class HasStatus(_Timeless, frozen=True):
    """The batch is in one state; `unfinished` is every state but ended."""

    status: str

    @property
    def reach(self) -> timedelta | None:
        return None if self.status == "ended" else _LIFETIME

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        if self.status == "unfinished":
            return [one for one in batches if one.processing_status != "ended"]
        return [one for one in batches if one.processing_status == self.status]


class HasCount(_Timeless, frozen=True):
    """A count of the batch's requests compares to a number."""

    name: Literal["errors", "requests"]
    comparison: str
    amount: int

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        compares, amount = COMPARISONS[self.comparison], self.amount
        match self.name:
            case "errors":
                return [one for one in batches if compares(one.request_counts.errored, amount)]
            case "requests":
                return [one for one in batches if compares(one.request_counts.total, amount)]


class HasFailures(_Timeless, frozen=True):
    """Requests of the batch errored or expired; canceled ones were the user's own wish."""

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        return [one for one in batches if (counts := one.request_counts).errored or counts.expired]


class IsOlder(_Timeless, frozen=True):
    """The batch was created longer ago than a span."""

    span: timedelta

    @property
    def edges(self) -> tuple[timedelta, ...]:
        return (self.span,)

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        return [one for one in batches if now - one.created_at > self.span]


class IsNewer(_Timeless, frozen=True):
    """The batch was created within a span."""

    span: timedelta

    @property
    def reach(self) -> timedelta | None:
        return self.span

    @property
    def edges(self) -> tuple[timedelta, ...]:
        return (self.span,)

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        return [one for one in batches if now - one.created_at < self.span]


class IsExpiring(_Timeless, frozen=True):
    """The results leave the API within a span, and are not saved here."""

    span: timedelta

    @property
    def reach(self) -> timedelta | None:
        return RESULTS_KEPT

    @property
    def edges(self) -> tuple[timedelta, ...]:
        return (RESULTS_KEPT - self.span, RESULTS_KEPT)

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        still = timedelta(0)
        return [
            one
            for one in batches
            if one.processing_status == "ended"
            and one.archived_at is None
            and still < RESULTS_KEPT - (now - one.created_at) < self.span
            and one.id not in saved
            and "created_at" not in one.unread
        ]


class BatchFilter(msgspec.Struct, frozen=True):
    """What a batch must be to be shown: everything of this."""

    conditions: tuple[Condition, ...] = ()

    def keep(
        self, batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], names: Names = NO_NOTES
    ) -> list[MessageBatch]:
        """The batches to be shown, in their order; one pass for each condition, over what the last one left."""
        kept = list(batches)
        for one in self.conditions:
            kept = one.keep(kept, now, saved, names)
        return kept

    @property
    def reach(self) -> timedelta | None:
        """The age beyond which no batch can match, or None."""
        return min((one.reach for one in self.conditions if one.reach is not None), default=None)

    @property
    def edges(self) -> frozenset[timedelta]:
        """The ages at which a batch that does not change may begin or cease to match."""
        return frozenset(edge for one in self.conditions for edge in one.edges)

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
