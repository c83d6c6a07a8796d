"""All batches of the simulated workspace: found by id, paged newest first, created, canceled, deleted."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from heapq import merge
from itertools import islice
from math import exp, log
from typing import TYPE_CHECKING, NamedTuple, Protocol

from batch_tui.simulator.answers import AnswerLines
from batch_tui.simulator.clock import SECOND
from batch_tui.simulator.draws import key_of, units
from batch_tui.simulator.history import History
from batch_tui.simulator.identifiers import BatchIds
from batch_tui.simulator.lifecycle import WINDOW, Plan, outcome, standing
from batch_tui.simulator.misfortune import NO_MISFORTUNE, Misfortune
from batch_tui.simulator.replies import ReplyLines
from batch_tui.simulator.sample_batch import SAMPLE_ID, sample_plan
from batch_tui.simulator.scene import Arrivals, Opening
from batch_tui.simulator.wire import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_tui.simulator.answers import Lines
    from batch_tui.simulator.asked import Asked, Intake
    from batch_tui.simulator.lifecycle import Standing


RETRY_WHEN_QUEUE_FULL = "60"
"""Seconds; the API's own figure and text are not known."""


class Source(Protocol):
    """A family of batches, ranked by creation from 0 (oldest)."""

    def population(self, now: int, /) -> int:
        """How many exist at `now`."""

    def created(self, rank: int, /) -> int:
        """When batch `rank` was created."""

    def plan(self, rank: int, /) -> Plan:
        """Everything settled about batch `rank`."""


class Posted:
    """The batches created over HTTP, with the little of each request that its answer needs."""

    def __init__(self, seed: int) -> None:
        self._key = key_of(seed, "posted")
        self._plans: list[Plan] = []
        self._asked: list[Sequence[Asked]] = []

    def population(self, _now: int) -> int:
        """How many have been created, deleted ones included."""
        return len(self._plans)

    def created(self, rank: int) -> int:
        """When a batch was created."""
        return self._plans[rank].created

    def plan(self, rank: int) -> Plan:
        """Everything settled about one batch."""
        return self._plans[rank]

    def asked(self, rank: int) -> Sequence[Asked]:
        """The requests of one batch."""
        return self._asked[rank]

    def add(self, intake: Intake, now: int) -> int:
        """Keep a new batch; its rank."""
        rank = len(self._plans)
        # A clock that stands still must not give two batches one instant.
        created = max(now, self._plans[-1].created + 1) if self._plans else now
        chance = units(self._key, rank)
        total = len(intake.asked)
        plan = Plan(
            key=key_of(self._key, rank),
            created=created,
            ends=created + int(_duration(total, chance[0]) * SECOND),
            succeeded=total - intake.refused,
            errored=intake.refused,
            wind_down=int((6 + 4 * chance[1]) * SECOND),
        )
        self._plans.append(plan)
        self._asked.append(intake.asked)
        return rank

    def forget(self, rank: int) -> None:
        """Drop the requests of a deleted batch."""
        self._asked[rank] = ()


def _duration(total: int, chance: float) -> float:
    """Seconds a posted batch takes: about 8 to 15 for 20 requests, 25 for 300, an hour for 100,000."""
    if total <= 20:
        return 8 + 7 * chance
    low, high = ((20, 12.0), (300, 25.0)) if total <= 300 else ((300, 25.0), (100_000, 3600.0))
    share = log(total / low[0]) / log(high[0] / low[0])
    return exp(log(low[1]) + share * log(high[1] / low[1])) * (0.9 + 0.2 * chance)


class Entry(NamedTuple):
    """One batch that exists: where it belongs, its id, its plan, when cancel was asked."""

    source: int
    rank: int
    id: str
    plan: Plan
    cancel_at: int | None


_HISTORY, _OPENING, _ARRIVALS, _POSTED, _SAMPLE = range(5)


