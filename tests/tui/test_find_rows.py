"""Finding and arranging rows: search, query, order, columns, values, places, marks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from batch_tui.results.frequencies import Frequency
from batch_tui.tui.results_messages import ValuesCounted
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.frequencies import FrequenciesScreen
from batch_tui.tui.screens.prompt import PromptDialog
from batch_tui.tui.screens.results import ResultsScreen
from tests.tui.play import Play, playing
from tests.tui.scenes import big, go_to, open_results, settled, until

if TYPE_CHECKING:
    from pathlib import Path

    from batch_tui.results.results_file import ResultsFile

WIDE = (160, 40)


def lines(play: Play) -> list[int]:
    """The line numbers that are shown, in order."""
    return [int(play.table.source.key(row)) for row in range(len(play.table.source))]


def file_of(play: Play) -> ResultsFile:
    (opened,) = play.stage.app.shared.monitor.results.values()
    assert opened.file is not None
    return opened.file


async def looked_through(play: Play) -> None:
    """The query has been answered."""
    view = play.screen._view
    await until(play.pilot, lambda: view.query is None or not view.query.looking, "an answer")
    await until(play.pilot, lambda: view.search is None or not view.search.looking, "an answer")
    await settled(play.stage, play.pilot)


async def test_a_query_shows_only_its_rows_and_says_how_many(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        file, everything = file_of(play), len(lines(play))
        wanted = [row for row in range(len(file)) if (file.row(row).output_tokens or 0) > 100]
        await play.press("f", *"out>100")
        await looked_through(play)
        assert lines(play) == wanted
        assert f"{len(wanted):,} of {everything:,} rows" in play.shown("#query #filter-said")
        assert f"all {len(wanted):,}" in play.shown("#chips")
        await play.press("enter", "escape")
        await looked_through(play)
        assert len(lines(play)) == everything


async def test_a_query_and_a_kind_go_together(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await play.press("f", *"line:..200", "enter")
        await looked_through(play)
        await play.press("3")
        assert all(line < 200 for line in lines(play))
        assert all(file_of(play).kind(line) == "errored" for line in lines(play))


async def test_a_query_that_is_none_says_what_is_wrong_and_leaves_the_rows(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        before = lines(play)
        await play.press("f")
        play.screen.query_one("#query Input", Input).value = "colour:red"
        await settled(play.stage, play.pilot)
        assert "there is no colour" in play.shown("#query #filter-said")
        assert lines(play) == before
        await play.press("escape")
        assert isinstance(play.screen, ResultsScreen)


async def test_a_search_goes_from_hit_to_hit_and_shows_all_rows(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        file, everything = file_of(play), lines(play)
        errors = [row for row in everything if file.kind(row) == "errored"]
        kind = file.row(errors[0]).preview.split(":")[0]
        hits = [row for row in errors if file.row(row).preview.startswith(f"{kind}:")]
        await play.press("slash", *kind)
        await looked_through(play)
        await play.press("enter")
        assert lines(play) == everything
        assert f"{len(hits):,} hits in " in play.shown("#search #filter-said")
        assert int(play.table.cursor_key or 0) == hits[0]
        await play.press("n")
        assert int(play.table.cursor_key or 0) == hits[1]
        await play.press("N", "N")
        assert int(play.table.cursor_key or 0) == hits[-1]
        assert "round the end" in play.said()


async def test_one_hit_is_one_hit(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await play.press("slash", *(file_of(play).row(3).custom_id or ""))
        await looked_through(play)
        assert "1 hit in " in play.shown("#search #filter-said")


async def test_a_bad_regular_expression_is_said_beside_the_search(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await play.press("slash", *"/a(b/")
        assert "missing )" in play.shown("#search #filter-said")
        await play.press("enter")
        assert isinstance(play.screen.focused, Input)


async def test_escape_takes_back_one_thing_at_a_time(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await play.press("3", "f", *"line:..300", "enter", "space")
        await looked_through(play)
        await play.press("escape")
        assert play.screen._view.query is None
        await play.press("escape")
        assert not play.table.marks
        await play.press("escape")
        assert play.screen._view.chip == 0
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)


async def test_rows_are_sorted_and_the_cursor_stays_on_its_row(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        file = file_of(play)
        await play.press("j", "j", "j")
        line = play.table.cursor_key
        await play.press("s", "o")
        await until(play.pilot, lambda: play.screen._view.sorted, "the order")
        await settled(play.stage, play.pilot)
        tokens = [file.row(row).output_tokens for row in lines(play)]
        counted = [one for one in tokens if one is not None]
        assert counted == sorted(counted, reverse=True)
        assert tokens[: len(counted)] == counted
        assert play.table.cursor_key == line
        assert "▾ output tokens" in play.shown("#chips")
        assert any("OUT▾" in column.label for column in play.table.columns)
        await play.press("S")
        await until(play.pilot, lambda: lines(play)[0] != 0 or True, "the other order")
        await settled(play.stage, play.pilot)
        counted = [one for row in lines(play) if (one := file.row(row).output_tokens) is not None]
        assert counted == sorted(counted)
        assert any("OUT▴" in column.label for column in play.table.columns)


async def test_a_query_that_cannot_be_read_is_told_whole_and_not_as_one_without_rows(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(80, 24)) as play:
        await open_results(play.stage, play.pilot)
        await play.press("f", *"type:wrong")
        said = play.screen.query_one("#query #filter-said")
        assert said.size.height == 2
        assert "esc clears" not in play.table.render_line(1).text


async def test_what_a_kept_query_found_stands_beside_it_where_there_is_room(tmp_path: Path) -> None:
    """Rows are precious; while somebody types, nothing moves."""
    async with playing(tmp_path, size=(80, 24)) as play:
        await open_results(play.stage, play.pilot)
        await play.press("f", *"out>100")
        line = play.screen.query_one("#query")
        assert line.size.height == 2
        await play.press("enter")
        await settled(play.stage, play.pilot)
        assert line.size.height == 1
        assert "rows" in str(play.screen.query_one("#query #filter-said").render())


async def test_an_order_that_is_made_anew_for_fewer_rows_leaves_the_cursor_on_its_row(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await play.press("s", "o")
        await until(play.pilot, lambda: play.screen._view.sorted, "the order")
        await play.press("j", "j", "j")
        line = play.table.cursor_key
        await play.press("2")
        await until(play.pilot, lambda: play.screen._view.sorted, "the order of fewer rows")
        assert play.table.cursor_key == line


async def test_a_json_path_becomes_a_column_and_the_same_path_takes_it_away(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await play.press("equals_sign")
        play.screen.query_one(Input).value = "result.message.usage.service_tier"
        await play.press("enter")
        # Its end is what tells paths apart.
        assert any(column.label.endswith("SERVICE_TIER") for column in play.table.columns)
        assert "batch" in play.row(0)
        await play.press("equals_sign")
        play.screen.query_one(Input).value = "[x"
        await play.press("enter")
        assert "cannot be read" in play.shown("#prompt-hint")
        play.screen.query_one(Input).value = "result.message.usage.service_tier"
        await play.press("enter")
        assert not any("SERVICE_TIER" in column.label for column in play.table.columns)


async def test_a_column_without_any_value_says_where_a_path_looks(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await play.press("equals_sign", *"result.message.model", "enter")
        assert "No row on screen has .result.message.model. Without the leading dot" in play.said()
        await play.press("H", "1")
        await until(play.pilot, lambda: isinstance(play.screen, FrequenciesScreen), "the values")
        await play.press()
        assert play.shown("#dialog-title").startswith(".result.message.model: 0 values in ")
        await play.press("escape")
        await play.press("equals_sign", "backspace", *"result.message.model", "enter")
        assert play.said().count("No row on screen") == 1


async def test_values_are_counted_and_one_of_them_becomes_the_query(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        file = file_of(play)
        await play.press("H", "k")
        await until(play.pilot, lambda: isinstance(play.screen, FrequenciesScreen), "the values")
        await settled(play.stage, play.pilot)
        assert "succeeded" in play.row(0)
        assert f"{file.counts()['succeeded']:,}" in play.row(0)
        await play.press("enter")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the rows")
        await looked_through(play)
        assert len(lines(play)) == file.counts()["succeeded"]
        assert play.screen.query_one("#query Input", Input).value == "type:succeeded"


async def test_going_to_a_custom_id_that_is_filtered_out_shows_it_all_the_same(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        custom_id = file_of(play).row(7).custom_id
        await play.press("4", "number_sign")
        play.screen.query_one(Input).value = str(custom_id)
        await play.press("enter")
        await until(play.pilot, lambda: play.table.cursor_key == "7", "the row")
        await play.press("number_sign")
        play.screen.query_one(Input).value = "12"
        await play.press("enter")
        await until(play.pilot, lambda: play.table.cursor_key == "11", "the line")
        await play.press("number_sign")
        play.screen.query_one(Input).value = "nobody"
        await play.press("enter")
        await until(play.pilot, lambda: isinstance(play.screen, PromptDialog), "the question again")
        await play.press()
        assert "neither a custom_id nor a line" in play.shown("#prompt-hint")
        assert play.screen.query_one(Input).value == "nobody"


async def test_marks_belong_to_rows_whatever_is_shown(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await play.press("space", "j", "j", "V")
        assert play.table.marks == {"0", "1", "2", "3"}
        await play.press("3", "1")
        assert play.table.marks == {"0", "1", "2", "3"}
        await play.press("asterisk")
        assert not play.table.marks
        await play.press("3", "asterisk")
        assert len(play.table.marks) == len(lines(play))


@pytest.mark.parametrize(("key", "line"), [("slash", "#search"), ("f", "#query")])
async def test_what_could_not_be_looked_through_is_looked_through_again_with_enter(
    tmp_path: Path, key: str, line: str
) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        file = file_of(play)
        whole = file.path.read_bytes()
        os.truncate(file.path, 1000)
        await play.press(key, *"depot")
        said = f"{line} #filter-said"
        await until(play.pilot, lambda: "enter looks again" in play.shown(said), "a sentence")
        await play.press("enter")
        assert play.screen.query_one(f"{line} Input", Input).value == "depot"
        with file.path.open("r+b") as again:
            again.write(whole)
        await play.press(key, "enter")
        await looked_through(play)
        assert "again" not in play.shown(said)
        assert f"{len(file):,} rows" in play.shown(said)


async def far_ahead(play: Play) -> int:
    """Large results are open, and reading waits for somebody to want more; says how many rows they have."""
    batch_id = await go_to(play.stage, play.pilot, big)
    await play.press("v")
    await until(play.pilot, lambda: play.screen._opened.progress.state == "waiting", "a pause in reading")
    return int(play.catalog.get(batch_id).request_counts.total)


async def test_a_line_that_has_not_come_yet_is_fetched_and_gone_to(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE, app={"read_ahead": 200_000}) as play:
        total = await far_ahead(play)
        assert play.screen._opened.rows < total
        await play.press("number_sign", *str(total), "enter")
        await until(play.pilot, lambda: play.table.cursor_key == str(total - 1), "the last line")


async def test_a_place_that_is_nowhere_is_said_once_everything_came(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE, app={"read_ahead": 200_000}) as play:
        await far_ahead(play)
        await play.press("number_sign", *"nobody", "enter")
        await until(play.pilot, lambda: isinstance(play.screen, PromptDialog), "the question again")
        await play.press()
        assert "neither a custom_id nor a line" in play.shown("#prompt-hint")
        await play.press("escape")
        assert play.screen._opened.progress.state == "complete"


async def test_values_of_some_rows_say_so_though_the_rest_came_while_they_were_counted(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        await until(play.pilot, lambda: play.screen._opened.progress.state == "complete", "everything")
        play.screen.post_message(ValuesCounted("kind", [Frequency("succeeded", 334, None)], whole=False))
        await until(play.pilot, lambda: isinstance(play.screen, FrequenciesScreen), "the values")
        await play.press()
        assert play.shown("#dialog-title").endswith("334 rows so far")


async def test_values_of_some_rows_say_so_and_the_rest_is_fetched(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE, app={"read_ahead": 200_000}) as play:
        total = await far_ahead(play)
        await play.press("H", "k")
        await until(play.pilot, lambda: isinstance(play.screen, FrequenciesScreen), "the values")
        await play.press()
        first = play.shown("#dialog-title")
        assert first.endswith(" so far") or f"{total:,} rows" in first
        await play.press("escape")
        await until(play.pilot, lambda: play.screen._opened.progress.state == "complete", "everything")
        await play.press("H", "k")
        await until(play.pilot, lambda: isinstance(play.screen, FrequenciesScreen), "the values")
        await play.press()
        assert play.shown("#dialog-title").endswith(f"in {total:,} rows")
