"""The cursor, the marks and what is shown of results, while that changes around them."""

from __future__ import annotations

import json
import threading
from array import array
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.download_control import DownloadProgress
from batch_tui.results.line_index import LineIndex
from batch_tui.results.results_file import ResultsFile
from batch_tui.tui import results_work
from batch_tui.tui.downloads import DownloadReport
from batch_tui.tui.results_messages import FindRequested, RowsSorted
from batch_tui.tui.results_view import Order
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.frequencies import FrequenciesScreen
from batch_tui.tui.screens.progress import ProgressDialog
from batch_tui.tui.screens.prompt import PromptDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.screens.saved import SavedScreen
from batch_tui.tui.screens.summary import SummaryScreen
from batch_tui.tui.widgets.json_pane import JsonPane
from tests.results.lines import encode, errored, succeeded
from tests.results.opened import opened
from tests.tui.own_rows import own_rows
from tests.tui.play import Play, playing
from tests.tui.scenes import ended, go_to, settled, until, with_errors

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


class Gate:
    """Stands in for work in a thread, and lets it go on only when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.reached, self.open, self.done = threading.Event(), threading.Event(), threading.Event()
        self._work = getattr(results_work, name)
        monkeypatch.setattr(results_work, name, self)

    def __call__(self, *given: Any, **named: Any) -> Any:
        self.reached.set()
        self.open.wait(10)
        try:
            return self._work(*given, **named)
        finally:
            self.done.set()

    async def let_go(self, play: Play) -> None:
        self.open.set()
        await until(play.pilot, self.done.is_set, "the end of the work")
        await settled(play.stage, play.pilot)


async def test_values_that_are_counted_late_do_not_cover_what_was_opened_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, "frequencies")
    async with playing(tmp_path, size=WIDE) as play:
        await own_rows(play, *(succeeded(f"r-{number}") for number in range(5)))
        await play.pilot.press("H", "m")
        await until(play.pilot, gate.reached.is_set, "the count")
        await play.press("w")
        await gate.let_go(play)
        assert isinstance(play.screen, PromptDialog)
        await play.press("escape")
        assert isinstance(play.screen, ResultsScreen)


async def test_an_export_that_ends_below_another_screen_leaves_no_bar_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, "export_results")
    async with playing(tmp_path, size=WIDE) as play:
        await own_rows(play, *(succeeded(f"r-{number}") for number in range(5_000)))
        await play.press("w")
        play.screen.query_one("#prompt-text").value = str(tmp_path / "all.jsonl")
        await play.pilot.press("enter")
        await until(play.pilot, lambda: isinstance(play.screen, ProgressDialog), "the bar")
        play.stage.app.action_help()
        await until(play.pilot, lambda: not isinstance(play.screen, ProgressDialog), "the help")
        await gate.let_go(play)
        await until(play.pilot, lambda: "Wrote 5,000 rows" in play.said(), "the end of it")
        await play.press("escape")
        assert isinstance(play.screen, ResultsScreen)


async def test_the_totals_of_one_batch_do_not_cover_the_results_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, "summarise")
    async with playing(tmp_path, size=WIDE) as play:
        first = await own_rows(play, succeeded("r-0"))
        await play.pilot.press("i")
        await until(play.pilot, gate.reached.is_set, "the totals")
        await play.press("escape")
        await go_to(play.stage, play.pilot, lambda batch: ended(batch) and batch.id != first)
        await play.press("v")
        await gate.let_go(play)
        assert isinstance(play.screen, ResultsScreen)


async def test_what_is_saved_does_not_come_back_once_it_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await own_rows(play, succeeded("r-0"))
        await play.press("escape", "o")
        await until(play.pilot, lambda: isinstance(play.screen, SavedScreen), "what is saved")
        await play.press("question_mark")
        downloads = play.stage.app._downloads
        reached, gate, done, stored = threading.Event(), threading.Event(), threading.Event(), downloads.stored

        def slow() -> Any:
            reached.set()
            gate.wait(10)
            done.set()
            return stored()

        monkeypatch.setattr(downloads, "stored", slow)
        await play.pilot.press("escape")
        await until(play.pilot, reached.is_set, "another look at the disk")
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)
        gate.set()
        await until(play.pilot, done.is_set, "the answer of the disk")
        await settled(play.stage, play.pilot)
        assert isinstance(play.screen, BatchListScreen)


@pytest.mark.parametrize("key", ["s", "e", "w"])
async def test_who_is_told_that_the_rest_is_fetched_gets_it_fetched(tmp_path: Path, key: str) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await go_to(play.stage, play.pilot, with_errors)
        play.stage.simulator.arm(cut_results_at=0.3, count=1)
        play.stage.simulator.arm(status=403, method="GET", path="/results", count=1)
        await play.pilot.press("v")
        await until(play.pilot, lambda: "! stopped" in play.status(), "the end of the download")
        await play.press("G", "k")
        await play.press(key)
        await until(play.pilot, lambda: "fetching the rest" in play.said().lower(), "what is done")
        await until(play.pilot, lambda: "✓ saved, complete" in play.status(), "the rest")


async def test_a_counted_value_that_a_terminal_cannot_show_finds_its_rows(tmp_path: Path) -> None:
    labels = ["\N{THUMBS UP SIGN}\U0001f3fd", "soft\u00adhyphen", "a\u2028b", "déjà"]
    async with playing(tmp_path, size=WIDE) as play:
        await own_rows(play, *(succeeded(f"r-{n}", json.dumps({"label": label})) for n, label in enumerate(labels)))
        for place, label in enumerate(labels):
            await play.press("H", "p", *"label", "enter")
            await until(play.pilot, lambda: isinstance(play.screen, FrequenciesScreen), "the values")
            await play.press(*"j" * place, "enter")
            await until(play.pilot, lambda: not play.screen._view.query.looking, "an answer")
            assert (len(play.table.source), play.table.cursor_key) == (1, str(place)), ascii(label)
            await play.press("escape")
        assert "déjà" in str(play.heard(FindRequested)[-2].condition)


async def test_rows_on_screen_follow_a_verdict_that_changes(tmp_path: Path) -> None:
    """Prose is suspicious only once nearly all other answers turn out to be JSON."""
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await own_rows(play, succeeded("r-0"))
        prose, *rest = (encode(succeeded(f"r-{n}", '{"a": 1}' if n else "prose")) + b"\n" for n in range(40))
        part = tmp_path / "grows.part"
        part.write_bytes(b"".join([prose, *rest]))
        file = ResultsFile(part, LineIndex())
        file.index.feed(prose)
        play.stage.app.post_message(DownloadReport(batch_id, file, DownloadProgress("downloading", rows=1)))
        await settled(play.stage, play.pilot)
        assert "✓ succeeded" in play.table.render_line(1).text
        file.index.feed(b"".join(rest))
        play.stage.app.post_message(DownloadReport(batch_id, file, DownloadProgress("downloading", rows=40)))
        await settled(play.stage, play.pilot)
        assert "△ not JSON" in play.table.render_line(1).text


async def test_marks_go_when_other_rows_take_the_place_of_theirs(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await own_rows(play, *(succeeded(f"r-{number}") for number in range(60)))
        play.table.move_to(50)
        await play.press("space", "space")
        other = opened(tmp_path, *(succeeded(f"s-{number}") for number in range(20)))
        progress = DownloadProgress("complete", rows=20, restarts=1, verified=True)
        play.stage.app.post_message(DownloadReport(batch_id, other, progress))
        await settled(play.stage, play.pilot)
        assert not play.table.marks
        assert "the marks are gone" in play.said()
        await play.press("w")
        assert isinstance(play.screen, PromptDialog)


async def test_totals_under_a_filter_say_that_they_are_of_all_rows(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await own_rows(play, *(succeeded(f"r-{number}") for number in range(5)), errored("bad"))
        await play.press("i")
        await until(play.pilot, lambda: isinstance(play.screen, SummaryScreen), "the totals")
        assert "all rows" not in play.shown("#summary-note")
        await play.press("escape", "3", "i")
        await until(play.pilot, lambda: isinstance(play.screen, SummaryScreen), "the totals")
        assert "These are of all 6 rows, not only of those shown" in play.shown("#summary-note")


async def test_an_order_that_was_turned_round_meanwhile_is_not_shown(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await own_rows(play, *(succeeded(f"r-{number}") for number in range(5)))
        await play.press("s", "c")
        view = play.screen._view
        late = RowsSorted(view.basis, array("I", range(5)), "custom_id", reverse=False)
        view.order = Order("custom_id", "custom_id", reverse=True)
        play.screen.post_message(late)
        await settled(play.stage, play.pilot)
        play.screen.sort_again()
        await settled(play.stage, play.pilot)
        assert [play.table.source.key(row) for row in range(5)] == ["4", "3", "2", "1", "0"]


async def test_help_lists_the_keys_of_what_is_in_hand(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 60)) as play:
        await own_rows(play, succeeded("a"))
        await play.press("enter", "question_mark")
        assert "Reading" in play.shown("#help-keys")
        await play.press("escape", "left_square_bracket", "left_square_bracket")
        await until(play.pilot, lambda: isinstance(play.screen.focused, JsonPane), "the tree")
        await play.press("question_mark")
        assert "Open or close" in play.shown("#help-keys")
        await play.press("escape", "escape", "f", "f1")
        assert "Typing" in play.shown("#help-keys")
        await play.press("escape", "escape", "escape", "o")
        await until(play.pilot, lambda: isinstance(play.screen, SavedScreen), "what is saved")
        await play.press("question_mark")
        assert "Delete the copy on this machine, after asking" in play.shown("#help-keys")
        await play.press("escape", "escape", "exclamation_mark", "question_mark")
        assert "Activity" in play.shown("#help-keys")
