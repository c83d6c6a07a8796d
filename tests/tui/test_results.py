"""What the results viewer does: rows while the body arrives, filters, records, and cut streams that lose nothing."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.part_file import PartFile
from batch_tui.tui.result_rows import TAIL
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.record_view import RecordView
from tests.results.lines import succeeded
from tests.tui import story
from tests.tui.play import Play, playing
from tests.tui.scenes import big, ended, go_to, open_results, record_on_screen, settled, until, with_errors

if TYPE_CHECKING:
    from pathlib import Path

WIDE = (160, 40)


def progress(play: Play) -> Any:
    (opened,) = play.stage.app.shared.monitor.results.values()
    return opened.progress


def page(play: Play) -> str:
    text: str = play.screen.query_one(RecordView).page_text
    return text


async def test_rows_show_while_the_body_still_arrives(tmp_path: Path) -> None:
    async with playing(tmp_path, results_bytes_per_second=1_000_000) as play:
        await go_to(play.stage, play.pilot, big)
        await play.pilot.press("v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await until(play.pilot, lambda: len(play.table.source) > 20, "rows")
        assert progress(play).state == "downloading"
        assert "downloading" in play.row(len(play.table.source) - 1)
        await play.pilot.press("j", "j")
        await until(play.pilot, lambda: progress(play).state == "complete", "the rest")
        assert play.table.cursor_row == 2


async def test_rows_and_counts_agree_with_the_batch(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        (batch_id,) = play.stage.app.shared.monitor.results
        counts = play.catalog.get(batch_id).request_counts
        assert len(play.table.source) == counts.total
        assert progress(play).verified
        chips = play.shown("#chips")
        assert f"succeeded {counts.succeeded:,}" in chips
        assert f"errored {counts.errored:,}" in chips


async def test_a_narrow_heading_keeps_both_ends_of_the_id_also_while_masked(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        (batch_id,) = play.stage.app.shared.monitor.results
        for key in ("j", "X"):
            await play.press(key)
            said = play.status()
            assert said.count("…") == 1, said
            assert re.search(rf"msg\w*…\w*{batch_id[-4:]} ", said), said


async def test_filters_show_one_kind_and_keep_the_place(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await play.press("e")
        line = play.table.cursor_key
        await play.press("3")
        assert play.table.cursor_key == line
        assert all("errored" in play.row(row) for row in range(len(play.table.source)))
        await play.press("1")
        assert play.table.cursor_key == line


async def test_e_goes_from_error_to_error(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await play.press("e")
        first = play.table.cursor_row
        await play.press("e")
        assert play.table.cursor_row > first
        assert "errored" in play.row(play.table.cursor_row)
        await play.press("E")
        assert play.table.cursor_row == first


async def test_a_record_opens_beside_the_table_and_follows_the_cursor(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await record_on_screen(play.stage, play.pilot)
        before = page(play)
        await play.press("J")
        await until(play.pilot, lambda: page(play) != before, "the next record")
        await play.press("left_square_bracket", "left_square_bracket")
        assert 'custom_id: "' in page(play)


async def test_on_a_narrow_screen_the_record_covers_the_table_and_escape_returns(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        assert not play.screen.query_one(RecordView).display
        await play.press("enter")
        await record_on_screen(play.stage, play.pilot)
        assert play.screen.query_one(RecordView).display
        assert not play.table.display
        await play.press("J")
        assert play.table.cursor_row == 1
        await play.press("escape")
        assert play.table.display
        assert isinstance(play.screen, ResultsScreen)
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)


async def test_the_page_on_screen_can_be_copied(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await record_on_screen(play.stage, play.pilot)
        shown = page(play)
        await play.press("y", "c")
        assert play.stage.app.clipboard == shown


async def test_a_cut_stream_keeps_its_rows_says_so_and_can_go_on(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        play.stage.simulator.arm(cut_results_at=0.5, count=99)
        await open_results(play.stage, play.pilot)
        whole = play.catalog.get(next(iter(play.stage.app.shared.monitor.results))).request_counts.total
        came = len(play.table.source) - 1
        assert 0 < came < whole
        assert "cut" in play.trouble()
        assert "P tries again" in play.trouble()
        await play.press("G")
        assert play.table.cursor_key == TAIL
        play.stage.simulator.disarm()
        await play.press("P")
        await until(play.pilot, lambda: progress(play).state == "complete", "the rest of the results")
        await settled(play.stage, play.pilot)
        assert len(play.table.source) == whole
        assert play.trouble() == ""
        assert progress(play).verified


async def test_results_that_another_batch_tui_fetches_come_by_themselves_when_it_has_ended(tmp_path: Path) -> None:
    looks = threading.Semaphore(0)
    app = {"back_off": lambda _: looks.acquire()}
    async with playing(tmp_path, size=(120, 30), app=app) as play:
        batch_id = await go_to(play.stage, play.pilot, with_errors)
        play.stage.store.prepare()
        elsewhere = PartFile(play.stage.store.part_path(batch_id))
        try:
            await play.pilot.press("v")
            await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results screen")
            await until(play.pilot, lambda: "Another batch-tui is downloading" in play.trouble(), "the reason")
            assert "when it has ended." in play.trouble()
            assert "tries again" not in play.trouble()
            assert "another batch-tui is downloading them" in play.row(play.table.source.last)
        finally:
            elsewhere.close()
            looks.release()
        await until(play.pilot, lambda: "✓ saved, complete" in play.status(), "all of them")
        assert play.trouble() == ""


async def test_results_that_are_gone_are_a_sentence(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, with_errors)
        connection = play.stage.app.connection
        assert connection is not None
        await connection.client.messages.batches.delete(batch_id)
        await play.press("v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await until(play.pilot, lambda: play.trouble() != "", "a sentence")
        assert "404" in play.trouble()
        assert "req_" in play.trouble()
        assert "No results arrived" in play.shown("#notice")
        dimmed = {
            one.binding.key for one in play.screen.active_bindings.values() if play.screen.why_not(one.binding.action)
        }
        assert {"i", "w", "e", "slash", "f", "enter", "number_sign", "s", "H", "equals_sign", "y"} <= dimmed
        assert "P" not in dimmed
        await play.press("i", "number_sign", "s", "w")
        assert isinstance(play.screen, ResultsScreen)
        assert play.said().count("none arrived. P tries again.") == 4


async def test_a_page_of_a_proxy_is_not_taken_for_results(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        play.stage.simulator.arm(html=True, status=200, path="/results", count=99)
        await go_to(play.stage, play.pilot, with_errors)
        await play.press("v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await until(play.pilot, lambda: play.trouble() != "", "a sentence")
        assert len(play.table.source) <= 1


async def test_stored_results_open_again_without_asking(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await play.press("escape")
        (batch_id,) = play.stage.app.shared.monitor.saved
        row = play.catalog.index_of(batch_id)
        assert "saved" in play.row(row)
        asked = play.stage.simulator.request_count
        await play.press("v")
        assert isinstance(play.screen, ResultsScreen)
        assert play.stage.simulator.request_count == asked


async def test_results_stay_readable_after_their_batch_is_deleted_in_between(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        rows = len(play.table.source)
        connection = play.stage.app.connection
        assert connection is not None
        (batch_id,) = play.stage.app.shared.monitor.results
        await connection.client.messages.batches.delete(batch_id)
        await play.poll()
        await play.press("G", "enter")
        await record_on_screen(play.stage, play.pilot)
        assert len(play.table.source) == rows


async def test_reading_runs_only_so_far_ahead_and_the_end_key_fetches_all(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"read_ahead": 200_000}) as play:
        await go_to(play.stage, play.pilot, big)
        await play.pilot.press("v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await until(play.pilot, lambda: progress(play).state == "waiting", "a pause in reading")
        (batch_id,) = play.stage.app.shared.monitor.results
        whole = play.catalog.get(batch_id).request_counts.total
        assert len(play.table.source) < whole
        await play.pilot.press("G")
        await until(play.pilot, lambda: progress(play).state == "complete", "everything")
        await settled(play.stage, play.pilot)
        assert len(play.table.source) == whole
        assert play.table.cursor_row == whole - 1


async def test_an_empty_filter_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await play.press("4")
        assert len(play.table.source) == 0
        assert "No canceled rows" in play.table.render_line(1).text
        await play.press("enter", "J", "e", "G", "1")
        assert len(play.table.source) > 0


async def test_leaving_goes_on_downloading(tmp_path: Path) -> None:
    async with playing(tmp_path, results_bytes_per_second=2_000_000) as play:
        await go_to(play.stage, play.pilot, big)
        await play.pilot.press("v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await play.pilot.press("escape")
        await until(play.pilot, lambda: isinstance(play.screen, BatchListScreen), "the list")
        assert progress(play).state != "complete"
        assert "↓" in play.row(play.table.cursor_row)
        await until(play.pilot, lambda: progress(play).state == "complete", "the rest")
        await until(play.pilot, lambda: "saved" in play.row(play.table.cursor_row), "the word on the list")


async def test_quitting_does_not_wait_for_a_download(tmp_path: Path) -> None:
    async with playing(tmp_path, results_bytes_per_second=50_000) as play:
        await go_to(play.stage, play.pilot, big)
        await play.pilot.press("v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
    (opened,) = play.stage.app.shared.monitor.results.values()
    assert opened.progress.state != "complete"


async def test_the_viewer_opens_at_once_and_a_second_key_changes_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        play.stage.simulator.arm(delay=2.5, path="/results")
        await go_to(play.stage, play.pilot, with_errors)
        await play.pilot.press("v", "v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        assert "Asking for the results" in play.shown("#notice")
        await play.pilot.press("escape", "v")
        await until(play.pilot, lambda: progress(play).state == "complete", "the results")
        assert sum(isinstance(screen, ResultsScreen) for screen in play.stage.app.screen_stack) == 1
        assert sum("/results" in served.path for served in play.stage.simulator.requests()) == 1


async def test_a_filter_leaves_the_cursor_on_screen(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        for _ in range(20):
            await play.pilot.press("pagedown")
        for filter_key in ("2", "3", "1", "3", "2"):
            await play.press(filter_key)
            table = play.table
            assert table.top_row <= table.cursor_row < table.top_row + table.rows_on_screen


async def test_only_the_record_that_is_shown_is_copied(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await play.press("enter")
        await record_on_screen(play.stage, play.pilot)
        shown = page(play)
        await play.press("escape", "j", "j", "y")
        assert "page as shown" not in str([choice.label for choice in play.screen._choices])
        await play.press("y")
        assert play.stage.app.clipboard not in ("", shown)
        assert "Copied the text" in play.said()


async def test_a_long_record_can_be_read_with_the_usual_keys(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        await play.press("enter", "left_square_bracket", "left_square_bracket")
        await until(play.pilot, lambda: 'custom_id: "' in page(play), "the raw page")
        pane = play.screen.query_one(RecordView).pane
        assert pane.has_focus
        await play.press("pagedown")
        assert pane.scroll_offset.y > 0
        await play.press("g")
        assert pane.scroll_offset.y == 0


async def test_help_over_a_record_does_not_lose_it(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await record_on_screen(play.stage, play.pilot)
        await play.pilot.press("j", "question_mark")
        await play.press("escape")
        await until(play.pilot, lambda: play.screen.query_one(RecordView).line == 1, "the second record")


async def test_only_the_last_few_files_stay_open(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        for row in range(20, 30):
            if isinstance(play.screen, BatchListScreen):
                play.table.move_to(row)
                await play.press("v")
                await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
                await until(
                    play.pilot,
                    lambda: all(
                        one.progress.state == "complete" for one in play.stage.app.shared.monitor.results.values()
                    ),
                    "the download",
                )
                await play.press("escape")
        assert len(play.stage.app.shared.monitor.results) <= 4


async def test_an_answer_in_a_fence_shows_what_it_says_and_not_the_fence(tmp_path: Path) -> None:
    answers = ['```json\n{\n  "city": "Aarhus",\n  "paid": true\n}\n```', "Dear reader,\r\n\r\n  thank you."]
    lines = story.as_lines([succeeded(str(place), answer) for place, answer in enumerate(answers)])
    async with playing(tmp_path) as play:
        story.save(play.stage, await go_to(play.stage, play.pilot, ended), lines)
        await play.press("v")
        await until(play.pilot, lambda: len(play.table.source) == len(answers), "the rows")
        assert '{ "city": "Aarhus", "paid": true }' in play.row(0)
        assert "Dear reader, thank you." in play.row(1)


async def test_asking_for_the_end_takes_back_a_pause(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 40), results_bytes_per_second=1_000_000) as play:
        await go_to(play.stage, play.pilot, big)
        await play.pilot.press("v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await until(play.pilot, lambda: progress(play).state == "downloading", "the first rows")
        await until(play.pilot, lambda: "P Pause" in str(play.screen.query_one(KeyBar).render()), "what P does")
        await play.pilot.press("P")
        await until(play.pilot, lambda: progress(play).state == "paused", "the pause")
        await until(play.pilot, lambda: "P Go on" in str(play.screen.query_one(KeyBar).render()), "what P does then")
        await play.pilot.press("G")
        await until(play.pilot, lambda: progress(play).state == "complete", "everything")


@pytest.mark.parametrize("key", ["P", ""])
async def test_marking_all_rows_marks_those_too_that_are_still_to_come(tmp_path: Path, key: str) -> None:
    app = {} if key else {"read_ahead": 200_000}
    async with playing(tmp_path, results_bytes_per_second=1_000_000, app=app) as play:
        await go_to(play.stage, play.pilot, big)
        await play.pilot.press("v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await until(play.pilot, lambda: len(play.table.source) > 20, "the first rows")
        if key:
            await play.pilot.press(key)
        await until(play.pilot, lambda: progress(play).state == ("paused" if key else "waiting"), "a halt")
        await play.pilot.press("asterisk")
        await until(play.pilot, lambda: "the rest is fetched" in play.said(), "a sentence")
        # What is unmarked meanwhile stays so.
        await play.pilot.press("space")
        await until(play.pilot, lambda: progress(play).state == "complete", "everything")
        await settled(play.stage, play.pilot)
        (batch_id,) = play.stage.app.shared.monitor.results
        assert len(play.table.marks) == play.catalog.get(batch_id).request_counts.total - 1
        assert "0" not in play.table.marks
        await play.press("asterisk")
        assert not play.table.marks
