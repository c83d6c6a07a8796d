"""A file of requests becomes a batch from the list: checked, asked about, sent once, selected, linked."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, Static

from batch_tui.submission.journal import SubmissionJournal
from batch_tui.tui import mask
from batch_tui.tui.keymap import read_keymap
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.prompt import PromptDialog
from tests.tui.no_threads import refuse
from tests.tui.play import Play, playing
from tests.tui.scenes import settled, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

MODEL = "claude-opus-5-5"


def request(custom_id: str, **params: Any) -> dict[str, Any]:
    usual = {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}
    return {"custom_id": custom_id, "params": usual | params}


def write(path: Path, requests: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in requests), encoding="utf-8")
    return path


class Desk:
    """The list of an account with few batches."""

    def __init__(self, play: Play) -> None:
        self.play = play

    def batches(self) -> list[str]:
        """Ids of all batches at the API, newest first."""
        connection = self.play.stage.app.connection
        assert connection is not None
        return [batch.id for batch in connection.download_client.messages.batches.list(limit=100).data]

    def said(self) -> str:
        return " ".join(" ".join(str(one.visual) for one in self.play.screen.query(Static)).split())

    async def give(self, path: object) -> None:
        """Press a, give the path, press Enter, and wait for what comes of it."""
        if not isinstance(self.play.screen, PromptDialog):
            await self.play.press("a")
        asked = self.play.screen
        assert isinstance(asked, PromptDialog)
        asked.query_one(Input).value = str(path)
        await self.play.pilot.press("enter")
        await self.until(lambda: isinstance(self.play.screen, PromptDialog | ConfirmDialog), "an answer")
        await settled(self.play.stage, self.play.pilot)

    async def until(self, so: Any, what: str) -> None:
        await until(self.play.pilot, so, f"{what}; said: {self.play.said()}")

    async def end(self) -> None:
        await self.until(lambda: not self.play.stage.app._sending, "the end")
        await settled(self.play.stage, self.play.pilot)


@asynccontextmanager
async def desk(directory: Path, **options: Any) -> AsyncIterator[Desk]:
    async with playing(directory / "app", batches=3, live=False, **options) as play:
        yield Desk(play)


async def test_a_file_becomes_a_batch_that_is_selected_and_linked(tmp_path: Path) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("a"), request("b"), request("c", model="claude-haiku-5-5")])
    async with desk(tmp_path) as one:
        before = one.batches()
        await one.give(file)
        said = one.said()
        assert "Send this file as a new batch?" in said
        assert str(file) in said
        assert "3 requests, " in said
        assert "are sent as one batch to api.anthropic.com, profile production (key of TEST_KEY)." in said
        assert f"Models: {MODEL} (2), claude-haiku-5-5 (1)" in said
        assert one.batches() == before
        await one.play.press("y")
        await one.end()
        (new,) = set(one.batches()) - set(before)
        assert one.play.catalog.at(0).id == new
        assert one.play.table.cursor_key == new
        assert f"Made {new} of 3 requests." in one.play.said()
        linked = one.play.stage.app._inputs.of(new)
        assert linked is not None
        assert (linked.path, len(linked)) == (file, 3)
        (noted,) = SubmissionJournal(one.play.stage.app._submissions.directory).submissions()
        assert (noted.outcome, noted.batch_id) == ("accepted", new)


@pytest.mark.parametrize("keys", [["n"], ["escape"], ["enter"]])
async def test_anything_but_yes_sends_nothing(tmp_path: Path, keys: list[str]) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("a")])
    async with desk(tmp_path) as one:
        before = one.batches()
        await one.give(file)
        await one.play.press(*keys)
        assert isinstance(one.play.screen, BatchListScreen)
        assert one.batches() == before


async def test_what_cannot_be_read_is_a_sentence_and_the_path_can_be_mended(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "page.html").write_text("<html>\n</html>\n")
    good = write(tmp_path / "good.jsonl", [request("a")])
    async with desk(tmp_path) as one:
        for name, problem in (
            ("nowhere.jsonl", "Could not read"),
            (".", "Could not read"),
            ("empty.jsonl", "There are no requests."),
            ("page.html", "Line 1: The line is not JSON"),
            ("\0.jsonl", "Could not read"),
        ):
            await one.give(tmp_path / name)
            assert problem in one.said(), name
            assert isinstance(one.play.screen, PromptDialog)
        await one.give(good)
        assert isinstance(one.play.screen, ConfirmDialog)


async def test_what_the_api_would_refuse_is_told_by_line_and_not_sent(tmp_path: Path) -> None:
    wrong = [request("a"), request("a"), {"custom_id": "b"}, request("c", max_tokens=0), request("d"), request("d"), 3]
    file = write(tmp_path / "prompts.jsonl", wrong)
    async with desk(tmp_path) as one:
        before = one.batches()
        await one.give(file)
        said = one.said()
        assert "Nothing was sent: the API would refuse this." in said
        assert "Line 2: custom_id 'a' is on line 1 already." in said
        assert "Line 3: params is missing." in said
        starts = [line.partition(" ")[0] for line in one.play.shown("#prompt-hint").splitlines()]
        assert starts == ["Nothing", "Line", "Line", "Line", "2"]
        assert "2 more problems: `batch-tui check` lists all." in said
        assert one.batches() == before


async def test_what_will_come_back_errored_is_told_in_the_question(tmp_path: Path) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("a"), request("c", max_tokens=0)])
    async with desk(tmp_path) as one:
        await one.give(file)
        assert "1 warning: such a request probably comes back errored. Line 2: " in one.said()
        await one.play.press("y")
        await one.end()
        assert len(one.batches()) == 4


async def test_a_file_of_300_mb_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "huge.jsonl"
    line = json.dumps(request("x" * 8, system="y" * 9_999_000))
    with file.open("w") as out:
        for place in range(30):
            out.write(line.replace("x" * 8, f"r-{place:06}") + "\n")
    async with desk(tmp_path) as one:
        before = one.batches()
        await one.give(file)
        assert "Checking huge.jsonl, 300 MB…" in one.play.said()
        assert "The request would have 30" in one.said()
        assert "Split the file into several batches." in one.said()
        assert one.batches() == before


async def test_a_file_that_changes_after_the_question_is_not_sent(tmp_path: Path) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("a")])
    async with desk(tmp_path) as one:
        before = one.batches()
        await one.give(file)
        write(file, [request("a"), request("b")])
        await one.play.press("y")
        await one.end()
        assert "was changed after the question" in one.play.said()
        assert "a tries again." in one.play.said()
        assert one.batches() == before


async def test_the_same_custom_ids_again_are_told_before_they_are_sent(tmp_path: Path) -> None:
    """Whether they are the same requests, nobody has looked at that time."""
    file = write(tmp_path / "prompts.jsonl", [request("a"), request("b")])
    async with desk(tmp_path) as one:
        await one.give(file)
        await one.play.press("y")
        await one.end()
        new = one.batches()[0]
        await one.give(file)
        assert "The same custom_ids were sent on 20" in one.said()
        assert f"as {new}." in one.said()


async def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice(tmp_path: Path) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("a"), request("b")])
    async with desk(tmp_path) as one:
        before = one.batches()
        one.play.stage.simulator.arm(lose_response=True, method="POST")
        await one.give(file)
        await one.play.press("y")
        await one.end()
        assert len(one.batches()) == len(before) + 1
        assert "the answer was lost" in one.play.said()
        assert "a looks again before it sends" in one.play.said()
        await one.give(file)
        await one.play.press("y")
        await one.until(lambda: isinstance(one.play.screen, ConfirmDialog), "whether to send nevertheless")
        assert "Send these requests nevertheless?" in one.said()
        assert "a looks again before it sends" in one.said()
        await one.play.press("n")
        assert len(one.batches()) == len(before) + 1


async def test_a_yes_while_another_is_being_sent_says_so(tmp_path: Path) -> None:
    first, second = (write(tmp_path / f"{name}.jsonl", [request(name)]) for name in "ab")
    async with desk(tmp_path) as one:
        app, before = one.play.stage.app, one.batches()
        one.play.stage.simulator.arm(method="POST", delay=1.5)
        await one.give(first)
        await one.play.pilot.press("y")
        await one.until(lambda: app._sending, "the sending")
        # Its check took longer, so that the first one was being sent by the time it was over.
        app._check(str(second))
        await one.until(lambda: isinstance(one.play.screen, ConfirmDialog), "the question")
        await one.play.pilot.press("y")
        assert "A new batch is being sent; press a again once that is over." in one.play.said()
        await one.end()
        assert len(one.batches()) == len(before) + 1
        await one.give(second)
        await one.play.press("y")
        await one.end()
        assert len(one.batches()) == len(before) + 2


async def test_a_refusal_by_the_api_is_told(tmp_path: Path) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("a")])
    async with desk(tmp_path) as one:
        one.play.stage.simulator.arm(status=403, method="POST", message="This key may not create.")
        await one.give(file)
        await one.play.press("y")
        await one.end()
        assert "No batch was made." in one.play.said()
        assert "This key may not create" in one.play.said()


async def test_without_a_thread_nothing_is_sent_and_the_next_try_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("a")])
    async with desk(tmp_path) as one:
        before = one.batches()
        with monkeypatch.context() as patch:
            refuse(patch, "sending")
            await one.give(file)
            await one.play.press("y")
            await one.end()
        assert "No batch was made. This machine has no further thread" in one.play.said()
        assert one.batches() == before
        await one.give(file)
        await one.play.press("y")
        await one.end()
        assert len(one.batches()) == len(before) + 1


async def test_a_list_that_does_not_show_it_says_so(tmp_path: Path) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("a")])
    async with desk(tmp_path) as one:
        await one.play.press("slash", *"requests>99", "enter")
        await one.give(file)
        await one.play.press("y")
        await one.end()
        assert "does not show the new batch" in one.play.said()


async def test_an_empty_workspace_says_how_to_begin(tmp_path: Path) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("a")])
    async with playing(tmp_path / "app", batches=3, live=False) as play:
        for batch in list(play.catalog):
            connection = play.stage.app.connection
            assert connection is not None
            connection.download_client.messages.batches.delete(batch.id)
        await play.poll()
        one = Desk(play)
        assert "Press a to send a file of requests." in play.shown("#notice")
        await one.give(file)
        await play.press("y")
        await one.end()
        assert play.table.cursor_key == one.batches()[0]


async def test_read_only_has_no_such_key(tmp_path: Path) -> None:
    async with desk(tmp_path, app={"read_only": True}) as one:
        await one.play.press("a")
        assert isinstance(one.play.screen, BatchListScreen)
        titles = {command.title for command in one.play.stage.app.get_system_commands(one.play.screen)}
        assert "New" not in titles


async def test_the_key_moves_and_a_filter_can_hold_its_letter(tmp_path: Path) -> None:
    async with desk(tmp_path, app={"keymap": read_keymap({"batch.new": ("A",)})}) as one:
        await one.play.press("a")
        assert isinstance(one.play.screen, BatchListScreen)
        await one.play.press("slash", "A", "escape", "A")
        assert isinstance(one.play.screen, PromptDialog)


async def test_masked_problems_do_not_quote_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("zyxsecret"), request("zyxsecret")])
    async with desk(tmp_path) as one:
        try:
            await one.play.press("X")
            await one.give(file)
            assert "zyxsecret" not in one.said()
            assert "••••••" in one.said()
            await one.give(tmp_path / "nowhere.jsonl")
            assert "Could not read" in one.said()
        finally:
            mask.put_on(False)


async def test_a_masked_refusal_does_not_quote_the_request(tmp_path: Path) -> None:
    file = write(tmp_path / "prompts.jsonl", [request("a")])
    async with desk(tmp_path) as one:
        try:
            await one.play.press("X")
            one.play.stage.simulator.arm(status=400, method="POST", message="requests.0: zyxsecret is too long.")
            await one.give(file)
            await one.play.press("y")
            await one.end()
            assert "No batch was made. The API answered 400 invalid_request_error: ••••••." in one.play.said()
            assert "zyxsecret" not in one.play.said()
        finally:
            mask.put_on(False)
