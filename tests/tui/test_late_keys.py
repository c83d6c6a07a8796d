"""Keys that come faster than the screen: all of them go where somebody who typed them slowly would have put them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.command import CommandPalette
from textual.widgets import Input

from batch_tui.tui import late_keys
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.bulk import BulkDialog
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.name_batch import NameDialog
from batch_tui.tui.screens.prompt import PromptDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.widgets.filter_line import FilterInput
from tests.tui.play import Play, playing
from tests.tui.scenes import ended, go_to, open_results, settled, until

if TYPE_CHECKING:
    from pathlib import Path


_NAMES = {
    "/": "slash",
    ">": "greater_than_sign",
    "\r": "enter",
    ":": "colon",
    "=": "equals_sign",
    "#": "number_sign",
    ".": "full_stop",
    "_": "underscore",
    " ": "space",
    "\t": "tab",
}


async def at_once(play: Play, typed: str) -> None:
    """Have all keys arrive in one read, and wait until the last one was handed out and did what it does."""
    send(play, typed)
    await handed_out(play)


async def handed_out(play: Play) -> None:
    app = play.stage.app
    await until(play.pilot, lambda: app._aftermath is None and not app._waiting, "the keys to be handed out")
    await settled(play.stage, play.pilot)


def send(play: Play, typed: str) -> None:
    for letter in typed:
        key = _NAMES.get(letter, letter)
        play.stage.app.post_message(events.Key(key, letter if letter != "\r" else None))


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


async def test_a_json_path_typed_with_its_key_becomes_the_column(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await at_once(play, "=label\r")
        assert isinstance(play.screen, ResultsScreen)
        assert [column.label for column in play.table.columns if "LABEL" in column.label]
        await at_once(play, "=jHk")
        assert isinstance(play.screen, PromptDialog)
        assert play.screen.query_one(Input).value == ".jHk"


async def test_a_line_number_typed_with_its_key_is_gone_to(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await at_once(play, "#12\r")
        await until(play.pilot, lambda: play.table.cursor_key == "11", "the line")
        assert isinstance(play.screen, ResultsScreen)
        assert play.screen._view.chip == 0


async def test_what_was_pasted_behind_the_key_goes_into_the_prompt(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        send(play, "#")
        play.stage.app.post_message(events.Paste("req-7"))
        await handed_out(play)
        assert play.screen.query_one(Input).value == "req-7"


async def test_a_menu_and_the_prompt_behind_it_take_their_keys(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await at_once(play, "Hpx")
        assert play.screen.query_one(Input).value == ".x"
        await play.press("escape")
        await until(play.pilot, lambda: play.screen._opened.progress.state == "complete", "all rows")
        await at_once(play, " w1x")
        assert isinstance(play.screen, PromptDialog)
        assert play.screen.query_one(Input).value.endswith("_marked.jsonlx")


async def test_a_name_typed_with_its_key_is_the_name(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, ended)
        await at_once(play, "tnightly cD")
        assert isinstance(play.screen, NameDialog)
        assert play.screen.query_one("#name-name", Input).value == "nightly cD"


async def test_the_palette_takes_what_is_typed_with_its_key(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await at_once(play, ":theme")
        assert isinstance(play.screen, CommandPalette)
        assert play.screen.query_one(Input).value == "theme"


async def test_a_number_typed_with_the_key_stands_in_the_bulk_question(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, ended)
        await at_once(play, " j Dd12")
        assert isinstance(play.screen, BulkDialog)
        assert play.screen.query_one(Input).value == "12"


async def test_results_opened_a_moment_ago_have_the_next_keys(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, ended)
        await at_once(play, "v/depot")
        assert isinstance(play.screen, ResultsScreen)
        assert play.screen.query_one("#search #filter-text", FilterInput).value == "depot"


@pytest.mark.parametrize("typed", ["Dy", "Dx", "Dl\r", "D\t\r", "Dn", "Dq", "D\r"])
async def test_no_key_typed_before_a_question_was_on_screen_answers_it(tmp_path: Path, typed: str) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        # The clock of the dialog says that a person has had time to read it: being typed before is enough.
        await at_once(play, typed)
        dialog = play.screen
        assert isinstance(dialog, ConfirmDialog)
        assert dialog.query_one("#keep").has_focus
        await play.press("enter")
        assert isinstance(play.screen, BatchListScreen)
        assert batch_id in play.catalog


async def test_no_key_moves_on_in_a_question_that_nobody_can_have_read(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, ended)
        await play.press("D")
        play.seconds.step = 0.0
        for key in ("l", "right", "tab", "shift+tab", "y", "enter", "escape"):
            play.screen._opened_at = play.seconds.value
            await play.press(key)
            assert isinstance(play.screen, ConfirmDialog)
            assert play.screen.query_one("#keep").has_focus


async def test_what_never_comes_to_an_end_does_not_keep_the_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(tmp_path) as play:
        await play.press("slash")
        line, released = play.screen.query_one(FilterInput), asyncio.Event()
        monkeypatch.setattr(late_keys, "_PATIENCE", 0.05)
        play.screen.call_later(released.wait)
        send(play, "ended")
        for _ in range(400):
            await asyncio.sleep(0.02)
            if line.value == "ended":
                break
        assert line.value == "ended"
        released.set()
