"""Questions, prompts and menus on the smallest terminals: what is asked and the answers can be seen and chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList
from textual.widgets._toast import Toast

from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.bulk import BulkDialog
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.widgets.record_view import RecordView
from tests.tui.play import playing
from tests.tui.scenes import ended, go_to, open_results, record_on_screen, running, settled, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.tui.play import Play

TINY = (40, 10)


def in_view(play: Play, selector: str) -> bool:
    """Whether the whole of a widget is on the terminal."""
    widget = play.screen.query_one(selector)
    visible, _ = play.screen.get_widget_at(*widget.region.offset)
    inside = play.screen.region.contains_region(widget.region) and widget.region.area > 0
    return bool(inside and (visible is widget or widget in visible.ancestors))


@pytest.mark.parametrize("size", [TINY, (40, 24), (80, 10), (80, 24)])
@pytest.mark.parametrize(("wanted", "key"), [(running, "c"), (running, "D"), (ended, "D")])
async def test_a_question_and_both_answers_are_in_view(
    tmp_path: Path, size: tuple[int, int], wanted: Callable[[Any], bool], key: str
) -> None:
    async with playing(tmp_path, size=size) as play:
        await go_to(play.stage, play.pilot, wanted)
        await play.press(key)
        assert isinstance(play.screen, ConfirmDialog)
        for part in ("#dialog-title", "#dialog-facts", "#keep", "#go"):
            assert in_view(play, part), part
        for button in play.screen.query(Button):
            assert button.region.width >= len(str(button.label))
        await play.press("tab", "enter")
        assert isinstance(play.screen, BatchListScreen)


async def test_many_are_named_and_their_number_can_be_typed(tmp_path: Path) -> None:
    async with playing(tmp_path, size=TINY) as play:
        await go_to(play.stage, play.pilot, ended)
        await play.press("space", "space", "D", "d")
        assert isinstance(play.screen, BulkDialog)
        for part in ("#dialog-title", "#bulk-rows", "#bulk-number", "#bulk-hint"):
            assert in_view(play, part), part


async def test_a_menu_scrolls_between_its_title_and_its_hint(tmp_path: Path) -> None:
    async with playing(tmp_path, size=TINY) as play:
        await play.press("s")
        assert in_view(play, "#dialog-title")
        assert in_view(play, "#menu-choices")
        await play.press(*["down"] * 6)
        assert play.screen.query_one(OptionList).highlighted == 6
        await play.press("enter")
        assert "BATCH▾" in " ".join(column.label for column in play.table.columns)


async def test_a_name_can_be_given(tmp_path: Path) -> None:
    async with playing(tmp_path, size=TINY) as play:
        await play.press("t")
        for line in play.screen.query(Input):
            assert in_view(play, f"#{line.id}")
        assert in_view(play, "#name-hint")


async def test_a_record_and_a_toast_are_no_wider_than_the_terminal(tmp_path: Path) -> None:
    async with playing(tmp_path, size=TINY, toasts=True) as play:
        await open_results(play.stage, play.pilot)
        await play.press("enter")
        await record_on_screen(play.stage, play.pilot)
        assert play.screen.query_one(RecordView).region.right <= TINY[0]
        play.stage.app.notify("A sentence that is longer than the forty columns there are.", timeout=60)
        await until(play.pilot, lambda: bool(play.screen.query(Toast)), "the toast")
        await settled(play.stage, play.pilot)
        assert play.screen.query_one(Toast).region.right <= TINY[0]
        assert play.screen.query_one(Toast).size.height == 2


@pytest.mark.parametrize(
    ("keys", "parts"),
    [
        (["equals_sign"], ["#dialog-title", "#prompt-text", "#prompt-hint", "Hint"]),
        (["number_sign"], ["#dialog-title", "#prompt-text", "#prompt-hint", "Hint"]),
        (["w"], ["#dialog-title", "#prompt-text", "Hint"]),
        (["H", "k"], ["#dialog-title", "#values", "Hint"]),
        (["s"], ["#dialog-title", "#menu-choices", "Hint"]),
        (["question_mark"], ["#help-scroll", "#help-hint"]),
        (["i"], ["#summary-page"]),
    ],
)
async def test_what_lies_over_results_is_in_view(tmp_path: Path, keys: list[str], parts: list[str]) -> None:
    async with playing(tmp_path, size=TINY) as play:
        await open_results(play.stage, play.pilot)
        for key in keys:
            await play.press(key)
            await until(play.pilot, lambda: isinstance(play.screen, ModalScreen), "what lies over it")
        await until(play.pilot, lambda: bool(play.screen.query(parts[0])), "all of it")
        await settled(play.stage, play.pilot)
        for part in parts:
            assert in_view(play, part), part
