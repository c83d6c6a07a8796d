"""What is shown, in which order: kept up to date from changes, and always as if it were looked up anew."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_tui.api.models import MessageBatchRequestCounts
from batch_tui.monitor.batch_filter import read_filter
from batch_tui.monitor.batch_notes import BatchNotes
from batch_tui.monitor.batch_order import COLUMNS, FIRST, NEWEST_FIRST, REVERSED, BatchOrder
from batch_tui.monitor.catalog import BatchCatalog
from batch_tui.monitor.conditions import NO_FILTER, TABS
from batch_tui.monitor.selection import Selection
from batch_tui.monitor.tab_counts import TabCounts, count_tabs
from tests.monitor.batches import NOON, batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.batch_order import Column

HOUR, DAY = 3600.0, 86400.0
BATCHES = (
    batch("a", 10, total=9),
    batch("b", 2 * HOUR, status="canceling", total=50),
    batch("c", 4 * HOUR, took=600, total=5),
    batch("d", 2 * DAY, took=1200, total=50).model_copy(
        update={"request_counts": MessageBatchRequestCounts(succeeded=1, errored=40, expired=9)}
    ),
    batch("e", 27 * DAY, took=60, total=7),
    batch("f", 40 * DAY, took=90, total=3),
)
NAMES = {"d": BatchNotes(name="Alpha", tags=("Nightly",)), "c": BatchNotes(name="beta"), "a": BatchNotes(tags=("x",))}


def shown(selection: Selection) -> list[str]:
    return [selection.at(row).id for row in range(len(selection))]


def selected(order: BatchOrder, text: str = "", saved: tuple[str, ...] = ("e",)) -> list[str]:
    catalog = BatchCatalog()
    catalog.merge(BATCHES)
    selection = Selection("all", read_filter(text).wanted or read_filter("requests>0").wanted, order)
    selection.take_up(catalog, NOON, saved, NAMES)
    return shown(selection)


@pytest.mark.parametrize(
    ("column", "plain", "reverse"),
    [
        # Where two are equal the newer comes first, whichever way the column counts.
        ("batch", "dcabef", "cdfeba"),
        ("status", "abcdef", "cdefba"),
        ("requests", "bdaecf", "fceabd"),
        ("outcome", "dabcef", "abcefd"),
        ("created", "abcdef", "fedcba"),
        # What has not ended has no duration, and no results; the results of f are gone.
        ("took", "dcfeab", "efcdab"),
        ("results", "dceabf", "cdeabf"),
    ],
)
def test_every_column_sorts_both_ways(column: Column, plain: str, reverse: str) -> None:
    assert "".join(selected(BatchOrder(column))) == plain
    assert "".join(selected(BatchOrder(column, reverse=True))) == reverse


def test_every_order_has_words_for_the_menu() -> None:
    assert set(FIRST) == set(REVERSED) == set(COLUMNS)


def test_names_and_tags_are_found() -> None:
    """`tag:` takes a whole tag, `name:` and bare words a part of the name."""
    assert selected(NEWEST_FIRST, "tag:nightly") == ["d"]
    assert selected(NEWEST_FIRST, "tag:night") == []
    assert selected(NEWEST_FIRST, "tag:") == ["a", "d"]
    assert selected(NEWEST_FIRST, "name:ET") == ["c"]
    assert selected(NEWEST_FIRST, "name:") == ["c", "d"]
    assert selected(NEWEST_FIRST, "alp") == ["d"]
    assert selected(NEWEST_FIRST, "a") == ["a", "c", "d"]


def test_a_name_given_later_moves_the_batch_and_lets_it_be_found() -> None:
    catalog = BatchCatalog()
    catalog.merge(BATCHES)
    found, sorted_by_name = Selection("all", read_filter("name:late").wanted), Selection("all", NO_FILTER, BY_NAME)
    names: dict[str, BatchNotes] = {}
    for moment in range(2):
        for one in (found, sorted_by_name):
            one.take_up(catalog, NOON, (), names)
        assert shown(found) == ["f"] * moment
        assert shown(sorted_by_name)[0] == ("f" if moment else "a")
        names["f"] = BatchNotes(name="A late one")


BY_NAME = BatchOrder("batch")


def test_a_batch_that_changes_moves_and_every_other_stays() -> None:
    catalog = BatchCatalog()
    catalog.merge(BATCHES)
    selection = Selection("all", NO_FILTER, BatchOrder("status"))
    assert not selection.as_listed
    selection.take_up(catalog, NOON, ())
    catalog.merge([batch("a", 10, took=5), batch("z", 1)])
    selection.take_up(catalog, NOON, ())
    assert shown(selection) == ["z", "b", "a", "c", "d", "e", "f"]
    assert [selection.index_of(each) for each in "zba"] == [0, 1, 2]
    # The next below where it would stand, for a batch that is not shown.
    assert selection.nearest(batch("y", 3 * HOUR, took=1)) == 3


def test_time_alone_moves_batches_in_and_out() -> None:
    """Nobody tells that a batch has grown old."""
    catalog = BatchCatalog()
    catalog.merge([batch(f"n{number}", number * HOUR, took=60) for number in range(100)])
    older = Selection("all", read_filter("older:2d").wanted)
    newer = Selection("all", read_filter("newer:90m").wanted)
    tabs = TabCounts()
    for hours in (0, 1, 5, 600, 4, 700):
        now = NOON + timedelta(hours=hours)
        for one in (older, newer):
            one.take_up(catalog, now, ())
        tabs.take_up(catalog, now, ())
        assert len(older) == sum(1 for number in range(100) if number + hours > 48)
        assert len(newer) == sum(1 for number in range(100) if number + hours < 1.5)
        assert tabs.counts == count_tabs(catalog, now, ())


class Asked(BatchCatalog):
    """A catalog that counts the batches it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.gets = 0

    def get(self, batch_id: str) -> MessageBatch | None:
        self.gets += 1
        return super().get(batch_id)

    def __iter__(self) -> Iterator[MessageBatch]:
        self.gets += len(self)
        return super().__iter__()


