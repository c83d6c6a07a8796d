"""Bindings are the one source: footer, help and palette say the same, and nothing dangerous sits under a slip."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from textual.binding import Binding

from batch_tui.tui.app import BatchApp
from batch_tui.tui.screens.batch_detail import BatchDetailScreen
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.help import HelpScreen
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.screens.welcome import WelcomeScreen
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.virtual_table import VirtualTable
from tests.tui.play import playing
from tests.tui.scenes import SMALL, open_results

if TYPE_CHECKING:
    from pathlib import Path

OWNERS = (
    BatchApp,
    BatchListScreen,
    BatchDetailScreen,
    ResultsScreen,
    ConfirmDialog,
    HelpScreen,
    WelcomeScreen,
    VirtualTable,
)


def bindings(owner: Any) -> list[Binding]:
    return [
        binding
        for kind in owner.__mro__
        for binding in kind.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding)
    ]


@pytest.mark.parametrize("owner", OWNERS)
def test_every_binding_of_ours_has_an_id_and_a_description(owner: Any) -> None:
    for binding in owner.BINDINGS:
        assert isinstance(binding, Binding)
        assert binding.id, binding
        assert binding.description, binding


@pytest.mark.parametrize("owner", OWNERS)
def test_nothing_destructive_sits_on_ctrl_or_next_to_a_movement_key(owner: Any) -> None:
    for binding in bindings(owner):
        if binding.action in ("cancel", "delete") or "answer(True)" in binding.action:
            assert not binding.priority
            for key in binding.key.split(","):
                assert not key.startswith("ctrl+")
                assert key not in "jkhlgG"


async def help_text(play: Any) -> str:
    await play.press("question_mark")
    text = play.shown("#help-keys")
    await play.press("escape")
    return str(text)


async def test_help_lists_every_key_of_the_screen(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 60)) as play:
        listed = await help_text(play)
        for words in (
            "Cancel this batch, after asking",
            "Delete this batch, after asking",
            "Half a page down",
            "Ask the API now",
        ):
            assert words in listed
        await open_results(play.stage, play.pilot)
        listed = await help_text(play)
        for words in ("Next row without an answer", "Show suspicious rows", "Pause the download, go on", "Next record"):
            assert words in listed
        assert "Cancel this batch" not in listed


async def test_the_palette_offers_what_the_keys_do(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        commands = {command.title: command for command in play.stage.app.get_system_commands(play.screen)}
        assert {"Results", "Cancel", "Delete", "Refresh", "Theme", "Help"} <= commands.keys()
        await commands["Detail"].callback()
        await play.pilot.pause()
        assert isinstance(play.screen, BatchDetailScreen)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 160])
async def test_the_way_to_help_is_always_shown(tmp_path: Path, width: int) -> None:
    async with playing(tmp_path, size=(width, 20)) as play:
        shown = str(play.screen.query_one(KeyBar).render())
        assert "? Help" in shown
        assert len(shown) <= width + 2


@pytest.mark.parametrize("size", [(20, 5), (10, 3), (40, 8), (300, 80)])
async def test_any_size_of_terminal_is_survived(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(tmp_path, size=size) as play:
        await play.press("G", "g", "enter", "escape", "question_mark", "escape", "c", "n")
        await open_results(play.stage, play.pilot)
        await play.press("enter", "tab", "J", "escape", "escape")
        await play.pilot.resize_terminal(80, 24)
        await play.press("j")
        assert play.table.cursor_row >= 0


@pytest.mark.parametrize("size", [SMALL, (160, 48), (40, 12)])
async def test_help_wraps_below_its_own_column_and_always_says_how_to_leave(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with playing(tmp_path, size=size) as play:
        await play.press("question_mark")
        lines = play.shown("#help-keys").split("\n")
        headings = {"Batch", "Moving", "Everywhere", ""}
        assert all(line in headings or line.startswith("  ") for line in lines)
        width = play.screen.query_one("#help-keys").size.width
        indent = 14 if width >= 50 else 9
        for before, line in pairwise(lines):
            if line.startswith("   "):
                assert line.startswith(" " * indent), line
                assert len(before) > indent
        assert all(len(line) <= width for line in lines)
        box, hint = play.screen.query_one("#help").region, play.screen.query_one("#help-hint").region
        assert hint.bottom < box.bottom <= size[1]