class Account:
    """The batches of one workspace; instants are given by the caller, nothing here reads a clock.

    `lenient` serves `message_batch_id` as an ended batch that survives everything, and ignores unknown cursors.
    """

    def __init__(
        self,
        *,
        seed: int,
        start: int,
        history: int,
        live: bool,
        gradual: bool,
        lenient: bool = False,
        queue_limit: int | None = None,
        misfortune: Misfortune = NO_MISFORTUNE,
    ) -> None:
        if queue_limit is not None and queue_limit < 1:
            raise ValueError(f"queue_limit must be at least 1, or None for no limit, not {queue_limit}.")
        self._seed = seed
        self._lenient = lenient
        self._misfortune = misfortune
        self._queue_limit = queue_limit
        self._gradual = gradual
        self._history = history
        self._posted = Posted(seed)
        self._sources: dict[int, Source] = {_HISTORY: History(seed, start, history)}
        if live:
            self._sources |= {_OPENING: Opening(seed, start), _ARRIVALS: Arrivals(seed, start)}
        self._sources[_POSTED] = self._posted
        self._ids = BatchIds(seed)
        self._cancels: dict[tuple[int, int], int] = {}
        self._deleted: dict[tuple[int, int], int] = {}
        # Polling asks for the same page again and again; the past does not change.
        self._past_entry = lru_cache(maxsize=8_192)(self._compute_past_entry)

    def past_id(self, number: int) -> str:
        """The id of past batch `number`, 0 being the newest."""
        if not 0 <= number < self._history:
            raise IndexError(f"There are {self._history} past batches; {number} is not one of them.")
        return self._ids.encode(_HISTORY, number)

    def find(self, batch_id: str, now: int) -> Entry:
        """The batch with this id; ApiError 404 if there is none (any more)."""
        if self._lenient and batch_id == SAMPLE_ID:
            return Entry(_SAMPLE, 0, SAMPLE_ID, sample_plan(now), None)
        found = self._ids.decode(batch_id)
        if found is not None and found[0] in self._sources:
            source, index = found
            rank = self._history - 1 - index if source == _HISTORY else index
            exists = 0 <= rank < self._sources[source].population(now)
            if exists and (source, rank) not in self._deleted:
                return self._entry(source, rank)
        raise ApiError(404, f"Message Batch {batch_id} not found.")

    def _entry(self, source: int, rank: int) -> Entry:
        # The past is over: it can neither be canceled nor get stuck.
        return self._past_entry(rank) if source == _HISTORY else self._new_entry(source, rank)

    def _new_entry(self, source: int, rank: int) -> Entry:
        plan = self._sources[source].plan(rank)
        cancel_at = self._cancels.get((source, rank), plan.cancel_at)
        plan = self._misfortune.befall(plan, cancel_at)
        return Entry(source, rank, self._ids.encode(source, rank), plan, cancel_at)

    def _compute_past_entry(self, rank: int) -> Entry:
        plan = self._sources[_HISTORY].plan(rank)
        batch_id = self._ids.encode(_HISTORY, self._history - 1 - rank)
        return Entry(_HISTORY, rank, batch_id, plan, plan.cancel_at)

    def standing(self, entry: Entry, now: int) -> Standing:
        """What the API says of the batch at `now`."""
        # While the clock stands still, batches are created a microsecond apart: some a little ahead of it.
        return standing(entry.plan, entry.cancel_at, max(now, entry.plan.created), gradual=self._gradual)

    def page(
        self, now: int, limit: int, *, after: str | None = None, before: str | None = None, behind: int = 0
    ) -> tuple[list[Entry], bool]:
        """Up to `limit` batches next to a cursor, newest first, and whether more follow in that direction.

        The list is as it was `behind` microseconds before `now`.
        """
        cursor = after or before
        entry = self._cursor(cursor, now) if cursor else None
        walk = self._newer(entry, now) if before and not after else self._older(entry, now)
        if behind:
            walk = (place for place in walk if place[0] <= now - behind)
        places = list(islice(self._remaining(walk, now - behind), limit + 1))
        more = len(places) > limit
        entries = [self._entry(source, rank) for _, source, rank in places[:limit]]
        if before and not after:
            entries.reverse()
        return entries, more

    def _cursor(self, batch_id: str, now: int) -> Entry | None:
        try:
            entry = self.find(batch_id, now)
        except ApiError:
            if not self._lenient:
                raise
            return None
        return None if entry.source == _SAMPLE else entry

    def _older(self, cursor: Entry | None, now: int) -> Iterator[tuple[int, int, int]]:
        ends = {number: self._position(number, cursor, now) for number in self._sources}
        walks = [self._places(number, range(end - 1, -1, -1)) for number, end in ends.items()]
        return merge(*walks, reverse=True)

    def _newer(self, cursor: Entry | None, now: int) -> Iterator[tuple[int, int, int]]:
        walks = []
        for number, source in self._sources.items():
            begin = self._position(number, cursor, now)
            if cursor is not None and cursor.source == number:
                begin += 1
            walks.append(self._places(number, range(begin, source.population(now))))
        return merge(*walks)

    def _position(self, number: int, cursor: Entry | None, now: int) -> int:
        """How many batches of a source come before the cursor in time (all of them without one)."""
        source = self._sources[number]
        population = source.population(now)
        if cursor is None:
            return population
        if cursor.source == number:
            return cursor.rank
        # Equal instants are ordered by source, as in the merged walk.
        mark = (cursor.plan.created, cursor.source)
        return bisect_left(range(population), mark, key=lambda rank: (source.created(rank), number))

    def _places(self, number: int, ranks: range) -> Iterator[tuple[int, int, int]]:
        source = self._sources[number]
        for rank in ranks:
            yield source.created(rank), number, rank

    def _remaining(self, places: Iterator[tuple[int, int, int]], now: int) -> Iterator[tuple[int, int, int]]:
        """The places whose batch was not yet deleted at `now`."""
        deleted = self._deleted
        return (place for place in places if not deleted or deleted.get(place[1:], now + 1) > now)

    def create(self, intake: Intake, now: int) -> Entry:
        """Start a batch with the requests taken in; ApiError 429 if the queue has no room for them."""
        limit = self._queue_limit
        if limit is not None and self._queued(now) + len(intake.asked) > limit:
            raise ApiError(
                429,
                f"Number of batch requests in the processing queue would exceed your limit of {limit}. "
                "Please try again later.",
                headers={"retry-after": RETRY_WHEN_QUEUE_FULL},
            )
        return self._entry(_POSTED, self._posted.add(intake, now))

    def _queued(self, now: int) -> int:
        """How many requests are being processed; no batch runs for longer than the window unless it is stuck."""
        waiting = 0
        for created, source, rank in self._remaining(self._older(None, now), now):
            if created < now - WINDOW:
                break
            waiting += self.standing(self._entry(source, rank), now).processing
        return waiting

    def cancel(self, batch_id: str, now: int) -> Entry:
        """Ask for cancellation; a second time changes nothing; ApiError 400 once the batch has ended."""
        entry = self.find(batch_id, now)
        if entry.source == _SAMPLE:
            return entry._replace(plan=sample_plan(now, running=True), cancel_at=now)
        status = self.standing(entry, now).status
        if status == "ended":
            raise ApiError(400, f"Message Batch {batch_id} has already ended and cannot be canceled.")
        if status == "canceling":
            return entry
        self._cancels[entry.source, entry.rank] = max(now, entry.plan.created)
        return self._entry(entry.source, entry.rank)

    def delete(self, batch_id: str, now: int) -> None:
        """Remove an ended batch; ApiError 400 before its end."""
        entry = self.find(batch_id, now)
        if entry.source == _SAMPLE:
            return
        if self.standing(entry, now).status != "ended":
            raise ApiError(400, "In progress batches cannot be deleted. Consider canceling the batch instead.")
        self._deleted[entry.source, entry.rank] = now
        if entry.source == _POSTED:
            self._posted.forget(entry.rank)

    def lines(self, entry: Entry, now: int) -> Lines:
        """The result lines of an ended batch; ApiError 404 before its end and after archiving."""
        if not self.standing(entry, now).has_results:
            raise ApiError(404, f"Message Batch {entry.id} has no available results.")
        end = outcome(entry.plan, entry.cancel_at)
        if entry.source == _POSTED:
            return ReplyLines(entry.plan.key, self._posted.asked(entry.rank), entry.plan.errored, end)
        return AnswerLines(self._seed, entry.plan.key, end)

    def is_younger(self, entry: Entry, now: int, seconds: float) -> bool:
        """Whether a batch created over HTTP is younger than that."""
        return entry.source == _POSTED and now - entry.plan.created < seconds * SECOND
