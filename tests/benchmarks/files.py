"""Measures without a screen: fetching, long lines, a gigabyte, searching; against the official SDK, curl and grep."""

from __future__ import annotations

import statistics
import tempfile
from functools import partial
from typing import TYPE_CHECKING

from tests.benchmarks.data import ROWS, long_lines, results_file
from tests.benchmarks.measures import interleaved, job, print_row, row, seconds_of
from tests.benchmarks.serve import serving

if TYPE_CHECKING:
    from pathlib import Path

_RESULTS = "v1/messages/batches/msgbatch_bench/results"


class _Ours:
    """Our ingest of what is served, remembering the memory it took."""

    def __init__(self, url: str, rows: int) -> None:
        self._url, self._rows = url, rows
        self.peaks: list[float] = []

    def __call__(self) -> float:
        done = job("ingest", self._url, str(self._rows))
        self.peaks.append(done["peak_mb"])
        return done["seconds"]


def _curl(url: str) -> float:
    """Into a new file, as ours: to write over what an earlier run left takes half as long again."""
    with tempfile.TemporaryDirectory() as directory:
        return seconds_of("curl", "-s", "-o", f"{directory}/results.jsonl", f"{url}/{_RESULTS}")


def ingest() -> None:
    """Fetch, store, index, verify and add up, against the SDK's iteration and curl."""
    for what, file in (
        ("100,000 rows, 200 MB: all of it", results_file()),
        ("the same of plain text only", results_file(text_bytes=1_650, mixture="plain")),
    ):
        with serving(file, ROWS) as url:
            ours = _Ours(url, ROWS)
            taken = interleaved(
                {
                    "ours": ours,
                    "sdk": lambda url=url: job("official_sdk", url, str(ROWS))["seconds"],  # type: ignore[misc]  # binds this url
                    "curl": partial(_curl, url),
                }
            )
        row(f"{what}, against the SDK iterating", taken["ours"], taken["sdk"], "≥ 15 ×, aim 20")
        row(f"{what}, against curl -o", taken["ours"], taken["curl"], "≥ 0.5 ×")
        print_row("peak memory of that process", f"{statistics.median(ours.peaks):.0f} MB", "", "", "≤ 80 MB")


def lines() -> None:
    """Lines of megabytes, against the SDK, whose time grows with their square."""
    rows = 1_010
    with serving(results_file(rows, long_lines=10, long_bytes=2_000_000), rows) as url:
        taken = interleaved(
            {"ours": _Ours(url, rows), "sdk": lambda: job("official_sdk", url, str(rows))["seconds"]}, rounds=2
        )
    row("1,000 rows and ten lines of 2 MB, against the SDK iterating", taken["ours"], taken["sdk"], "≥ 250 ×")
    medians: dict[int, float] = {}
    for count, megabytes in ((10, 2), (1, 20)):
        with serving(long_lines(count, megabytes), count) as url:
            mine = _Ours(url, count)
            medians[megabytes] = statistics.median(mine() for _ in range(5))
    growth = f"{medians[20] / medians[2]:.2f} × the time of ten lines of 2 MB"
    print_row("one line of 20 MB", f"{medians[20]:.3f} s", f"{medians[2]:.3f} s", growth, "linear: about 1")


def gigabyte() -> None:
    """1 GB in as many rows: time against curl, memory against 200 MB."""
    small, large = results_file(), results_file(text_bytes=12_000)
    with serving(small, ROWS) as few, serving(large, ROWS) as many:
        little, much = _Ours(few, ROWS), _Ours(many, ROWS)
        taken = interleaved(
            {
                "small": little,
                "ours": much,
                "curl": partial(_curl, many),
            },
            rounds=3,
        )
    size = large.stat().st_size / 1e9
    row(f"100,000 rows, {size:.2f} GB: all of it, against curl -o", taken["ours"], taken["curl"], "≥ 0.7 ×")
    few_mb, many_mb = statistics.median(little.peaks), statistics.median(much.peaks)
    told = f"{many_mb / few_mb:.3f} × as much as for 200 MB"
    print_row("peak memory of that process", f"{many_mb:.0f} MB", f"{few_mb:.0f} MB", told, "≤ 1.05 ×")


def _seconds_of_search(file: Path, kind: str, needle: str) -> float:
    return job("search", str(file), kind, needle)["seconds"]


def search() -> None:
    """Search a stored file of 200 MB, against grep."""
    file = results_file()
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
                "grep": partial(seconds_of, "env", "LC_ALL=C", "grep", *flags, needle, str(file)),
            }
        )
        row(f"search of 200 MB: {what}, against grep {flags[0]}", taken["ours"], taken["grep"], goal)
    for kind, needle in (("literal", "Zanzibar"), ("regex", regex)):
        late = job("lateness", "search", str(file), kind, needle)
        print_row(f"loop lateness p99 while searching ({kind})", f"{late['p99']:.1f} ms", "", "", "≤ 8 ms")
