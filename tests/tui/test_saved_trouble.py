"""What the disk refuses of saved results is a sentence, never a key that does nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.saved import SavedScreen
from tests.tui.play import playing
from tests.tui.scenes import open_results, settled, until
from tests.tui.test_saved import WIDE, saved_list

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_pin_that_cannot_be_taken_away(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_list(play)
        store = play.stage.store
        store._pin_path(batch_id).mkdir()
        await play.press("r", "P")
        await until(play.pilot, lambda: store.stored(batch_id) is not None and "●" in play.row(0), "the pin")
        await play.press("P")
        await until(play.pilot, lambda: "Could not pin" in play.said(), "the sentence")
        assert isinstance(play.screen, SavedScreen)


async def test_a_copy_that_cannot_be_deleted(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_list(play)
        index = play.stage.store.index_path(batch_id)
        index.unlink()
        index.mkdir()
        await play.press("D")
        await play.press("y")
        await until(play.pilot, lambda: "Could not delete" in play.said(), "the sentence")


async def test_a_place_that_cannot_be_looked_into(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await play.press("escape")
        directory = play.stage.store.directory
        shutil.rmtree(directory)
        directory.write_text("")
        await play.press("o")
        await until(play.pilot, lambda: "Could not look into" in play.said(), "the sentence")
        await settled(play.stage, play.pilot)
        assert isinstance(play.screen, BatchListScreen)
