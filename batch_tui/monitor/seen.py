"""What this app saw of each batch, and asked for it, in order of time: the timeline that the API does not keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from batch_tui.api.models import MessageBatch, MessageBatchRequestCounts

EventKind = Literal["first seen", "status", "counts", "archived", "asked", "done", "refused", "gone", "back"]

_MOST_BATCHES = 2000
"""Batches with more to tell than when they were first seen; beyond, those that were quiet longest are forgotten."""
_MOST_EVENTS = 60
"""Events of one batch; beyond, counts that moved are forgotten first."""


class Event(msgspec.Struct, frozen=True):
    """Something that was seen of a batch, or asked for it."""

    at: datetime
    """By the clock of the app, which is corrected to the server's."""
    kind: EventKind
    said: str | MessageBatchRequestCounts
    """Counts as they came: few of those that move are ever read."""

    @property
    def what(self) -> str:
        """A few words for the user. They may quote the server, so they are untrusted."""
        return self.said if isinstance(self.said, str) else _counts(self.said)


class SeenTimeline:
    """The events of every batch, bounded; `now` dates them."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        # Most batches had ended before they were first seen: for them a time is enough.
        self._ended_first: dict[str, datetime] = {}
        # The batch with the latest event last.
        self._events: dict[str, list[Event]] = {}

    def events(self, batch_id: str) -> Sequence[Event]:
        """The events of a batch, oldest first; none for one that was never seen."""
        first = self._ended_first.get(batch_id)
        later = self._events.get(batch_id, [])
        return later if first is None else (Event(first, "first seen", "first seen, ended"), *later)

    def added(self, batches: Sequence[MessageBatch]) -> None:
        """These batches were not known before, or had gone."""
        now = self._now()
        for batch in batches:
            if self.events(batch.id):
                self._note(batch.id, Event(now, "back", f"listed again, {batch.processing_status}"))
            elif batch.processing_status == "ended":
                self._ended_first[batch.id] = now
            else:
                self._note(batch.id, Event(now, "first seen", f"first seen, {batch.processing_status}"))

    def changed(self, pairs: Sequence[tuple[MessageBatch, MessageBatch]]) -> None:
        """These batches are not as they were: each as it was known, and as it is."""
        now = self._now()
        for known, batch in pairs:
            self._changed(now, known, batch)

    def _changed(self, now: datetime, known: MessageBatch, batch: MessageBatch) -> None:
        if batch.request_counts != known.request_counts:
            self._note(batch.id, Event(now, "counts", batch.request_counts))
        if batch.processing_status != known.processing_status:
            said = f"{known.processing_status} → {batch.processing_status}"
            self._note(batch.id, Event(now, "status", said))
        if batch.archived_at is not None and known.archived_at is None:
            self._note(batch.id, Event(now, "archived", "results no longer at the API"))

    def gone(self, batch_id: str, *, for_good: bool) -> None:
        """A batch is deleted, or no longer there."""
        self._note(batch_id, Event(self._now(), "gone", "deleted" if for_good else "no longer at the API"))
        # A screen may still show it, but it is one of the batches that are forgotten some day.
        first = self._ended_first.pop(batch_id, None)
        if first is not None:
            self._events[batch_id].insert(0, Event(first, "first seen", "first seen, ended"))

    def asked(self, batch_id: str, action: str) -> None:
        """The user asked for something: `action` is a word such as cancel."""
        self._note(batch_id, Event(self._now(), "asked", f"{action} asked"))

    def answered(self, batch_id: str, action: str, problem: str | None = None) -> None:
        """What became of it: done, or the sentence of the refusal."""
        done = f"{action} accepted" if problem is None else f"{action} failed: {problem}"
        self._note(batch_id, Event(self._now(), "done" if problem is None else "refused", done))

    def _note(self, batch_id: str, event: Event) -> None:
        events = self._events.pop(batch_id, [])
        events.append(event)
        if len(events) > _MOST_EVENTS:
            # Never the first: since when it is watched is what the rest is read by.
            moving = (place for place, one in enumerate(events) if place and one.kind == "counts")
            del events[next(moving, 1)]
        self._events[batch_id] = events
        while len(self._events) > _MOST_BATCHES:
            del self._events[next(iter(self._events))]


def _counts(counts: MessageBatchRequestCounts) -> str:
    """The counts that are not zero, by the API's names."""
    named = ("processing", "succeeded", "errored", "canceled", "expired")
    said = [f"{count:,} {name}" for name in named if (count := getattr(counts, name))]
    return ", ".join(said) or "no requests"
