"""How fast the simulator makes results, and what a large account and a large batch cost it."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.measures import ROUNDS, print_row

if TYPE_CHECKING:
    from collections.abc import Iterator

PAST = 100_000
INSTANT = "2026-11-22T12:00:00Z"
"""Of another instant, other batches are the past."""
LARGE = 100_000
"""Requests of the largest batches."""


@contextmanager
def simulating(batches: int) -> Iterator[tuple[str, int]]:
    """A simulator in a process of its own: its address and process id."""
    line = [sys.executable, "-m", "batch_tui", "simulate", "--batches", str(batches), "--now", INSTANT]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None  # a pipe, as asked for above
        try:
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.terminate()


def ask(url: str) -> Any:
    """The JSON of one request."""
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return json.load(answer)


def walk(url: str) -> list[dict[str, Any]]:
    """Every batch, a thousand a page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = ask(f"{url}/v1/messages/batches?limit=1000{cursor}")
        found += page["data"]
        if not page["has_more"]:
            return found
        cursor = f"&after_id={page['last_id']}"


def megabytes(pid: int) -> float:
    """The most memory a process has had (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def rate_of(address: str) -> tuple[float, float]:
    """Megabytes a second that curl receives and throws away, and how many there were."""
    key = ["-H", "x-api-key: k", "-H", "anthropic-version: 2023-06-01"]
    line = ["curl", "-sf", *key, "-o", "/dev/null", "-w", "%{size_download} %{time_total}", address]
    size, seconds = subprocess.run(line, check=True, capture_output=True, text=True).stdout.split()
    return float(size) / float(seconds) / 1e6, float(size) / 1e6


def simulator() -> None:
    """Results of the largest batch through curl; then every page of a large account."""
    with simulating(PAST) as (url, pid):
        at_start = megabytes(pid)
        began = time.perf_counter()
        batches = walk(url)
        seconds = time.perf_counter() - began
        walked = megabytes(pid)
        with_results = [batch for batch in batches if batch["results_url"]]
        largest = max(with_results, key=lambda batch: sum(batch["request_counts"].values()))
        assert sum(largest["request_counts"].values()) == LARGE
        results = f"{url}/v1/messages/batches/{largest['id']}/results"
        rates, sizes = zip(*(rate_of(results) for _ in range(ROUNDS)), strict=True)
        downloaded = megabytes(pid)
    spread = f"[{min(rates):.0f}–{max(rates):.0f}]"
    print_row(
        f"simulator: {LARGE:,} results, {sizes[0]:.0f} MB, to curl",
        f"{statistics.median(rates):.0f} MB/s",
        "",
        spread,
        "≥ 200 MB/s",
    )
    print_row(f"simulator: every page of {len(batches):,} batches", f"{seconds:.1f} s", "", "", "")
    print_row(
        "its peak memory: at the start, after those pages, after those downloads",
        f"{at_start:.0f}, {walked:.0f}, {downloaded:.0f} MB",
        "",
        "",
        "flat",
    )
