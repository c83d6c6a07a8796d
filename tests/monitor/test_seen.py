"""The timeline of what this app saw of a batch."""

from __future__ import annotations

from datetime import datetime, timedelta

from batch_tui.api.models import MessageBatchRequestCounts
from batch_tui.monitor.catalog import BatchCatalog
from tests.monitor.batches import NOON, batch


class Clock:
    def __init__(self) -> None:
        self.minutes = 0

    def __call__(self) -> datetime:
        return NOON + timedelta(minutes=self.minutes)


def told(catalog: BatchCatalog, batch_id: str) -> list[str]:
    return [f"{int((event.at - NOON).total_seconds() // 60)} {event.what}" for event in catalog.events(batch_id)]


def test_the_life_of_a_batch_as_it_was_seen() -> None:
    clock = Clock()
    catalog = BatchCatalog(clock)
    running = batch("a", 60, total=10)
    catalog.merge([running])
    clock.minutes = 1
    catalog.merge([running])
    moved = MessageBatchRequestCounts(processing=7, succeeded=3)
    catalog.merge([running.model_copy(update={"request_counts": moved})])
    clock.minutes = 2
    catalog.seen.asked("a", "cancel")
    clock.minutes = 3
    catalog.merge([batch("a", 60, total=10, status="canceling").model_copy(update={"request_counts": moved})])
    catalog.seen.answered("a", "cancel")
    clock.minutes = 4
    catalog.merge([batch("a", 60, total=10, took=300)])
    catalog.seen.asked("a", "delete")
    catalog.seen.answered("a", "delete", "409 conflict: not now")
    clock.minutes = 6
    catalog.remove("a", for_good=True)
    assert told(catalog, "a") == [
        "0 first seen, in_progress",
        "1 7 processing, 3 succeeded",
        "2 cancel asked",
        "3 in_progress → canceling",
        "3 cancel accepted",
        "4 10 succeeded",
        "4 canceling → ended",
        "4 delete asked",
        "4 delete failed: 409 conflict: not now",
        "6 deleted",
    ]


def test_history_that_had_ended_before_has_a_first_sight_too() -> None:
    clock = Clock()
    catalog = BatchCatalog(clock)
    catalog.merge([batch("old", 9000, took=60)])
    clock.minutes = 5
    old = batch("old", 9000, took=60)
    catalog.merge([old.model_copy(update={"archived_at": NOON})])
    catalog.remove("old", for_good=False)
    clock.minutes = 6
    catalog.merge([old])
    assert told(catalog, "old") == [
        "0 first seen, ended",
        "5 results no longer at the API",
        "5 no longer at the API",
        "6 listed again, ended",
    ]
    assert catalog.events("never seen") == []


def test_it_is_bounded_and_keeps_what_matters() -> None:
    clock = Clock()
    catalog = BatchCatalog(clock)
    running = batch("a", 60, total=1000)
    catalog.merge([running])
    catalog.seen.asked("a", "cancel")
    for number in range(300):
        clock.minutes = number
        moved = MessageBatchRequestCounts(processing=1000 - number, succeeded=number)
        catalog.merge([running.model_copy(update={"request_counts": moved})])
    assert len(catalog.events("a")) == 60
    assert told(catalog, "a")[:2] == ["0 first seen, in_progress", "0 cancel asked"]
    assert told(catalog, "a")[-1] == "299 701 processing, 299 succeeded"
    for number in range(3000):
        catalog.seen.asked(f"b{number}", "delete")
    assert catalog.events("a") == []
    assert sum(1 for number in range(3000) if catalog.events(f"b{number}")) == 2000
