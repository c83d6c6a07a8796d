"""Answers to actions of which a part cannot be read: what was done is told as done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from textual.notifications import Notify

from tests.results.lines import many
from tests.tui.answering import Answers, served
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
# Without a time when it expires, nothing in it tells when it was made.
ANSWER = RUNNING | {"processing_status": "canceling", "created_at": "yesterday", "expires_at": None}


class Odd(Answers):
    """One batch that runs; asked to cancel it, it does, and says so in part with nonsense."""

    def do_GET(self) -> None:
        self._say({"data": [RUNNING], "has_more": False, "first_id": None, "last_id": None})

    def do_POST(self) -> None:
        self._say(ANSWER)

    def _say(self, value: Any) -> None:
        self.answer(json.dumps(value).encode())


class Uncounted(Odd):
    """One batch that has ended, with counts that nobody can read."""

    def do_GET(self) -> None:
        if self.path.endswith("/results"):
            self.answer(many(3))
            return
        page = {"data": [BATCH | {"request_counts": "many"}], "has_more": False, "first_id": None, "last_id": None}
        self._say(page)


async def test_no_counts_are_remembered_that_the_api_did_not_give(tmp_path: Path) -> None:
    batch_id = str(BATCH["id"])
    with served(Uncounted) as url:
        app = served_app(url, tmp_path)
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: len(app.shared.catalog) == 1, "the batch")
            await pilot.press("v")
            await until(pilot, lambda: batch_id in app.shared.monitor.saved, "the results")
            stored = app._downloads.store.stored(batch_id)
    assert stored is not None
    assert (stored.batch or {})["id"] == batch_id
    assert "request_counts" not in (stored.batch or {})
    assert not stored.verified


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
