"""A stored copy that somebody else changes or removes while its rows are on screen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from batch_tui.tui.results_messages import CopyLookRequested
from batch_tui.tui.screens.dialogs import ConfirmDialog
from tests.tui.play import playing
from tests.tui.scenes import open_results, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play

WIDE = (160, 30)


async def on_screen(play: Play) -> tuple[str, Path]:
    """Show results that are saved; gives their batch and their copy."""
    await open_results(play.stage, play.pilot)
    (batch_id,) = play.stage.app.shared.monitor.saved
    return batch_id, play.stage.store.results_path(batch_id)


def cut(path: Path) -> None:
    os.truncate(path, 20_000)


def written_to(path: Path) -> None:
    """As long as before, and some time later."""
    text, before = path.read_bytes(), path.stat()
    path.write_bytes(text.replace(b"end_turn", b"END_TURN", 1))
    os.utime(path, (before.st_atime + 60, before.st_mtime + 60))


@pytest.mark.parametrize("change", [cut, written_to])
async def test_a_copy_that_is_changed_while_it_is_shown_is_not_called_complete(tmp_path: Path, change: object) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id, path = await on_screen(play)
        whole = path.read_bytes()
        assert callable(change)
        change(path)
        # As the screen does now and then.
        play.screen.post_message(CopyLookRequested(batch_id))
        await until(play.pilot, lambda: "not verified" in play.status(), "the verdict")
        assert "changed behind our back" in play.trouble()
        assert "P fetches them anew" in play.trouble()
        assert not play.stage.app.shared.monitor.saved[batch_id].verified
        await play.pilot.press("P")
        await until(play.pilot, lambda: isinstance(play.screen, ConfirmDialog), "the question")
        await play.press("y")
        await until(play.pilot, lambda: "✓ saved, complete" in play.status(), "all of them")
        assert path.read_bytes() == whole
        assert play.trouble() == ""
        assert play.stage.app.shared.monitor.saved[batch_id].verified


async def test_a_copy_that_is_removed_while_it_is_shown_is_not_called_saved(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id, path = await on_screen(play)
        whole = path.read_bytes()
        path.unlink()
        play.screen.post_message(CopyLookRequested(batch_id))
        await until(play.pilot, lambda: "not saved any more" in play.status(), "the verdict")
        assert "deleted behind our back" in play.trouble()
        assert batch_id not in play.stage.app.shared.monitor.saved
        assert "✓" in play.table.render_line(1).text
        await play.pilot.press("P")
        await until(play.pilot, lambda: "✓ saved, complete" in play.status(), "all of them")
        assert path.read_bytes() == whole


async def test_who_asks_for_a_new_copy_before_the_next_look_gets_it(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        _, path = await on_screen(play)
        whole = path.read_bytes()
        path.unlink()
        await play.pilot.press("P")
        await until(play.pilot, path.exists, "the copy")
        await until(play.pilot, lambda: "✓ saved, complete" in play.status(), "the verdict")
        assert path.read_bytes() == whole


async def test_a_copy_that_was_changed_while_it_was_open_behind_the_list_is_told_of(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        _, path = await on_screen(play)
        await play.press("escape")
        cut(path)
        await play.pilot.press("v")
        await until(play.pilot, lambda: "changed behind our back" in play.trouble(), "the verdict")


async def test_totals_of_a_copy_that_lost_rows_end_in_a_sentence(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        _, path = await on_screen(play)
        cut(path)
        await play.pilot.press("i")
        await until(play.pilot, lambda: "shorter than when it was indexed" in play.said(), "the sentence")
