"""Batches that get stuck or run out of time still tell a consistent story."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from batch_tui.simulator.clock import DAY, HOUR, SECOND
from batch_tui.simulator.lifecycle import Plan, outcome, standing
from batch_tui.simulator.misfortune import NEVER, Misfortune

plans = st.builds(
    Plan,
    key=st.binary(min_size=16, max_size=16),
    created=st.just(0),
    ends=st.integers(SECOND, 20 * HOUR),
    succeeded=st.integers(0, 500),
    errored=st.integers(0, 500),
    wind_down=st.integers(1, 60 * SECOND),
).filter(lambda plan: plan.total > 0)
shares = st.sampled_from([0.0, 0.5, 1.0])
misfortunes = st.builds(Misfortune, stuck=shares, expired=shares)


@settings(derandomize=True)
@given(
    plan=plans,
    misfortune=misfortunes,
    cancel_at=st.none() | st.integers(0, 2 * DAY),
    gradual=st.booleans(),
    instants=st.lists(st.integers(0, 40 * DAY), min_size=2),
)
def test_counts_sum_and_nothing_goes_back(
    plan: Plan, misfortune: Misfortune, cancel_at: int | None, gradual: bool, instants: list[int]
) -> None:
    """Whatever happens to the batch, at every moment and from moment to moment."""
    fate = misfortune.befall(plan, cancel_at)
    assert fate.total == plan.total
    rank = {"in_progress": 0, "canceling": 1, "ended": 2}
    last = 0
    for now in sorted(instants):
        state = standing(fate, cancel_at, now, gradual=gradual)
        counts = (state.processing, state.succeeded, state.errored, state.canceled, state.expired)
        assert min(counts) >= 0
        assert sum(counts) == plan.total
        assert rank[state.status] >= last
        last = rank[state.status]
        if state.ended_at is not None:
            assert state.ended_at <= now
            assert state.ended_at <= DAY


@settings(derandomize=True)
@given(plan=plans, cancel_at=st.integers(0, DAY))
def test_only_a_cancel_in_time_gets_stuck(plan: Plan, cancel_at: int) -> None:
    """One that came after the end changes nothing."""
    fate = Misfortune(stuck=1.0).befall(plan, cancel_at)
    assert (outcome(fate, cancel_at).at == NEVER) is (cancel_at < plan.ends)
    assert Misfortune().befall(plan, cancel_at) == plan
