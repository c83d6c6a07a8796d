"""The machine's clock, put right by what the server says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from batch_tui.api.wall_clock import utc_now
from batch_tui.monitor.server_clock import ServerClock
from batch_tui.simulator import ManualClock


def ahead(clock: ManualClock, **units: float) -> datetime:
    """What a server says whose clock is ahead by that much."""
    return clock() + timedelta(**units)


def test_without_an_answer_it_is_the_machines_clock() -> None:
    """And an answer without a date teaches nothing."""
    machine = ManualClock()
    clock = ServerClock(machine)
    clock.note(None)
    assert clock() == machine()


@pytest.mark.parametrize("seconds", [-2, -1.5, 0, 0.9, 2])
def test_small_differences_mean_nothing(seconds: float) -> None:
    """A date counts whole seconds, and the answer travelled."""
    machine = ManualClock()
    clock = ServerClock(machine)
    clock.note(ahead(machine, seconds=seconds))
    assert clock() == machine()


@pytest.mark.parametrize("seconds", [3, -3, 3_600, -86_400])
def test_a_wrong_clock_is_corrected_and_goes_on(seconds: float) -> None:
    """Fast or slow."""
    machine = ManualClock()
    clock = ServerClock(machine)
    clock.note(ahead(machine, seconds=seconds))
    machine.advance(minutes=5)
    assert clock() == ahead(machine, seconds=seconds)


def test_the_correction_does_not_jitter_from_answer_to_answer() -> None:
    """Ages on screen would jump back and forth."""
    machine = ManualClock()
    clock = ServerClock(machine)
    clock.note(ahead(machine, minutes=10))
    clock.note(ahead(machine, minutes=10, seconds=1))
    clock.note(ahead(machine, minutes=10, seconds=-2))
    assert clock() == ahead(machine, minutes=10)


def test_a_machine_that_was_put_right_is_trusted_again() -> None:
    """The correction goes away with its cause."""
    machine = ManualClock()
    clock = ServerClock(machine)
    clock.note(ahead(machine, hours=1))
    clock.note(ahead(machine, seconds=1))
    assert clock() == machine()


def test_the_default_clock_is_aware() -> None:
    """Comparing it with the API's times must not raise."""
    assert utc_now().tzinfo is UTC
    assert ServerClock()().tzinfo is UTC


def test_a_slow_answer_does_not_set_the_clock_back() -> None:
    """Its date was written when it began, and is read when it is whole."""
    machine = ManualClock()
    clock = ServerClock(machine)
    began = machine()
    machine.advance(seconds=60)
    clock.note(began, 60.0)
    assert clock() == machine()
    clock.note(began - timedelta(minutes=5), 60.0)
    assert clock() == machine() - timedelta(minutes=5)
