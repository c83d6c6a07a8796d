"""Linking a batch to its input on screen: asking, refusing, comparing, and the request beside the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from batch_tui.tui.input_messages import InputRefused
from batch_tui.tui.path_suggester import PathSuggester
from batch_tui.tui.record_pages import REQUEST
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.prompt import PromptDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.widgets.batch_detail import BatchDetail
from batch_tui.tui.widgets.json_pane import JsonPane
from batch_tui.tui.widgets.prompt_view import PromptView
from batch_tui.tui.widgets.record_view import RecordView
from tests.results.lines import succeeded
from tests.tui import story
from tests.tui.hostile_server import NASTY
from tests.tui.play import Play, playing
from tests.tui.results_scenes import told
from tests.tui.scan import assert_harmless
from tests.tui.scenes import ended, go_to, settled, until

if TYPE_CHECKING:
    from pathlib import Path

WIDE = (160, 44)


async def link(play: Play, path: Path) -> None:
    """Press I, give the path, press Enter."""
    await play.press("I")
    assert isinstance(play.screen, PromptDialog)
    play.screen.query_one(Input).value = str(path)
    await play.pilot.press("enter")


async def said(play: Play, words: str) -> None:
    await until(play.pilot, lambda: words in play.said(), words)
    await settled(play.stage, play.pilot)


async def request_tab(play: Play) -> str:
    """The text of the request tab."""
    record: RecordView = play.screen.query_one(RecordView)
    play.screen.action_choose_page(REQUEST)
    await until(play.pilot, lambda: record.page == REQUEST and bool(record.page_text), "the request")
    await settled(play.stage, play.pilot)
    return record.page_text


async def test_the_match_rate_is_told_and_the_request_stands_in_its_tab(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await told(play.stage, play.pilot, line=2, link=False)
        assert "is not linked" in await request_tab(play)
        await link(play, story.write_input(tmp_path))
        await said(play, "Linked prompts.jsonl: 8 of 8 custom_ids found")
        await until(play.pilot, lambda: "Claude Shannon" in play.screen.query_one(RecordView).page_text, "the request")
        shown = play.screen.query_one(RecordView).page_text
        assert "USER" in shown
        assert "TOOLS · 1" in shown


async def test_b_shows_the_prompt_beside_the_answer_and_follows_the_cursor(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await told(play.stage, play.pilot, "b")
        prompt = play.screen.query_one(PromptView)
        await until(play.pilot, lambda: "depot 7" in prompt.text, "the prompt")
        assert play.table.display
        await play.press("J")
        await until(play.pilot, lambda: "rain in Paris" in prompt.text, "the next prompt")
        await play.press("b")
        assert not prompt.display


async def test_on_a_narrow_screen_the_prompt_stands_above_and_escape_goes_back(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(80, 24)) as play:
        await told(play.stage, play.pilot, "b")
        prompt, record = play.screen.query_one(PromptView), play.screen.query_one(RecordView)
        await until(play.pilot, lambda: "depot 7" in prompt.text, "the prompt")
        assert prompt.region.bottom <= record.region.y
        assert prompt.region.width == record.region.width
        await play.press("escape")
        assert play.table.has_focus
        assert not prompt.display


async def test_without_a_link_b_says_what_to_do(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await told(play.stage, play.pilot, "b", link=False)
        assert "I links" in play.said()
        assert not play.screen.query_one(PromptView).display


@pytest.mark.parametrize("size", [(80, 24), WIDE])
async def test_results_that_are_not_those_of_the_input_say_which(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(tmp_path, size=size) as play:
        await told(play.stage, play.pilot, missing="turns-1")
        assert "custom_ids that the input does not have: turns-1" in play.trouble()


async def test_results_that_are_not_verified_either_say_both(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        lines = story.as_lines([succeeded("a"), succeeded("a"), succeeded("not-asked")])
        story.save(play.stage, batch_id, lines, verified=False)
        await play.press("v")
        await until(play.pilot, lambda: "repeats a custom_id: a" in play.trouble(), "what is wrong with the rows")
        await link(play, story.write_input(tmp_path))
        await until(play.pilot, lambda: "not as the input" in play.status(), "the difference")
        assert "not verified" in play.status()
        assert "repeats a custom_id: a" in play.trouble()
        assert "for custom_ids that the input does not have: a, not-asked" in play.trouble()


async def test_a_bad_line_is_named_and_the_path_can_be_mended(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"custom_id": "a", "params": {}}\n{oops\n', encoding="utf-8")
    async with playing(tmp_path) as play:
        await told(play.stage, play.pilot, link=False)
        await link(play, path)
        await until(play.pilot, lambda: "line 2" in _hint(play), "what is wrong")
        assert "not JSON" in _hint(play)
        assert play.screen.query_one(Input).value == str(path)
        await play.press("escape")
        assert isinstance(play.screen, ResultsScreen)


def _hint(play: Play) -> str:
    return play.shown("#prompt-hint") if isinstance(play.screen, PromptDialog) else ""


async def test_an_input_that_was_changed_says_so_where_it_is_needed(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await told(play.stage, play.pilot)
        (path,) = (one.linked.path for one in play.stage.app.shared.monitor.inputs.values())
        path.write_text("{}", encoding="utf-8")
        assert "was changed since it was linked" in " ".join((await request_tab(play)).split())
        await play.press("escape", "v")
        await until(play.pilot, lambda: "was changed" in play.trouble(), "the sentence")
        await play.press("I")
        assert play.screen.query_one(Input).value == str(path)
        assert batch_id in play.stage.app.shared.monitor.inputs


async def test_the_page_of_a_batch_links_too_and_remembers(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 40)) as play:
        await go_to(play.stage, play.pilot, ended)
        await play.press("enter")
        await link(play, story.write_input(tmp_path))
        await said(play, "Is it the right file?")
        shown = str(play.screen.query_one(BatchDetail).query_one("#detail-text").visual)
        assert "INPUT" in shown
        assert "8 requests, but the batch has" in shown
        play.stage.app.shared.monitor.inputs.clear()
        await play.press("escape", "enter")
        await until(
            play.pilot,
            lambda: "INPUT" in str(play.screen.query_one(BatchDetail).query_one("#detail-text").visual),
            "the link again",
        )


async def test_a_request_opens_into_its_json(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await told(play.stage, play.pilot, line=1)
        await request_tab(play)
        await play.press("enter", "G", "enter")
        tree = play.screen.query_one(RecordView).query_one(JsonPane)
        assert "custom_id" in tree.text
        assert "get_weather" not in tree.text.split("AS JSON")[0]


async def test_paths_are_completed_to_files_of_requests_and_directories(tmp_path: Path) -> None:
    for name in ("prompts.jsonl", "photo.png", ".hidden.jsonl", "\x1bevil.jsonl"):
        (tmp_path / name).touch()
    (tmp_path / "more").mkdir()
    suggest = PathSuggester((".jsonl",)).get_suggestion
    assert await suggest(f"{tmp_path}/p") == f"{tmp_path}/prompts.jsonl"
    assert await suggest(f"{tmp_path}/m") == f"{tmp_path}/more/"
    assert await suggest(f"{tmp_path}/.h") == f"{tmp_path}/.hidden.jsonl"
    for nothing in ("photo", "prompts.jsonl", "\x1b", "nowhere/x"):
        assert await suggest(f"{tmp_path}/{nothing}") is None
    assert await suggest("") is None


async def test_tab_takes_what_is_suggested(tmp_path: Path) -> None:
    path = story.write_input(tmp_path, name="only-one.jsonl")
    async with playing(tmp_path, size=WIDE) as play:
        await told(play.stage, play.pilot, "I", link=False)
        edit = play.screen.query_one(Input)
        edit.value = str(path)[:-8]
        edit.cursor_position = len(edit.value)
        await until(play.pilot, lambda: bool(edit._suggestion), "a suggestion")
        await play.press("tab")
        assert edit.value == str(path)


async def test_a_hostile_input_does_no_harm(tmp_path: Path) -> None:
    nasty = " ".join(NASTY)
    params = {
        "model": nasty,
        "system": nasty,
        nasty: nasty,
        "tools": [{"name": nasty, "description": nasty}],
        "messages": [{"role": nasty, "content": nasty}, {"role": "user", "content": [{"type": nasty, nasty: nasty}]}],
    }
    path = tmp_path / "input.jsonl"
    path.write_text(json.dumps({"custom_id": "a", "params": params}) + "\n", encoding="utf-8")
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        answer = json.dumps(succeeded("a", f"# {nasty}\n\n- {nasty}\n\n| {nasty} |\n|---|\n| `x` |"))
        story.save(play.stage, batch_id, answer.encode() + b"\n")
        await play.pilot.press("v")
        await until(play.pilot, lambda: len(play.table.source) == 1, "the row")
        await link(play, path)
        await said(play, "1 of 1 custom_ids found")
        assert await request_tab(play)
        assert_harmless(play.stage.app)
        await play.press("b", "enter", "O", "G")
        assert_harmless(play.stage.app)


async def test_a_file_of_another_batch_does_not_take_the_place_of_the_right_one(tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"custom_id": "not-asked-here", "params": {}}\n', encoding="utf-8")
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await told(play.stage, play.pilot)
        await link(play, other)
        await until(play.pilot, lambda: "stays linked" in _hint(play), "the refusal")
        assert "None of the custom_ids of" in _hint(play)
        await play.press("escape")
        linked = play.stage.app._inputs.of(batch_id)
        assert linked is not None
        assert linked.path.name == "prompts.jsonl"


async def test_the_right_file_takes_the_place_of_a_wrong_one(tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"custom_id": "not-asked-here", "params": {}}\n', encoding="utf-8")
    async with playing(tmp_path, size=WIDE) as play:
        await told(play.stage, play.pilot, link=False)
        await link(play, other)
        await said(play, "0 of 1 custom_ids found")
        await link(play, story.write_input(tmp_path))
        await said(play, "Linked prompts.jsonl: 8 of 8 custom_ids found")


async def test_an_empty_path_unlinks_and_b_has_nothing_to_show(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await told(play.stage, play.pilot, "b")
        assert play.screen.query_one(PromptView).display
        await play.press("I")
        assert "An empty path unlinks it" in _hint(play)
        await play.press("ctrl+u", "enter")
        await said(play, "Unlinked prompts.jsonl; the file stays as it is")
        assert play.stage.app._inputs.of(batch_id) is None
        assert not play.screen.query_one(PromptView).display
        await play.press("I", "enter")
        assert "Give the path of a file" in _hint(play)


async def test_a_refusal_that_comes_late_asks_nothing_over_another_screen(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await told(play.stage, play.pilot, link=False)
        asked_on = play.screen
        await play.press("escape")
        play.stage.app.post_message(InputRefused(batch_id, "x.jsonl", "x.jsonl cannot be read.", asked_on))
        await said(play, "x.jsonl cannot be read.")
        assert isinstance(play.screen, BatchListScreen)
