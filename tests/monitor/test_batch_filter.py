"""What may be typed into the filter, what it then finds, and that the tabs count what they show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_tui.api.models import MessageBatch, MessageBatchRequestCounts
from batch_tui.monitor.batch_filter import read_filter
from batch_tui.monitor.catalog import BatchCatalog
from batch_tui.monitor.conditions import NO_FILTER, TABS
from batch_tui.monitor.selection import Selection
from batch_tui.monitor.tab_counts import count_tabs
from tests.monitor.batches import NOON, batch

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR, DAY = 3600.0, 86400.0


def failed(name: str, age: float, *, errored: int = 0, expired: int = 0) -> MessageBatch:
    counts = MessageBatchRequestCounts(processing=0, succeeded=100, errored=errored, expired=expired)
    return batch(name, age, took=60).model_copy(update={"request_counts": counts})


BATCHES = (
    batch("msgbatch_New", 60),
    batch("msgbatch_Stopping", HOUR, status="canceling", total=2_000),
    batch("msgbatch_Done", 5 * HOUR, took=600, total=5_000),
    failed("msgbatch_Bad", 2 * DAY, errored=7),
    failed("msgbatch_Late", 3 * DAY, expired=3),
    batch("msgbatch_Leaving", 26.1 * DAY, took=600),
    batch("msgbatch_LeavingSaved", 26.5 * DAY, took=600),
    batch("msgbatch_Gone", 40 * DAY, took=600),
)
SAVED = {"msgbatch_LeavingSaved"}


def found(text: str) -> list[str]:
    wanted, _ = read_filter(text)
    return [one.id.removeprefix("msgbatch_") for one in wanted.keep(BATCHES, NOON, SAVED)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("bad", ["Bad"]),
        ("LEAVING", ["Leaving", "LeavingSaved"]),
        ("status:running", ["New"]),
        ("status:in_progress", ["New"]),
        ("STATUS:Canceling", ["Stopping"]),
        ("status:ended errors=0 newer:1w", ["Done", "Late"]),
        ("errors>0", ["Bad"]),
        ("errors<7 requests>=5,000", ["Done"]),
        ("errors<=7 errors>6", ["Bad"]),
        ("requests>1000", ["Stopping", "Done"]),
        ("requests=2_000", ["Stopping"]),
        ("older:2d", ["Late", "Leaving", "LeavingSaved", "Gone"]),
        ("newer:30m", ["New"]),
        ("newer:6h older:30m", ["Stopping", "Done"]),
        ("expiring:3d", ["Leaving"]),
        ("expiring:2d", []),
        ("status:running status:ended", []),
        ("[red] \x1b", []),
    ],
)
def test_a_filter_finds_what_fulfils_every_word(text: str, names: list[str]) -> None:
    assert read_filter(text).problem is None
    assert found(text) == names


def test_nothing_typed_asks_for_nothing() -> None:
    assert read_filter("  ") == (NO_FILTER, None)
    assert len(found("")) == len(BATCHES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("status:", "running, canceling or ended"),
        ("status:done", "running, canceling or ended"),
        ("status=ended", "running, canceling or ended"),
        ("errors>", "errors>0"),
        ("errors:5", "errors>0"),
        ("errors>-1", "errors>0"),
        ("errors>٣", "errors>0"),
        ("errors>" + "9" * 5_000, "errors>0"),
        ("requests>many", "requests>0"),
        ("older:", "older:30m"),
        ("older>2d", "older:30m"),
        ("older:2", "older:30m"),
        ("newer:6y", "newer:30m"),
        ("expiring:9999999d", "expiring:30m"),
        ("label:mine", "There is no label:"),
        ("tag>mine", "tag: takes a text"),
        ("name=x", "name: takes a text"),
        (":x", "missing before :"),
        ("x" * 90 + ":", "There is no xxxxxxxxxxxxxxx…:"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence(text: str, words: str) -> None:
    problem = read_filter(text).problem
    assert problem is not None
    assert words in problem
    assert problem.endswith(".")
    assert len(problem) < 90


def test_the_words_that_are_understood_hold_while_another_is_being_typed() -> None:
    wanted, problem = read_filter("errors>0 older: label:x")
    assert problem is not None
    assert problem.startswith("older:")
    assert wanted == read_filter("errors>0").wanted


@given(st.text(max_size=80))
def test_anything_may_be_typed(text: str) -> None:
    wanted, problem = read_filter(text)
    assert problem is None or problem
    assert set(found(text)) <= set(found(""))
    assert problem is not None or bool(wanted) is bool(text.split())


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_are_survived(year: int) -> None:
    odd = BATCHES[2].model_copy(update={"created_at": datetime(year, 12, 31, tzinfo=UTC)})
    for text in ("older:999999w", "expiring:1w"):
        assert not read_filter(text).wanted.keep([odd], NOON, ())
    assert count_tabs(catalog_of([odd]), NOON, ()) == {
        "all": 1,
        "running": 0,
        "ended": 1,
        "with failures": 0,
        "expiring": 0,
    }


def catalog_of(batches: Sequence[MessageBatch]) -> BatchCatalog:
    catalog = BatchCatalog()
    catalog.merge(sorted(batches, key=lambda one: one.created_at, reverse=True))
    return catalog


KINDS = st.tuples(
    st.floats(0, 40 * DAY),
    st.sampled_from(["in_progress", "canceling", "ended", "paused"]),
    st.integers(0, 2),
    st.integers(0, 2),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(KINDS, max_size=30))
def test_a_tab_counts_what_it_shows(kinds: list[tuple[float, str, int, int, bool, bool]]) -> None:
    saved, batches = set(), []
    for place, (age, status, errored, expired, archived, kept) in enumerate(kinds):
        counts = MessageBatchRequestCounts(processing=1, errored=errored, expired=expired)
        update = {"request_counts": counts, "archived_at": NOON if archived else None}
        batches.append(batch(f"b{place}", age, status=status).model_copy(update=update))
        if kept:
            saved.add(f"b{place}")
    catalog = catalog_of(batches)
    counts_by_tab = count_tabs(catalog, NOON, saved)
    ended = [one for one in batches if one.processing_status == "ended"]
    leaving = [
        one
        for one in ended
        if timedelta(days=25) < NOON - one.created_at < timedelta(days=29)
        and one.archived_at is None
        and one.id not in saved
    ]
    assert counts_by_tab == {
        "all": len(batches),
        "running": len(batches) - len(ended),
        "ended": len(ended),
        "with failures": sum(1 for one in batches if one.request_counts.errored + one.request_counts.expired),
        "expiring": len(leaving),
    }
    for tab in TABS[1:]:
        selection = Selection(tab, NO_FILTER)
        selection.take_up(catalog, NOON, saved)
        assert len(selection) == counts_by_tab[tab]
        assert [selection.index_of(selection.at(row).id) for row in range(len(selection))] == list(
            range(len(selection))
        )


def test_the_nearest_match_is_the_batch_itself_or_the_next_below() -> None:
    catalog = catalog_of(BATCHES)
    selection = Selection("with failures", NO_FILTER)
    selection.take_up(catalog, NOON, SAVED)
    assert [selection.nearest(one) for one in BATCHES] == [0, 0, 0, 0, 1, 1, 1, 1]
    nothing = Selection("all", read_filter("nowhere").wanted)
    nothing.take_up(catalog, NOON, SAVED)
    assert nothing.nearest(BATCHES[0]) == 0


@pytest.mark.parametrize(
    ("tab", "text", "oldest", "searched"),
    [
        ("running", "", 20 * HOUR, False),
        ("running", "", 26 * HOUR, True),
        ("all", "status:canceling", 26 * HOUR, True),
        ("all", "errors>0", 300 * DAY, False),
        ("ended", "newer:2d", 3 * DAY, True),
        ("ended", "newer:2d", DAY, False),
        ("expiring", "", 28 * DAY, False),
        ("expiring", "", 30 * DAY, True),
    ],
)
def test_it_knows_when_older_batches_cannot_match(tab: str, text: str, oldest: float, searched: bool) -> None:
    catalog = catalog_of([batch("b1", 60), batch("b2", oldest, took=60)])
    selection = Selection(next(one for one in TABS if one == tab), read_filter(text).wanted)
    assert selection.searched_all(catalog, NOON) is searched
    catalog.complete = True
    assert selection.searched_all(catalog, NOON)
