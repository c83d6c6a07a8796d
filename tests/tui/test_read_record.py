"""The record pane: Markdown or plain, what is too long for it, long lines in the table, and copies of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_tui.tui.results_work import MOST_COPIED
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.record_view import RecordView
from tests.results.lines import succeeded
from tests.tui import story
from tests.tui.play import Play, playing
from tests.tui.results_scenes import told
from tests.tui.scenes import ended, go_to, open_results, record_on_screen, settled, until

if TYPE_CHECKING:
    from pathlib import Path

WIDE = (160, 44)


def shown(play: Play) -> str:
    """The rows of the page, as painted."""
    return "\n".join(row for row, _ in play.screen.query_one(RecordView).text_pane.rows)


async def open_lines(play: Play, *lines: dict[str, Any]) -> None:
    """Results that hold these lines are on screen."""
    batch_id = await go_to(play.stage, play.pilot, ended)
    story.save(play.stage, batch_id, story.as_lines(lines))
    await play.pilot.press("v")
    await until(play.pilot, lambda: bool(play.screen.query("#results")), "the results screen")
    await until(play.pilot, lambda: len(play.table.source) == len(lines), "the rows")
    await record_on_screen(play.stage, play.pilot)
    await settled(play.stage, play.pilot)


async def test_an_answer_is_markdown_until_told_otherwise_from_record_to_record(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_lines(play, succeeded("a", "# One\n\n**bold**"), succeeded("b", "# Two\n\n*more*"))
        assert shown(play) == "One\n───\n\nbold"
        await play.press("M")
        await until(play.pilot, lambda: shown(play).startswith("# One"), "plain text")
        assert "**bold**" in shown(play)
        await play.press("j")
        await until(play.pilot, lambda: shown(play).startswith("# Two"), "the next record, plain")
        await play.press("M")
        await until(play.pilot, lambda: shown(play) == "Two\n───\n\nmore", "Markdown again")


async def test_what_is_copied_as_shown_is_what_the_model_wrote(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_lines(play, succeeded("a", "# One\n\n**bold**"))
        await play.press("y", "c")
        assert play.stage.app.clipboard == "# One\n\n**bold**"


async def test_json_is_not_taken_for_markdown(tmp_path: Path) -> None:
    answer = json.dumps({"a_b_c": "*x*", "list": ["# y"]}, indent=1)
    async with playing(tmp_path, size=WIDE) as play:
        await open_lines(play, succeeded("a", answer))
        assert shown(play) == answer


async def test_an_answer_too_long_for_markdown_says_so_and_is_plain(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_lines(play, succeeded("a", "**word** " * 20_000))
        assert "are too much to lay out as Markdown" in shown(play)
        assert "**word**" in shown(play)


async def test_quotes_without_end_are_shown_plain(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_lines(play, succeeded("a", "> " * 200 + "deep"))
        assert "nested too deeply" in shown(play)
        assert "deep" in shown(play).splitlines()[-1]


async def test_a_search_stands_out_across_markdown(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_lines(play, succeeded("a", "one **two** three"))
        await play.press("slash", *"two", "enter")
        pane = play.screen.query_one(RecordView).text_pane
        match = pane.get_component_rich_style("tone--match").bgcolor
        found = [part.text for part in pane.render_line(0) if part.style is not None and part.style.bgcolor == match]
        assert found == ["two"]


async def test_a_line_of_megabytes_is_painted_without_reading_it(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_lines(play, succeeded("a", "short"), succeeded("b", "x" * 3_000_000, stop_reason="max_tokens"))
        assert "max_tokens" in play.row(1)
        assert "(3.0 MB; enter reads it)" in play.row(1)
        await play.press("j")
        await until(play.pilot, lambda: "xxx" in shown(play), "the record")
        await play.press("y", "y")
        await until(play.pilot, lambda: "too much for a terminal" in play.said(), "a sentence")
        assert len(play.stage.app.clipboard) < MOST_COPIED


async def test_a_broken_price_list_of_ones_own_is_a_sentence_in_the_summary(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text("[[price]", encoding="utf-8")
    async with playing(tmp_path, size=WIDE, app={"own_prices": own}) as play:
        await told(play.stage, play.pilot, "i")
        await until(play.pilot, lambda: bool(play.screen.query("#summary-note")), "the summary")
        await settled(play.stage, play.pilot)
        assert "built-in prices were used" in play.shown("#summary-note")
        rows = "\n".join(row for row, _ in play.screen.query_one("#summary-page").rows)
        assert "claude-opus-5-5" in rows
        assert "code execution" in rows
        assert "made in the US only" in rows


async def test_a_page_can_be_turned_only_where_a_record_is_on_screen(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        assert "enter Read" in (bar := str(play.screen.query_one(KeyBar).render()))
        assert "e Next failed  i Summary  esc Back" in bar
        await play.press("tab")
        assert "enter opens the one under the cursor" in play.said()
        await play.press("enter")
        await record_on_screen(play.stage, play.pilot)
        assert "enter Read" not in (bar := str(play.screen.query_one(KeyBar).render()))
        assert "tab Page" in bar
        await play.press("tab")
        assert play.screen.query_one(RecordView).page == 1


async def test_a_hit_far_behind_in_a_long_answer_is_brought_into_view(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_lines(play, succeeded("a"), succeeded("b", "lorem ipsum " * 250_000 + "NEEDLE"))
        await play.press("j")
        await until(play.pilot, lambda: "lorem" in shown(play), "the long answer")
        assert "} shows the next" in shown(play).splitlines()[-1]
        await play.press("k", "slash", *"NEEDLE", "enter")
        await until(play.pilot, lambda: play.table.cursor_row == 1 and "NEEDLE" in shown(play), "the hit")
        pane = play.screen.query_one(RecordView).text_pane

        def in_view() -> bool:
            return any("NEEDLE" in pane.render_line(y).text for y in range(pane.size.height))

        await until(play.pilot, in_view, "the hit on screen")
        await play.press("{")
        await until(play.pilot, lambda: "NEEDLE" not in shown(play), "the part before")
        assert "lorem" in shown(play)
        await play.press("n")
        await until(play.pilot, in_view, "the hit once more")
        await play.press("}")
        await until(play.pilot, lambda: "All of it is shown." in play.said(), "a sentence")
