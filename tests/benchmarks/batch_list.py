"""The live list: its start, its keys, its pages and what it costs when nothing happens."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.measures import interleaved, percentile, print_row, row, seconds_of
from tests.benchmarks.terminal import PAGE_DOWN, TimedTerminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_tui.api.models import MessageBatch, MessageBatchRequestCounts

_EMPTY_APP = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("nothing here")
Empty().run()
"""
_IDLE_SECONDS = 30.0


@contextmanager
def simulating(batches: int) -> Iterator[str]:
    """A simulator in a process of its own; gives its address."""
    line = [sys.executable, "-m", "batch_tui", "simulate", "--port", "0", "--batches", str(batches)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None  # a pipe, as asked for above
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _dashboard(url: str) -> list[str]:
    return [sys.executable, "-m", "batch_tui", "--base-url", url]


def _until(text: str, url: str) -> float:
    with TimedTerminal(_dashboard(url)) as terminal:
        return terminal.wait_for(text)


def _empty_app() -> float:
    with TimedTerminal([sys.executable, "-c", _EMPTY_APP]) as terminal:
        return terminal.wait_for("nothing here")


def _verb(*arguments: str) -> float:
    line = [sys.executable, "-m", "batch_tui", *arguments]
    began = time.perf_counter()
    subprocess.run(line, check=True, capture_output=True, env={**os.environ, "ANTHROPIC_API_KEY": "benchmark"})
    return time.perf_counter() - began


def start() -> None:
    """To the first frame and the first row, against an app that has nothing to show; and verbs, against httpx."""
    with simulating(1_000) as url, tempfile.TemporaryDirectory() as directory:
        requests = Path(directory, "requests.jsonl")
        params = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
        requests.write_text(json.dumps({"custom_id": "one", "params": params}) + "\n")
        taken = interleaved(
            {
                "frame": lambda: _until("Asking", url),
                "row": lambda: _until("msgbatch_", url),
                "empty": _empty_app,
                "check": lambda: _verb("check", str(requests)),
                "list": lambda: _verb("--base-url", url, "list", "--limit", "20"),
                "httpx": lambda: seconds_of(sys.executable, "-c", "import httpx"),
            },
            rounds=7,
        )
    row(
        "start to the first frame of the list, against an empty Textual app", taken["frame"], taken["empty"], "≥ 0.77 ×"
    )
    row("start to its first row, answered by the simulator", taken["row"], taken["empty"], "")
    row("start of a headless verb, against import httpx", taken["check"], taken["httpx"], "≥ 0.67 ×")
    row("the same of one that asks the API for a page", taken["list"], taken["httpx"], "≥ 0.67 ×")


def page_down() -> None:
    """Through a thousand rows, each page as one key."""
    with simulating(1_500) as url, TimedTerminal(_dashboard(url)) as terminal:
        terminal.wait_for("msgbatch_")
        for _ in range(12):
            terminal.press(b"G")
            terminal.settle()
        terminal.press(b"g")
        terminal.settle()
        taken = [terminal.key(PAGE_DOWN) for _ in range(25)]
    said = f"{percentile(taken, 50):.1f} / {percentile(taken, 95):.1f} ms"
    print_row("Page Down on the list, to the last byte painted, p50 / p95", said, "", "", "≤ 12 / ≤ 15 ms")


def pages() -> None:
    """Reading and merging a page of 1,000, and what a thousand changed rows among 10,000 cost the screen."""
    done = job_here("pages")
    said = f"{done['same']:.2f} ms; first time {done['first']:.1f} ms"
    print_row("page of 1,000 with one change: decoded and merged", said, "", "", "≤ 2 ms")
    done = job_here("repaint")
    said = f"{done['changed']:.1f} ms; 1,000 of them changed {done['thousand']:.1f} ms"
    print_row("page of 1,000 with one change: merged and repainted at 10,000 loaded", said, "", "", "≤ 16 ms")
    done = job_here("requests")
    print_row("requests for a poll, 50 running among 1,000", f"{done['requests']:.0f}", "", "", "1")


def idle() -> None:
    """The dashboard that is left open all day: 1,000 recent batches, some running, a poll each ten seconds."""
    with simulating(1_000) as url, TimedTerminal(_dashboard(url)) as terminal:
        terminal.wait_for("msgbatch_")
        for _ in range(10):
            terminal.press(b"G")
            terminal.settle()
        terminal.press(b"g")
        _drain(terminal, 3.0)
        pid = terminal._process.pid
        began, spent = time.perf_counter(), _cpu(pid)
        _drain(terminal, _IDLE_SECONDS)
        share = (_cpu(pid) - spent) / (time.perf_counter() - began)
    print_row(f"CPU of the idle dashboard, over {_IDLE_SECONDS:.0f} s", f"{100 * share:.2f} %", "", "", "≤ 2 %")


def _drain(terminal: TimedTerminal, seconds: float) -> None:
    """Read what it paints, as a terminal does, for so long."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        terminal.settle(0.5)
        time.sleep(0.2)


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def job_here(name: str) -> dict[str, float]:
    """Run one job of this module in a fresh process."""
    line = [sys.executable, "-m", "tests.benchmarks.batch_list", name]
    said: dict[str, float] = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
    return said


def batch_list() -> None:
    """All of it."""
    for measure in (start, page_down, pages, idle):
        measure()


def _pages_job() -> dict[str, float]:
    from batch_tui.api.page_reader import PageReader
    from batch_tui.monitor.catalog import BatchCatalog
    from tests.monitor.batches import batch

    items = [
        batch(f"msgbatch_01HkcTjaV5uDC8jWR4{n:05}", n * 40, took=600 if n > 50 else None).model_dump(mode="json")
        for n in range(1_000)
    ]

    def body(turn: int) -> bytes:
        items[turn]["request_counts"]["errored"] += 1
        ends = {"has_more": True, "first_id": items[0]["id"], "last_id": items[-1]["id"]}
        return json.dumps({"data": items, **ends}, separators=(",", ":")).encode()

    read, catalog, taken = PageReader(), BatchCatalog(), []
    for turn in range(40):
        text = body(turn)
        began = time.perf_counter()
        page = read(text).data
        missing = catalog.missing_from(page, newest=True, oldest=False)
        changes = catalog.merge(page)
        taken.append(1000 * (time.perf_counter() - began))
        assert not missing
        assert len(changes.added if turn == 0 else changes.updated) == (1_000 if turn == 0 else 1)
    return {"first": taken[0], "same": statistics.median(taken[1:])}


def _repaint_job() -> dict[str, float]:
    import anyio

    return anyio.run(_repaint)


def _turned(batch: MessageBatch) -> MessageBatchRequestCounts:
    """The same counts but for one request: a batch never has more or fewer than it had."""
    was = batch.request_counts
    if was.errored:
        return was.model_copy(update={"errored": was.errored - 1, "succeeded": was.succeeded + 1})
    source = "processing" if was.processing else "succeeded"
    return was.model_copy(update={"errored": 1, source: getattr(was, source) - 1})


async def _repaint() -> dict[str, float]:
    """In processor time, since a pilot waits longer than it must; the simulator is idle meanwhile."""
    from batch_tui.tui import garbage
    from tests.tui.scenes import SCENES, loaded, staged

    with tempfile.TemporaryDirectory() as directory:
        scene = SCENES["list"]
        scene.world["batches"] = 10_000
        with staged(scene, Path(directory)) as stage:
            async with stage.app.run_test(size=(160, 48)) as pilot:
                await loaded(stage, pilot)
                catalog, poller = stage.app.shared.catalog, stage.app._poller
                assert poller is not None
                while not catalog.complete:
                    await poller.load_older()
                stage.app.publish(catalog.merge([]))
                await pilot.pause()
                # As outside of tests, where nothing else is timed by the collector either.
                garbage.tame()
                taken: dict[int, list[float]] = {1: [], 1_000: []}
                for _ in range(20):
                    for count, times in taken.items():
                        page = list(catalog)[:1_000]
                        for place in range(count):
                            page[place] = page[place].model_copy(update={"request_counts": _turned(page[place])})
                        stage.clock.advance(microseconds=1)
                        began = time.process_time()
                        stage.app.publish(catalog.merge(page))
                        await pilot.pause()
                        times.append(1000 * (time.process_time() - began))
    return {"changed": statistics.median(taken[1]), "thousand": statistics.median(taken[1_000])}


def _requests_job() -> dict[str, float]:
    import anyio

    return anyio.run(_requests)


async def _requests() -> dict[str, float]:
    from tests.monitor.world import World

    async with World() as world:
        await world.create(50, size=300)
        await world.create(950)
        await world.poller.poll()
        world.clock.advance(seconds=16)
        await world.poller.poll()
        world.asked()
        assert len(world.catalog.unfinished) == 50
        polls = 10
        for _ in range(polls):
            world.clock.advance(milliseconds=1)
            await world.poller.poll()
        return {"requests": len(world.asked()) / polls}


JOBS = {"pages": _pages_job, "repaint": _repaint_job, "requests": _requests_job}

if __name__ == "__main__":
    if sys.argv[1:]:
        sys.stdout.write(json.dumps(JOBS[sys.argv[1]]()) + "\n")
    else:
        batch_list()
