"""`python -m tests.benchmarks [GROUP…]`: ratios against peers, interleaved in one run, as a table."""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from tests.benchmarks.client import client
from tests.benchmarks.data import ROWS, long_lines, results_file
from tests.benchmarks.serve import serving
from tests.benchmarks.simulator import simulator

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5


def job(name: str, *arguments: str) -> dict[str, float]:
    """Run one job in a fresh process."""
    line = [sys.executable, "-m", "tests.benchmarks.jobs", name, *arguments]
    said: dict[str, float] = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
    return said


def seconds_of(*line: str) -> float:
    """How long a program runs."""
    began = time.perf_counter()
    # Not to /dev/null: grep notices, and stops at the first match.
    subprocess.run(line, check=False, capture_output=True)
    return time.perf_counter() - began


def interleaved(measures: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Each measure once a round, so that what disturbs the machine disturbs all of them."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(ROUNDS):
        for name, measure in measures.items():
            taken[name].append(measure())
    return taken


def row(what: str, ours: list[float], peer: list[float], goal: str) -> None:
    """A line of the table: both medians, and the median and range of the ratio, round by round."""
    ratios = sorted(theirs / mine for mine, theirs in zip(ours, peer, strict=True))
    spread = f"{statistics.median(ratios):.2f} × [{ratios[0]:.2f}–{ratios[-1]:.2f}]"
    print_row(what, f"{statistics.median(ours):.3f} s", f"{statistics.median(peer):.3f} s", spread, goal)


def print_row(*cells: str) -> None:
    """A line of a Markdown table."""
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


def ingest() -> None:
    """Fetch, store, index, verify and add up, against the SDK's iteration and curl."""
    file = results_file()
    peaks: list[float] = []

    def ours(url: str, rows: int) -> float:
        done = job("ingest", url, str(rows))
        peaks.append(done["peak_mb"])
        return done["seconds"]

    with serving(file, ROWS) as url:
        results = f"{url}/v1/messages/batches/msgbatch_bench/results"
        taken = interleaved(
            {
                "ours": lambda: ours(url, ROWS),
                "sdk": lambda: job("official_sdk", url, str(ROWS))["seconds"],
                "curl": lambda: seconds_of("curl", "-s", "-o", f"{file}.curl", results),
            }
        )
    row("100,000 rows, 200 MB: all of it, against the SDK iterating", taken["ours"], taken["sdk"], "≥ 15 ×, aim 20")
    row("the same, against curl -o", taken["ours"], taken["curl"], "≥ 0.5 ×")
    print_row("peak memory of that process", f"{statistics.median(peaks):.0f} MB", "", "", "≤ 80 MB")
    for lines, megabytes, goal in ((10, 2, "linear"), (1, 20, "linear")):
        with serving(long_lines(lines, megabytes), lines) as url:
            mine = [job("ingest", url, str(lines))["seconds"] for _ in range(ROUNDS)]
        print_row(f"{lines} lines of {megabytes} MB", f"{statistics.median(mine):.3f} s", "", "", goal)


def _seconds_of_search(file: str, kind: str, needle: str) -> float:
    return job("search", file, kind, needle)["seconds"]


def search() -> None:
    """Search a stored file of 200 MB, against grep."""
    file = str(results_file())
    regex = "cred[a-z]+ balance|Zanz.bar"
    for what, kind, needle, flags, goal in (
        ("literal", "literal", "Zanzibar", ("-cF",), "≥ 1.0 ×"),
        ("literal that nothing says", "literal", "Timbuktu", ("-cF",), "≥ 1.0 ×"),
        ("any case", "literal", "zanzibar", ("-ciF",), "≥ 0.7 ×"),
        ("regular expression", "regex", regex, ("-cE",), "≥ 0.6 ×"),
    ):
        taken = interleaved(
            {
                "ours": partial(_seconds_of_search, file, kind, needle),
                "grep": partial(seconds_of, "env", "LC_ALL=C", "grep", *flags, needle, file),
            }
        )
        row(f"search of 200 MB: {what}, against grep {flags[0]}", taken["ours"], taken["grep"], goal)


GROUPS: dict[str, Callable[[], None]] = {
    "ingest": ingest,
    "search": search,
    "client": client,
    "simulator": simulator,
}


def main() -> None:
    """Measure the groups named on the command line, or all."""
    chosen = sys.argv[1:] or list(GROUPS)
    sys.stdout.write(f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, Python {platform.python_version()}, ")
    sys.stdout.write(f"{ROUNDS} rounds, medians; a ratio above 1 means that ours is faster.\n\n")
    print_row("what", "ours", "peer", "ratio", "goal")
    print_row(*["---"] * 5)
    for name in chosen:
        GROUPS[name]()


if __name__ == "__main__":
    main()
