"""Totals of a results file, and its rows written to a file of the user's."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from textual.widgets import Input

from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.menu import MenuDialog
from batch_tui.tui.screens.prompt import PromptDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.screens.summary import SummaryScreen
from batch_tui.tui.widgets.text_pane import TextPane
from tests.tui.play import Play, playing
from tests.tui.scenes import big, go_to, open_results, settled, until

if TYPE_CHECKING:
    from pathlib import Path

WIDE = (160, 44)


async def ask_for(play: Play, path: Path) -> None:
    """Type a file name into the export dialog and press Enter."""
    await play.press("w")
    if isinstance(play.screen, MenuDialog):
        await play.press("enter")
    assert isinstance(play.screen, PromptDialog)
    play.screen.query_one(Input).value = str(path)
    await play.pilot.press("enter")


async def test_the_summary_adds_up_what_the_batch_counts(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        (batch_id,) = play.stage.app.shared.monitor.results
        counts = play.catalog.get(batch_id).request_counts
        await play.press("i")
        await until(play.pilot, lambda: isinstance(play.screen, SummaryScreen), "the summary")
        await settled(play.stage, play.pilot)
        shown = "\n".join(text for text, _ in play.screen.query_one(TextPane).rows)
        assert f"{counts.succeeded:,}" in shown
        assert f"{counts.errored:,}" in shown
        assert "COST AT BATCH PRICE" in shown
        assert "$" in shown
        assert "price list of 20" in shown
        assert "ERRORS" in shown
        await play.press("escape")
        assert isinstance(play.screen, ResultsScreen)


async def test_rows_shown_are_written_byte_for_byte(tmp_path: Path) -> None:
    target = tmp_path / "failed.jsonl"
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        (opened,) = play.stage.app.shared.monitor.results.values()
        await play.press("3")
        await ask_for(play, target)
        await until(play.pilot, target.exists, "the file")
        await settled(play.stage, play.pilot)
        lines = target.read_bytes().splitlines()
        assert opened.file is not None
        assert lines == [opened.file.line(row) for row in opened.file.rows("errored")]
        assert f"Wrote {len(lines):,} rows" in play.said()
        assert all(json.loads(line)["result"]["type"] == "errored" for line in lines)


async def test_csv_is_chosen_by_the_ending(tmp_path: Path) -> None:
    target = tmp_path / "all.csv"
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        rows = len(play.table.source)
        await ask_for(play, target)
        await until(play.pilot, target.exists, "the file")
        with target.open(encoding="utf-8", newline="") as file:
            assert sum(1 for _ in csv.reader(file)) == rows + 1


async def test_marked_rows_are_written_first(tmp_path: Path) -> None:
    target = tmp_path / "marked.md"
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        (opened,) = play.stage.app.shared.monitor.results.values()
        assert opened.file is not None
        await play.press("space", "space")
        assert "2 marked" in play.shown("#chips")
        await ask_for(play, target)
        await until(play.pilot, target.exists, "the file")
        written = target.read_text(encoding="utf-8")
        ids = [opened.file.row(row).custom_id or "" for row in range(3)]
        assert [f"## {name}\n" in written.replace("\\", "") for name in ids] == [True, True, False]


async def test_a_file_that_exists_is_replaced_only_after_asking(tmp_path: Path) -> None:
    target = tmp_path / "there.jsonl"
    target.write_text("mine", encoding="utf-8")
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await ask_for(play, target)
        await until(play.pilot, lambda: isinstance(play.screen, ConfirmDialog), "the question")
        await play.press("enter")
        assert target.read_text(encoding="utf-8") == "mine"
        await ask_for(play, target)
        await until(play.pilot, lambda: isinstance(play.screen, ConfirmDialog), "the question")
        await play.press("y")
        await until(play.pilot, lambda: target.read_bytes() != b"mine", "the new file")


async def test_a_name_without_a_known_ending_is_refused_in_place(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await ask_for(play, tmp_path / "results.docx")
        await play.pilot.pause()
        assert isinstance(play.screen, PromptDialog)
        assert "ends in .jsonl, .csv or .md" in play.shown("#prompt-hint")
        await play.press("escape")
        assert isinstance(play.screen, ResultsScreen)


async def test_a_folder_that_does_not_exist_is_a_sentence_beside_what_was_typed(tmp_path: Path) -> None:
    target = tmp_path / "later" / "results.jsonl"
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await ask_for(play, target)
        await until(play.pilot, lambda: "No such file" in play.shown("#prompt-hint"), "a sentence")
        assert play.screen.query_one(Input).value == str(target)
        assert "shown row" in play.shown("#dialog-title") or "all" in play.shown("#dialog-title")
        target.parent.mkdir()
        await play.press("enter")
        await until(play.pilot, target.exists, "the file")
        assert isinstance(play.screen, ResultsScreen)


async def test_writing_out_tries_a_failed_download_again(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"back_off": lambda _: None}) as play:
        play.stage.simulator.arm(cut_results_at=0.5, count=99)
        await open_results(play.stage, play.pilot)
        assert play.screen._opened.progress.state == "failed"
        play.stage.simulator.disarm()
        await play.press("w")
        await until(play.pilot, lambda: play.screen._opened.progress.state == "complete", "the rest")


async def test_adding_up_has_the_rest_fetched(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"read_ahead": 200_000}) as play:
        await go_to(play.stage, play.pilot, big)
        await play.press("v")
        await until(play.pilot, lambda: play.screen._opened.progress.state == "waiting", "a pause in reading")
        await play.press("i")
        await until(play.pilot, lambda: isinstance(play.screen, SummaryScreen), "the summary")
        await play.press("escape")
        await until(play.pilot, lambda: play.screen._opened.progress.state == "complete", "everything")
