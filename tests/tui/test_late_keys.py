"""Keys that come faster than the screen: all of them go where somebody who typed them slowly would have put them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.widgets.filter_line import FilterInput
from tests.tui.play import Play, playing
from tests.tui.scenes import open_results, settled, until

if TYPE_CHECKING:
    from pathlib import Path


_NAMES = {"/": "slash", ">": "greater_than_sign", "\r": "enter", ":": "colon"}


async def at_once(play: Play, typed: str) -> None:
    """Have all keys arrive in one read."""
    for letter in typed:
        key = _NAMES.get(letter, letter)
        play.stage.app.post_message(events.Key(key, letter if letter != "\r" else None))
    await settled(play.stage, play.pilot)


async def test_what_comes_with_the_slash_is_searched_for(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        row = play.table.cursor_row
        await at_once(play, "/depot")
        assert play.screen.query_one("#search #filter-text", FilterInput).value == "depot"
        assert play.table.cursor_row == row


async def test_enter_comes_after_what_was_typed_before_it(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await at_once(play, "fout>100\r")
        line = play.screen.query_one("#query #filter-text", FilterInput)
        await until(play.pilot, lambda: not line.has_focus, "the table to have the keys again")
        assert line.value == "out>100"
        assert isinstance(play.screen, ResultsScreen)


async def test_keys_before_the_slash_are_the_tables(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        row = play.table.cursor_row
        await at_once(play, "jj/j")
        assert play.table.cursor_row == row + 2
        assert play.screen.query_one("#search #filter-text", FilterInput).value == "j"


async def test_the_list_is_no_different(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await at_once(play, "/ended")
        assert play.screen.query_one(FilterInput).value == "ended"
