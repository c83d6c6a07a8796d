"""`batch-tui simulate`: what its options make of the simulator."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.simulator.wire_client import BATCHES, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

SIMULATE = [sys.executable, "-m", "batch_tui", "simulate", "--until-stdin-closes"]


@contextmanager
def simulating(*options: str) -> Iterator[str]:
    """The address of a simulator in a process of its own."""
    with subprocess.Popen(
        [*SIMULATE, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


@pytest.mark.parametrize("instant", ["2026-11-22T12:00:00Z", "2026-11-22 13:00:00+01:00", "2026-11-22T12:00:00"])
def test_time_begins_when_it_is_told_to(instant: str) -> None:
    """An instant without an offset is UTC."""
    with simulating("--now", instant, "--speed", "0.001") as url:
        told = ask(url, "GET", "/__sim__/clock").json["now"]
        assert told.startswith("2026-11-22T12:00:00.")
        assert ask(url, "GET", BATCHES).headers["date"] == "Sun, 22 Nov 2026 12:00:00 GMT"


def test_an_instant_that_is_none_is_refused() -> None:
    """In one sentence, with the usage error's exit code."""
    done = subprocess.run([*SIMULATE, "--now", "tomorrow"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'tomorrow' is no instant; write it as 2026-11-22T12:00:00Z" in done.stderr


def test_same_seed_and_clock_same_bytes() -> None:
    """In two processes, headers included: list, batch, results."""
    options = ("--now", "2026-11-22T12:00:00Z", "--speed", "0.000001", "--batches", "30", "--seed", "7")
    told = []
    for _ in range(2):
        with simulating(*options) as url:
            page = ask(url, "GET", f"{BATCHES}?limit=100")
            # The address is another one each time.
            texts = [page.body.replace(url.encode(), b"")]
            ended = [batch["id"] for batch in page.json["data"] if batch["results_url"]]
            texts += [ask(url, "GET", f"{BATCHES}/{batch_id}/results").body for batch_id in ended[:3]]
            told.append((page.headers, texts))
    assert told[0] == told[1]