def test_one_change_among_thousands_costs_one_look() -> None:
    catalog = Asked()
    catalog.merge([batch(f"n{number:04}", number, took=60) for number in range(3000)])
    selection, tabs = Selection("with failures", NO_FILTER, BatchOrder("requests")), TabCounts()
    selection.take_up(catalog, NOON, ())
    tabs.take_up(catalog, NOON, ())
    catalog.gets = 0
    worse = MessageBatchRequestCounts(succeeded=1, errored=4)
    catalog.merge([batch("n2000", 2000, took=60).model_copy(update={"request_counts": worse})])
    selection.take_up(catalog, NOON, ())
    tabs.take_up(catalog, NOON, ())
    assert shown(selection) == ["n2000"]
    assert tabs.counts["with failures"] == 1
    assert catalog.gets <= 4


def looked_up_anew(
    selection: Selection, catalog: BatchCatalog, now_hours: int, saved: set[str], names: Mapping[str, BatchNotes]
) -> list[str]:
    fresh = Selection(selection.tab, selection.wanted, selection.order)
    fresh.take_up(catalog, NOON + timedelta(hours=now_hours), saved, names)
    return shown(fresh)


IDS = st.integers(0, 40)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.lists(st.tuples(IDS, st.integers(0, 3), st.booleans()), max_size=4)),
        st.tuples(st.just("remove"), IDS),
        st.tuples(st.just("save"), IDS),
        st.tuples(st.just("name"), IDS, st.sampled_from(["", "A", "b", "Zed"])),
        st.tuples(st.just("wait"), st.integers(-50, 800)),
    ),
    max_size=12,
)


@given(
    STEPS,
    st.sampled_from(TABS),
    st.sampled_from(["", "older:2d", "newer:20h", "expiring:3d", "errors>0", "e", "tag:t", "status:running"]),
    st.builds(BatchOrder, st.sampled_from(COLUMNS), st.booleans()),
)
def test_whatever_happens_the_selection_is_as_if_looked_up_anew(
    steps: list[tuple[object, ...]], tab: str, text: str, order: BatchOrder
) -> None:
    catalog = BatchCatalog()
    # Several share a time, and the ages spread over what tabs and words ask for.
    ages = {number: (number // 2) * 17 * HOUR for number in range(41)}
    catalog.merge([batch(f"e{number}", ages[number], took=600 if number % 3 else None) for number in range(0, 41, 2)])
    selection = Selection(next(one for one in TABS if one == tab), read_filter(text).wanted, order)
    tabs = TabCounts()
    saved: set[str] = set()
    names: dict[str, BatchNotes] = {}
    hours = 0
    for step in [("wait", 0), *steps]:
        match step:
            case ("merge", list(items)):
                catalog.merge(
                    [
                        batch(f"e{number}", ages[number], took=60 if ended else None).model_copy(
                            update={"request_counts": MessageBatchRequestCounts(succeeded=7, errored=errored)}
                        )
                        for number, errored, ended in items
                    ]
                )
            case ("remove", number):
                catalog.remove(f"e{number}", for_good=False)
            case ("save", number):
                saved ^= {f"e{number}"}
            case ("name", number, str(name)):
                names[f"e{number}"] = BatchNotes(name=name, tags=("t",) if name else ())
            case ("wait", int(more)):
                hours += more
        selection.take_up(catalog, NOON + timedelta(hours=hours), saved, names)
        tabs.take_up(catalog, NOON + timedelta(hours=hours), saved)
        assert tabs.counts == count_tabs(catalog, NOON + timedelta(hours=hours), saved)
        if selection.as_listed:
            continue
        assert shown(selection) == looked_up_anew(selection, catalog, hours, saved, names)
        assert [selection.index_of(each) for each in shown(selection)] == list(range(len(selection)))
