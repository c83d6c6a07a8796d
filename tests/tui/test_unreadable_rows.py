"""A list of which a part cannot be read: the rest is shown, what is bad named, and the base URL not blamed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from textual.notifications import Notify

from batch_tui.api.models import MessageBatch
from batch_tui.results.store import ResultsStore
from batch_tui.tui.notice_words import ended_sentence
from tests.monitor.list_server import NOON, ListServer, made
from tests.tui.many import facts
from tests.tui.play import Play, Seconds
from tests.tui.scenes import SMALL, Stage, until
from tests.tui.served_app import served_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from textual.message import Message


@asynccontextmanager
async def showing(directory: Path, server: ListServer) -> AsyncIterator[Play]:
    """The app on a scripted list."""
    heard: list[Message] = []
    seconds = Seconds()
    app = served_app(server.url, directory, now=lambda: NOON, monotonic=seconds)
    async with app.run_test(size=SMALL, message_hook=heard.append) as pilot:
        missing: Any = None  # The server, its clock and its gate are the test's own.
        play = Play(Stage(app, missing, missing, missing, ResultsStore(directory, server.url)), pilot, seconds, heard)
        await until(pilot, lambda: len(app.shared.catalog) > 0, "batches")
        await pilot.pause()
        yield play


async def test_a_batch_with_bad_times_and_counts_is_a_row_that_says_so(tmp_path: Path) -> None:
    bad = made("bad", 60) | {"created_at": "yesterday", "request_counts": None, "expires_at": None}
    async with ListServer([made("a", 30), bad, made("b", 90)]) as server, showing(tmp_path, server) as play:
        rows = [play.row(number) for number in range(3)]
        assert [row.split()[0] for row in rows] == ["a", "bad", "b"]
        assert "✓ ended ? ! unreadable: created_at" in rows[1]
        assert rows[1].endswith(" ? ? ?")
        assert play.trouble() == ""
        assert "live" in play.status()
        await play.pilot.press("j", "enter")
        await play.pilot.pause()
        page = play.shown("#detail-text")
        assert "! unreadable: created_at" in page
        # No number that the API did not give.
        assert page.count("unknown") == 2
        assert not [word for word in ("succeeded", "expires  ", "results go", "2026") if word in page]


async def test_what_has_no_id_is_counted_below_the_status_and_kept_in_the_log(tmp_path: Path) -> None:
    nameless: list[Any] = [made("x", 40) | {"id": None}, made("y", 50) | {"id": 7}]
    async with ListServer([made("a", 30), *nameless]) as server, showing(tmp_path, server) as play:
        said = "2 batches in the API's list cannot be shown, for want of a readable id."
        assert said in play.trouble()
        assert "base URL" not in play.trouble()
        assert [said in message.notification.message for message in play.heard(Notify)] == [True]
        del server.batches[1:]
        await play.pilot.press("r")
        await until(play.pilot, lambda: not play.trouble(), "the end of it")


def unnumbered(name: str, age: float, status: str = "in_progress") -> dict[str, Any]:
    """A batch whose counts cannot be read, and not when it was made either."""
    return made(name, age, status=status) | {"request_counts": None, "created_at": "yesterday"}


async def test_a_cancel_question_gives_no_number_that_the_api_did_not_give(tmp_path: Path) -> None:
    async with ListServer([unnumbered("bad", 60)]) as server, showing(tmp_path, server) as play:
        await play.pilot.press("c")
        await play.pilot.pause()
        said = facts(play)
        assert "Cancel this batch?" in said
        assert "! unreadable: created_at, request_counts" in said
        assert "number of requests unknown, running\n" in said
        assert "An unknown number of requests may still finish and be billed" in said
        assert "0" not in said


async def test_a_delete_question_does_not_guess_the_state_either(tmp_path: Path) -> None:
    stateless = unnumbered("bad", 60) | {"processing_status": None}
    async with ListServer([stateless, unnumbered("over", 90, "ended")]) as server, showing(tmp_path, server) as play:
        await play.pilot.press("D")
        await play.pilot.pause()
        said = facts(play)
        assert "Delete this batch once it has ended?" in said
        assert "Whether it has ended cannot be read." in said
        assert "canceling" not in said
        assert "running" not in said
        assert "0" not in said
        await play.pilot.press("n", "j", "D")
        await play.pilot.pause()
        said = facts(play)
        assert "number of requests unknown, ended" in said
        assert "0 requests" not in said


async def test_many_batches_are_counted_as_far_as_they_can_be(tmp_path: Path) -> None:
    batches = [made("a", 30, status="in_progress"), unnumbered("bad", 60), unnumbered("worse", 70)]
    async with ListServer(batches) as server, showing(tmp_path, server) as play:
        await play.pilot.press("asterisk", "c")
        await play.pilot.pause()
        said = "Up to 1 request, and an unknown number in 2 batches, may still finish and be billed"
        assert said in facts(play)
        assert play.row(1).split() == ["bad", "◐", "running", "?", "cancel"]


def test_of_many_that_ended_none_is_called_without_failures_whose_counts_cannot_be_read() -> None:
    good, bad = (MessageBatch.model_validate(made(name, 60)) for name in ("good", "bad"))
    batches = [good, bad.read_without(frozenset({"request_counts"}))]
    assert ended_sentence(batches, {}) == "2 batches ended, none with failures as far as can be read."


async def test_counts_that_cannot_be_read_are_not_no_failures_and_results_are_not_held_against_them(
    tmp_path: Path,
) -> None:
    over = made("over", 60) | {"request_counts": {"errored": "some"}}
    async with ListServer([over]) as server, showing(tmp_path, server) as play:
        assert play.screen.why_not("resubmit") is None
        assert play.stage.app.counts_of("over") is None
