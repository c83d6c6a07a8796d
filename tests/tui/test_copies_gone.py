"""Stored results that go away while the app has them on screen, or counts on them."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from textual.screen import ModalScreen
from textual.widgets import Static

from batch_tui.results.checksum import checksum_of
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.menu import MenuDialog
from batch_tui.tui.screens.results import ResultsScreen
from tests.tui import story
from tests.tui.play import Play, playing
from tests.tui.scenes import ended, open_results, settled, until

if TYPE_CHECKING:
    from pathlib import Path

WIDE = (120, 30)


async def saved_and_back(play: Play) -> str:
    """Have results saved, and go back to the list; gives the batch's id."""
    await open_results(play.stage, play.pilot)
    (batch_id,) = play.stage.app.shared.monitor.saved
    await play.press("escape")
    return str(batch_id)


async def refused(play: Play, batch_id: str) -> None:
    """The batch is not deleted, as its copy is not what was counted on."""
    await until(play.pilot, lambda: "Not deleted" in play.said(), "the refusal")
    assert "is gone or was changed" in play.said()
    assert batch_id in play.catalog


async def test_results_on_screen_whose_copy_is_deleted_say_so_and_can_still_be_written(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE, app={"undo_seconds": 3600}) as play:
        batch_id = await saved_and_back(play)
        await play.press("D", "x")
        await play.pilot.press("v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        play.stage.app._runner.hold(True)
        await play.press()
        play.stage.app._runner._undo_seconds = 0.01
        play.stage.app._runner.hold(False)
        await until(play.pilot, lambda: "not saved any more" in play.status(), "the end of the copy")
        await settled(play.stage, play.pilot)
        assert batch_id not in play.catalog
        assert "The copy on this machine was deleted" in play.trouble()
        assert len(play.table.source) > 100
        await play.press("w")
        play.screen.query_one("#prompt-text").value = str(tmp_path / "kept.jsonl")
        await play.press("enter")
        await until(play.pilot, (tmp_path / "kept.jsonl").exists, "the rows in a file")
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)
        assert batch_id not in play.stage.app.shared.monitor.results


def dropped_elsewhere(play: Play, batch_id: str) -> None:
    """Another batch-tui makes room: this one has the results closed."""
    play.stage.app.shared.monitor.results.clear()
    play.stage.app._downloads.forget(batch_id)
    play.stage.store.delete(batch_id)


def facts(play: Play) -> str:
    """What the question on screen says."""
    assert isinstance(play.screen, ModalScreen)
    return "\n".join(str(one.visual) for one in play.screen.query(Static))


