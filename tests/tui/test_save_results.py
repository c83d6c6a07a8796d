"""`w` on the list receives whole results and keeps them, without opening them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tui.play import playing
from tests.tui.scenes import ended, go_to, running, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play


def saved(play: Play) -> set[str]:
    return set(play.stage.app.shared.monitor.saved)


async def test_w_saves_the_results_of_the_batch_under_the_cursor(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 30)) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        await play.press("w")
        await until(play.pilot, lambda: "Saving the results of" in play.said(), "the answer")
        # No column is named: at 80 columns there is none that would tell.
        assert "you will be told" in play.said()
        await until(play.pilot, lambda: "Saved the results of 1 batch." in play.said(), "the end")
        await play.press()
        assert saved(play) == {batch_id}
        assert "saved" in play.row(play.table.cursor_row)
        await play.press("w")
        assert "saved already" in play.said()


async def test_w_saves_those_of_all_that_are_marked_and_leaves_out_what_runs(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 30)) as play:
        chosen = [batch.id for batch in play.catalog if ended(batch) and batch.request_counts.total < 2_000][:4]
        runs = next(batch.id for batch in play.catalog if running(batch))
        for batch_id in (*chosen, runs):
            play.table.move_to_key(batch_id)
            await play.pilot.press("space")
        await play.press("w")
        await until(play.pilot, lambda: "Saved the results of 4 batches." in play.said(), "the end")
        assert saved(play) == set(chosen)


async def test_what_does_not_come_whole_is_told(tmp_path: Path) -> None:
    keys = {"keymap": {"batch.results": "x"}}
    async with playing(tmp_path, size=(120, 30), app=keys) as play:
        await go_to(play.stage, play.pilot, ended)
        play.stage.simulator.arm(status=404, path="/results", count=99)
        await play.press("w")
        await until(play.pilot, lambda: "did not come whole: x tells why" in play.said(), "the failure")
        assert not saved(play)


async def test_a_running_batch_has_no_results_to_save(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, running)
        await play.press("w")
        assert "No results yet" in play.said()


async def test_w_works_where_nothing_may_be_changed(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"read_only": True}) as play:
        await go_to(play.stage, play.pilot, ended)
        await play.press("w")
        await until(play.pilot, lambda: "Saved the results of 1 batch." in play.said(), "the end")
