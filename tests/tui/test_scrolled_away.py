"""New batches that arrive above what is on screen: the view stays, and the status line counts them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.tui.play import playing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play


def badge(play: Play) -> int:
    """How many new ones the status line speaks of."""
    found = re.search(r"↑ (\d+) new", play.status())
    return int(found[1]) if found else 0


async def new_ones(play: Play, minutes: int = 10) -> list[str]:
    """Time passes, batches are created, and the API is asked; their ids."""
    before = {batch.id for batch in play.catalog}
    newest = play.catalog.at(0).created_at
    play.stage.clock.advance(minutes=minutes)
    await play.poll()
    return [batch.id for batch in play.catalog if batch.created_at > newest and batch.id not in before]


async def test_new_batches_above_the_view_are_counted_and_do_not_move_it(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 24)) as play:
        await play.press("pagedown", "pagedown", "pagedown")
        top, cursor = play.table.top_key, play.table.cursor_key
        first = await new_ones(play)
        assert first
        assert badge(play) == len(first)
        assert (play.table.top_key, play.table.cursor_key) == (top, cursor)
        second = await new_ones(play)
        assert badge(play) == len(first) + len(second)
        await play.press("g")
        assert badge(play) == 0
        assert play.table.cursor_key == second[0]


async def test_at_the_top_new_batches_are_seen_and_need_no_badge(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 24)) as play:
        assert await new_ones(play)
        assert badge(play) == 0


async def test_new_batches_above_a_view_that_was_scrolled_by_mouse_are_counted(tmp_path: Path) -> None:
    """The cursor stayed at the top, where they arrive."""
    async with playing(tmp_path, size=(120, 24)) as play:
        play.table.scroll_to(y=30, animate=False, immediate=True)
        top = play.table.top_key
        arrived = await new_ones(play)
        assert badge(play) == len(arrived) > 0
        assert play.table.top_key == top


async def test_older_pages_and_what_a_tab_does_not_show_are_no_news(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 24)) as play:
        await play.press("G")
        assert len(play.catalog) > 100
        assert badge(play) == 0
        await play.press("3", "G")
        arrived = await new_ones(play, minutes=2)
        ended = [each for each in arrived if play.catalog.get(each).processing_status == "ended"]
        assert badge(play) == len(ended) < len(arrived)
