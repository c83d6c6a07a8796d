"""What the API's answers to a cancel or delete mean for the list and for its polling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from tests.tui.play import playing
from tests.tui.scenes import ended, go_to, running, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play


async def delete_elsewhere(play: Play, batch_id: str) -> None:
    """A colleague deletes it."""
    connection = play.stage.app.connection
    assert connection is not None
    await connection.client.messages.batches.delete(batch_id)


def facts(play: Play) -> str:
    """All that the dialog on screen says beside its table."""
    return "\n".join(str(one.visual) for one in play.screen.query(Static))


async def test_a_delete_of_what_is_gone_removes_the_row(tmp_path: Path) -> None:
    """Once the list and a retrieve say so too, also far below what a poll reaches, and while polling is paused."""
    async with playing(tmp_path) as play:
        await play.press("p")
        batch_id = await go_to(
            play.stage, play.pilot, lambda batch: ended(batch) and play.catalog.index_of(batch.id) > 50
        )
        await play.press("D")
        await delete_elsewhere(play, batch_id)
        await play.press("y")
        await until(play.pilot, lambda: batch_id not in play.catalog, "the row to go")
        assert "seems to be gone already" in play.said()


async def test_a_404_that_passes_drops_no_row(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        play.stage.simulator.arm(status=404, method="DELETE")
        before = play.stage.simulator.request_count
        await play.press("D", "y")
        await until(play.pilot, lambda: play.stage.simulator.request_count >= before + 2, "the poll that makes sure")
        await play.press()
        assert batch_id in play.catalog
        await play.press("D", "y")
        assert batch_id not in play.catalog


async def test_a_cancel_that_gets_a_404_finds_out_whether_the_batch_is_gone(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.press("c")
        play.stage.clock.advance(hours=25)
        await delete_elsewhere(play, batch_id)
        await play.press("y")
        await until(play.pilot, lambda: batch_id not in play.catalog, "the row to go")


async def test_results_that_get_a_404_find_out_whether_the_batch_is_gone(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        await delete_elsewhere(play, batch_id)
        await play.press("v")
        await until(play.pilot, lambda: batch_id not in play.catalog, "the row to go")


async def test_an_action_that_comes_through_ends_the_back_off_of_the_polls(tmp_path: Path) -> None:
    """Not only once the whole job is done: one of two cancels takes its time here."""
    async with playing(tmp_path) as play:
        quick, slow = [batch.id for batch in play.catalog if running(batch)][:2]
        for batch_id in (quick, slow):
            play.table.move_to_key(batch_id)
            await play.pilot.press("space")
        play.stage.simulator.arm(status=503, method="GET")
        await play.poll()
        assert "not live" in play.status()
        play.stage.simulator.arm(method="POST", path=slow, delay=2)
        await play.press("c")
        await play.pilot.press("2", "enter")
        await until(play.pilot, lambda: play.stage.app.shared.monitor.poll.error is None, "the poll to recover")
        assert "1 of 2" in facts(play)


async def test_a_cancel_on_the_way_to_a_delete_that_gets_a_passing_404_is_a_refusal(tmp_path: Path) -> None:
    """The batch runs on, so nothing may wait for its end."""
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        play.stage.simulator.arm(status=404, method="POST")
        await play.press("D", "y")
        await until(play.pilot, lambda: "Could not cancel" in play.said(), "the refusal")
        assert batch_id in play.catalog
        assert not play.stage.app.shared.monitor.pending


async def mark(play: Play, batch_ids: list[str]) -> None:
    for batch_id in batch_ids:
        play.table.move_to_key(batch_id)
        await play.pilot.press("space")
    await play.press()


async def test_a_marked_batch_that_is_deleted_elsewhere_loses_its_mark(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        gone, stays = [batch.id for batch in play.catalog if ended(batch)][:2]
        await mark(play, [gone, stays])
        await delete_elsewhere(play, gone)
        await play.poll()
        assert gone not in play.catalog
        assert play.table.marks == {stays}
        assert "1 marked" in play.status()


async def test_a_batch_that_is_deleted_elsewhere_while_many_are_asked_about_is_told_apart(tmp_path: Path) -> None:
    """Where the list does not know yet that it is gone."""
    async with playing(tmp_path) as play:
        chosen = [batch.id for batch in play.catalog if ended(batch)][:3]
        await mark(play, chosen)
        await play.press("D", "d")
        await delete_elsewhere(play, chosen[0])
        await play.press("3", "enter")
        await until(play.pilot, lambda: not play.stage.app._runner.jobs, "the end of the job")
        await until(play.pilot, lambda: chosen[0] not in play.catalog, "the poll that makes sure")
        assert "2 batches deleted · 1 gone already" in facts(play)
        assert not set(chosen) & {batch.id for batch in play.catalog}
        rows = [play.row(number) for number in range(3)]
        assert [("✓ seems gone already" in row, "✓ deleted" in row) for row in rows] == [
            (True, False),
            (False, True),
            (False, True),
        ]


async def test_on_a_small_screen_the_question_and_its_answers_stay_in_view(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(60, 15)) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        await play.press("D")
        screen = play.screen
        for selector in ("#dialog-title", "#keep", "#go"):
            region = screen.query_one(selector).region
            assert region.height > 0
            assert screen.size.region.contains_region(region), selector
        named = screen.query(".dialog-fact").first()
        assert batch_id in str(named.render())
        assert screen.query_one("#dialog-facts").region.contains_region(named.region)
