"""Toasts: what they say is seen, stays out of the way of questions, and is not lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets._toast import Toast

from batch_tui.results.frequencies import Frequency
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.floating import Hint
from batch_tui.tui.screens.frequencies import FrequenciesScreen
from batch_tui.tui.text import plain
from batch_tui.tui.widgets.key_bar import KeyBar
from tests.tui.play import playing
from tests.tui.scenes import ended, running, settled, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play


def _toasts(play: Play) -> list[str]:
    """What the toasts of the screen on top say."""
    return [str(toast.render()) for toast in play.screen.query(Toast)]


async def test_no_toast_covers_a_question_and_it_is_seen_afterwards(tmp_path: Path) -> None:
    async with playing(tmp_path, toasts=True) as play:
        play.stage.app.notify("Something came before.", timeout=60)
        await until(play.pilot, lambda: bool(_toasts(play)), "a toast")
        await play.press("c")
        assert isinstance(play.screen, ConfirmDialog)
        play.stage.app.notify("Something came meanwhile.", timeout=60)
        await settled(play.stage, play.pilot)
        assert _toasts(play) == []
        await play.press("n")
        await until(play.pilot, lambda: "Something came meanwhile." in _toasts(play), "the toast that waited")
        assert "Something came before." in _toasts(play)


async def test_the_same_sentence_is_one_toast_and_there_are_never_many(tmp_path: Path) -> None:
    async with playing(tmp_path, toasts=True) as play:
        for _ in range(3):
            play.stage.app.notify("The same.", timeout=60)
        await until(play.pilot, lambda: bool(_toasts(play)), "a toast")
        await settled(play.stage, play.pilot)
        assert len(_toasts(play)) == 1
        for number in range(9):
            play.stage.app.notify(f"Number {number}.", timeout=60)
        await until(play.pilot, lambda: "Number 8." in _toasts(play), "the last toast")
        await settled(play.stage, play.pilot)
        assert _toasts(play) == ["Number 6.", "Number 7.", "Number 8."]


async def test_what_looks_like_markup_is_said_as_it_stands(tmp_path: Path) -> None:
    said = "[/foo] [red]x[/] [@click=app.quit]q[/]"
    async with playing(tmp_path, toasts=True) as play:
        play.stage.app.notify(f"{said} by the app", timeout=60)
        play.screen.notify(f"{said} by a screen", timeout=60)
        play.table.notify(f"{said} by a widget", title=said, timeout=60)
        await until(play.pilot, lambda: len(_toasts(play)) == 3, "the toasts")
        shown = "\n".join(_toasts(play))
        assert shown.count(said) == 4
        await play.press("c")
        await play.press("n")
        await until(play.pilot, lambda: "\n".join(_toasts(play)).count(said) == 4, "those that waited for a dialog")


async def test_of_what_waits_for_a_dialog_the_last_is_seen_though_it_was_said_before(tmp_path: Path) -> None:
    async with playing(tmp_path, toasts=True) as play:
        await play.press("c")
        assert isinstance(play.screen, ConfirmDialog)
        for said in ("One.", "Two.", "Three.", "Four.", "One."):
            play.stage.app.notify(said, timeout=60)
        await settled(play.stage, play.pilot)
        await play.press("n")
        await until(play.pilot, lambda: bool(_toasts(play)), "the toasts that waited")
        await settled(play.stage, play.pilot)
        assert _toasts(play) == ["Three.", "Four.", "One."]


async def test_what_was_to_be_deleted_is_not_announced_any_more_once_it_is_kept(tmp_path: Path) -> None:
    async with playing(tmp_path, toasts=True, app={"undo_seconds": 600.0}) as play:
        batch = next(one for one in play.catalog if ended(one))
        play.table.move_to_key(batch.id)
        await play.press("D", "y")
        await until(play.pilot, lambda: any("keeps it" in said for said in _toasts(play)), "the undo window")
        await play.press("u")
        await until(play.pilot, lambda: any("stays as it is" in said for said in _toasts(play)), "that it is kept")
        assert not any("Deleting" in said for said in _toasts(play))


async def test_a_running_batch_is_not_said_to_be_gone_in_seconds(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"undo_seconds": 600.0}) as play:
        batch = next(one for one in play.catalog if running(one))
        play.table.move_to_key(batch.id)
        await play.press("D", "y")
        assert "once it has ended: starts in 600s" in play.said()
        assert "starts in 600s · u keeps it" in play.row(play.table.cursor_row)
        await play.press("u")


async def test_what_answers_a_key_of_a_dialog_is_said_in_it(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        values = FrequenciesScreen(plain("label"), [Frequency("odd", 3, None)], plain(""))
        play.stage.app.push_screen(values)
        await play.press("enter")
        assert play.screen is values
        assert "No filter can say this value." in str(values.query_one(Hint).visual)


async def test_what_is_being_saved_is_not_announced_any_more_once_it_is(tmp_path: Path) -> None:
    async with playing(tmp_path, toasts=True) as play:
        play.table.move_to_key(next(one for one in play.catalog if ended(one)).id)
        await play.press("w")
        await until(play.pilot, lambda: any("Saved the results" in said for said in _toasts(play)), "the end")
        await settled(play.stage, play.pilot)
        assert not any("Saving" in said for said in _toasts(play))


async def test_a_short_sentence_covers_no_row_and_a_long_one_leaves_the_keys(tmp_path: Path) -> None:
    async with playing(tmp_path, toasts=True) as play:
        bottom = play.screen.query_one(KeyBar).region.y
        play.stage.app.notify("Copied.", timeout=60)
        await until(play.pilot, lambda: bool(_toasts(play)), "the toast")
        await settled(play.stage, play.pilot)
        assert play.screen.query_one(Toast).region.y == bottom
        play.stage.app.notify("This takes longer to say. " * 4, timeout=60)
        await until(play.pilot, lambda: len(_toasts(play)) == 2, "both")
        await settled(play.stage, play.pilot)
        assert all(toast.region.bottom <= bottom for toast in play.screen.query(Toast))