async def test_a_delete_counts_on_no_copy_that_is_gone_from_the_disk(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_and_back(play)
        dropped_elsewhere(play, batch_id)
        await play.press("D")
        await until(play.pilot, lambda: isinstance(play.screen, ConfirmDialog), "the question")
        assert "are not saved on this machine: they will be gone" in facts(play)
        await play.press("s")
        await until(play.pilot, lambda: batch_id not in play.catalog, "the delete")
        assert play.stage.store.results_path(batch_id).exists()


async def test_a_copy_that_goes_while_the_question_is_open_stops_the_delete(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_and_back(play)
        await play.press("D")
        assert "A copy of its results stays" in facts(play)
        dropped_elsewhere(play, batch_id)
        await play.press("y")
        await refused(play, batch_id)


async def test_a_copy_that_goes_while_its_batch_waits_for_the_delete_stops_it(tmp_path: Path) -> None:
    """Also one that was fetched for the sake of the delete, and several at once."""
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_and_back(play)
        other = next(batch.id for batch in play.catalog if ended(batch) and batch.id != batch_id)
        for each in (batch_id, other):
            play.table.move_to_key(each)
            await play.pilot.press("space")
        await play.press("D")
        await until(play.pilot, lambda: isinstance(play.screen, MenuDialog), "the ways to delete")
        await play.press("s")
        dropped_elsewhere(play, batch_id)
        await play.press("2", "enter")
        await until(play.pilot, lambda: not play.stage.app._runner.jobs, "the end of the job")
        assert batch_id in play.catalog
        assert other not in play.catalog
        assert play.stage.store.results_path(other).exists()


async def test_two_presses_ask_once(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await saved_and_back(play)
        await play.press("D", "D")
        assert isinstance(play.screen, ConfirmDialog)
        await play.press("n")
        assert isinstance(play.screen, BatchListScreen)


def changed_unnoticed(play: Play, batch_id: str) -> bytes:
    """Something that is as long is put in place of a word of a copy, with its old times; gives what it said before."""
    store, opened = play.stage.store, play.stage.app.shared.monitor.results.pop(batch_id)
    assert opened.file is not None
    store.remember_checksum(batch_id, opened.file)
    play.stage.app._downloads.forget(batch_id)
    path = store.results_path(batch_id)
    before, text = path.stat(), path.read_bytes()
    # Between two of the samples that every opening looks at.
    place = text.index(b'"end_turn"', 70_000) + 1
    assert len(text) > 1_200_000
    path.write_bytes(text[:place] + b"E" + text[place + 1 :])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return text


async def test_no_delete_counts_on_a_copy_that_was_changed_behind_all_looks(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_and_back(play)
        changed_unnoticed(play, batch_id)
        await play.press("D", "y")
        await refused(play, batch_id)


async def test_results_that_were_changed_behind_all_looks_are_not_called_complete(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_and_back(play)
        text = changed_unnoticed(play, batch_id)
        await play.press("v")
        await until(play.pilot, lambda: "not verified" in play.status(), "the verdict")
        assert "does not say any more what was stored" in play.trouble()
        assert "P fetches them anew" in play.trouble()
        await play.press("P", "y")
        await until(play.pilot, lambda: "✓ saved, complete" in play.status(), "all of them")
        assert play.stage.store.results_path(batch_id).read_bytes() == text


async def test_while_what_is_saved_is_checked_nothing_is_said_to_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()

    def slow(*given: Any, **options: Any) -> int | None:
        may_end.wait()
        return checksum_of(*given, **options)

    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_and_back(play)
        opened = play.stage.app.shared.monitor.results.pop(batch_id)
        assert opened.file is not None
        play.stage.store.remember_checksum(batch_id, opened.file)
        play.stage.app._downloads.forget(batch_id)
        monkeypatch.setattr("batch_tui.results.completeness.checksum_of", slow)
        await play.press("v")
        try:
            await until(play.pilot, lambda: "checking what is saved" in play.status(), "the check")
            assert "+" not in play.shown("#chips")
            await play.press("s", "w", "G", "e", "g", "space", "R")
            said = play.said()
        finally:
            may_end.set()
        assert said.lower().count("checking what is saved") == 4
        assert "etching" not in said
        await until(play.pilot, lambda: "✓ saved, complete" in play.status(), "its end")


async def test_results_that_are_not_verified_are_fetched_anew_after_a_question(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_and_back(play)
        path = play.stage.store.results_path(batch_id)
        whole = path.read_bytes()
        dropped_elsewhere(play, batch_id)
        story.save(play.stage, batch_id, whole[: whole.rindex(b"\n", 0, -1) + 1])
        play.stage.store.index_path(batch_id).unlink()
        await play.press("v")
        await until(play.pilot, lambda: "not verified" in play.status(), "the verdict")
        assert "1 line missing" in play.trouble()
        assert "P fetches them anew" in play.trouble()
        await play.press("P", "n")
        assert "not verified" in play.status()
        await play.press("P")
        assert "stays until they are here" in facts(play)
        await play.press("y")
        await until(play.pilot, lambda: "✓ saved, complete" in play.status(), "all of them")
        assert path.read_bytes() == whole
        assert play.trouble() == ""
        await play.press("P")
        assert "complete and saved" in play.said()


async def test_what_the_api_has_no_more_is_not_fetched_anew(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_and_back(play)
        play.stage.clock.advance(days=40)
        story.save(play.stage, batch_id, b'{"custom_id":"a","result":{"type":"expired"}}\n')
        play.stage.store.index_path(batch_id).unlink()
        play.stage.app.shared.monitor.results.clear()
        play.stage.app._downloads.forget(batch_id)
        await play.press("v")
        await until(play.pilot, lambda: "not verified" in play.status(), "the verdict")
        assert "P fetches" not in play.trouble()
        await play.press("P")
        assert isinstance(play.screen, ResultsScreen)
        assert "The API has these results no more" in play.said()


@pytest.mark.parametrize("keys", ["w", "Ds"])
async def test_results_whose_copy_was_removed_are_saved_once_more(tmp_path: Path, keys: str) -> None:
    """Also while they still are open behind the list."""
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_and_back(play)
        path = play.stage.store.results_path(batch_id)
        whole = path.read_bytes()
        play.stage.store.delete(batch_id)
        for key in keys:
            await play.press(key)
        await until(play.pilot, lambda: "is deleted" in play.said() or "Saved the results" in play.said(), "the end")
        assert path.read_bytes() == whole


async def test_a_copy_that_somebody_removed_leaves_no_part_here(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await saved_and_back(play)
        play.stage.store.delete(batch_id)
        await play.press("D")
        await until(play.pilot, lambda: isinstance(play.screen, ConfirmDialog), "the question")
        await play.press("n")
        row = play.row(play.table.cursor_row)
        assert batch_id in row
        assert "partly" not in row
        assert "saved" not in row
        assert "d left" in row
