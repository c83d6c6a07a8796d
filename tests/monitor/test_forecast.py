"""Forecasts, by examples worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_tui.monitor.forecast import FinishedHistory, Forecast
from tests.monitor.batches import NOON, batch

if TYPE_CHECKING:
    from collections.abc import Iterable

MINUTE = 60.0


def history(minutes: Iterable[float], *, total: int = 100) -> FinishedHistory:
    """Finished batches that took so many minutes."""
    made = FinishedHistory()
    made.add(batch(f"t{total}-{n}", 9e5, total=total, took=each * MINUTE) for n, each in enumerate(minutes))
    return made


def forecast(made: FinishedHistory, *, minutes: float, total: int = 100) -> Forecast | None:
    """The outlook of a batch that has run for so many minutes."""
    return made.forecast(batch("now", minutes * MINUTE, total=total), NOON)


def minutes(time: timedelta | None) -> float | None:
    """A time in minutes."""
    return None if time is None else time.total_seconds() / MINUTE


@pytest.mark.parametrize(
    ("took", "elapsed", "longer", "half", "most"),
    [
        # All ten may still lie ahead: the fifth ends at 50, the ninth at 90.
        (range(10, 101, 10), 0, 10, 50, 90),
        # 45 min in, 50 to 100 remain: the third of six ends at 70, the sixth (5.4 rounded up) at 100.
        (range(10, 101, 10), 45, 6, 25, 55),
        # One that took exactly as long did not take longer.
        (range(10, 101, 10), 50, 5, 30, 50),
        # Three are the fewest that say something: the second and the third of them.
        (range(10, 101, 10), 75, 3, 15, 25),
        (range(10, 101, 10), 85, 2, None, None),
        (range(10, 101, 10), 500, 0, None, None),
        # Twenty: the tenth and the eighteenth.
        (range(1, 21), 0, 20, 10, 18),
        # Four: the second and the fourth.
        ([1, 20, 30, 40, 50], 10, 4, 20, 40),
        # Order of arrival and equal times do not matter.
        ([30, 10, 10, 30, 10], 0, 5, 10, 30),
    ],
)
def test_what_similar_batches_did_after_as_much_time(
    took: Iterable[float], elapsed: float, longer: int, half: float | None, most: float | None
) -> None:
    """Half, and nine in ten, of those that took longer ended within so much more time."""
    found = forecast(history(took), minutes=elapsed)
    assert found is not None
    assert found.still_running == longer
    assert found.elapsed == timedelta(minutes=elapsed)
    assert (minutes(found.half_within), minutes(found.most_within)) == (half, most)
    assert found.similar == len(list(took))


def test_without_history_nothing_is_said() -> None:
    """Four finished batches are an anecdote, five a history."""
    assert forecast(FinishedHistory(), minutes=1) is None
    assert forecast(history([1, 2, 3, 4]), minutes=1) is None
    assert forecast(history([1, 2, 3, 4, 5]), minutes=1) is not None


def test_each_batch_counts_once() -> None:
    """Every poll brings the same ones again."""
    made = FinishedHistory()
    for _ in range(5):
        made.add([batch("same", 9e5, took=60)])
    assert forecast(made, minutes=0) is None


def test_a_batch_counts_from_the_moment_it_has_ended() -> None:
    """Having been seen running does not keep it out."""
    made = history([1, 2, 3, 4])
    made.add([batch("last", 600)])
    assert forecast(made, minutes=0) is None
    made.add([batch("last", 600, took=300)])
    found = forecast(made, minutes=0)
    assert found is not None
    assert found.similar == 5


def test_canceled_batches_are_left_out() -> None:
    """A person ended those."""
    made = history([10, 20, 30, 40, 50])
    made.add(batch(f"c{n}", 9e5, took=60, canceled=True) for n in range(10))
    found = forecast(made, minutes=0)
    assert found is not None
    assert (found.similar, minutes(found.half_within), minutes(found.most_within)) == (5, 30, 50)


def test_batches_that_ran_into_their_expiry_took_all_of_the_time_there_is() -> None:
    """Without them nobody would ever be told that batches like this one tend to expire."""
    made = history([10, 20, 30, 40, 50])
    made.add(batch(f"e{n}", 9e5, took=24 * 3_600 + n) for n in range(10))
    found = forecast(made, minutes=60)
    assert found is not None
    assert (found.similar, found.still_running) == (15, 10)
    assert (minutes(found.half_within), minutes(found.most_within)) == (23 * 60, 23 * 60)


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_a_long_history_the_newest_count_in_whichever_order_they_came(newest_first: bool) -> None:
    """Batches are loaded from the newest to the oldest, and ended ones join at the top."""
    made = FinishedHistory()
    # Last year they took 100 minutes, this month they take 10 to 29.
    ones = [batch(f"new{n}", 1e5 + n, took=(10 + n % 20) * MINUTE) for n in range(500)]
    ones += [batch(f"old{n}", 9e6 + n, took=100 * MINUTE) for n in range(2_000)]
    made.add(ones if newest_first else reversed(ones))
    found = forecast(made, minutes=0)
    assert found is not None
    assert (found.similar, minutes(found.half_within), minutes(found.most_within)) == (500, 19, 27)


@given(st.lists(st.integers(1, 100), min_size=5, max_size=40), st.integers(0, 110))
def test_the_evidence_is_a_fact_about_those_batches(took: list[int], elapsed: int) -> None:
    """Whoever counts them by hand comes to the same."""
    found = forecast(history(took), minutes=elapsed)
    assert found is not None
    longer = [each for each in took if each > elapsed]
    assert (found.similar, found.still_running) == (len(took), len(longer))
    if len(longer) < 3:
        assert found.half_within is None
        return
    for within, share in ((minutes(found.half_within), 0.5), (minutes(found.most_within), 0.9)):
        assert within is not None
        assert within > 0
        ended = sum(1 for each in longer if each - elapsed <= within)
        assert ended >= share * len(longer)
        # And not a minute earlier.
        assert sum(1 for each in longer if each - elapsed < within) < share * len(longer)


@pytest.mark.parametrize("total", [1, 3_000, 100_000])
def test_batches_of_quite_another_size_say_nothing(total: int) -> None:
    """Not even when there are no others."""
    assert forecast(history(range(1, 50), total=total), minutes=0, total=100) is None


@pytest.mark.parametrize("total", [70, 120, 300])
def test_batches_of_about_the_size_count(total: int) -> None:
    """The nearest sizes are preferred; see the next test."""
    assert forecast(history(range(1, 6), total=total), minutes=0, total=100) is not None


def test_nearer_sizes_are_enough_if_there_are_enough_of_them() -> None:
    """Those further off would only blur it."""
    made = history([10, 20, 30, 40, 50])
    made.add(batch(f"big{n}", 9e5, total=1_500, took=6_000) for n in range(50))
    found = forecast(made, minutes=0)
    assert found is not None
    assert found.similar == 5


def test_a_batch_that_has_ended_or_is_being_canceled_has_no_outlook() -> None:
    """Its end is known, or somebody else's business."""
    made = history(range(1, 20))
    assert made.forecast(batch("done", 600, took=60), NOON) is None
    assert made.forecast(batch("stopping", 600, status="canceling", canceled=True), NOON) is None


def test_a_clock_behind_the_server_counts_as_just_created() -> None:
    """Never a negative time."""
    found = history(range(1, 11)).forecast(batch("now", -30), NOON)
    assert found is not None
    assert found.elapsed == timedelta(0)
    assert found.still_running == 10


@pytest.mark.parametrize(("total", "sizes"), [(100, (8, 511)), (1, (1, 7)), (7, (1, 31)), (50_000, (8_192, 524_287))])
def test_a_forecast_says_which_sizes_count_as_similar(total: int, sizes: tuple[int, int]) -> None:
    made = FinishedHistory()
    made.add(batch(f"b{size}-{n}", 9e5, total=size, took=60) for size in sizes for n in range(10))
    beyond = [size for size in (sizes[0] - 1, sizes[1] + 1) * 10 if size]
    made.add(batch(f"off{n}", 9e5, total=size, took=9000) for n, size in enumerate(beyond))
    found = forecast(made, minutes=0, total=total)
    assert found is not None
    assert (found.sizes, found.similar) == (sizes, 20)
