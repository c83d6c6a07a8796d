"""What people wrote is nowhere on a masked screen; all that is counted stays, and so does the layout."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.monitor.batch_notes import BatchNotes
from batch_tui.monitor.notes_file import NotesFile
from batch_tui.tui import mask
from batch_tui.tui.input_messages import InputRead
from batch_tui.tui.keymap import read_keymap
from batch_tui.tui.record_pages import PAGES
from batch_tui.tui.screens.batch_detail import BatchDetailScreen
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.bulk import BulkDialog
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.frequencies import FrequenciesScreen
from batch_tui.tui.screens.menu import MenuDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.screens.summary import SummaryScreen
from batch_tui.tui.widgets.prompt_view import PromptView
from batch_tui.tui.widgets.record_view import RecordView
from tests.results.lines import bare, errored, succeeded
from tests.tui import story
from tests.tui.play import Play, playing
from tests.tui.scenes import ended, go_to, record_on_screen, running, settled, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "zyxsecret"
WIDE = (200, 50)


@pytest.fixture(autouse=True)
def _unmasked() -> Iterator[None]:
    yield
    mask.put_on(False)


def painted(play: Play) -> str:
    """Every cell of the screen, and of what lies over it."""
    return "\n".join(strip.text for strip in play.screen._compositor.render_strips())


def is_on_top(play: Play, kind: type[object]) -> bool:
    return isinstance(play.screen, kind)


def answers() -> list[dict[str, Any]]:
    blocks = [
        {"type": "thinking", "thinking": f"{SECRET} thought", "signature": SECRET},
        {"type": "text", "text": f'{{"label": "{SECRET}"}}', "citations": [{"cited_text": SECRET, "title": SECRET}]},
        {"type": "tool_use", "id": "toolu_1", "name": f"{SECRET}_tool", "input": {f"{SECRET}_key": [SECRET]}},
        {"type": f"{SECRET}_block", "more": SECRET},
    ]
    usage = {"input_tokens": 9, "output_tokens": 5, "service_tier": SECRET}
    return [
        succeeded(f"{SECRET}-1", content=blocks, usage=usage, stop_sequence=SECRET),
        succeeded(f"{SECRET}-2", f"# {SECRET}\n\n**{SECRET}** and\n\n    {SECRET}\n"),
        errored(f"{SECRET}-3", message=f"messages.0: {SECRET} is too long"),
        bare(f"{SECRET}-4", "expired"),
    ]


def requests() -> list[dict[str, Any]]:
    params = {
        "model": "claude-opus-5-5",
        "max_tokens": 9,
        "system": SECRET,
        "metadata": {"user_id": SECRET},
        "messages": [{"role": "user", "content": f"What is {SECRET}?"}],
        "tools": [{"name": SECRET, "description": SECRET, "input_schema": {"properties": {SECRET: {}}}}],
    }
    # One is not among the results, so that the sentence about it names it.
    return [{"custom_id": f"{SECRET}-{place}", "params": params} for place in (1, 2, 3, 5)]


async def opened(play: Play, directory: Path) -> str:
    """Results full of the secret are on screen, with their input linked."""
    batch_id = await go_to(play.stage, play.pilot, ended)
    story.save(play.stage, batch_id, story.as_lines(answers()))
    path = directory / "prompts.jsonl"
    path.write_bytes(story.as_lines(requests()))
    linked = play.stage.app._inputs.link(batch_id, path)
    assert linked is not None
    await play.press("v")
    await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
    await until(play.pilot, lambda: len(play.table.source) >= len(answers()), "the rows")
    play.stage.app.post_message(InputRead(linked, None, fresh=False))
    await until(play.pilot, lambda: SECRET in play.trouble(), "the difference from the input")
    await record_on_screen(play.stage, play.pilot)
    return batch_id


async def every_tab(play: Play) -> Iterator[str]:
    """What is painted at each tab of each record."""
    shown = []
    for _ in answers():
        for page in range(len(PAGES)):
            play.screen.action_choose_page(page)
            await settled(play.stage, play.pilot)
            await play.pilot.pause(0.05)
            shown.append(painted(play))
        await play.press("J")
    return iter(shown)


async def test_no_tab_of_any_record_shows_what_people_wrote(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await opened(play, tmp_path)
        await play.press("b")
        await until(play.pilot, lambda: SECRET in play.screen.query_one(PromptView).text, "the prompt")
        await play.press("escape", "g")
        assert all(SECRET in shown for shown in await every_tab(play))
        await play.press("g", "X")
        for shown in await every_tab(play):
            assert SECRET not in shown
            assert "masked" in shown
            assert "••••••" in shown


async def test_pressed_again_it_shows_all_as_it_was(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await opened(play, tmp_path)
        before = painted(play)
        await play.press("X")
        masked = painted(play)
        assert "✓ succeeded" in masked
        assert "claude" in masked or "end_turn" in masked
        await play.press("X")
        assert painted(play) == before


async def test_lengths_cannot_be_told_and_lines_stay_where_they_were(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await opened(play, tmp_path)
        await play.press("J", "X")
        await settled(play.stage, play.pilot)
        pane = play.screen.query_one(RecordView).text_pane
        rows = [pane.render_line(y).text.rstrip() for y in range(len(pane.rows))]
        assert [bool(row) for row in rows] == [bool(text.strip()) for text, _ in pane.rows]
        assert {row.strip() for row in rows} == {"••••••", ""}


async def test_searches_values_columns_and_the_summary_are_masked(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await opened(play, tmp_path)
        await play.press("slash", *SECRET, "enter", "f", *SECRET, "enter")
        await play.press("equals_sign", "ctrl+u", *".label", "enter")
        assert SECRET in painted(play)
        await play.press("X")
        assert SECRET not in painted(play)
        await play.press("f", *"zzz:", "enter")
        assert "zzz" not in painted(play)
        # What cannot be read leaves the line open; escape takes it away, then the search.
        await play.press("escape", "i")
        await until(play.pilot, lambda: isinstance(play.screen, SummaryScreen), "the summary")
        await settled(play.stage, play.pilot)
        assert SECRET not in painted(play)
        assert "invalid_request_error" in painted(play)
        for _ in range(6):
            if not isinstance(play.screen, BatchListScreen):
                await play.press("escape")
        await play.press("enter")
        assert isinstance(play.screen, BatchDetailScreen)
        await until(play.pilot, lambda: batch_id in play.stage.app.shared.monitor.digests, "cost and errors")
        await play.press()
        assert "invalid_request_error" not in painted(play)
        assert "COST AND ERRORS" in painted(play)
        assert SECRET not in painted(play)


async def test_counted_values_are_masked(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await opened(play, tmp_path)
        await play.press("equals_sign", "ctrl+u", *".label", "enter", "X", "H")
        if isinstance(play.screen, MenuDialog):
            await play.press("1")
        await until(play.pilot, lambda: isinstance(play.screen, FrequenciesScreen), "the values")
        await settled(play.stage, play.pilot)
        assert SECRET not in painted(play)
        assert "••••••" in painted(play)


async def test_names_give_way_to_ids_also_in_questions(tmp_path: Path) -> None:
    file = NotesFile(tmp_path / "data" / "notes.json")
    async with playing(tmp_path) as play:
        batch_id = play.catalog.at(0).id
    file.put(batch_id, BatchNotes(f"{SECRET} name", (f"{SECRET}-tag",), f"{SECRET} note"))
    async with playing(tmp_path, size=(160, 48), app={"notes_file": file}) as play:
        assert painted(play).count(SECRET) > 3
        await play.press("slash", *f"name:{SECRET}", "enter", "X")
        shown = painted(play)
        assert SECRET not in shown
        assert batch_id[-6:] in shown
        await play.press("t")
        assert isinstance(play.screen, BatchListScreen)
        assert "Masked: X shows what people wrote" in play.said()
        await play.press("D")
        assert SECRET not in painted(play)
        assert batch_id in painted(play)
        await play.press("n", "enter")
        assert SECRET not in painted(play)


async def test_the_key_takes_back_a_question_that_names_what_is_hidden(tmp_path: Path) -> None:
    file = NotesFile(tmp_path / "data" / "notes.json")
    async with playing(tmp_path, app={"notes_file": file}) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        await play.stage.app._keep(batch_id, BatchNotes(SECRET))
        await play.press("D")
        assert isinstance(play.screen, ConfirmDialog)
        assert SECRET in painted(play)
        await play.press("X")
        assert isinstance(play.screen, BatchListScreen)
        assert SECRET not in painted(play)
        assert not play.stage.app.shared.monitor.pending
        await play.press("D", "X")
        assert isinstance(play.screen, ConfirmDialog)


async def test_the_key_works_over_the_progress_of_many_too(tmp_path: Path) -> None:
    file = NotesFile(tmp_path / "data" / "notes.json")
    async with playing(tmp_path, size=(120, 30), app={"notes_file": file, "undo_seconds": 0}) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        await play.stage.app._keep(batch_id, BatchNotes(SECRET))
        # Its results do not come, so it stays, and the sentence about that names it.
        play.stage.simulator.arm(status=403, path=f"{batch_id}/results", count=99)
        await play.press("space", "space", "D")
        if isinstance(play.screen, MenuDialog):
            await play.press("s")
        assert isinstance(play.screen, BulkDialog)
        await play.press("2", "enter")
        await until(play.pilot, lambda: "could not be saved whole" in painted(play), "how it went")
        await until(play.pilot, lambda: f"! {SECRET} (" in play.shown("#bulk-said"), "the whole sentence")
        await play.press("X")
        assert SECRET not in painted(play)
        assert f"! •••••• ({batch_id}) stays: " in play.shown("#bulk-said")


async def test_nothing_masked_is_copied_or_handed_to_a_pager(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE, app={"keymap": read_keymap({"mask": ("f9",)})}) as play:
        await opened(play, tmp_path)
        await play.press("f9", "y")
        assert isinstance(play.screen, ResultsScreen)
        assert "Masked: f9 shows what people wrote, then it can be copied." in play.said()
        await play.press("f9", "y")
        assert isinstance(play.screen, MenuDialog)


async def test_a_setting_begins_masked(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"masked": True}) as play:
        assert "masked" in play.status()
        await play.press("X")
        assert "masked" not in play.status()


async def test_the_next_app_starts_as_it_was_told_to(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("X")
        assert "masked" in play.status()
    async with playing(tmp_path) as play:
        assert "masked" not in play.status()


async def test_going_to_a_custom_id_does_not_show_it_and_earlier_toasts_go(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await opened(play, tmp_path)
        play.stage.app.notify(f"about {SECRET}", timeout=60)
        await play.press("X", "number_sign", *f"{SECRET}-none", "enter")
        await until(play.pilot, lambda: "is neither a custom_id nor" in painted(play), "that there is none")
        assert SECRET not in painted(play)
        await play.press("ctrl+u", *f"{SECRET}-4", "enter")
        await until(play.pilot, lambda: play.table.cursor_row == 3, "the row")
        assert not play.stage.app._notifications


async def test_the_key_works_over_summary_and_counted_values_too(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await opened(play, tmp_path)
        await play.press("equals_sign", "ctrl+u", *".label", "enter")
        for key, kind in (("i", SummaryScreen), ("H", FrequenciesScreen)):
            await play.press(key)
            if isinstance(play.screen, MenuDialog):
                await play.press("1")
            await until(play.pilot, partial(is_on_top, play, kind), key)
            await settled(play.stage, play.pilot)
            before = painted(play)
            assert SECRET in before
            await play.press("X")
            assert SECRET not in painted(play)
            await play.press("X")
            assert painted(play) == before
            await play.press("escape")


async def test_toasts_about_sending_again_quote_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        story.save(play.stage, batch_id, story.as_lines([*answers(), *answers()]), verified=False)
        await play.press("X", "v")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await until(play.pilot, lambda: "••••••" in play.trouble(), "what is wrong with them")
        await play.press("R")
        await until(play.pilot, lambda: "it is not certain what failed" in play.said(), "the refusal")
        assert SECRET not in play.said()
        assert SECRET not in painted(play)


async def test_a_name_is_not_said_by_an_answer_that_comes_after_the_key(tmp_path: Path) -> None:
    file = NotesFile(tmp_path / "data" / "notes.json")
    async with playing(tmp_path, app={"notes_file": file}) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.stage.app._keep(batch_id, BatchNotes(SECRET))
        await play.press("c")
        play.stage.simulator.arm(method="POST", delay=1.5)
        await play.pilot.press("y")
        pending = play.stage.app.shared.monitor.pending
        await until(play.pilot, lambda: batch_id in pending and pending[batch_id].stage == "asking", "the request")
        await play.pilot.press("X")
        assert "is being canceled" not in play.said()
        await until(play.pilot, lambda: "is being canceled" in play.said(), "the answer")
        assert SECRET not in play.said()
