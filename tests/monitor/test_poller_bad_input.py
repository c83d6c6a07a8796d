"""Answers that no server should give: nothing is lost, nothing is shown twice, and the poller goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_tui.api import APIResponseValidationError
from batch_tui.api.models import MessageBatch, MessageBatchRequestCounts
from batch_tui.monitor.batch_filter import read_filter
from batch_tui.monitor.batch_order import COLUMNS, BatchOrder
from batch_tui.monitor.catalog import NO_CHANGES, BatchCatalog
from batch_tui.monitor.conditions import TABS
from batch_tui.monitor.forecast import FinishedHistory
from batch_tui.monitor.selection import Selection
from batch_tui.monitor.tab_counts import TabCounts
from batch_tui.simulator import ManualClock
from tests.monitor.batches import NOON, batch
from tests.monitor.list_server import ListServer, made
from tests.monitor.world import Watch


def said(*batches: dict[str, Any], has_more: bool = False) -> tuple[int, dict[str, str], bytes]:
    page = {"data": list(batches), "has_more": has_more}
    return 200, {"content-type": "application/json"}, json.dumps(page).encode()


async def test_pages_that_repeat_and_overlap_show_each_batch_once() -> None:
    batches = [made(f"b{number}", 60 * number) for number in range(9)]
    async with ListServer([]) as server:
        watch = Watch(server.url, ManualClock())
        server.reply = said(*batches[:6], *batches[:6], batches[3], has_more=True)
        await watch.poller.poll()
        assert watch.ids() == [f"b{number}" for number in range(6)]
        server.reply = said(*batches[2:9], *batches[4:9])
        await watch.poller.load_older()
        assert watch.ids() == [f"b{number}" for number in range(9)]
        await watch.client.close()


async def test_a_page_that_is_the_same_whatever_is_asked_ends_the_walk() -> None:
    """It says that there is more and gives what it gave: asking again would go on for ever."""
    async with ListServer([]) as server:
        watch = Watch(server.url, ManualClock())
        server.reply = said(made("a", 30), made("b", 60), has_more=True)
        await watch.poller.poll()
        await watch.poller.load_older()
        assert watch.ids() == ["a", "b"]
        assert watch.poller.older.error is not None
        assert len(server.asked) < 8
        await watch.client.close()


async def test_a_page_that_skips_batches_does_not_drop_them() -> None:
    """They are looked up; that they were skipped is no proof."""
    async with ListServer([made(f"b{number}", 600 * number) for number in range(8)]) as server:
        watch = Watch(server.url, ManualClock())
        await watch.poller.poll()
        server.unlisted |= {"b2", "b5", "b6"}
        for _ in range(3):
            assert await watch.poller.poll() == NO_CHANGES
        assert len(watch.catalog) == 8
        await watch.client.close()


async def test_a_page_out_of_order_is_put_in_order() -> None:
    async with ListServer([]) as server:
        watch = Watch(server.url, ManualClock())
        server.reply = said(*(made(f"b{number}", 60 * number) for number in (3, 0, 2, 1)))
        await watch.poller.poll()
        assert watch.ids() == ["b0", "b1", "b2", "b3"]
        await watch.client.close()


async def test_a_status_that_goes_back_is_lag_until_the_server_insists() -> None:
    """Lag is over within a minute; a dashboard that never believes the server again would be worse."""
    clock = ManualClock()
    async with ListServer([made("b", 30)]) as server:
        watch = Watch(server.url, clock)
        await watch.poller.poll()
        server.batches[:] = [made("b", 30, status="in_progress")]
        for _ in range(11):
            assert await watch.poller.poll() == NO_CHANGES
            clock.advance(seconds=10)
        # An answer as it should be, and the doubt is gone.
        server.batches[:] = [made("b", 30)]
        assert await watch.poller.poll() == NO_CHANGES
        server.batches[:] = [made("b", 30, status="in_progress")]
        for _ in range(12):
            assert await watch.poller.poll() == NO_CHANGES
            clock.advance(seconds=10)
        assert (await watch.poller.poll()).updated == ("b",)
        assert watch.catalog.unfinished == {"b"}
        await watch.client.close()


async def test_an_unknown_status_is_kept_as_it_is_and_watched() -> None:
    async with ListServer([made("b", 30, status="paused_for_review")]) as server:
        watch = Watch(server.url, ManualClock())
        await watch.poller.poll()
        assert watch.catalog.unfinished == {"b"}
        server.batches[:] = [made("b", 30)]
        assert (await watch.poller.poll()).ended == ("b",)
        await watch.client.close()


def without(batch: dict[str, Any], *fields: str, **instead: Any) -> dict[str, Any]:
    return {name: value for name, value in batch.items() if name not in fields} | instead


WRONG_TIMES: tuple[Any, ...] = ("", "yesterday", {}, "0000-00-00T00:00:00Z")
BAD: list[tuple[str, dict[str, Any]]] = [
    *((field, without(made("bad", 30), field)) for field in ("created_at", "expires_at", "request_counts")),
    *(
        (field, without(made("bad", 30), **{field: value}))
        for field in ("created_at", "expires_at", "ended_at", "archived_at")
        for value in WRONG_TIMES
    ),
    ("created_at", without(made("bad", 30), created_at=None)),
    ("request_counts", without(made("bad", 30), request_counts=None)),
    ("request_counts", without(made("bad", 30), request_counts={"processing": 0.5})),
    ("processing_status", without(made("bad", 30), processing_status=None)),
    ("results_url", without(made("bad", 30), results_url=7)),
]


def unread(watch: Watch, batch_id: str) -> frozenset[str]:
    found = watch.catalog.get(batch_id)
    assert found is not None
    return found.unread


@pytest.mark.parametrize(("field", "bad"), BAD, ids=[f"{field}-{place}" for place, (field, _) in enumerate(BAD)])
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_batch_that_cannot_be_read_in_part_stands_among_the_others_and_says_so(
    field: str, bad: dict[str, Any], place: int
) -> None:
    """The others live on: one that ends is seen to; and so is the bad one, once it can be read."""
    async with ListServer([]) as server:
        watch = Watch(server.url, ManualClock())
        others = [made("a", 20, status="in_progress"), made("b", 40)]
        server.reply = said(*others[:place], bad, *others[place:])
        await watch.poller.poll()
        assert watch.poller.state.error is None
        assert sorted(watch.ids()) == ["a", "b", "bad"]
        assert unread(watch, "bad") == {field}
        assert await watch.poller.poll() == NO_CHANGES
        server.reply = said(made("a", 20), bad, made("b", 40))
        assert (await watch.poller.poll()).ended == ("a",)
        server.reply = said(made("a", 20), made("bad", 30), made("b", 40))
        assert (await watch.poller.poll()).updated == ("bad",)
        assert unread(watch, "bad") == frozenset()
        assert watch.ids() == ["a", "bad", "b"]
        await watch.client.close()


async def test_what_was_known_of_a_batch_is_not_lost_to_a_bad_answer() -> None:
    """It keeps its place, and its end is seen once."""
    async with ListServer([]) as server:
        watch = Watch(server.url, ManualClock())
        server.reply = said(made("a", 20), made("b", 40, status="in_progress"), made("c", 60))
        await watch.poller.poll()
        server.reply = said(made("a", 20), without(made("b", 40), "created_at", "processing_status"), made("c", 60))
        await watch.poller.poll()
        assert watch.ids() == ["a", "b", "c"]
        assert watch.catalog.unfinished == {"b"}
        server.reply = said(made("a", 20), without(made("b", 40), "created_at", "request_counts"), made("c", 60))
        assert (await watch.poller.poll()).ended == ("b",)
        assert unread(watch, "b") == {"request_counts"}
        await watch.client.close()


@pytest.mark.parametrize("bad", [{}, {"id": None}, {"id": 7}, None, "text", [], without(made("c", 10), "id")])
async def test_what_has_no_id_is_counted_and_the_others_are_shown(bad: Any) -> None:
    async with ListServer([]) as server:
        watch = Watch(server.url, ManualClock())
        server.reply = said(made("a", 20), bad, made("b", 40))
        await watch.poller.poll()
        assert (watch.ids(), watch.poller.state.nameless, watch.poller.state.error) == (["a", "b"], 1, None)
        server.reply = said(made("a", 20), made("b", 40))
        await watch.poller.poll()
        assert watch.poller.state.nameless == 0
        await watch.client.close()


@pytest.mark.parametrize(
    "rows", [[{}], [1, 2], [{"id": "claude", "type": "model", "created_at": "2026-01-01T00:00:00Z"}]]
)
async def test_a_page_on_which_nothing_is_like_a_batch_is_none(rows: list[Any]) -> None:
    """Then it is worth looking at the base URL."""
    async with ListServer([]) as server:
        watch = Watch(server.url, ManualClock())
        server.reply = said(*rows)
        await watch.poller.poll()
        assert isinstance(watch.poller.state.error, APIResponseValidationError)
        assert "base URL" in str(watch.poller.state.error)
        await watch.client.close()


async def test_a_batch_missing_from_its_page_whose_own_answer_is_bad_stays() -> None:
    async with ListServer([made("a", 200), made("b", 400), made("c", 600)]) as server:
        watch = Watch(server.url, ManualClock())
        await watch.poller.poll()
        server.unlisted.add("b")
        server.batches[1]["created_at"] = None
        await watch.poller.poll()
        assert (watch.poller.state.error, watch.ids()) == (None, ["a", "b", "c"])
        await watch.client.close()


MOMENTS = st.one_of(
    st.sampled_from([datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)]),
    st.datetimes(timezones=st.just(UTC)),
    st.integers(-3000, 3000).map(lambda hours: NOON + timedelta(hours=hours)),
)
COUNTS = st.integers(-(10**12), 10**12)
ODD = st.builds(
    MessageBatch,
    id=st.sampled_from("abcdefgh"),
    processing_status=st.sampled_from(["in_progress", "canceling", "ended", "", "on fire"]),
    request_counts=st.builds(
        MessageBatchRequestCounts, processing=COUNTS, succeeded=COUNTS, errored=COUNTS, canceled=COUNTS, expired=COUNTS
    ),
    created_at=MOMENTS,
    expires_at=MOMENTS,
    ended_at=st.none() | MOMENTS,
    cancel_initiated_at=st.none() | MOMENTS,
    archived_at=st.none() | MOMENTS,
)


@given(
    st.lists(st.lists(ODD, max_size=6), max_size=5),
    st.sampled_from(TABS),
    st.sampled_from(["", "older:2d", "newer:999999w", "expiring:3d", "errors<0", "requests>0"]),
    st.builds(BatchOrder, st.sampled_from(COLUMNS), st.booleans()),
)
def test_absurd_times_and_counts_are_survived_by_all_that_is_made_of_them(
    pages: list[list[MessageBatch]], tab: str, text: str, order: BatchOrder
) -> None:
    """Counts that do not sum, a batch that ended before it was made, the first and the last year there is."""
    catalog, tabs, history = BatchCatalog(lambda: NOON), TabCounts(), FinishedHistory()
    selection = Selection(next(one for one in TABS if one == tab), read_filter(text).wanted, order)
    history.add(batch(f"h{number}", 9e5, took=60 + number) for number in range(20))
    for place, page in enumerate(pages):
        now = NOON + timedelta(hours=place * 300)
        catalog.merge(page)
        tabs.take_up(catalog, now, ())
        selection.take_up(catalog, now, ())
        history.add(catalog)
        ids = [one.id for one in catalog]
        assert [catalog.index_of(each) for each in ids] == list(range(len(ids)))
        assert tabs.counts["running"] + tabs.counts["ended"] == tabs.counts["all"] == len(ids)
        shown = [selection.at(row).id for row in range(len(selection))]
        assert [selection.index_of(each) for each in shown] == list(range(len(shown)))
        for one in catalog:
            history.forecast(one, now)
            assert catalog.events(one.id)


@pytest.mark.parametrize("batch_id", ["", "..", "%2e%2e"])
async def test_an_id_that_nobody_can_ask_about_does_no_harm(batch_id: str) -> None:
    """Once it is missing from its page, asking for it by name is what a poll would do."""
    async with ListServer([made(batch_id, 30), made("b", 60)]) as server:
        watch = Watch(server.url, ManualClock())
        await watch.poller.poll()
        server.batches.pop(0)
        for _ in range(3):
            await watch.poller.poll()
        assert watch.poller.state.error is None
        assert watch.ids() == ["b"]
        await watch.client.close()
