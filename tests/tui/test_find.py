"""Finding batches: the tabs and their counts, the filter line, and what both do to the list beneath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input

from batch_tui.tui import messages
from batch_tui.tui.batch_rows import TAIL
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.widgets.filter_line import FilterLine, TabLine
from batch_tui.tui.widgets.key_bar import KeyBar
from tests.tui.play import playing
from tests.tui.scan import assert_harmless
from tests.tui.scenes import ended, go_to, open_results, running, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play


async def typed(play: Play, text: str) -> None:
    """Open the filter line and type."""
    await play.press("slash", *("space" if one == " " else one for one in text))


def ids(play: Play) -> list[str]:
    """The batches that the table shows, all of them."""
    source = play.table.source
    return [key for key in map(source.key, range(len(source))) if key != TAIL]


def those(play: Play, wanted: Any) -> list[str]:
    return [one.id for one in play.catalog if wanted(one)]


def has_failures(batch: Any) -> bool:
    return bool(batch.request_counts.errored or batch.request_counts.expired)


def tabs(play: Play) -> str:
    return str(play.screen.query_one(TabLine).render())


def said(play: Play) -> str:
    return play.shown("#filter-said")


def has_errors(batch: Any) -> bool:
    return bool(batch.request_counts.errored)


async def test_tabs_count_the_loaded_batches_and_show_them(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        unfinished = those(play, lambda one: one.processing_status != "ended")
        failures = those(play, has_failures)
        assert f"1 all 100  2 running {len(unfinished)}" in tabs(play).replace("   ", "  ")
        assert f"4 with failures {len(failures)}" in tabs(play)
        await play.press("2")
        assert ids(play) == unfinished
        await play.press("4")
        assert ids(play) == failures
        await play.press("3")
        assert set(ids(play)) | set(unfinished) == set(those(play, lambda one: True))
        await play.press("1")
        assert len(ids(play)) == 100


async def test_empty_tabs_leave_a_narrow_line(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(60, 20)) as play:
        assert "expiring" not in tabs(play)
        await play.press("5")
        assert "5 expire 0" in tabs(play)
        assert "1 shows all" in play.table.nothing


async def test_the_expiring_tab_shows_the_time_left_at_80_columns(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        assert "RESULTS" not in play.table.render_line(0).text
        await play.press("5")
        assert "RESULTS" in play.table.render_line(0).text
        await play.press("1")
        assert "RESULTS" not in play.table.render_line(0).text


async def test_tabs_can_be_clicked(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.pilot.click("#tabs", offset=(tabs(play).index("running"), 0))
        await play.press()
        assert ids(play) == those(play, lambda one: one.processing_status != "ended")


async def test_the_expiring_tab_lets_go_of_what_was_saved(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        leaving = next(one for one in play.catalog if ended(one) and one.request_counts.total < 1_000)
        # 26 of the 29 days that results are kept are over.
        play.stage.clock.moment = leaving.created_at
        play.stage.clock.advance(days=26)
        await play.press("5")
        await play.press("1", "5")
        assert leaving.id in ids(play)
        await open_results(play.stage, play.pilot, lambda one: one.id == leaving.id)
        await play.press("escape")
        await until(play.pilot, lambda: isinstance(play.screen, BatchListScreen), "the list")
        await play.press()
        assert leaving.id not in ids(play)


async def test_results_change_while_typing_and_enter_keeps_them(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await typed(play, "errors>0")
        expected = those(play, has_errors)
        assert ids(play) == expected
        assert f"{len(expected)} of 100 loaded match" in said(play)
        assert "older ones not searched" in said(play)
        await play.press("space", *"requests>1000")
        fewer = those(play, lambda one: has_errors(one) and one.request_counts.total > 1_000)
        assert ids(play) == fewer
        await play.press("enter")
        assert play.table.has_focus
        assert ids(play) == fewer
        assert "L loads all" in said(play)
        await play.press("j")
        assert play.table.cursor_key == fewer[1]


async def test_letters_typed_into_the_filter_are_only_letters(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, running)
        await typed(play, "cDvqy2G?!")
        assert play.screen.query_one(Input).value == "cDvqy2G?!"
        assert isinstance(play.screen, BatchListScreen)
        assert not play.heard(messages.BatchIntent)
        assert "Cancel" not in str(play.screen.query_one(KeyBar).render())
        assert (
            play.table.nothing == "No match among the 100 loaded; older ones are not searched. esc clears the filter."
        )
        assert len(play.table.source) == 0


async def test_esc_clears_the_filter_then_the_tab_and_never_quits(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("4")
        await typed(play, "status:ended")
        await play.press("enter", "escape")
        assert not play.screen.query_one(FilterLine).display
        assert ids(play) == those(play, has_failures)
        await play.press("escape")
        assert len(ids(play)) == 100
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)
        assert play.table.has_focus


async def test_esc_while_typing_goes_back_to_the_row_one_came_from(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press(*"jjjjjjjjj")
        cursor = play.table.cursor_key
        await typed(play, "nowhere")
        assert play.table.cursor_key is None
        await play.press("escape")
        assert play.table.cursor_key == cursor
        assert play.table.has_focus


async def test_the_cursor_stays_on_its_batch_where_it_still_matches(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, lambda one: has_errors(one) and one.request_counts.total > 2_000)
        await play.press("4")
        assert play.table.cursor_key == batch_id
        await typed(play, "requests>2000")
        assert play.table.cursor_key == batch_id
        await play.press("enter", "escape", "1")
        assert play.table.cursor_key == batch_id
        assert play.catalog.index_of(batch_id) == play.table.cursor_row


@pytest.mark.parametrize(
    ("text", "words"), [("status:x", "running, canceling or ended"), ("[/b]:", "There is no [/b]")]
)
async def test_a_malformed_word_is_a_sentence_and_is_not_kept(tmp_path: Path, text: str, words: str) -> None:
    async with playing(tmp_path) as play:
        await play.press("slash")
        play.screen.query_one(Input).insert_text_at_cursor(text)
        await play.press()
        assert words in said(play)
        await play.press("enter")
        assert play.screen.query_one(Input).has_focus
        assert words in said(play)
        await play.press("escape")
        assert len(ids(play)) == 100
        await play.press("slash")
        assert words not in said(play)


async def test_what_is_pasted_is_made_harmless(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("slash")
        play.screen.query_one(Input).insert_text_at_cursor("\x1b]52;c;eA\x07[red]\u202e\x9b:")
        await play.press()
        assert_harmless(play.stage.app)
        assert "[red]" in play.screen.query_one(Input).value


async def test_a_batch_that_ends_leaves_the_running_tab(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("2")
        before = ids(play)
        play.stage.clock.advance(minutes=20)
        await play.poll()
        assert set(before) - set(ids(play))
        assert ids(play) == those(play, lambda one: one.processing_status != "ended")
        assert f"2 running {len(ids(play))}" in tabs(play)


async def test_the_running_tab_says_that_none_is_missing_and_loads_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("2")
        assert "none is missing" in play.row(len(play.table.source) - 1)
        await play.press("G", "j", "enter", "pagedown")
        assert not play.heard(messages.OlderPageRequested)


async def test_one_movement_loads_at_most_one_older_page(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await typed(play, "requests>20000")
        await play.press("enter")
        assert not play.heard(messages.OlderPageRequested)
        tail = play.row(len(play.table.source) - 1)
        assert f"… {len(ids(play))} of 100 loaded match; enter loads older ones" in tail
        await play.poll()
        await play.poll()
        assert len(play.catalog) == 100
        await play.press("G")
        assert len(play.catalog) == 200
        await play.poll()
        assert len(play.catalog) == 200
        assert ids(play) == those(play, lambda one: one.request_counts.total > 20_000)
        await play.press("G")
        assert len(play.catalog) == 247
        await play.press("G")
        assert f"{len(ids(play))} of 247 batches match" in play.row(len(play.table.source) - 1)
        assert "not searched" not in said(play)


async def test_enter_on_the_last_row_loads_older_ones(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await typed(play, "requests>20000")
        await play.press("enter")
        play.table.move_to(len(play.table.source) - 1)
        await play.press("enter")
        assert len(play.catalog) == 200


async def test_an_empty_selection_loads_on_with_the_end_key(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await typed(play, "nowhere")
        await play.press("enter", "G")
        assert len(play.catalog) == 200
        await play.press("j", "k", "enter", "pagedown")
        assert len(play.catalog) == 200


async def test_an_empty_tab_says_what_was_not_searched_and_how_to_load_it(tmp_path: Path) -> None:
    """An empty list must not look like the whole truth: the expiring ones are the oldest of all."""
    async with playing(tmp_path) as play:
        await play.press("5")
        assert play.table.nothing == "No “expiring” among the 100 loaded. L loads older ones, 1 shows all."
        await typed(play, "nowhere")
        await play.press("enter")
        assert play.table.nothing == "No match among the 100 loaded. L loads older ones, esc clears the filter."
        await play.press("escape", "L")
        await until(play.pilot, lambda: play.catalog.complete, "every batch")
        await play.press()
        assert len(play.table.source) > 1
        await typed(play, "nowhere")
        assert play.table.nothing == "No batches match. esc clears the filter."


async def test_scrolling_a_selection_loads_page_after_page(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("3")
        assert len(play.catalog) == 100
        pages = 0
        while len(play.catalog) < 200:
            await play.press("pagedown")
            pages += 1
            assert pages < 20
        assert len(play.heard(messages.OlderPageRequested)) == 1


async def test_a_selected_batch_deleted_elsewhere_goes_and_nothing_breaks(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("3", "j")
        batch_id, neighbour = ids(play)[1], ids(play)[2]
        connection = play.stage.app.connection
        assert connection is not None
        await connection.client.messages.batches.delete(batch_id)
        play.catalog.remove(batch_id, for_good=False)
        # Gone from the catalog before anybody was told: what was selected can still be painted.
        assert play.row(1)
        await play.poll()
        assert batch_id not in ids(play)
        assert play.table.cursor_key == neighbour


async def test_without_batches_there_is_nothing_to_filter(tmp_path: Path) -> None:
    from tests.tui.scenes import SCENES, staged

    scene = SCENES["list-empty"]
    with staged(scene, tmp_path) as stage:
        async with stage.app.run_test(size=scene.size) as pilot:
            await scene.drive(stage, pilot)
            assert not stage.app.screen.query_one(TabLine).display
            await pilot.press("slash", "2", "escape")
            assert not stage.app.screen.query_one(FilterLine).display
            assert isinstance(stage.app.screen, BatchListScreen)


async def test_an_empty_tab_says_all_of_its_sentence_on_a_narrow_terminal(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(40, 20)) as play:
        await play.press("5")
        said = " ".join(play.table.render_line(y).text.strip() for y in range(1, 6))
        assert play.table.nothing in said
        assert play.screen.why_not("open_detail") is not None
