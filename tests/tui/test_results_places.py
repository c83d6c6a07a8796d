"""The cursor, the marks and what is shown of results, while that changes around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.results.lines import errored, succeeded
from tests.tui.own_rows import own_rows
from tests.tui.play import playing
from tests.tui.scenes import settled, until

if TYPE_CHECKING:
    from pathlib import Path

WIDE = (120, 30)


async def test_a_kind_chosen_under_a_query_keeps_the_row(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await own_rows(play, *(succeeded(f"r-{number}") for number in range(300)))
        await play.press("f", *"hello", "enter")
        await until(play.pilot, lambda: not play.screen._view.query.looking, "an answer")
        play.table.move_to(150)
        await play.press("2")
        assert play.table.cursor_key == "150"


async def test_going_to_a_row_that_is_filtered_out_keeps_marks_and_search(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await own_rows(play, *(succeeded(f"r-{number}") for number in range(50)), errored("bad"))
        await play.press("space", "space", "space", "slash", *"hello", "enter", "f", *"type:succeeded", "enter", "2")
        await play.press("number_sign", *"bad", "enter")
        await settled(play.stage, play.pilot)
        assert play.table.cursor_key == "50"
        assert play.table.marks == {"0", "1", "2"}
        assert "50 hits in 51 rows" in play.shown("#search #filter-said")
        assert "filtered out" in play.said()
