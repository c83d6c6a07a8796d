"""When an unfinished batch will likely end, judged only by the user's own finished batches."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right, insort
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from batch_tui.api.models import MessageBatch

_ENOUGH = 5
"""Fewer finished batches than this are an anecdote, not a history."""

_PLENTY = 500
"""Of one size the newest so many count: older ones say less of today, and a forecast is asked for at every tick."""


class Forecast(msgspec.Struct, frozen=True):
    """What similar batches did after as much time as this one has spent."""

    similar: int
    """Finished batches of a similar size."""
    sizes: tuple[int, int]
    """The smallest and the largest number of requests that counts as similar."""
    still_running: int
    """How many of them took longer than this one has taken so far."""
    elapsed: timedelta
    half_within: timedelta | None
    """Half of those ended within this much more time; None when too few took so long to say."""
    most_within: timedelta | None
    """Nine in ten of those ended within this much more time."""


class _Durations(msgspec.Struct):
    """How long the newest batches of one size took, in seconds."""

    ascending: list[float] = msgspec.field(default_factory=list)
    # When each was created, and its duration: a heap, the oldest on top.
    by_age: list[tuple[float, float]] = msgspec.field(default_factory=list)

    def add(self, created: float, seconds: float) -> None:
        insort(self.ascending, seconds)
        heapq.heappush(self.by_age, (created, seconds))
        if len(self.by_age) > _PLENTY:
            # Whichever order they are loaded in, the same ones are kept: the newest, and not the first or the shortest.
            _, oldest = heapq.heappop(self.by_age)
            del self.ascending[bisect_left(self.ascending, oldest)]


class FinishedHistory:
    """Durations of finished batches by size, kept sorted and bounded so that a forecast costs next to nothing.

    Canceled batches are left out: a person ended them, and when they would have ended is not known. Those that ran
    into their 24 h expiry count with the time they had: without them the longest would be missing, and every
    forecast be too hopeful.
    """

    def __init__(self) -> None:
        self._durations: dict[int, _Durations] = {}
        self._seen: set[str] = set()

    def add(self, batches: Iterable[MessageBatch]) -> None:
        """Take in those of the batches that ended by themselves; each counts once."""
        for batch in batches:
            if batch.id in self._seen or batch.ended_at is None or batch.cancel_initiated_at is not None:
                continue
            if batch.unread:
                # Neither when it was made nor how large it is may be true.
                continue
            self._seen.add(batch.id)
            seconds = (min(batch.ended_at, batch.expires_at) - batch.created_at).total_seconds()
            if seconds > 0:
                durations = self._durations.setdefault(_bucket(batch.request_counts.total), _Durations())
                durations.add(batch.created_at.timestamp(), seconds)

    def forecast(self, batch: MessageBatch, now: datetime) -> Forecast | None:
        """The outlook of an unfinished batch, or None when there is no history of its size yet."""
        if batch.processing_status == "ended" or batch.cancel_initiated_at is not None:
            return None
        bucket = _bucket(batch.request_counts.total)
        for reach in (1, 2):
            near = (self._durations.get(each) for each in range(bucket - reach, bucket + reach + 1))
            lists = [one.ascending for one in near if one is not None]
            similar = sum(map(len, lists))
            sizes = _least_of(bucket - reach), _least_of(bucket + reach + 1) - 1
            if similar >= _ENOUGH:
                break
        else:
            return None
        elapsed = max(0.0, (now - batch.created_at).total_seconds())
        longer = sorted(seconds for one in lists for seconds in one[bisect_right(one, elapsed) :])
        if len(longer) < 3:
            return Forecast(similar, sizes, len(longer), timedelta(seconds=elapsed), None, None)
        # The earliest moment by which at least so many had ended: the ceiling of the share, counted from 0.
        half = longer[(len(longer) - 1) // 2] - elapsed
        most = longer[(len(longer) * 9 - 1) // 10] - elapsed
        return Forecast(
            similar,
            sizes,
            len(longer),
            timedelta(seconds=elapsed),
            timedelta(seconds=half),
            timedelta(seconds=most),
        )


def _least_of(bucket: int) -> int:
    """The smallest total of a bucket."""
    return 1 if bucket <= 0 else 2 ** (2 * bucket - 1)


def _bucket(total: int) -> int:
    """Sizes within a factor of four share a bucket."""
    return max(total, 1).bit_length() // 2
