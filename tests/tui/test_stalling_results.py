"""A connection that goes dead while results arrive: what came before is on screen, though nothing more tells of it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.widgets.status_line import StatusLine
from tests.results.lines import many
from tests.tui.hostile_server import served
from tests.tui.scenes import until
from tests.tui.served_app import served_app

if TYPE_CHECKING:
    from pathlib import Path

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


class Stalling(BaseHTTPRequestHandler):
    """One batch, and the first half of its results."""

    protocol_version = "HTTP/1.1"
    let_go: threading.Event
    """Set, the other half comes."""

    def do_GET(self) -> None:
        page = {"data": [BATCH], "has_more": False, "first_id": BATCH["id"], "last_id": BATCH["id"]}
        arrives = self.path.endswith("/results")
        body = many(400) if arrives else json.dumps(page).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(many(200) if arrives else body)
        if arrives:
            self.let_go.wait(20)
            self.wfile.write(body[len(many(200)) :])

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


async def test_what_came_before_a_stall_is_on_screen(tmp_path: Path) -> None:
    handler: Any = type("Handler", (Stalling,), {"let_go": threading.Event()})
    with served(handler) as url:
        app = served_app(url, tmp_path, read_ahead=0)
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: len(app.shared.catalog) == 1, "the batch")
            await pilot.press("v")
            await until(pilot, lambda: isinstance(app.screen, ResultsScreen), "the results screen")
            status = app.screen.query_one(StatusLine)
            try:
                await until(pilot, lambda: "200 of 400 rows" in str(status.render()), "the rows that came")
                assert app.screen.query_one("#body").display
            finally:
                handler.let_go.set()


async def test_a_stall_is_told_in_place_of_the_speed_from_before(tmp_path: Path) -> None:
    handler: Any = type("Handler", (Stalling,), {"let_go": threading.Event()})
    seconds = [0.0]
    with served(handler) as url:
        app = served_app(url, tmp_path, read_ahead=0, monotonic=lambda: seconds[0])
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: len(app.shared.catalog) == 1, "the batch")
            await pilot.press("v")
            await until(pilot, lambda: isinstance(app.screen, ResultsScreen), "the results screen")
            status = app.screen.query_one(StatusLine)
            try:
                await until(pilot, lambda: "200 of 400 rows" in str(status.render()), "the rows that came")
                assert "no data" not in str(status.render())
                seconds[0] = 12.0
                await until(pilot, lambda: "no data for 12s" in str(status.render()), "how long nothing came")
                assert "/s" not in str(status.render())
                seconds[0] = 75.0
                await until(pilot, lambda: "no data for 1m 15s" in str(status.render()), "that it goes on")
            finally:
                handler.let_go.set()
            await until(pilot, lambda: "400 rows" in str(status.render()), "the other half")
            assert "no data" not in str(status.render())
