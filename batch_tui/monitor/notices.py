"""What to tell the user of: watched batches that ended, and results about to be lost; each told once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from batch_tui.monitor.conditions import EXPIRING_WITHIN, RESULTS_KEPT, IsExpiring
from batch_tui.monitor.watch_file import Warned

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.catalog import BatchCatalog, Changes

WARN_BEFORE: Final = (EXPIRING_WITHIN, timedelta(days=1))
"""How long before the loss of its results a batch is spoken of: once for each span."""


class Notices:
    """Decides what is news. Knows what it has told; `watched` and `warned` may be filled from an earlier run.

    `watched` holds ids; `warned` when and for which loss each batch was last spoken of. With `watch_all` every batch
    is watched.
    """

    def __init__(self, *, watch_all: bool = False, warn_before: Sequence[timedelta] = WARN_BEFORE) -> None:
        self.watched: set[str] = set()
        self.warned: dict[str, Warned] = {}
        self.watch_all = watch_all
        self._warn_before = sorted(warn_before)
        self._told: set[str] = set()
        self._since: datetime | None = None

    def ended(self, changes: Changes, catalog: BatchCatalog, now: datetime) -> list[MessageBatch]:
        """The watched batches that these changes show to have ended; they are watched no longer.

        The first call sets the time before which an end is history. A batch that was never seen running counts if
        it ended after that, or was watched in an earlier run.
        """
        if self._since is None:
            self._since = now
        news: list[MessageBatch] = []
        seen_to_end = set(changes.ended)
        for batch_id in (*changes.ended, *changes.added):
            batch = catalog.get(batch_id)
            if batch is None or batch.processing_status != "ended" or batch_id in self._told:
                continue
            history = batch_id not in seen_to_end and (batch.ended_at is None or batch.ended_at < self._since)
            if batch_id in self.watched or (self.watch_all and not history):
                self._told.add(batch_id)
                self.watched.discard(batch_id)
                news.append(batch)
        return news

    def found_ended(self, batch: MessageBatch) -> list[MessageBatch]:
        """The batch, if it was watched and ended where no page showed it."""
        if batch.processing_status != "ended" or batch.id not in self.watched or batch.id in self._told:
            return []
        self._told.add(batch.id)
        self.watched.discard(batch.id)
        return [batch]

    def expiring(self, catalog: BatchCatalog, now: datetime, saved: Collection[str]) -> list[MessageBatch]:
        """Batches whose results leave the API soon and are not among the `saved`, the first to go first."""
        if self.longest_span is None:
            return []
        return self.not_warned_of(_leaving_within(self.longest_span, catalog, now, saved), now)

    @property
    def longest_span(self) -> timedelta | None:
        """How long before the loss the first warning comes, None where there is none."""
        return self._warn_before[-1] if self._warn_before else None

    def not_warned_of(self, leaving: Sequence[MessageBatch], now: datetime) -> list[MessageBatch]:
        """Those it is time to speak of, the first to go first; `leaving` are within the longest span, newest first."""
        news: list[MessageBatch] = []
        for batch in reversed(leaving):
            left = RESULTS_KEPT - (now - batch.created_at)
            stage = next((span for span in self._warn_before if left < span), timedelta.max).total_seconds()
            lost_at = batch.created_at.timestamp() + RESULTS_KEPT.total_seconds()
            if not self._was_warned(batch.id, stage, lost_at, now):
                self.warned[batch.id] = Warned(now.timestamp(), stage, lost_at)
                news.append(batch)
        return news

    def _was_warned(self, batch_id: str, stage: float, lost_at: float, now: datetime) -> bool:
        """Whether a warning of that stage, for that loss, was made."""
        last = self.warned.get(batch_id)
        return last is not None and last.stage <= stage and last.lost_at in (None, lost_at) and last.holds(now)


def _leaving_within(
    span: timedelta, catalog: BatchCatalog, now: datetime, saved: Collection[str]
) -> list[MessageBatch]:
    """Those of a catalog, newest first; looks only at batches of that age."""
    places = range(len(catalog))

    def age(place: int) -> float:
        return (now - catalog.at(place).created_at).total_seconds()

    first = bisect_left(places, (RESULTS_KEPT - span).total_seconds(), key=age)
    last = bisect_right(places, RESULTS_KEPT.total_seconds(), key=age)
    return IsExpiring(span).keep([catalog.at(place) for place in range(first, last)], now, saved)
