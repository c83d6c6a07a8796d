"""Answers to actions of which a part cannot be read: what was done is told as done."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from textual.notifications import Notify

from tests.tui.hostile_server import served
from tests.tui.play import Seconds
from tests.tui.scenes import until
from tests.tui.served_app import served_app
from tests.tui.test_stalling_results import BATCH

if TYPE_CHECKING:
    from pathlib import Path

    from textual.message import Message

RUNNING = BATCH | {
    "processing_status": "in_progress",
    "request_counts": {"processing": 400, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
    "ended_at": None,
}
ANSWER = RUNNING | {"processing_status": "canceling", "created_at": "yesterday", "cancel_initiated_at": 7}


class Odd(BaseHTTPRequestHandler):
    """One batch that runs; asked to cancel it, it does, and says so in part with nonsense."""

    def do_GET(self) -> None:
        self._answer({"data": [RUNNING], "has_more": False, "first_id": None, "last_id": None})

    def do_POST(self) -> None:
        self._answer(ANSWER)

    def _answer(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


async def test_a_cancel_whose_answer_can_be_read_in_part_is_told_as_done(tmp_path: Path) -> None:
    heard: list[Message] = []
    with served(Odd) as url:
        app = served_app(url, tmp_path, monotonic=Seconds(), undo_seconds=0)
        async with app.run_test(size=(120, 30), message_hook=heard.append) as pilot:
            catalog = app.shared.catalog
            await until(pilot, lambda: len(catalog) == 1, "the batch")
            made = catalog.at(0).created_at
            await pilot.press("c")
            await pilot.pause()
            await pilot.press("y")
            await until(pilot, lambda: catalog.at(0).processing_status == "canceling", "that it is being canceled")
            assert catalog.at(0).created_at == made
            said = [one.notification.message for one in heard if isinstance(one, Notify)]
            await until(pilot, lambda: not app.shared.monitor.pending, "the end of it")
            assert not any("Could not" in one for one in said)
