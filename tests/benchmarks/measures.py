"""How things are measured here: in processes of their own, interleaved, as lines of one table."""

from __future__ import annotations

import json
import math
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS = 5


def job(name: str, *arguments: str) -> dict[str, float]:
    """Run one job of `tests.benchmarks.jobs` in a fresh process."""
    line = [sys.executable, "-m", "tests.benchmarks.jobs", name, *arguments]
    said: dict[str, float] = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
    return said


def seconds_of(*line: str) -> float:
    """How long a program runs."""
    began = time.perf_counter()
    # Not to /dev/null: grep notices, and stops at the first match.
    subprocess.run(line, check=False, capture_output=True)
    return time.perf_counter() - began


def interleaved(measures: dict[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Each measure once a round, so that what disturbs the machine disturbs all of them."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            taken[name].append(measure())
    return taken


def peak_mb() -> float:
    """The most memory that this very program has held, in MB.

    Where it can be had not from `ru_maxrss`: that begins with what the process that started us held.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024  # type: ignore[index]  # every Linux says it


def percentile(numbers: Sequence[float], percent: float) -> float:
    """By the nearest rank."""
    return sorted(numbers)[max(math.ceil(len(numbers) * percent / 100) - 1, 0)]


def row(what: str, ours: list[float], peer: list[float], goal: str) -> None:
    """A line of the table: both medians, and the median and range of the ratio, round by round."""
    ratios = sorted(theirs / mine for mine, theirs in zip(ours, peer, strict=True))
    spread = f"{statistics.median(ratios):.2f} × [{ratios[0]:.2f}–{ratios[-1]:.2f}]"
    print_row(what, f"{statistics.median(ours):.3f} s", f"{statistics.median(peer):.3f} s", spread, goal)


def print_row(*cells: str) -> None:
    """A line of a Markdown table."""
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()
