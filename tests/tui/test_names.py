"""What the user calls a batch is shown in place of its id, kept, and harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input, Static

from batch_tui.monitor.batch_notes import BatchNotes
from batch_tui.monitor.notes_file import NotesFile
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.name_batch import NameDialog
from tests.tui.play import playing
from tests.tui.scan import assert_harmless
from tests.tui.scenes import ended, go_to, until

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_name_is_shown_in_place_of_the_id_and_kept(tmp_path: Path) -> None:
    file = NotesFile(tmp_path / "data" / "notes.json")
    async with playing(tmp_path, app={"notes_file": file}) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        await play.press("t", *"Nightly", "space", *"eval", "down", *"eval", "space", *"prod", "enter")
        await until(play.pilot, lambda: batch_id in play.stage.app.shared.monitor.notes, "the name")
        await play.press()
        row = play.row(play.table.cursor_row)
        assert "Nightly eval" in row
        assert "#eval #prod" in row
        await play.press("enter")
        said = " ".join(str(one.visual) for one in play.screen.query(Static))
        assert "Nightly eval" in said
        assert batch_id in said
    assert file.read() == {batch_id: BatchNotes("Nightly eval", ("eval", "prod"))}


async def test_names_on_disk_are_shown_at_the_start_and_in_dialogs(tmp_path: Path) -> None:
    file = NotesFile(tmp_path / "data" / "notes.json")
    async with playing(tmp_path) as play:
        batch_id = play.catalog.at(0).id
    file.put(batch_id, BatchNotes("First of all"))
    async with playing(tmp_path, app={"notes_file": file}) as play:
        assert "First of all" in play.row(0)
        await play.press("c")
        said = " ".join(str(one.visual) for one in play.screen.query(Static))
        assert "First of all" in said
        assert batch_id in said


async def test_escape_leaves_the_name_as_it_was(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("t", *"nothing")
        assert isinstance(play.screen, NameDialog)
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)
        assert not play.stage.app.shared.monitor.notes


async def test_a_name_that_cannot_be_kept_is_said_and_stays_in_its_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    file = NotesFile(tmp_path / "data" / "notes.json")
    async with playing(tmp_path, app={"notes_file": file}) as play:
        await play.press("t", *"name", "down", *"eval", "down", *"why", "enter")
        await until(play.pilot, lambda: isinstance(play.screen, NameDialog), "the question again")
        await play.press()
        assert "not kept" in play.shown("#name-problem")
        assert [line.value for line in play.screen.query(Input)] == ["name", "#eval", "why"]
        assert not play.stage.app.shared.monitor.notes
        (tmp_path / "data").unlink()
        await play.press("enter")
        await until(play.pilot, lambda: bool(play.stage.app.shared.monitor.notes), "the name")
    assert list(file.read().values()) == [BatchNotes("name", ("eval",), "why")]


async def test_a_hostile_name_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    file = NotesFile(tmp_path / "data" / "notes.json")
    async with playing(tmp_path) as play:
        batch_id = play.catalog.at(0).id
    file.put(batch_id, BatchNotes("[/x]\x1b]0;owned\x07[red]", ("\x9b31m[b]",), "\u202eevil"))
    async with playing(tmp_path, size=(160, 40), app={"notes_file": file}) as play:
        for keys in (["t"], ["escape", "c"], ["escape", "enter"]):
            await play.press(*keys)
            assert_harmless(play.stage.app)
