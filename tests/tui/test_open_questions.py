"""A question that is open while its batch ends or goes: it says so at once, and no answer does what makes no sense."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from textual.widgets import Button, OptionList

from batch_tui.api import AsyncBatchClient
from batch_tui.tui.connection import Connection
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.bulk import BulkDialog
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.menu import MenuDialog
from tests.tui.answering import Answers, served
from tests.tui.many import Minutes, asked, facts, finished, ids, mark
from tests.tui.play import playing
from tests.tui.scenes import ended, go_to, running, settled, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play


async def let_end(play: Play, *batch_ids: str, hours: int = 25) -> None:
    """Time goes by, and polls find out that these have ended: the first may only learn how much is new."""
    play.stage.clock.advance(hours=hours)

    def have_ended() -> bool:
        play.stage.app.action_refresh_now()
        return all(play.catalog.get(each).processing_status == "ended" for each in batch_ids)

    await until(play.pilot, have_ended, "the end of these batches")
    await settled(play.stage, play.pilot)


async def delete_elsewhere(play: Play, batch_id: str) -> None:
    """A colleague deletes it, and a poll finds out."""
    connection = play.stage.app.connection
    assert connection is not None
    await connection.client.messages.batches.delete(batch_id)
    play.stage.app.action_refresh_now()
    await until(play.pilot, lambda: batch_id not in play.catalog, "the row to go")
    await settled(play.stage, play.pilot)


def offered(play: Play) -> list[str]:
    """The buttons to be seen."""
    return [str(button.label) for button in play.screen.query(Button) if button.display]


async def test_a_cancel_question_follows_the_batch_to_its_end(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.press("c")
        assert "may still finish" in facts(play)
        await let_end(play, batch_id)
        assert "there is nothing left to cancel" in facts(play)
        assert "may still finish" not in facts(play)
        assert batch_id in facts(play)
        assert offered(play) == ["Close (n)"]
        await play.press("y")
        assert isinstance(play.screen, ConfirmDialog)
        await play.press("enter")
        assert isinstance(play.screen, BatchListScreen)
        assert not asked(play, "POST")


async def test_a_delete_question_says_that_the_batch_is_gone(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"undo_seconds": 3600}) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        await play.press("D")
        before = asked(play, "DELETE")
        await delete_elsewhere(play, batch_id)
        assert "This batch is gone" in facts(play)
        assert batch_id in facts(play)
        assert offered(play) == ["Close (n)"]
        await play.press("y", "s", "n")
        assert isinstance(play.screen, BatchListScreen)
        assert asked(play, "DELETE") == [*before, batch_id]
        assert not play.stage.app._runner.jobs


async def test_a_question_about_a_running_batch_becomes_one_about_an_ended_one(tmp_path: Path) -> None:
    """What would be lost is another thing then, and an answer to the first question is none to the second."""
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.press("D")
        assert "delete it once it has ended" in facts(play)
        play.seconds.step = 0.0
        await let_end(play, batch_id, hours=23)
        assert "Delete this batch?" in facts(play)
        assert "Its results are not saved on this machine: they will be gone." in facts(play)
        assert offered(play) == ["Keep it (n)", "Delete the batch (y)"]
        await play.press("y")
        assert isinstance(play.screen, ConfirmDialog)
        play.seconds.step = 1.0
        await play.press("y")
        await finished(play)
        assert not asked(play, "POST")
        assert asked(play, "DELETE") == [batch_id]


async def test_a_bulk_question_takes_out_what_ends_or_goes_and_its_number_changes(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        chosen = ids(play, ended)
        await mark(play, chosen)
        await play.press("D", "d", "3")
        await delete_elsewhere(play, chosen[1])
        assert isinstance(play.screen, BulkDialog)
        assert "Delete 2 batches?" in facts(play)
        assert "1 batch ended or went meanwhile. Type 2" in facts(play)
        gone = next(play.row(row) for row in range(3) if chosen[1] in play.row(row))
        assert "gone" in gone
        assert "not there any more" in gone
        await play.press("enter")
        assert isinstance(play.screen, BulkDialog)
        await play.press("backspace", "2", "enter")
        await finished(play)
        assert "2 batches deleted" in facts(play)
        assert sorted(asked(play, "DELETE")) == sorted(chosen)


def ways(play: Play) -> list[str]:
    """The choices of the menu on screen."""
    return [str(option.prompt).strip() for option in play.screen.query_one(OptionList).options]


async def test_the_menu_of_ways_to_delete_follows_the_list(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        gone, stays = ids(play, ended, 2)
        (runs,) = ids(play, running, 1)
        await mark(play, [gone, stays, runs])
        await play.press("D")
        assert "Delete 3 marked batches: how?" in facts(play)
        assert "d  delete 2 ended batches  2 with results" in ways(play)
        await delete_elsewhere(play, gone)
        assert "Delete 2 of 3 marked batches: how?" in facts(play)
        assert "d  delete 1 ended batch  1 with results" in ways(play)
        assert "c  cancel 1 unfinished, and delete all once ended" in ways(play)
        await let_end(play, runs, hours=23)
        assert "s  save the results of 2 here, then delete 2 ended batches" in ways(play)
        assert not [way for way in ways(play) if "unfinished" in way]
        await play.press("c")
        assert isinstance(play.screen, MenuDialog)
        await play.press("d")
        assert "Delete 2 batches?" in facts(play)
        await play.press("2", "enter")
        await finished(play)
        assert not asked(play, "POST")
        assert asked(play, "DELETE") == sorted([gone, stays, runs])


async def test_enter_in_the_menu_of_ways_means_the_one_that_was_chosen_or_none(tmp_path: Path) -> None:
    """It must not fall to whatever stands in that place by now."""
    async with playing(tmp_path) as play:
        (over,), (runs,) = ids(play, ended, 1), ids(play, running, 1)
        await mark(play, [over, runs])
        await play.press("D", "down", "down")
        chosen = play.screen.query_one(OptionList)
        assert chosen.highlighted_option.id == "end"
        await delete_elsewhere(play, over)
        assert [option.id for option in chosen.options] == ["end", "end and save"]
        assert chosen.highlighted_option.id == "end"
        await let_end(play, runs, hours=23)
        await play.press("enter")
        assert isinstance(play.screen, MenuDialog)
        await play.press("down", "enter")
        assert "Delete 1 batch?" in facts(play)


async def test_the_menu_of_ways_says_so_when_nothing_is_left_to_delete(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        chosen = ids(play, ended, 2)
        await mark(play, chosen)
        await play.press("D")
        for batch_id in chosen:
            await delete_elsewhere(play, batch_id)
        assert "Nothing is left to delete" in facts(play)
        assert "chooses" not in facts(play)
        assert not ways(play)
        await play.press("enter", "d", "s")
        assert isinstance(play.screen, MenuDialog)
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)
        assert asked(play, "DELETE") == sorted(chosen)


async def test_a_bulk_cancel_of_which_nothing_is_left_asks_for_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        chosen = ids(play, running, 2)
        await mark(play, chosen)
        await play.press("c", "2")
        await let_end(play, *chosen)
        assert "Nothing is left to cancel" in facts(play)
        await play.press("enter", "backspace", "0", "enter")
        assert isinstance(play.screen, BulkDialog)
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)
        assert not asked(play, "POST")


async def test_what_ends_while_its_cancel_waits_is_not_asked_for(tmp_path: Path) -> None:
    minutes = Minutes()
    async with playing(tmp_path, app={"budget": minutes.budget}) as play:
        minutes.use_up()
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.press("c", "y")
        play.stage.clock.advance(hours=25)
        connection = play.stage.app.connection
        assert connection is not None
        play.stage.app.publish(play.catalog.merge([await connection.client.messages.batches.retrieve(batch_id)]))
        minutes.pass_by()
        await finished(play)
        assert "has ended already: there was nothing left to cancel" in play.said()
        assert not asked(play, "POST")


async def test_what_goes_while_its_delete_waits_is_not_asked_for(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"undo_seconds": 3600}) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        await play.press("D", "y")
        await delete_elsewhere(play, batch_id)
        (job,) = play.stage.app._runner.jobs
        play.stage.app._runner.hold(True)
        await play.press()
        play.stage.app._runner._undo_seconds = 0.01
        play.stage.app._runner.hold(False)
        await finished(play)
        assert job.outcomes[batch_id].fate == "gone already"
        assert f"{batch_id} is gone" in play.said()
        assert asked(play, "DELETE") == [batch_id]


class _EndedAlready(Answers):
    """Answers a cancel with a batch that has ended."""

    batch: ClassVar[dict[str, object]] = {
        "type": "message_batch",
        "processing_status": "ended",
        "request_counts": {"processing": 0, "succeeded": 3, "errored": 0, "canceled": 0, "expired": 0},
        "created_at": "2026-11-22T11:00:00+00:00",
        "expires_at": "2026-11-23T11:00:00+00:00",
        "ended_at": "2026-11-22T12:00:00+00:00",
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": None,
    }

    def do_POST(self) -> None:
        self.answer(json.dumps(self.batch | {"id": self.path.split("/")[4]}).encode())


async def test_a_cancel_that_the_api_answers_with_an_ended_batch_is_not_called_canceling(tmp_path: Path) -> None:
    with served(_EndedAlready) as url:
        async with playing(tmp_path) as play, AsyncBatchClient(api_key="test-key", base_url=url) as client:
            connection = play.stage.app.connection
            assert connection is not None
            play.stage.app.connection = Connection(client, connection.download_client)
            await mark(play, ids(play, running, 2))
            await play.press("c", "2", "enter")
            await until(play.pilot, lambda: not play.stage.app._runner.jobs, "the answers")
            await play.press()
            assert "0 batches being canceled · 2 ended already" in facts(play)
            assert "✓ had ended already" in play.row(0)
            await play.press("escape")
            batch_id = await go_to(play.stage, play.pilot, running)
            await play.press("c", "y")
            await until(play.pilot, lambda: not play.stage.app._runner.jobs, "the answer")
            assert play.catalog.get(batch_id).processing_status == "ended"
            assert f"{batch_id} has ended already: there was nothing left to cancel." in play.said()
            play.stage.app.connection = connection
