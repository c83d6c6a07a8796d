"""Marks, actions on many batches, deletes that wait: for a change of mind, for results, for the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.tui import messages
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.bulk import BulkDialog, BulkProgress
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.menu import MenuDialog
from tests.tui.many import asked, facts, finished, ids, mark
from tests.tui.play import playing
from tests.tui.scenes import ended, go_to, running, settled, until

if TYPE_CHECKING:
    from pathlib import Path


async def test_marks_are_counted_and_follow_their_batches(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        chosen = ids(play, ended)
        await mark(play, chosen)
        assert "3 marked" in play.status()
        play.stage.clock.advance(minutes=3)
        await play.poll()
        assert play.table.marks == set(chosen)
        await play.press("2")
        assert play.table.marks == set(chosen)
        await play.press("asterisk")
        assert not play.table.marks


async def test_escape_takes_marks_away_once_the_filter_is_gone(tmp_path: Path) -> None:
    """A forgotten mark would be taken by the next `D`."""
    async with playing(tmp_path) as play:
        chosen = ids(play, ended)
        await mark(play, chosen)
        await play.press("slash", *"status:ended", "enter", "escape")
        assert play.table.marks == set(chosen)
        await play.press("escape")
        assert not play.table.marks
        assert "marked" not in play.status()


async def test_all_shown_are_marked_and_never_the_last_row(tmp_path: Path) -> None:
    async with playing(tmp_path, batches=12, live=False) as play:
        await play.press("asterisk")
        assert play.table.marks == {batch.id for batch in play.catalog}


async def test_a_bulk_delete_shows_each_batch_and_wants_their_number(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        chosen = ids(play, ended)
        await mark(play, chosen)
        await play.press("D")
        assert isinstance(play.screen, MenuDialog)
        await play.press("d")
        assert isinstance(play.screen, BulkDialog)
        assert "Delete 3 batches?" in facts(play)
        assert "not saved on this machine: gone" in facts(play)
        shown = [play.row(row) for row in range(3)]
        assert all(
            batch_id in row and "delete with its results" in row for batch_id, row in zip(chosen, shown, strict=True)
        )
        await play.press("enter")
        assert isinstance(play.screen, BulkDialog)
        await play.press("2", "enter")
        assert "Type 3" in facts(play)
        await play.press("backspace", "3", "enter")
        assert isinstance(play.screen, BulkProgress)
        await finished(play)
        assert asked(play, "DELETE") == sorted(chosen)
        assert "3 batches deleted" in facts(play)
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)
        assert not set(chosen) & {batch.id for batch in play.catalog}
        assert not play.table.marks


async def test_what_cannot_be_canceled_is_left_out_and_says_why(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        go, stay = ids(play, running, 2), ids(play, ended, 1)
        await mark(play, [*go, *stay])
        await play.press("c")
        assert "1 of those marked stays" in facts(play)
        assert "has ended" in play.row(2)
        await play.press("2", "enter")
        await finished(play)
        assert asked(play, "POST") == sorted(go)
        assert all(play.catalog.get(batch_id).processing_status == "canceling" for batch_id in go)


async def test_the_ids_that_were_shown_are_meant_whatever_arrives_meanwhile(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        chosen = ids(play, running, 2)
        await mark(play, chosen)
        await play.press("c")
        newest = play.catalog.at(0).id
        for _ in range(20):
            if play.catalog.at(0).id != newest:
                break
            play.stage.clock.advance(seconds=10)
            play.stage.app.action_refresh_now()
            await settled(play.stage, play.pilot)
        assert play.catalog.at(0).id != newest
        await play.press("2", "enter")
        await finished(play)
        assert asked(play, "POST") == sorted(chosen)


async def test_refused_batches_are_reported_and_stay_marked(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        chosen = ids(play, ended)
        await mark(play, chosen)
        play.stage.simulator.arm(status=403, method="DELETE", message="This key may not delete.")
        await play.press("D", "d", "3", "enter")
        await finished(play)
        assert "2 batches deleted · 1 refused" in facts(play)
        await play.press("escape")
        assert len(play.table.marks) == 1
        assert play.table.marks < set(chosen)


@pytest.mark.parametrize("key", ["escape", "u"])
async def test_stopping_in_the_undo_window_leaves_everything_as_it_is(tmp_path: Path, key: str) -> None:
    async with playing(tmp_path, app={"undo_seconds": 3600}) as play:
        chosen = ids(play, ended)
        await mark(play, chosen)
        await play.press("D", "d", "3", "enter")
        assert "starts in 3600s" in facts(play)
        await play.press(key)
        await finished(play)
        assert "3 left as they were" in facts(play)
        assert not asked(play, "DELETE")
        await play.press("escape")
        assert play.table.marks == set(chosen)


async def test_a_delete_can_be_taken_back(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"undo_seconds": 3600}) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        await play.press("D", "y")
        assert "u keeps it" in play.row(play.table.cursor_row)
        await play.press("u")
        assert "stays as it is" in play.said()
        assert batch_id in play.catalog
        assert not asked(play, "DELETE")
        await play.press("u")
        assert "no delete to take back" in play.said()


async def test_quitting_with_deletes_under_way_asks(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"undo_seconds": 3600}) as play:
        await go_to(play.stage, play.pilot, ended)
        await play.press("D", "y", "q")
        assert isinstance(play.screen, ConfirmDialog)
        assert "1 batch" in facts(play)
        await play.press("n", "u")
        assert isinstance(play.screen, BatchListScreen)


async def test_nothing_is_deleted_behind_the_question_whether_to_quit(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"undo_seconds": 0.01}) as play:
        # Held before the window begins, so that the test need not be quick.
        play.stage.app._runner.hold(True)
        batch_id = await go_to(play.stage, play.pilot, ended)
        await play.press("D", "y", "q")
        await play.pilot.pause(0.05)
        assert isinstance(play.screen, ConfirmDialog)
        assert not asked(play, "DELETE")
        await play.press("n")
        await until(play.pilot, lambda: asked(play, "DELETE") == [batch_id], "the delete, once it is decided to stay")


async def test_results_can_be_saved_before_a_batch_is_deleted(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        small = [batch.id for batch in play.catalog if ended(batch) and batch.request_counts.total < 1_000][:1]
        play.table.move_to_key(small[0])
        await play.press("D")
        assert "not saved on this machine: they will be gone" in facts(play)
        await play.press("s")
        await finished(play)
        assert asked(play, "DELETE") == small
        assert play.stage.app.shared.monitor.saved[small[0]].verified


async def test_a_batch_whose_results_cannot_be_saved_is_not_deleted(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(
            play.stage, play.pilot, lambda batch: ended(batch) and batch.request_counts.total < 1_000
        )
        play.stage.simulator.arm(status=403, path="results", count=99)
        await play.press("D", "s")
        await finished(play)
        assert not asked(play, "DELETE")
        assert batch_id in play.catalog
        assert "could not be saved whole" in play.said()


async def test_a_running_batch_is_canceled_and_deleted_once_it_has_ended(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.press("D")
        assert "delete it once it has ended" in facts(play)
        assert "may still finish and be billed" in facts(play)
        await play.press("y")
        assert play.catalog.get(batch_id).processing_status == "canceling"
        assert "deleted once ended · u keeps it" in play.row(play.table.cursor_row)
        assert not asked(play, "DELETE")
        play.stage.clock.advance(minutes=2)
        await play.poll()
        await finished(play)
        assert asked(play, "DELETE") == [batch_id]
        assert batch_id not in play.catalog


async def test_unfinished_ones_among_many_can_be_canceled_then_deleted(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        chosen = [*ids(play, ended, 1), *ids(play, running, 1)]
        await mark(play, chosen)
        await play.press("D", "c", "2", "enter")
        await until(play.pilot, lambda: len(asked(play, "POST")) == 1, "a cancel")
        await play.press("b")
        assert isinstance(play.screen, BatchListScreen)
        play.stage.clock.advance(minutes=2)
        await play.poll()
        await finished(play)
        assert asked(play, "DELETE") == sorted(chosen)
        assert "2 batches deleted" in play.said()


@pytest.mark.parametrize("key", ["c", "D"])
async def test_read_only_acts_on_no_marks_either(tmp_path: Path, key: str) -> None:
    async with playing(tmp_path, app={"read_only": True}) as play:
        await mark(play, ids(play, ended))
        await play.press(key)
        assert isinstance(play.screen, BatchListScreen)
        assert not play.heard(messages.ActionRequested)
