"""What the list does: pages, polls, keeps its place, and asks before it acts."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from textual.widgets import Static

from batch_tui.api import AsyncBatchClient, BatchClient
from batch_tui.tui import messages
from batch_tui.tui.batch_rows import TAIL
from batch_tui.tui.connection import Connection
from batch_tui.tui.screens.batch_detail import BatchDetailScreen
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.widgets.key_bar import KeyBar
from tests.tui.answering import Answers, served
from tests.tui.play import playing
from tests.tui.scenes import SMALL, Scene, ended, go_to, loaded, open_results, running, settled, staged, until

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_first_page_shows_newest_first(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        created = [play.catalog.at(row).created_at for row in range(len(play.catalog))]
        assert created == sorted(created, reverse=True)
        assert play.table.cursor_key == play.catalog.at(0).id


async def test_the_next_page_is_asked_for_before_the_end_is_reached(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        while not play.heard(messages.OlderPageRequested):
            await play.press("pagedown")
        assert play.table.cursor_row < 100
        await settled(play.stage, play.pilot)
        assert len(play.catalog) == 200


async def test_scrolling_on_reaches_an_end_that_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        while not play.catalog.complete:
            await play.press("G")
        assert len(play.catalog) == 247
        await play.press("G")
        assert play.table.cursor_key == play.catalog.at(246).id
        await play.press("j")
        assert play.table.cursor_key == TAIL
        assert "end of the list: 247 batches" in play.row(play.table.cursor_row)


async def test_a_failed_page_is_a_row_that_tries_again(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        play.stage.simulator.arm(status=500, path="after_id", count=1)
        await play.press("G")
        await play.press("G")
        row = play.table.cursor_row
        assert play.table.cursor_key == TAIL
        assert "did not load" in play.row(row)
        assert "req_" in play.row(row)
        assert len(play.catalog) == 100
        await play.press("enter")
        assert len(play.catalog) == 200
        assert play.table.cursor_row == row


async def test_new_batches_do_not_move_the_view(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("pagedown", "pagedown")
        top, cursor = play.table.top_key, play.table.cursor_key
        play.stage.clock.advance(minutes=5)
        await play.poll()
        assert len(play.catalog) > 100
        assert play.table.source.key(play.table.top_row) == top
        assert play.table.cursor_key == cursor


async def test_at_the_top_new_batches_appear_and_the_cursor_stays_on_its_batch(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("j", "j")
        cursor = play.table.cursor_key
        play.stage.clock.advance(seconds=75)
        await play.poll()
        assert play.table.top_row == 0
        assert play.table.cursor_key == cursor
        assert play.table.cursor_row > 2


async def test_running_batches_are_seen_to_end(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        before = play.catalog.unfinished
        play.stage.clock.advance(minutes=20)
        await play.poll()
        assert len(before & play.catalog.unfinished) < len(before)


async def test_cancel_asks_and_names_the_batch(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.press("c")
        assert [message.batch_ids for message in play.heard(messages.ActionRequested)] == [[batch_id]]
        assert isinstance(play.stage.app.screen, ConfirmDialog)
        facts = " ".join(str(fact.visual) for fact in play.stage.app.screen.query(Static))
        assert batch_id in facts
        assert "may still finish and be billed" in facts


async def test_enter_in_the_dialog_changes_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.press("c", "enter")
        assert isinstance(play.stage.app.screen, BatchListScreen)
        await play.poll()
        assert play.catalog.get(batch_id).processing_status == "in_progress"


@pytest.mark.parametrize("key", ["n", "escape", "q"])
async def test_the_dialog_can_be_refused(tmp_path: Path, key: str) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.press("c", key)
        assert isinstance(play.stage.app.screen, BatchListScreen)
        assert play.catalog.get(batch_id).processing_status == "in_progress"


async def test_keys_typed_before_the_question_can_be_read_are_no_answer(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, running)
        play.seconds.step = 0.05
        await play.press("c", "y")
        assert isinstance(play.stage.app.screen, ConfirmDialog)
        play.seconds.step = 1
        await play.press("y")
        assert isinstance(play.stage.app.screen, BatchListScreen)


async def test_a_cancelled_batch_is_seen_canceling_and_then_ended(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.press("c", "y")
        assert play.catalog.get(batch_id).processing_status == "canceling"
        assert "being canceled" in play.said()
        play.stage.clock.advance(minutes=1)
        await play.poll()
        assert play.catalog.get(batch_id).processing_status == "ended"
        assert play.catalog.get(batch_id).request_counts.canceled > 0


async def test_the_answer_counts_for_the_batch_that_was_named_whatever_the_list_does(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(
            play.stage, play.pilot, lambda batch: running(batch) and batch.request_counts.total > 9_999
        )
        row = play.table.cursor_row
        await play.press("c")
        play.stage.clock.advance(minutes=3)
        play.stage.app.action_refresh_now()
        await settled(play.stage, play.pilot)
        assert play.catalog.index_of(batch_id) > row
        await play.press("y")
        assert play.catalog.get(batch_id).processing_status == "canceling"
        cancels = [served.path for served in play.stage.simulator.requests() if served.method == "POST"]
        assert cancels == [f"/v1/messages/batches/{batch_id}/cancel"]


async def test_a_double_tap_asks_once(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, ended)
        screen = play.stage.app.screen
        assert isinstance(screen, BatchListScreen)
        screen.action_delete()
        screen.action_delete()
        await settled(play.stage, play.pilot)
        dialogs = [one for one in play.stage.app.screen_stack if isinstance(one, ConfirmDialog)]
        assert len(dialogs) == 1


async def test_deleting_removes_the_row_and_keeps_the_place(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        row = play.table.cursor_row
        neighbour = play.table.source.key(row + 1)
        await play.press("D", "y")
        assert batch_id not in play.catalog
        assert play.table.cursor_key == neighbour
        assert play.table.cursor_row == row
        await play.poll()
        assert batch_id not in play.catalog


async def test_a_refused_action_is_a_sentence_with_its_request_and_nothing_is_lost(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        play.stage.simulator.arm(status=403, method="DELETE", message="This key may not delete.")
        await play.press("D", "y")
        assert batch_id in play.catalog
        assert "Could not delete the batch" in play.said()
        assert "This key may not delete" in play.said()
        assert "req_" in play.said()


@pytest.mark.parametrize(
    ("wanted", "key", "why"),
    [
        (ended, "c", "nothing left to cancel"),
        (running, "v", "No results yet"),
        (lambda batch: batch.processing_status == "canceling", "c", "being canceled already"),
    ],
)
async def test_a_key_of_no_use_says_why(tmp_path: Path, wanted: Any, key: str, why: str) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, wanted)
        await play.press(key)
        assert why in play.said()
        assert isinstance(play.stage.app.screen, BatchListScreen)
        assert not play.heard(messages.ActionRequested)


async def test_trouble_is_one_sentence_and_what_was_shown_stays(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        play.stage.simulator.arm(html=True)
        await play.poll()
        assert len(play.catalog) == 100
        assert "req_" in play.trouble() or "HTML" in play.trouble()
        await play.poll()
        assert play.trouble() == ""


async def test_a_batch_deleted_elsewhere_goes_and_its_neighbours_stay(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        neighbour = play.table.source.key(play.table.cursor_row + 1)
        connection = play.stage.app.connection
        assert connection is not None
        await connection.client.messages.batches.delete(batch_id)
        await play.poll()
        assert batch_id not in play.catalog
        assert play.table.cursor_key == neighbour


async def test_pausing_asks_nothing_and_r_still_asks_once(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("p")
        before = play.stage.simulator.request_count
        play.stage.clock.advance(seconds=50)
        await settled(play.stage, play.pilot)
        assert play.stage.simulator.request_count == before
        await play.poll()
        assert play.stage.simulator.request_count == before + 1


async def test_detail_walks_through_the_list_and_comes_back(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("j", "enter")
        screen = play.stage.app.screen
        assert isinstance(screen, BatchDetailScreen)
        await play.press("J")
        batch = screen.batch_in_hand()
        assert batch is not None
        assert batch.id == play.catalog.at(2).id
        await play.press("escape")
        assert isinstance(play.stage.app.screen, BatchListScreen)
        await play.press("escape")
        assert isinstance(play.stage.app.screen, BatchListScreen)


async def test_detail_tells_what_was_seen_and_asked(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(100, 50)) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        play.stage.simulator.arm(status=403, method="POST", message="This key may not cancel.")
        await play.press("c", "y")
        play.stage.clock.advance(minutes=1)
        await play.press("c", "y", "enter")
        said = play.shown("#detail-text")
        assert "first seen, in_progress" in said
        assert "cancel failed" in said
        assert "This key may not cancel" in said
        assert "cancel accepted" in said
        assert "in_progress → canceling" in said
        assert play.catalog.get(batch_id).processing_status == "canceling"


async def test_q_quits_from_the_list(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.pilot.press("q")
        await play.pilot.pause()
        assert not play.stage.app.is_running


async def test_the_theme_can_be_switched(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        dark = play.stage.app.current_theme.dark
        await play.press("T")
        assert play.stage.app.current_theme.dark is not dark


async def test_the_end_key_loads_on_until_the_end_and_a_movement_stops_it(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.pilot.press("G")
        await until(play.pilot, lambda: play.catalog.complete, "the end of the list")
        await settled(play.stage, play.pilot)
        assert play.table.cursor_row == 246
        await play.press("k")
        row = play.table.cursor_row
        play.stage.clock.advance(seconds=75)
        await play.poll()
        assert play.table.cursor_key == play.table.source.key(play.table.cursor_row)
        assert play.table.cursor_row > row


async def test_whoever_scrolls_away_from_the_cursor_is_not_pulled_back(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        for _ in range(3):
            await play.press("pagedown")
        play.table.scroll_to(y=0, animate=False, immediate=True)
        await play.poll()
        assert play.table.top_row == 0
        play.table.scroll_to(y=20, animate=False, immediate=True)
        await play.press("G")
        play.table.scroll_to(y=5, animate=False, immediate=True)
        await play.poll()
        assert play.table.top_row == 5


async def test_deleting_says_where_the_saved_results_are(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 40)) as play:
        await open_results(play.stage, play.pilot)
        await play.press("escape", "D")
        facts = " ".join(str(fact.visual) for fact in play.screen.query(Static))
        assert "stays on this machine" in facts
        assert "o lists what is saved" in facts


async def test_an_unexpected_end_of_the_watch_is_said_and_r_starts_again(tmp_path: Path) -> None:
    scene = Scene(loaded, size=SMALL)
    with staged(scene, tmp_path) as stage:
        connect, calls = stage.app._connect, []

        def failing() -> Any:
            calls.append(1)
            if len(calls) == 1:
                raise OSError("the certificates cannot be read")
            return connect()

        stage.app._connect = failing
        async with stage.app.run_test(size=SMALL) as pilot:
            await until(pilot, lambda: stage.app.shared.monitor.poll.error is not None, "an error")
            await pilot.pause()
            assert "certificates cannot be read" in str(stage.app.screen.query_one("#notice", Static).visual)
            await pilot.press("r")
            await loaded(stage, pilot)
            assert stage.app.shared.monitor.poll.error is None


async def test_a_server_that_repeats_its_last_page_is_not_asked_for_ever(tmp_path: Path) -> None:
    asked: list[str] = []

    class Handler(Answers):
        def do_GET(self) -> None:
            asked.append(self.path)
            times = {"created_at": "2026-11-22T10:00:00Z", "expires_at": "9999-12-31T23:59:59Z"}
            counts = {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 0}
            batch = {"id": "b", "processing_status": "ended", "request_counts": counts, "ended_at": None} | times
            far = batch | {"id": "far", "created_at": "9999-12-31T23:00:00Z"}
            page = {"data": [far, batch], "has_more": True, "first_id": "far", "last_id": "b"}
            self.answer(json.dumps(page).encode())

    with served(Handler) as url, staged(Scene(loaded), tmp_path) as stage:
        stage.app._connect = lambda: Connection(
            AsyncBatchClient(api_key="test-key", base_url=url), BatchClient(api_key="test-key", base_url=url)
        )
        stage.app.shared = replace(stage.app.shared, zone=timezone(timedelta(hours=9)))
        async with stage.app.run_test(size=(160, 40)) as pilot:
            await until(pilot, lambda: len(stage.app.shared.catalog) == 2, "the batches")
            for _ in range(15):
                await pilot.pause(0.05)
            assert len(asked) < 8
            await pilot.press("G")
            await until(pilot, lambda: stage.app.shared.monitor.older.error is not None, "what is wrong")


async def test_a_failed_page_is_asked_for_again_while_its_place_is_in_view(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        play.stage.simulator.arm(status=529, path="after_id", count=1)
        await play.press("G")
        await play.press("pageup", "pagedown")
        assert len(play.catalog) == 100
        play.stage.clock.advance(seconds=11)
        await play.press("pageup", "pagedown")
        await until(play.pilot, lambda: len(play.catalog) >= 200, "the older page")


async def test_read_only_offers_nothing_that_changes_anything(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 40), app={"read_only": True}) as play:
        await go_to(play.stage, play.pilot, ended)
        await play.press("D", "c")
        assert isinstance(play.screen, BatchListScreen)
        assert not play.heard(messages.ActionRequested)
        assert play.said().count("batch-tui is read-only") == 2
        await play.press("a", "R")
        assert play.said().count("batch-tui is read-only") == 4
        assert "Delete" not in str(play.screen.query_one(KeyBar).render())
        titles = {command.title for command in play.stage.app.get_system_commands(play.screen)}
        assert not {"Cancel", "Delete"} & titles
        await play.press("v")
        await until(play.pilot, lambda: not isinstance(play.screen, BatchListScreen), "the results")
