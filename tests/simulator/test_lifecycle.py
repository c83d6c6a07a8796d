"""A batch's life as arithmetic: counts, instants and statuses at any moment."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from batch_tui.simulator.clock import DAY, MINUTE, SECOND
from batch_tui.simulator.lifecycle import RETENTION, Plan, outcome, standing

START = 1_795_000_000_000_000


def plan(succeeded: int = 95, errored: int = 5, expired: int = 0, minutes: int = 10) -> Plan:
    """A batch created at START."""
    return Plan(b"key", START, START + minutes * MINUTE, succeeded, errored, expired)


def test_counts_stay_zero_until_the_end() -> None:
    """The documented behaviour."""
    almost = standing(plan(), None, START + 10 * MINUTE - 1, gradual=False)
    assert (almost.status, almost.processing, almost.succeeded) == ("in_progress", 100, 0)
    assert (almost.ended_at, almost.has_results) == (None, False)
    ended = standing(plan(), None, START + 10 * MINUTE, gradual=False)
    assert (ended.status, ended.processing, ended.succeeded, ended.errored) == ("ended", 0, 95, 5)
    assert (ended.ended_at, ended.has_results) == (START + 10 * MINUTE, True)


def test_a_cancel_winds_down_and_leaves_the_rest_unsent() -> None:
    """What was done by then keeps its outcome."""
    asked = START + 5 * MINUTE
    during = standing(plan(), asked, asked + SECOND, gradual=False)
    assert (during.status, during.processing, during.cancel_initiated_at) == ("canceling", 100, asked)
    after = standing(plan(), asked, asked + 8 * SECOND, gradual=False)
    assert after.status == "ended"
    assert 40 <= after.succeeded + after.errored <= 60
    assert after.canceled == 100 - after.succeeded - after.errored


def test_an_archived_batch_keeps_its_counts() -> None:
    """29 days after creation, not after the end."""
    late = standing(plan(), None, START + RETENTION, gradual=False)
    assert (late.status, late.succeeded, late.archived_at) == ("ended", 95, START + 29 * DAY)
    assert not late.has_results


@given(
    counts=some.tuples(*[some.integers(0, 100_000)] * 3).filter(any),
    cancel=some.none() | some.integers(0, 25 * 60),
    moments=some.lists(some.integers(0, 26 * 60), min_size=2, max_size=6).map(sorted),
    gradual=some.booleans(),
)
def test_counts_always_add_up_and_never_go_back(
    counts: tuple[int, int, int], cancel: int | None, moments: list[int], gradual: bool
) -> None:
    """For any plan, any cancel and any moment."""
    batch = plan(*counts, minutes=24 * 60)
    cancel_at = None if cancel is None else START + cancel * MINUTE
    seen = [standing(batch, cancel_at, START + minute * MINUTE, gradual=gradual) for minute in moments]
    for now in seen:
        parts = (now.succeeded, now.errored, now.canceled, now.expired)
        assert min(*parts, now.processing) >= 0
        assert sum(parts) + now.processing == sum(counts)
        assert (now.ended_at is not None) == (now.status == "ended")
        assert now.processing == 0 or now.status != "ended"
    for earlier, later in pairwise(seen):
        assert earlier.succeeded <= later.succeeded
        assert earlier.errored <= later.errored
        assert earlier.processing >= later.processing
    end = outcome(batch, cancel_at)
    assert START < end.at <= START + DAY
