"""What is news: each end once, nothing from before the start, and results about to be lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from batch_tui.monitor.catalog import NO_CHANGES, BatchCatalog
from batch_tui.monitor.notices import WARN_BEFORE, Notices
from tests.monitor.batches import NOON, batch

if TYPE_CHECKING:
    from batch_tui.api.models import MessageBatch

DAY = 86_400.0


def ids(batches: list[MessageBatch]) -> list[str]:
    return [one.id for one in batches]


def watching(*watched: str, watch_all: bool = False) -> tuple[BatchCatalog, Notices]:
    """A catalog of three running batches and an old one, seen once already."""
    catalog, notices = BatchCatalog(), Notices(watch_all=watch_all)
    notices.watched.update(watched)
    changes = catalog.merge([batch("c", 10), batch("b", 20), batch("a", 30), batch("old", 9000, took=60)])
    assert notices.ended(changes, catalog, NOON) == []
    return catalog, notices


def test_only_watched_batches_are_told_of_and_each_once() -> None:
    catalog, notices = watching("a")
    page = [batch("b", 20, took=25), batch("a", 30, took=35)]
    assert ids(notices.ended(catalog.merge(page), catalog, NOON)) == ["a"]
    assert notices.ended(catalog.merge(page), catalog, NOON) == []
    assert "a" not in notices.watched


def test_several_ends_in_one_page_come_together_and_all_means_all() -> None:
    catalog, notices = watching(watch_all=True)
    page = [batch("c", 10, took=15), batch("b", 20, took=25), batch("a", 30)]
    assert ids(notices.ended(catalog.merge(page), catalog, NOON)) == ["c", "b"]


def test_a_batch_that_was_canceled_here_is_told_of_when_it_ends() -> None:
    catalog, notices = watching("a")
    canceling = batch("a", 30, status="canceling", canceled=True)
    assert notices.ended(catalog.merge([canceling]), catalog, NOON) == []
    ended = batch("a", 30, took=40, canceled=True)
    assert ids(notices.ended(catalog.merge([ended]), catalog, NOON)) == ["a"]


def test_what_had_ended_before_the_start_is_history_also_on_older_pages() -> None:
    catalog, notices = watching(watch_all=True)
    older = batch("older", 20_000, took=60)
    assert notices.ended(catalog.merge([older]), catalog, NOON) == []


def test_what_was_watched_and_ended_while_nobody_was_there_is_told_once() -> None:
    """Found at the start or on an older page."""
    catalog, notices = watching("older")
    page = [batch("older", 20_000, took=60)]
    assert ids(notices.ended(catalog.merge(page), catalog, NOON)) == ["older"]
    assert notices.watched == set()
    catalog, notices = BatchCatalog(), Notices()
    notices.watched.add("a")
    changes = catalog.merge([batch("a", 9000, took=60)])
    assert ids(notices.ended(changes, catalog, NOON)) == ["a"]
    assert notices.ended(changes, catalog, NOON) == []


def test_a_batch_that_came_and_went_between_two_polls_is_told_of() -> None:
    catalog, notices = watching(watch_all=True)
    brief = batch("brief", -60, took=5)
    later = NOON + timedelta(minutes=2)
    assert ids(notices.ended(catalog.merge([brief]), catalog, later)) == ["brief"]


def test_a_batch_that_vanishes_and_comes_back_ended_is_told_of_once() -> None:
    catalog, notices = watching("a")
    ended = batch("a", 30, took=35)
    assert len(notices.ended(catalog.merge([ended]), catalog, NOON)) == 1
    catalog.remove("a", for_good=False)
    notices.watched.add("a")
    assert notices.ended(catalog.merge([ended]), catalog, NOON) == []


def test_a_lagging_list_does_not_make_an_end_happen_twice() -> None:
    catalog, notices = watching(watch_all=True)
    assert len(notices.ended(catalog.merge([batch("a", 30, took=35)]), catalog, NOON)) == 1
    assert notices.ended(catalog.merge([batch("a", 30)]), catalog, NOON) == []
    assert notices.ended(catalog.merge([batch("a", 30, took=35)]), catalog, NOON) == []


def test_results_about_to_be_lost_are_warned_of_at_each_span_once_unless_saved() -> None:
    catalog, notices = BatchCatalog(), Notices(warn_before=WARN_BEFORE)
    catalog.merge(
        [
            batch("running", 60),
            batch("fresh", 10 * DAY, took=60),
            batch("soon", 26 * DAY, took=60),
            batch("saved", 26.1 * DAY, took=60),
            batch("sooner", 28.5 * DAY, took=60),
            batch("gone", 29.5 * DAY, took=60),
        ]
    )
    assert ids(notices.expiring(catalog, NOON, {"saved"})) == ["sooner", "soon"]
    assert notices.expiring(catalog, NOON, {"saved"}) == []
    tomorrow = NOON + timedelta(days=2.5)
    assert ids(notices.expiring(catalog, tomorrow, {"saved"})) == ["soon"]
    assert notices.expiring(catalog, tomorrow, {"saved"}) == []


def test_what_an_earlier_run_warned_of_is_not_warned_of_again() -> None:
    catalog, notices = BatchCatalog(), Notices()
    catalog.merge([batch("soon", 26 * DAY, took=60)])
    first = notices.expiring(catalog, NOON, {})
    again = Notices()
    again.warned = dict(notices.warned)
    assert (len(first), again.expiring(catalog, NOON, {})) == (1, [])


def test_a_warning_made_by_a_clock_that_was_wrong_does_not_keep_the_true_one() -> None:
    catalog, notices = BatchCatalog(), Notices()
    catalog.merge([batch("new", 60, took=30)])
    assert len(notices.expiring(catalog, NOON + timedelta(days=27), {})) == 1
    for days in (0, 20, 24.9):
        assert notices.expiring(catalog, NOON + timedelta(days=days), {}) == []
    assert len(notices.expiring(catalog, NOON + timedelta(days=25.5), {})) == 1
    assert notices.expiring(catalog, NOON + timedelta(days=25.6), {}) == []


def test_a_warning_counts_for_the_loss_it_was_about() -> None:
    catalog, notices = BatchCatalog(), Notices()
    catalog.merge([batch("a", 26 * DAY, took=60)])
    assert len(notices.expiring(catalog, NOON, {})) == 1
    again = Notices()
    again.warned = dict(notices.warned)
    other = BatchCatalog()
    other.merge([batch("a", 27 * DAY, took=60)])
    assert len(again.expiring(other, NOON, {})) == 1


def test_nothing_moved_is_no_news() -> None:
    catalog, notices = watching("a", watch_all=True)
    assert notices.ended(NO_CHANGES, catalog, NOON) == []
    assert Notices(warn_before=()).expiring(catalog, NOON + timedelta(days=27), {}) == []
