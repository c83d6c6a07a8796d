"""A connection that goes dead while results arrive: what came before is on screen, though nothing more tells of it."""

from __future__ import annotations

import json
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.widgets.status_line import StatusLine
from tests.results.lines import many
from tests.tui.answering import Answers, served
from tests.tui.scenes import until
from tests.tui.served_app import served_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from textual.pilot import Pilot

    from batch_tui.tui.app import BatchApp

BATCH = {
    "id": "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d",
    "type": "message_batch",
    "processing_status": "ended",
    "request_counts": {"processing": 0, "succeeded": 400, "errored": 0, "canceled": 0, "expired": 0},
    "created_at": "2026-11-22T10:00:00+00:00",
    "expires_at": "2026-11-23T10:00:00+00:00",
    "ended_at": "2026-11-22T10:30:00+00:00",
    "archived_at": None,
    "cancel_initiated_at": None,
    "results_url": None,
}


class Stalling(Answers):
    """One batch, and the first half of its results."""

    let_go: threading.Event
    """Set, the other half comes."""

    def do_GET(self) -> None:
        page = {"data": [BATCH], "has_more": False, "first_id": BATCH["id"], "last_id": BATCH["id"]}
        if not self.path.endswith("/results"):
            self.answer(json.dumps(page).encode())
            return
        body, half = many(400), len(many(200))
        self.begin(len(body))
        self.wfile.write(body[:half])
        self.let_go.wait(20)
        self.wfile.write(body[half:])


@asynccontextmanager
async def results_open(
    handler: type[Stalling], directory: Path, **options: Any
) -> AsyncIterator[tuple[BatchApp, Pilot[str]]]:
    """An app that looks at the results of the one batch."""
    with served(handler) as url:
        app = served_app(url, directory, read_ahead=0, **options)
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: len(app.shared.catalog) == 1, "the batch")
            await pilot.press("v")
            await until(pilot, lambda: isinstance(app.screen, ResultsScreen), "the results screen")
            yield app, pilot


async def test_what_came_before_a_stall_is_on_screen(tmp_path: Path) -> None:
    handler: Any = type("Handler", (Stalling,), {"let_go": threading.Event()})
    async with results_open(handler, tmp_path) as (app, pilot):
        status = app.screen.query_one(StatusLine)
        try:
            await until(pilot, lambda: "200 of 400 rows" in str(status.render()), "the rows that came")
            assert app.screen.query_one("#body").display
        finally:
            handler.let_go.set()


async def test_a_stall_is_told_in_place_of_the_speed_from_before(tmp_path: Path) -> None:
    handler: Any = type("Handler", (Stalling,), {"let_go": threading.Event()})
    seconds = [0.0]
    async with results_open(handler, tmp_path, monotonic=lambda: seconds[0]) as (app, pilot):
        status = app.screen.query_one(StatusLine)
        try:
            await until(pilot, lambda: "200 of 400 rows" in str(status.render()), "the rows that came")
            assert "no data" not in str(status.render())
            silence = await _until_silent(pilot, app, seconds)
            await until(pilot, lambda: f"no data for {silence}s" in str(status.render()), "how long nothing came")
            assert "/s" not in str(status.render())
            seconds[0] += 60
            await until(pilot, lambda: "no data for 1m" in str(status.render()), "that it goes on")
        finally:
            handler.let_go.set()
        await until(pilot, lambda: "400 rows" in str(status.render()), "the other half")
        assert "no data" not in str(status.render())


async def _until_silent(pilot: Pilot[str], app: BatchApp, seconds: list[float]) -> int:
    """Let time pass until nothing came for long; says for how many seconds. What came last may yet be told of."""
    (opened,) = app.shared.monitor.results.values()

    def silent() -> bool:
        seconds[0] += 0.2
        return opened.silence >= 12

    await until(pilot, silent, "a long silence")
    return opened.silence


class Twice(Stalling):
    """It stalls once more, after three quarters."""

    end: threading.Event

    def do_GET(self) -> None:
        if not self.path.endswith("/results"):
            super().do_GET()
            return
        body = many(400)
        self.begin(len(body))
        half, more = len(many(200)), len(many(300))
        for begin, stop, wait in ((0, half, self.let_go), (half, more, self.end), (more, len(body), self.end)):
            self.wfile.write(body[begin:stop])
            wait.wait(20)


async def test_a_stall_is_not_told_of_any_more_once_something_came(tmp_path: Path) -> None:
    handler: Any = type("Handler", (Twice,), {"let_go": threading.Event(), "end": threading.Event()})
    seconds = [0.0]
    async with results_open(handler, tmp_path, monotonic=lambda: seconds[0]) as (app, pilot):
        (opened,) = app.shared.monitor.results.values()
        try:
            await until(pilot, lambda: opened.rows == 200, "the rows that came")
            await _until_silent(pilot, app, seconds)
            handler.let_go.set()
            status = app.screen.query_one(StatusLine)
            await until(pilot, lambda: "300 of 400 rows" in str(status.render()), "some more")
            assert "no data" not in str(status.render())
        finally:
            handler.let_go.set()
            handler.end.set()
