"""The catalog: order, identity, and what one merge says it changed."""

from __future__ import annotations

import pytest

from batch_tui.monitor.catalog import NO_CHANGES, BatchCatalog, Changes
from tests.monitor.batches import batch


def names(catalog: BatchCatalog) -> list[str]:
    """The ids in order."""
    return [one.id for one in catalog]


def test_newest_comes_first_whatever_the_order_of_merging() -> None:
    """Pages may arrive in any order."""
    catalog = BatchCatalog()
    catalog.merge([batch("c", 30), batch("d", 40)])
    catalog.merge([batch("a", 10)])
    catalog.merge([batch("e", 50), batch("b", 20)])
    assert names(catalog) == ["a", "b", "c", "d", "e"]
    assert catalog.at(0).id == "a"
    assert len(catalog) == 5


@pytest.mark.parametrize("known", [[], ["a"], ["b"], ["c"], ["a", "c"], ["c", "a"], ["b", "a"], ["c", "b", "a"]])
def test_equal_times_keep_the_order_of_the_server(known: list[str]) -> None:
    """Whichever of them were known before, and however they stood."""
    catalog = BatchCatalog()
    catalog.merge([batch("older", 9)])
    for name in known:
        catalog.merge([batch(name)])
    catalog.merge([batch("a"), batch("b"), batch("c"), batch("older", 9)])
    assert names(catalog) == ["a", "b", "c", "older"]
    assert [catalog.index_of(name) for name in ("a", "b", "c", "older")] == [0, 1, 2, 3]


def test_a_page_that_ends_among_equal_times_leaves_the_rest_where_it_was() -> None:
    """The newcomer stands next to the neighbour it was listed with."""
    catalog = BatchCatalog()
    catalog.merge([batch("a"), batch("c")])
    catalog.merge([batch("a"), batch("b")])
    assert names(catalog) == ["a", "b", "c"]


def test_microseconds_count() -> None:
    """Two batches of one script may be that close."""
    catalog = BatchCatalog()
    catalog.merge([batch("older", 0.000002), batch("newer", 0.000001)])
    assert names(catalog) == ["newer", "older"]


def test_merging_the_same_page_again_changes_nothing() -> None:
    """That is what lets the poller slow down."""
    catalog = BatchCatalog()
    page = [batch("a", 1), batch("b", 2, took=1), batch("c", 2)]
    first = catalog.merge(page)
    versions = [catalog.version(one.id) for one in page]
    assert first == Changes(added=("a", "b", "c"))
    again = catalog.merge(page)
    assert again == NO_CHANGES
    assert not again
    assert [catalog.version(one.id) for one in page] == versions


def test_a_version_grows_only_when_its_batch_changes() -> None:
    """Rows are cached by it."""
    catalog = BatchCatalog()
    catalog.merge([batch("a", 1), batch("b", 2)])
    before = catalog.version("a"), catalog.version("b")
    catalog.merge([batch("a", 1, took=5), batch("b", 2)])
    assert catalog.version("a") > before[0]
    assert catalog.version("b") == before[1]
    assert catalog.version("nobody") == 0


def test_a_batch_that_ends_is_updated_ended_and_no_longer_unfinished() -> None:
    """Only the one that was seen running."""
    catalog = BatchCatalog()
    catalog.merge([batch("a", 1), batch("b", 2, took=1)])
    assert catalog.unfinished == {"a"}
    changes = catalog.merge([batch("a", 1, took=5), batch("b", 2, took=1), batch("c", 3, took=1)])
    assert changes == Changes(added=("c",), updated=("a",), ended=("a",))
    assert catalog.unfinished == frozenset()


@pytest.mark.parametrize(
    ("known", "late"), [("canceling", "in_progress"), ("ended", "canceling"), ("ended", "in_progress")]
)
def test_an_answer_that_goes_back_is_ignored(known: str, late: str) -> None:
    """A list may lag behind a cancel; the screen must not."""
    catalog = BatchCatalog()
    catalog.merge([batch("a", status=known)])
    version = catalog.version("a")
    assert catalog.merge([batch("a", status=late)]) == NO_CHANGES
    found = catalog.get("a")
    assert found is not None
    assert found.processing_status == known
    assert catalog.version("a") == version
    assert ("a" in catalog.unfinished) == (known != "ended")


