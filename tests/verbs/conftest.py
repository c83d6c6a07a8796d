"""Fixtures of the verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.simulator import ManualClock, Simulator
from tests.verbs.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """One user's file, journal and simulator."""
    clock = ManualClock()
    with Simulator(batches=0, live=False, now=clock) as simulator:
        yield Desk(simulator, clock, tmp_path, capsys)
