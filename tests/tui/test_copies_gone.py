"""Stored results that go away while the app has them on screen, or counts on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.results import ResultsScreen
from tests.tui.play import Play, playing
from tests.tui.scenes import open_results, settled, until

if TYPE_CHECKING:
    from pathlib import Path

WIDE = (120, 30)


async def saved_and_back(play: Play) -> str:
    """Have results saved, and go back to the list; gives the batch's id."""
    await open_results(play.stage, play.pilot)
    (batch_id,) = play.stage.app.shared.monitor.saved
    await play.press("escape")
    return str(batch_id)


async def test_results_on_screen_whose_copy_is_deleted_say_so_and_can_still_be_written(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE, app={"undo_seconds": 0.5}) as play:
        batch_id = await saved_and_back(play)
        await play.press("D", "x")
        await play.pilot.press("v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await until(play.pilot, lambda: "not saved any more" in play.status(), "the end of the copy")
        await settled(play.stage, play.pilot)
        assert batch_id not in play.catalog
        assert "The copy on this machine was deleted" in play.trouble()
        assert len(play.table.source) > 100
        await play.press("w")
        play.screen.query_one("#prompt-text").value = str(tmp_path / "kept.jsonl")
        await play.press("enter")
        await until(play.pilot, (tmp_path / "kept.jsonl").exists, "the rows in a file")
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)
        assert batch_id not in play.stage.app.shared.monitor.results