def test_a_status_nobody_has_heard_of_is_shown_and_watched() -> None:
    """And what follows it is believed."""
    catalog = BatchCatalog()
    catalog.merge([batch("a")])
    assert catalog.merge([batch("a", status="paused")]).updated == ("a",)
    assert catalog.unfinished == {"a"}
    assert catalog.merge([batch("a", status="in_progress")]).updated == ("a",)
    assert catalog.merge([batch("a", status="ended")]).ended == ("a",)


def test_a_batch_whose_creation_time_moved_moves_too() -> None:
    """Positions stay consistent."""
    catalog = BatchCatalog()
    catalog.merge([batch("a", 10), batch("b", 20), batch("c", 30)])
    version = catalog.version("c")
    assert catalog.merge([batch("c", 5)]) == Changes(updated=("c",))
    assert names(catalog) == ["c", "a", "b"]
    assert [catalog.index_of(name) for name in ("c", "a", "b")] == [0, 1, 2]
    assert catalog.version("c") > version


def test_a_deleted_batch_does_not_come_back_from_a_lagging_list() -> None:
    """We know it is gone."""
    catalog = BatchCatalog()
    catalog.merge([batch("a", 1), batch("b", 2)])
    assert catalog.remove("a", for_good=True) == Changes(removed=("a",))
    assert catalog.merge([batch("a", 1), batch("b", 2)]) == NO_CHANGES
    assert names(catalog) == ["b"]
    assert catalog.get("a") is None
    assert catalog.index_of("a") is None
    assert "a" not in catalog
    assert catalog.unfinished == {"b"}


def test_a_batch_that_only_vanished_may_come_back_changed() -> None:
    """With a version it never had, or a cached row would show its former self."""
    catalog = BatchCatalog()
    catalog.merge([batch("a", 1)])
    version = catalog.version("a")
    assert catalog.remove("a", for_good=False) == Changes(removed=("a",))
    assert catalog.version("a") == 0
    assert catalog.merge([batch("a", 1, took=3)]) == Changes(added=("a",))
    assert catalog.version("a") > version


def test_removing_what_is_not_there_changes_nothing() -> None:
    """Known or not."""
    assert BatchCatalog().remove("a", for_good=False) == NO_CHANGES


def test_a_delete_is_remembered_even_of_a_batch_not_yet_listed() -> None:
    """Deleted by id before its page arrived."""
    catalog = BatchCatalog()
    catalog.remove("a", for_good=True)
    assert not catalog.merge([batch("a")])


@pytest.fixture
def five() -> BatchCatalog:
    """a to e, newest first."""
    catalog = BatchCatalog()
    catalog.merge([batch(name, 10 * age) for age, name in enumerate("abcde")])
    return catalog


@pytest.mark.parametrize(
    ("listed", "newest", "oldest", "missing"),
    [
        ("bd", False, False, "c"),
        ("bd", True, False, "ac"),
        ("bd", False, True, "ce"),
        ("bd", True, True, "ace"),
        ("c", False, False, ""),
        ("abcde", True, True, ""),
        ("", True, True, "abcde"),
        ("", True, False, ""),
        ("", False, True, ""),
        ("", False, False, ""),
    ],
)
def test_what_a_page_should_have_held(
    five: BatchCatalog, listed: str, newest: bool, oldest: bool, missing: str
) -> None:
    """Only what the page reaches over is judged."""
    page = [one for one in five if one.id in listed]
    assert "".join(five.missing_from(page, newest=newest, oldest=oldest)) == missing


def test_newcomers_on_a_page_are_not_missing(five: BatchCatalog) -> None:
    """They are not known yet."""
    page = [batch("new", -5), *five]
    assert five.missing_from(page, newest=True, oldest=True) == ()


def test_equal_times_at_the_edge_of_a_page_are_not_judged() -> None:
    """The page may have ended right among them."""
    catalog = BatchCatalog()
    catalog.merge([batch("a", 1), batch("b", 2), batch("c", 2), batch("d", 3)])
    page = [batch("a", 1), batch("b", 2)]
    assert catalog.missing_from(page, newest=True, oldest=False) == ()


def test_changes_add_up() -> None:
    """One poll may take several answers."""
    one = Changes(added=("a",), updated=("b",), ended=("b",))
    two = Changes(added=("c",), removed=("d",))
    assert one + two == Changes(("a", "c"), ("b",), ("d",), ("b",))
    assert not NO_CHANGES + NO_CHANGES
    assert Changes(removed=("a",))
