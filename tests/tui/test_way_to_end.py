"""`G` in a list that is not loaded to its end: what it does, how far it is, and that it can be stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.many import Minutes
from tests.tui.play import playing
from tests.tui.scenes import settled, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play


def last_row(play: Play) -> str:
    """What the end of the list says, as it is on screen."""
    table = play.table
    return str(table.render_line(table.size.height - 1).text)


async def on_the_way(play: Play) -> int:
    """Some pages of a hundred are here, and the next waits for the budget; so many batches."""
    await play.press("G")
    await until(play.pilot, lambda: len(play.catalog) > 200, "what the budget lets through")
    await settled(play.stage, play.pilot)
    return len(play.catalog)


@pytest.mark.parametrize("key", ["escape", "k", "j", "g", "pageup"])
async def test_it_says_how_far_it_is_and_any_movement_or_escape_stops_it(tmp_path: Path, key: str) -> None:
    minutes = Minutes()
    async with playing(tmp_path, batches=2_000, live=False, app={"budget": minutes.budget}) as play:
        loaded = await on_the_way(play)
        assert f"on the way to the end: {loaded} loaded, esc stops" in last_row(play)
        await play.press(key)
        assert "esc stops" not in last_row(play)
        minutes.pass_by()
        await until(play.pilot, lambda: len(play.catalog) == loaded + 100, "the page that was asked for")
        await settled(play.stage, play.pilot)
        for _ in range(3):
            minutes.pass_by()
            await play.press()
        assert len(play.catalog) == loaded + 100


async def test_escape_stops_it_before_anything_else(tmp_path: Path) -> None:
    minutes = Minutes()
    async with playing(tmp_path, batches=2_000, live=False, app={"budget": minutes.budget}) as play:
        await play.press("space")
        await on_the_way(play)
        await play.press("escape")
        assert len(play.table.marks) == 1
        await play.press("escape")
        assert not play.table.marks


async def test_left_alone_it_comes_to_the_end(tmp_path: Path) -> None:
    async with playing(tmp_path, batches=450, live=False) as play:
        await play.press("G")
        await until(play.pilot, lambda: play.stage.app.shared.monitor.older.complete, "the end")
        await settled(play.stage, play.pilot)
        assert "end of the list: 450 batches" in last_row(play)
