"""Every batch seen so far, newest first, merged by identity from pages, retrieves and actions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from batch_tui.api.wall_clock import utc_now
from batch_tui.monitor.seen import SeenTimeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.seen import Event

_PROGRESS = {"in_progress": 0, "canceling": 1, "ended": 2}
_LONGEST_LAG = timedelta(minutes=2)
"""Replicas that lag agree again within a minute (batches-api.md §0.10)."""


class Changes(msgspec.Struct, frozen=True):
    """What one merge altered, as batch ids; false when nothing did."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    """Those of `updated` that were unfinished before and have ended now."""

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.removed)

    def __add__(self, other: Changes) -> Changes:
        return Changes(
            self.added + other.added,
            self.updated + other.updated,
            self.removed + other.removed,
            self.ended + other.ended,
        )


NO_CHANGES = Changes()


class BatchCatalog:
    """The batches of one workspace in the order of the API: newest `created_at` first.

    A position is found by bisection on `created_at`; merging a page costs a bisection per batch.
    """

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        """`now` dates what is seen of a batch."""
        self.seen = SeenTimeline(now)
        self._now = now
        # Since when the server has been saying that a batch is less far than it was.
        self._backwards: dict[str, datetime] = {}
        self._batches: dict[str, MessageBatch] = {}
        # In the order of the latest change, removals among them: what moved since then is at the end.
        self._versions: dict[str, int] = {}
        self._last_version = 0
        self._order: list[str] = []
        # Ascending, as bisect wants it: seconds before the epoch for each id of _order.
        self._ages: list[float] = []
        self._unfinished: set[str] = set()
        self._gone: set[str] = set()
        self.complete = False
        """True once a page said that nothing older exists."""

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[MessageBatch]:
        return (self._batches[batch_id] for batch_id in self._order)

    def __contains__(self, batch_id: object) -> bool:
        return batch_id in self._batches

    def at(self, position: int) -> MessageBatch:
        """The batch at a position, 0 being the newest."""
        return self._batches[self._order[position]]

    def get(self, batch_id: str) -> MessageBatch | None:
        """The batch of that id, or None."""
        return self._batches.get(batch_id)

    def version(self, batch_id: str) -> int:
        """A number that grows whenever the batch changes; 0 for an unknown id."""
        return self._versions[batch_id] if batch_id in self._batches else 0

    def events(self, batch_id: str) -> Sequence[Event]:
        """What this app saw of a batch and asked for it, oldest first; also of one that is gone."""
        return self.seen.events(batch_id)

    @property
    def last_version(self) -> int:
        """The version of the latest change; grows with each."""
        return self._last_version

    def changed_since(self, version: int) -> list[str]:
        """Ids of the batches that were added, changed, moved or removed after the change of that version.

        Costs time for those only, not for every batch.
        """
        changed = []
        for batch_id in reversed(self._versions):
            if self._versions[batch_id] <= version:
                break
            changed.append(batch_id)
        return changed

    def created_between(self, oldest: datetime, newest: datetime) -> list[str]:
        """Ids of the batches created in that span, both ends included, newest first."""
        first = bisect_left(self._ages, -newest.timestamp())
        last = bisect_right(self._ages, -oldest.timestamp())
        return self._order[first:last]

    def index_of(self, batch_id: str) -> int | None:
        """The position of a batch, or None."""
        batch = self._batches.get(batch_id)
        if batch is None:
            return None
        age = _age(batch)
        for position in range(bisect_left(self._ages, age), len(self._order)):
            if self._order[position] == batch_id:
                return position
        return None

    @property
    def unfinished(self) -> frozenset[str]:
        """Ids of the batches that have not ended."""
        return frozenset(self._unfinished)

    def merge(self, batches: Iterable[MessageBatch]) -> Changes:
        """Take in batches in the order the server gave them.

        An answer older than what is known (a status that went backwards) is ignored, unless the server insists
        for two minutes, as is a batch that was deleted: a list may lag behind. Among equal times the order of
        the latest page counts.
        """
        added: list[str] = []
        updated: list[str] = []
        ended: list[str] = []
        new: list[MessageBatch] = []
        moved_on: list[tuple[MessageBatch, MessageBatch]] = []
        page = list(batches)
        for position, batch in enumerate(page):
            known = self._batches.get(batch.id)
            if known is None:
                if batch.id not in self._gone:
                    self._insert(batch, page, position)
                    self._keep(batch)
                    added.append(batch.id)
                    new.append(batch)
                continue
            fresh = batch is not known and (batch != known or batch.unread != known.unread)
            if fresh and _is_stale(batch, known):
                fresh = self._insists(batch.id)
            elif self._backwards:
                self._backwards.pop(batch.id, None)
            if not fresh and (not position or page[position - 1].created_at != batch.created_at):
                # Nothing new and no equal times: nearly every batch of nearly every page.
                continue
            moved = self._move(known, batch if fresh else known, page, position)
            if fresh:
                if batch.processing_status == "ended" and batch.id in self._unfinished:
                    ended.append(batch.id)
                moved_on.append((known, batch))
                self._keep(batch)
            elif moved:
                self._note_change(batch.id)
            if fresh or moved:
                updated.append(batch.id)
        self.seen.added(new)
        self.seen.changed(moved_on)
        return Changes(tuple(added), tuple(updated), (), tuple(ended))

    def remove(self, batch_id: str, *, for_good: bool) -> Changes:
        """Forget a batch; `for_good` when it is known to be deleted, so that a lagging list is not believed."""
        if for_good:
            self._gone.add(batch_id)
        if batch_id not in self._batches:
            return NO_CHANGES
        self._take_out(batch_id)
        del self._batches[batch_id]
        self.seen.gone(batch_id, for_good=for_good)
        self._note_change(batch_id)
        self._unfinished.discard(batch_id)
        self._backwards.pop(batch_id, None)
        return Changes(removed=(batch_id,))

    def missing_from(self, page: Sequence[MessageBatch], *, newest: bool, oldest: bool) -> tuple[str, ...]:
        """Ids known here that a page should have held and did not.

        `newest` and `oldest` say that the page reaches that end of the list; otherwise only what lies
        strictly between its first and last batch is judged.
        """
        if not page:
            return tuple(self._order) if newest and oldest else ()
        first = 0 if newest else bisect_right(self._ages, _age(page[0]))
        last = len(self._order) if oldest else bisect_left(self._ages, _age(page[-1]))
        listed = {batch.id for batch in page}
        return tuple(batch_id for batch_id in self._order[first:last] if batch_id not in listed)

    def _insists(self, batch_id: str) -> bool:
        """Whether the server has said for so long that a batch went backwards that it cannot be lag."""
        since = self._backwards.setdefault(batch_id, self._now())
        if self._now() - since < _LONGEST_LAG:
            return False
        del self._backwards[batch_id]
        return True

    def _keep(self, batch: MessageBatch) -> None:
        self._batches[batch.id] = batch
        self._note_change(batch.id)
        if batch.processing_status != "ended":
            self._unfinished.add(batch.id)
        else:
            self._unfinished.discard(batch.id)

    def _note_change(self, batch_id: str) -> None:
        # One count for all: a batch that vanishes and comes back never has a version of its former life.
        self._last_version += 1
        self._versions.pop(batch_id, None)
        self._versions[batch_id] = self._last_version

    def _insert(self, batch: MessageBatch, page: Sequence[MessageBatch], place: int) -> None:
        """Stand a batch by its time; among equal times next to the neighbours it was listed with."""
        age = _age(batch)
        position = self._tied(batch, page, range(place + 1, len(page)))
        if (above := self._tied(batch, page, range(place - 1, -1, -1))) is not None:
            position = above + 1
        if position is None:
            position = bisect_right(self._ages, age)
        self._order.insert(position, batch.id)
        self._ages.insert(position, age)

    def _move(self, known: MessageBatch, batch: MessageBatch, page: Sequence[MessageBatch], place: int) -> bool:
        """Stand a known batch where its time and its page have it; false if it stands there already."""
        if batch.created_at == known.created_at:
            above = self._tied(batch, page, range(place - 1, -1, -1))
            if above is None:
                return False
            at = self.index_of(batch.id)
            if at is None or above < at:
                return False
        self._take_out(batch.id)
        self._insert(batch, page, place)
        return True

    def _tied(self, batch: MessageBatch, page: Sequence[MessageBatch], places: range) -> int | None:
        """The position of the first of these neighbours that is known, as long as they share the batch's time."""
        for place in places:
            if page[place].created_at != batch.created_at:
                return None
            known = self._batches.get(page[place].id)
            if known is not None and known.created_at == batch.created_at:
                return self.index_of(known.id)
        return None

    def _take_out(self, batch_id: str) -> None:
        position = self.index_of(batch_id)
        if position is not None:
            del self._order[position]
            del self._ages[position]


def _age(batch: MessageBatch) -> float:
    return -batch.created_at.timestamp()


def _is_stale(new: MessageBatch, known: MessageBatch) -> bool:
    return _PROGRESS.get(new.processing_status, 3) < _PROGRESS.get(known.processing_status, 0)
