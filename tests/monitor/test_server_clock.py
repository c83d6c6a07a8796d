"""The machine's clock, put right by what the server says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from batch_tui.api.calls import CallRecord
from batch_tui.api.wall_clock import utc_now
from batch_tui.monitor.server_clock import ServerClock
from batch_tui.simulator import ManualClock


class Answers:
    """Teaches a clock what the answers of a server say, each with an id of its own."""

    def __init__(self, clock: ServerClock) -> None:
        self._clock = clock
        self._count = 0

    def __call__(self, date: datetime | None, seconds: float = 0.0, times: int = 2, **other: Any) -> None:
        """So many answers of that date."""
        for _ in range(times):
            self._count += 1
            said: dict[str, Any] = {"status": 200, "error": None, "request_id": f"req_{self._count}"} | other
            self._clock.note(
                CallRecord("GET", "/v1/messages/batches", seconds=seconds, attempt=0, server_date=date, **said)
            )


class Elapsed:
    """Seconds that went by, as a test says."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def ahead(clock: ManualClock, **units: float) -> datetime:
    """What a server says whose clock is ahead by that much."""
    return clock() + timedelta(**units)


def test_without_an_answer_it_is_the_machines_clock() -> None:
    """And an answer without a date teaches nothing."""
    machine = ManualClock()
    clock = ServerClock(machine)
    answers = Answers(clock)
    answers(None)
    assert clock() == machine()


@pytest.mark.parametrize("seconds", [-2, -1.5, 0, 0.9, 2])
def test_small_differences_mean_nothing(seconds: float) -> None:
    """A date counts whole seconds, and the answer travelled."""
    machine = ManualClock()
    clock = ServerClock(machine)
    answers = Answers(clock)
    answers(ahead(machine, seconds=seconds))
    assert clock() == machine()


@pytest.mark.parametrize("seconds", [3, -3, 3_600, -86_400])
def test_a_wrong_clock_is_corrected_and_goes_on(seconds: float) -> None:
    """Fast or slow."""
    machine = ManualClock()
    clock = ServerClock(machine)
    answers = Answers(clock)
    answers(ahead(machine, seconds=seconds))
    machine.advance(minutes=5)
    assert clock() == ahead(machine, seconds=seconds)


def test_the_correction_does_not_jitter_from_answer_to_answer() -> None:
    """Ages on screen would jump back and forth."""
    machine = ManualClock()
    clock = ServerClock(machine)
    answers = Answers(clock)
    answers(ahead(machine, minutes=10))
    answers(ahead(machine, minutes=10, seconds=1))
    answers(ahead(machine, minutes=10, seconds=-2))
    assert clock() == ahead(machine, minutes=10)


def test_a_machine_that_was_put_right_is_trusted_again() -> None:
    """The correction goes away with its cause."""
    machine = ManualClock()
    clock = ServerClock(machine)
    answers = Answers(clock)
    answers(ahead(machine, hours=1))
    answers(ahead(machine, seconds=1))
    assert clock() == machine()


def test_the_default_clock_is_aware() -> None:
    """Comparing it with the API's times must not raise."""
    assert utc_now().tzinfo is UTC
    assert ServerClock()().tzinfo is UTC


def test_a_slow_answer_does_not_set_the_clock_back() -> None:
    """Its date was written when it began, and is read when it is whole."""
    machine = ManualClock()
    clock = ServerClock(machine)
    answers = Answers(clock)
    began = machine()
    machine.advance(seconds=60)
    answers(began, 60.0)
    assert clock() == machine()
    answers(began - timedelta(minutes=5), 60.0)
    assert clock() == machine() - timedelta(minutes=5)


@pytest.mark.parametrize(
    "said",
    [
        {"status": 503, "error": "The API answered 503."},
        {"status": 503, "error": "proxy", "request_id": None},
        {"request_id": None},
        {"request_id": "req_cached"},
        {"status": 304},
    ],
    ids=["refusal", "page of a proxy", "not the API", "a cache", "not a success"],
)
def test_what_may_not_be_the_api_teaches_nothing(said: dict[str, Any]) -> None:
    machine = ManualClock()
    clock = ServerClock(machine)
    answers = Answers(clock)
    answers(machine())
    for _ in range(5):
        answers(ahead(machine, days=27), **said)
    assert clock() == machine()


def test_one_answer_is_not_believed_and_leaves_a_doubt_until_the_next() -> None:
    machine = ManualClock()
    clock = ServerClock(machine)
    answers = Answers(clock)
    answers(ahead(machine, days=27), times=1)
    assert (clock(), clock.is_sure) == (machine(), False)
    answers(machine(), times=1)
    assert (clock(), clock.is_sure) == (machine(), True)
    # Two that contradict each other are one outlier each.
    answers(ahead(machine, days=27), times=1)
    answers(ahead(machine, days=-3), times=1)
    assert (clock(), clock.is_sure) == (machine(), False)
    answers(ahead(machine, days=-3), times=1)
    assert (clock(), clock.is_sure) == (ahead(machine, days=-3), True)


def test_a_server_whose_time_runs_faster_is_followed_an_answer_behind() -> None:
    """As that of a simulator does."""
    machine = ManualClock()
    clock = ServerClock(machine)
    answers = Answers(clock)
    for minutes in range(10):
        answers(ahead(machine, minutes=2 * minutes), times=1)
    assert ahead(machine, minutes=16) <= clock() <= ahead(machine, minutes=18)
    assert clock.is_sure


def test_a_time_before_there_were_batches_is_none() -> None:
    machine = ManualClock()
    clock = ServerClock(machine)
    Answers(clock)(datetime(1970, 1, 1, tzinfo=UTC))
    assert clock() == machine()


@pytest.mark.parametrize("hours", [-2, 2, 27 * 24])
def test_a_machine_whose_clock_is_set_does_not_move_a_time_that_the_api_agreed_with(hours: float) -> None:
    machine, passed = ManualClock(), Elapsed()
    clock = ServerClock(machine, elapsed=passed)
    Answers(clock)(machine())
    before = clock()
    machine.advance(hours=hours)
    passed.seconds += 3
    assert clock() == before + timedelta(seconds=3)
    # Asleep: both went on.
    machine.advance(hours=8)
    passed.seconds += 8 * 3600
    assert clock() == before + timedelta(hours=8, seconds=3)


def test_before_any_answer_the_machine_is_followed() -> None:
    machine, passed = ManualClock(), Elapsed()
    clock = ServerClock(machine, elapsed=passed)
    clock()
    machine.advance(hours=2)
    assert clock() == machine()
