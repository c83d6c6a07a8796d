"""A simulator whose clock only moves when a test moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.simulator import ManualClock, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> ManualClock:
    """The simulated time."""
    return ManualClock()


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    """A running simulator with the standard scene."""
    with Simulator(now=clock) as running:
        yield running


@pytest.fixture
def quiet(clock: ManualClock) -> Iterator[Simulator]:
    """A running simulator without any batch of its own."""
    with Simulator(now=clock, batches=0, live=False) as running:
        yield running


@pytest.fixture(scope="module")
def past() -> Iterator[Simulator]:
    """A running simulator for tests that only read; its clock stands still."""
    with Simulator(now=ManualClock(), batches=300, live=False) as running:
        yield running
