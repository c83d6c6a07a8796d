"""Measures of the whole app in a pseudo-terminal, against others in the same one."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import venv
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.data import ROWS, results_file
from tests.benchmarks.measures import interleaved, job, percentile, print_row, row
from tests.benchmarks.serve import serving
from tests.benchmarks.terminal import PAGE_DOWN, TimedTerminal

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST, _LAST = "request-000000", "request-099999"
_PEERS = (sys.executable, "-m", "tests.benchmarks.peers")
_PAGES = 150


def _app(url: str, cache: str) -> TimedTerminal:
    return TimedTerminal([sys.executable, "-m", "batch_tui", "--base-url", url, "--cache-dir", cache])


def _opened(terminal: TimedTerminal) -> float:
    """Go from the list into the results; seconds since the start when the first row stands."""
    terminal.wait_for("msgbatch_bench")
    terminal.press(b"v")
    return terminal.wait_for(_FIRST)


def start() -> None:
    """From exec to the first row and to the last one, against the SDK into a DataTable; then memory."""
    peaks: dict[str, list[float]] = {"small": [], "large": []}
    firsts: list[float] = []

    def ours(url: str, size: str) -> float:
        with tempfile.TemporaryDirectory() as cache, _app(url, cache) as terminal:
            firsts.append(_opened(terminal))
            terminal.press(b"G")
            done = terminal.wait_for(_LAST)
            terminal.settle()
            peaks[size].append(terminal.peak_megabytes())
        return done

    with serving(results_file(), ROWS) as url:
        taken = interleaved({"ours": partial(ours, url, "small")})
        with TimedTerminal([*_PEERS, "sdk", url]) as peer:
            first = peer.wait_for(_FIRST)
            everything = peer.wait_for(_LAST)
            theirs = peer.peak_megabytes()
    rounds = len(firsts)
    row("exec to first result row, against SDK + DataTable (one run)", firsts, [first] * rounds, "≥ 6 ×")
    row("exec to all 100,000 rows, at the last", taken["ours"], [everything] * rounds, "≥ 60 ×")
    small = statistics.median(peaks["small"])
    print_row("peak memory of the whole app, 200 MB", f"{small:.0f} MB", f"{theirs:.0f} MB", "", "≤ 80 MB")
    with serving(results_file(text_bytes=12_000), ROWS) as url:
        interleaved({"ours": partial(ours, url, "large")}, rounds=3)
    large = statistics.median(peaks["large"])
    told = f"{large / small:.3f} × as much as for 200 MB"
    print_row("the same, 1 GB", f"{large:.0f} MB", f"{small:.0f} MB", told, "≤ 1.05 ×")


def stored() -> None:
    """A stored file of 1 GB: until its first rows are painted, against toolong where it can be had."""
    file = results_file(text_bytes=12_000, mixture="plain")
    # Only what agrees with the counts of its batch is called complete.
    with file.open("rb") as lines:
        errored = sum(b'"result":{"type":"errored"' in line[:80] for line in lines)
    keyed: list[float] = []

    def ours(url: str, cache: str) -> float:
        with _app(url, cache) as terminal:
            terminal.wait_for("msgbatch_bench")
            terminal.settle()
            began = time.perf_counter()
            terminal.press(b"v")
            terminal.wait_for(_FIRST)
            keyed.append(time.perf_counter() - began)
        with _app(url, cache) as terminal:
            return _opened(terminal)

    with serving(file, ROWS, errored) as url, tempfile.TemporaryDirectory() as cache:
        with _app(url, cache) as terminal:
            _opened(terminal)
            terminal.press(b"G")
            terminal.wait_for("saved, complete")
            while b'"checksum":null' in next(Path(cache).rglob("*.about.json")).read_bytes():
                time.sleep(0.1)
        measures: dict[str, Callable[[], float]] = {
            "ours": partial(ours, url, cache),
            "empty": partial(_seconds_to, [*_PEERS, "empty"]),
        }
        taken = interleaved(measures)
    print_row("stored 1 GB: key to first rows painted", f"{statistics.median(keyed):.3f} s", "", "", "≤ 0.4 s")
    row("exec, list, key, first rows, against an empty Textual app", taken["ours"], taken["empty"], "")
    with tempfile.TemporaryDirectory() as directory:
        toolong = _toolong(Path(directory))
        if toolong is None:
            print_row("toolong on that file", "", "could not be installed", "", "")
            return
        try:
            seconds = _seconds_to([str(toolong), str(file)], "claude-", patience=30)
            print_row("toolong on that file, exec to first lines", "", f"{seconds:.2f} s", "", "")
        except TimeoutError:
            print_row("toolong on that file, exec to first lines", "", "nothing within 30 s", "", "")


def _seconds_to(command: list[str], wanted: str = _FIRST, patience: float = 60) -> float:
    with TimedTerminal(command) as terminal:
        return terminal.wait_for(wanted, patience=patience)


def _toolong(directory: Path) -> Path | None:
    """Its program, installed into a virtual environment of its own; None without a package index."""
    venv.create(directory, with_pip=True)
    install = [str(directory / "bin" / "pip"), "install", "-q", "toolong"]
    if subprocess.run(install, capture_output=True, check=False, timeout=180).returncode:
        return None
    return directory / "bin" / "tl"


def _pages(terminal: TimedTerminal, pages: int = _PAGES) -> list[float]:
    terminal.settle()
    return [terminal.key(PAGE_DOWN) for _ in range(pages)]


def pages() -> None:
    """Page Down over 100,000 stored rows, against less, and a DataTable of 10,000 (100,000 take it minutes)."""
    file = results_file()
    with (
        serving(file, ROWS) as url,
        tempfile.TemporaryDirectory() as cache,
        _app(url, cache) as ours,
        TimedTerminal(["less", "-S", str(file)]) as less,
        TimedTerminal([*_PEERS, "table", str(results_file(10_000))]) as table,
    ):
        _opened(ours)
        ours.press(b"G")
        ours.wait_for(_LAST)
        ours.press(b"g")
        less.wait_for(_FIRST)
        table.wait_for(_FIRST)
        # Interleaved in small bits: all three see the same disturbances.
        taken: dict[str, list[float]] = {"ours": [], "less": [], "DataTable": []}
        for _ in range(5):
            taken["ours"] += _pages(ours, _PAGES // 5)
            taken["less"] += _pages(less, _PAGES // 5)
            taken["DataTable"] += _pages(table, _PAGES // 5)
    mine = taken["ours"]
    said = f"{percentile(mine, 50):.1f} / {percentile(mine, 95):.1f} ms"
    for peer in ("less", "DataTable"):
        theirs = taken[peer]
        ratio = " / ".join(f"{percentile(theirs, each) / percentile(mine, each):.1f} ×" for each in (50, 95))
        print_row(
            f"Page Down to painted, p50 / p95, against {peer}",
            said,
            f"{percentile(theirs, 50):.1f} / {percentile(theirs, 95):.1f} ms",
            ratio,
            "≤ 12 / ≤ 15 ms",
        )


def keys() -> None:
    """Page Down while 1 GB is being fetched against idle; how late the loop is while 200 MB are."""
    busy: list[float] = []
    idle: list[float] = []
    with serving(results_file(text_bytes=12_000), ROWS) as url:
        for _ in range(3):
            with tempfile.TemporaryDirectory() as cache, _app(url, cache) as terminal:
                _opened(terminal)
                # It pauses ahead of what is looked at; P then lets everything come.
                terminal.wait_for("P fetches the rest")
                idle += _pages(terminal, 40)
                terminal.press(b"P")
                busy += [terminal.key(PAGE_DOWN) for _ in range(40)]
    ratio = percentile(busy, 95) / percentile(idle, 95)
    print_row(
        "key to frame p95 while fetching, against idle",
        f"{percentile(busy, 95):.1f} ms",
        f"{percentile(idle, 95):.1f} ms",
        f"{ratio:.2f} × as long",
        "≤ 1.4 ×",
    )
    with serving(results_file(), ROWS) as url:
        late = [job("lateness", "ingest", url, str(ROWS)) for _ in range(3)]
        still = [job("lateness", "idle") for _ in range(3)]
    print_row(
        "loop lateness p99 while fetching, against idle",
        f"{statistics.median(one['p99'] for one in late):.1f} ms",
        f"{statistics.median(one['p99'] for one in still):.1f} ms",
        "",
        "≤ 8 ms",
    )
