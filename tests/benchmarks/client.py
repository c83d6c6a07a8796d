"""The client beside the official SDK: typed rows a second out of `results()`, and the memory that takes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

from tests.benchmarks.data import ROWS, results_file
from tests.benchmarks.measures import interleaved, job, peak_mb, print_row, row
from tests.benchmarks.serve import serving

FEWER = ROWS // 5


def typed(url: str, rows: str) -> None:
    """Ours: iterate over typed results and add the tokens up, as the job of the official SDK does."""
    from batch_tui.api.client import BatchClient

    with BatchClient(api_key="k", base_url=url) as client:
        began = time.perf_counter()
        count = tokens = 0
        for response in client.messages.batches.results("msgbatch_bench"):
            count += 1
            if response.result.type == "succeeded":
                tokens += response.result.message.usage.output_tokens
        seconds = time.perf_counter() - began
    assert count == int(rows)
    assert tokens > count
    peak = peak_mb()
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_mb": peak}) + "\n")


def client() -> None:
    """Both read the same file from the same server, in processes of their own."""
    peaks: dict[int, list[float]] = {ROWS: [], FEWER: []}

    def ours(url: str, rows: int) -> float:
        line = [sys.executable, "-m", "tests.benchmarks.client", url, str(rows)]
        done = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
        peaks[rows].append(done["peak_mb"])
        seconds: float = done["seconds"]
        return seconds

    with serving(results_file(), ROWS) as url, serving(results_file(FEWER), FEWER) as shorter:
        taken = interleaved(
            {
                "ours": lambda: ours(url, ROWS),
                "fewer": lambda: ours(shorter, FEWER),
                "sdk": lambda: job("official_sdk", url, str(ROWS))["seconds"],
            }
        )
    row(f"{ROWS:,} typed rows of results(), 200 MB", taken["ours"], taken["sdk"], "≥ 3 ×")
    rate = ROWS / statistics.median(taken["ours"])
    print_row(
        "the same as a rate", f"{rate:,.0f} rows/s", f"{ROWS / statistics.median(taken['sdk']):,.0f} rows/s", "", ""
    )
    most, least = statistics.median(peaks[ROWS]), statistics.median(peaks[FEWER])
    print_row(f"peak memory, against that for {FEWER:,} rows", f"{most:.0f} MB", f"{least:.0f} MB", "", "flat")


if __name__ == "__main__":
    typed(*sys.argv[1:])
