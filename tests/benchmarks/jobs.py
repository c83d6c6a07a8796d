"""What is measured, each in a process of its own: `python -m tests.benchmarks.jobs NAME ARGUMENT…`."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.measures import peak_mb

if TYPE_CHECKING:
    from collections.abc import Callable


def ingest(url: str, rows: str) -> None:
    """Ours: fetch, store, index, verify, add up."""
    # httpx loads it at its first request, which the app has made long before; that of the SDK is loaded alike.
    import httpcore  # noqa: F401

    from batch_tui.api.client import BatchClient
    from batch_tui.results.download import ResultsDownload
    from batch_tui.results.pricing import Prices
    from batch_tui.results.store import ResultsStore
    from batch_tui.results.summary import ResultsSummary

    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as directory, BatchClient(api_key="k", base_url=url, timeout=60) as client:
        source = client.messages.batches
        store = ResultsStore(Path(directory), url)
        download = ResultsDownload(source, "msgbatch_bench", store, expected=int(rows), read_ahead=0)
        progress = download.run()
        assert progress.state == "complete", progress
        assert download.results is not None
        summary = ResultsSummary.of(download.results, Prices.load())
        _say(began, summary.rows)


def official_sdk(url: str, rows: str) -> None:
    """The official SDK: iterate over typed results and add the tokens up."""
    import httpcore2  # noqa: F401
    from anthropic import Anthropic

    # Both clients make their TLS context within the time that is measured.
    began = time.perf_counter()
    client = Anthropic(api_key="k", base_url=url)
    count = tokens = 0
    for response in client.messages.batches.results("msgbatch_bench"):
        count += 1
        if response.result.type == "succeeded":
            tokens += response.result.message.usage.output_tokens
    assert count == int(rows)
    _say(began, count)


def search(path: str, kind: str, needle: str) -> None:
    """Ours: rows that say something, in a stored file whose index is there."""
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.search import SearchPattern
    from batch_tui.results.search import search as look

    file = ResultsFile.open(Path(path))
    began = time.perf_counter()
    pattern = SearchPattern.of(needle, regex=kind == "regex")
    found = sum(len(step.rows) for step in look(file, pattern))
    _say(began, found)


def lateness(work: str, *arguments: str) -> None:
    """How late an event loop is that is due every 10 ms, with 1 ms of Python each time, while a thread works."""
    late: list[float] = []
    worker = threading.Thread(target=_work, args=(work, arguments))

    async def beat() -> None:
        loop = asyncio.get_running_loop()
        worker.start()
        due = loop.time()
        # The first beats fall into imports, which the app has done by then.
        while worker.is_alive() or len(late) < 300:
            due += 0.01
            await asyncio.sleep(max(0.0, due - loop.time()))
            late.append((loop.time() - due) * 1000)
            until = loop.time() + 0.001
            while loop.time() < until:
                pass
            due = max(due, loop.time() - 0.01)

    _work("warm", arguments)
    asyncio.run(beat())
    worker.join()
    late.sort()
    said = {"p50": late[len(late) // 2], "p99": late[int(len(late) * 0.99)], "most": late[-1]}
    sys.stdout.write(json.dumps(said) + "\n")


def _work(work: str, arguments: tuple[str, ...]) -> None:
    from batch_tui.api.client import BatchClient
    from batch_tui.results.download import ResultsDownload
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.search import SearchPattern
    from batch_tui.results.search import search as look
    from batch_tui.results.store import ResultsStore

    match work, arguments:
        case "ingest", (url, rows):
            with tempfile.TemporaryDirectory() as directory, BatchClient(api_key="k", base_url=url) as client:
                for number in range(5):
                    source, store = client.messages.batches, ResultsStore(Path(directory), f"http://{number}")
                    download = ResultsDownload(source, "m", store, expected=int(rows), read_ahead=0)
                    assert download.run().state == "complete", download.progress
        case "search", (path, kind, needle):
            file = ResultsFile.open(Path(path))
            for _ in range(20):
                for _ in look(file, SearchPattern.of(needle, regex=kind == "regex")):
                    pass


def _say(began: float, count: int) -> None:
    seconds = time.perf_counter() - began
    peak = peak_mb()
    sys.stdout.write(json.dumps({"seconds": seconds, "count": count, "peak_mb": peak}) + "\n")


JOBS: dict[str, Callable[..., None]] = {
    "ingest": ingest,
    "official_sdk": official_sdk,
    "search": search,
    "lateness": lateness,
}

if __name__ == "__main__":
    JOBS[sys.argv[1]](*sys.argv[2:])
