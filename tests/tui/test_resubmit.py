"""What failed is sent again as a new batch: found, asked about, sent once, and told truthfully however it goes."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, Static

from batch_tui.submission.journal import SubmissionJournal
from batch_tui.tui.screens.batch_detail import BatchDetailScreen
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.progress import ProgressDialog
from batch_tui.tui.screens.prompt import PromptDialog
from batch_tui.tui.screens.results import ResultsScreen
from tests.tui.hostile_server import NASTY
from tests.tui.many import Minutes
from tests.tui.play import Play, playing
from tests.tui.scan import assert_harmless
from tests.tui.scenes import settled, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from batch_tui.api import BatchClient

MODEL = "claude-opus-5-5"
GOOD, OVERLOADED, INVALID = "Hi", "simulate:overloaded_error", "simulate:invalid_request_error"
MIXED = {"good": GOOD, "busy-1": OVERLOADED, "busy-2": OVERLOADED, "bad": INVALID}


def request(custom_id: str, prompt: str, model: str = MODEL) -> dict[str, Any]:
    params = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": prompt}]}
    return {"custom_id": custom_id, "params": params}


def write(path: Path, requests: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in requests), encoding="utf-8")
    return path


class Sent:
    """A batch of a file, ended with failures, in a running app."""

    def __init__(self, play: Play, file: Path, batch_id: str) -> None:
        self.play, self.file, self.batch_id = play, file, batch_id

    @property
    def client(self) -> BatchClient:
        connection = self.play.stage.app.connection
        assert connection is not None
        return connection.download_client

    def made(self) -> list[str]:
        """The batches that exist besides, newest first."""
        found = [batch.id for batch in self.client.messages.batches.list(limit=100).data]
        return found[: found.index(self.batch_id)]

    def sent(self, batch_id: str) -> list[str]:
        """The custom_ids of a batch, once it has ended."""
        self.play.stage.clock.advance(hours=25)
        return sorted(row.custom_id or "" for row in self.client.messages.batches.results(batch_id))

    def line(self, custom_id: str) -> str:
        """The key of a row of the results on screen."""
        file = self.play.stage.app.shared.monitor.results[self.batch_id].file
        assert file is not None
        return str(file.find_custom_id(custom_id))

    def asked(self) -> str:
        """Everything the question on screen says."""
        return "\n".join(str(one.visual) for one in self.play.screen.query(Static))

    async def ask(self, *keys: str) -> str:
        """Press R, and what is asked then."""
        await self.play.press(*(keys or ("R",)))
        await self.until(lambda: isinstance(self.play.screen, ConfirmDialog), "the question")
        await settled(self.play.stage, self.play.pilot)
        return self.asked()

    async def until(self, so: Any, what: str) -> None:
        await until(self.play.pilot, so, f"{what}; said: {self.play.said()}")

    async def hear(self, words: str) -> None:
        await self.until(lambda: words in self.play.said(), words)
        await settled(self.play.stage, self.play.pilot)

    async def end(self) -> None:
        """The sending is over, however it went."""
        await self.until(lambda: not self.play.stage.app._sending, "the end")
        await settled(self.play.stage, self.play.pilot)


@asynccontextmanager
async def sent(
    directory: Path,
    requests: Sequence[Mapping[str, Any]] | None = None,
    *,
    link: bool = True,
    hours: float = 25,
    **options: Any,
) -> AsyncIterator[Sent]:
    """The cursor is on a batch that was made of these requests, and has ended; its file is linked."""
    requests = [request(*one) for one in MIXED.items()] if requests is None else requests
    file = write(directory / "prompts.jsonl", requests)
    async with playing(directory / "app", batches=3, live=False, **options) as play:
        stage = play.stage
        assert stage.app.connection is not None
        client = stage.app.connection.download_client
        batch_id = client.messages.batches.create(requests=requests).id
        if link:
            stage.app._inputs.link(batch_id, file)
        stage.clock.advance(hours=hours)
        await play.poll()
        play.table.move_to_key(batch_id)
        await play.press()
        yield Sent(play, file, batch_id)


async def test_what_failed_becomes_a_new_batch_on_top_of_the_list(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        said = await one.ask()
        assert one.batch_id in said
        assert "2 requests are sent as a new batch: 2 errored." in said
        assert str(one.file) in said.replace("\n", "")
        assert f"Billed at batch price. Model: {MODEL}." in said
        assert one.made() == []
        await one.play.press("y")
        await one.end()
        (new,) = one.made()
        assert one.play.catalog.at(0).id == new
        assert f"Made {new} of 2 requests" in one.play.said()
        assert one.sent(new) == ["busy-1", "busy-2"]
        (noted,) = SubmissionJournal(one.play.stage.app._submissions.directory).submissions()
        assert (noted.outcome, noted.batch_id, noted.input) == ("accepted", new, str(one.file))


async def test_the_new_batch_is_linked_to_its_part_of_the_file(tmp_path: Path) -> None:
    """So that its page names it, its results agree with it, and what fails of it can be sent again in turn."""
    async with sent(tmp_path) as one:
        await one.ask()
        await one.play.press("y")
        await one.end()
        (new,) = one.made()
        linked = one.play.stage.app.shared.monitor.inputs[new].linked
        assert (linked.path, len(linked), linked.custom_ids()) == (one.file, 2, {"busy-1", "busy-2"})
        one.play.stage.clock.advance(hours=25)
        await one.play.poll()
        one.play.table.move_to_key(new)
        await one.play.press("v")
        inputs = one.play.stage.app.shared.monitor.inputs
        await one.until(lambda: inputs[new].match is not None, "a comparison")
        assert inputs[new].match.sentences == ()  # type: ignore[union-attr]
        assert "2 requests are" in await one.ask()


async def test_what_was_sent_before_is_told_before_it_is_sent_again(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        await one.ask()
        await one.play.press("y")
        await one.end()
        (new,) = one.made()
        one.play.table.move_to_key(one.batch_id)
        said = await one.ask()
        assert f"as {new}." in said[said.index("The same custom_ids were sent on") :]


async def test_the_safe_answer_has_the_focus_and_keys_that_were_typed_too_early_are_none(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        await one.ask()
        await one.play.press("enter")
        assert isinstance(one.play.screen, BatchListScreen)
        one.play.seconds.step = 0.01
        await one.ask()
        await one.play.press("y")
        assert isinstance(one.play.screen, ConfirmDialog)
        one.play.seconds.step = 1.0
        await one.play.press("n")
        assert one.made() == []


async def test_those_refused_as_invalid_are_left_out_unless_wanted(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        said = await one.ask()
        assert "1 more was refused as invalid_request_error: the same request will be refused again" in said
        await one.play.press("x")
        await one.end()
        (new,) = one.made()
        assert one.sent(new) == ["bad", "busy-1", "busy-2"]


async def test_where_all_were_refused_as_invalid_it_is_said_and_they_can_be_sent(tmp_path: Path) -> None:
    async with sent(tmp_path, [request("good", GOOD), request("bad-1", INVALID), request("bad-2", INVALID)]) as one:
        said = await one.ask()
        assert "All of them were refused as invalid_request_error" in said
        assert "left out" not in said
        await one.play.press("y")
        await one.end()
        assert one.sent(one.made()[0]) == ["bad-1", "bad-2"]


async def test_nothing_failed_and_nothing_ended_are_sentences(tmp_path: Path) -> None:
    async with sent(tmp_path, [request("good", GOOD)]) as one:
        await one.play.press("R")
        assert "No request of this batch failed" in one.play.said()
        await one.play.press("v", "R")
        assert isinstance(one.play.screen, ResultsScreen)
        assert one.play.said().count("No request of this batch failed") == 2


async def test_a_running_batch_has_nothing_to_resubmit_yet(tmp_path: Path) -> None:
    async with sent(tmp_path, hours=0) as one:
        await one.play.press("R")
        assert "has not ended: what failed is known only then" in one.play.said()
        assert isinstance(one.play.screen, BatchListScreen)


@pytest.mark.parametrize("keys", [[], ["enter"], ["v"]])
async def test_read_only_offers_no_such_key(tmp_path: Path, keys: list[str]) -> None:
    async with sent(tmp_path, app={"read_only": True}) as one:
        await one.play.press(*keys)
        ids = {active.binding.id for active in one.play.screen.active_bindings.values()}
        assert not {"batch.resubmit", "results.resubmit"} & ids
        await one.play.press("R")
        assert not isinstance(one.play.screen, ConfirmDialog | ProgressDialog)
        assert one.made() == []


async def test_the_page_of_a_batch_has_the_key_too(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        await one.play.press("enter")
        assert isinstance(one.play.screen, BatchDetailScreen)
        assert "2 requests are sent as a new batch: 2 errored." in await one.ask()


# Among the rows of results


async def test_of_marked_rows_only_those_that_failed_are_sent(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        await one.play.press("v")
        await one.until(lambda: len(one.play.table.source) == 4, "the rows")
        one.play.table.mark([one.line("good"), one.line("busy-1")], on=True)
        assert "1 request of the marked rows is sent as a new batch: 1 errored." in await one.ask()
        await one.play.press("y")
        await one.end()
        assert one.sent(one.made()[0]) == ["busy-1"]


async def test_of_shown_rows_those_that_failed(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        await one.play.press("v")
        await one.until(lambda: len(one.play.table.source) == 4, "the rows")
        await one.play.press("2", "R")
        await one.hear("None of the shown rows failed")
        await one.play.press("1", "f", *"id:busy-2", "enter")
        assert "1 request of the shown rows is sent as a new batch: 1 errored." in await one.ask()


# The file


async def link_asked(one: Sent) -> str:
    """The question for a file, and the sentence below it."""
    await one.until(lambda: isinstance(one.play.screen, PromptDialog), "the question for a file")
    await settled(one.play.stage, one.play.pilot)
    return one.play.shown("#prompt-hint")


async def test_without_a_link_the_file_is_asked_for_and_then_it_goes_on(tmp_path: Path) -> None:
    async with sent(tmp_path, link=False) as one:
        await one.play.press("R")
        await link_asked(one)
        assert "Which file was this batch made from?" in one.asked()
        one.play.screen.query_one(Input).value = str(one.file)
        assert "2 requests are sent as a new batch: 2 errored." in await one.ask("enter")


async def test_whoever_gives_no_file_is_not_asked_whether_to_send_later(tmp_path: Path) -> None:
    async with sent(tmp_path, link=False) as one:
        await one.play.press("R")
        await link_asked(one)
        await one.play.press("escape", "enter", "I")
        one.play.screen.query_one(Input).value = str(one.file)
        await one.play.press("enter")
        await one.hear("Linked prompts.jsonl")
        assert isinstance(one.play.screen, BatchDetailScreen)


async def test_what_the_command_line_sent_needs_no_link(tmp_path: Path) -> None:
    async with sent(tmp_path, link=False) as one:
        journal = SubmissionJournal(one.play.stage.app._submissions.directory)
        journal.link(one.batch_id, one.file, count=4, digest="")
        assert str(one.file) in (await one.ask()).replace("\n", "")


@pytest.mark.parametrize("linked", [True, False])
async def test_a_file_that_was_changed_is_noticed_and_can_be_linked_anew(tmp_path: Path, linked: bool) -> None:
    async with sent(tmp_path, link=linked) as one:
        if not linked:
            journal = SubmissionJournal(one.play.stage.app._submissions.directory)
            journal.link(one.batch_id, one.file, count=4, digest="")
        write(one.file, [request(custom_id, "Something else") for custom_id in MIXED])
        await one.play.press("R")
        assert "was changed since" in await link_asked(one)
        one.play.screen.query_one(Input).value = str(one.file)
        await one.ask("enter")


async def test_another_file_is_not_taken_for_the_input(tmp_path: Path) -> None:
    async with sent(tmp_path, link=False) as one:
        other = write(tmp_path / "other.jsonl", [request("else", GOOD)])
        one.play.stage.app._inputs.link(one.batch_id, other)
        await one.play.press("R")
        assert "None of the 3 requests that failed is in" in await link_asked(one)
        assert one.made() == []


async def test_what_is_not_in_the_file_is_told_and_left_out(tmp_path: Path) -> None:
    async with sent(tmp_path, link=False) as one:
        part = write(tmp_path / "part.jsonl", [request("busy-1", GOOD)])
        one.play.stage.app._inputs.link(one.batch_id, part)
        said = await one.ask()
        assert "2 more that failed are not in this file: bad, busy-2." in said
        await one.play.press("y")
        await one.end()
        assert one.sent(one.made()[0]) == ["busy-1"]


async def test_a_file_that_changes_behind_the_question_is_not_sent(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        await one.ask()
        write(one.file, [request(custom_id, "Something else") for custom_id in MIXED])
        await one.play.press("y")
        await one.hear("No batch was made.")
        assert "was changed after the question" in one.play.said()
        assert one.made() == []


# Trouble


async def test_results_that_do_not_come_are_told_and_r_tries_again(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        one.play.stage.simulator.arm(status=403, path="/results", message="Not for this key.")
        await one.play.press("R")
        await one.hear("the results did not come")
        assert isinstance(one.play.screen, BatchListScreen)
        assert "2 requests are" in await one.ask()


async def test_waiting_for_results_can_be_left(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        one.play.stage.simulator.arm(path="/results", delay=1.5)
        await one.play.pilot.press("R")
        await one.until(lambda: isinstance(one.play.screen, ProgressDialog), "the progress")
        await one.play.pilot.press("escape")
        saved = one.play.stage.app.shared.monitor.saved
        await one.until(lambda: one.batch_id in saved, "the results")
        await settled(one.play.stage, one.play.pilot)
        assert isinstance(one.play.screen, BatchListScreen)


async def test_a_refusal_is_told_and_can_be_tried_again(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        one.play.stage.simulator.arm(status=403, method="POST", message="Not \x1b[31m for this [key].")
        await one.ask()
        await one.play.press("y")
        await one.hear("No batch was made. The API answered 403")
        assert_harmless(one.play.stage.app)
        assert one.made() == []
        await one.ask()
        await one.play.press("y")
        await one.end()
        assert len(one.made()) == 1


async def test_a_lost_answer_is_told_and_nothing_is_sent_twice(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        one.play.stage.simulator.arm(method="POST", lose_response=True)
        await one.ask()
        await one.play.press("y")
        await one.end()
        (new,) = one.made()
        assert f"It may be this one: {new}. Only size and time speak for it." in one.play.said()
        assert one.play.catalog.at(0).id == new
        # It may be it, so nothing is sent; the answer that leaves it so has the focus.
        await one.ask()
        await one.play.press("y")
        await one.until(lambda: "nevertheless" in one.asked(), "the doubt")
        assert new in one.asked()
        await one.play.press("enter")
        assert one.made() == [new]
        # Once it has ended, its custom_ids tell.
        one.play.stage.clock.advance(hours=25)
        await one.ask()
        await one.play.press("y")
        await one.hear("was made of these requests before")
        await one.end()
        assert one.made() == [new]
        assert one.play.stage.app.shared.monitor.inputs[new].linked.path == one.file


async def test_who_knows_better_sends_nevertheless(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        one.play.stage.simulator.arm(method="POST", reset="before")
        await one.ask()
        await one.play.press("y")
        await one.end()
        assert "No batch of that size and time is in the list yet" in one.play.said()
        await one.ask()
        await one.play.press("y")
        await one.until(lambda: "nevertheless" in one.asked(), "the doubt")
        await one.play.press("y")
        await one.end()
        assert len(one.made()) == 1


async def test_a_journal_that_cannot_be_written_lets_nothing_be_sent(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        await one.ask()
        one.play.stage.app._submissions.directory.write_text("in the way")
        await one.play.press("y")
        await one.hear("No batch was made. Could not")
        assert one.made() == []


async def test_a_new_batch_that_waits_for_the_rate_limit_says_so(tmp_path: Path) -> None:
    minutes = Minutes()
    async with sent(tmp_path, app={"budget": minutes.budget}) as one:
        await one.ask()
        minutes.use_up()
        await one.play.press("y")
        await one.hear("waits for the rate limit")
        assert one.made() == []
        minutes.pass_by()
        await one.end()
        assert len(one.made()) == 1


async def test_whoever_quits_while_it_is_sent_is_asked(tmp_path: Path) -> None:
    async with sent(tmp_path) as one:
        one.play.stage.simulator.arm(method="POST", delay=1.5)
        await one.ask()
        await one.play.pilot.press("y")
        await one.until(lambda: one.play.stage.app._sending, "the sending")
        await one.play.pilot.press("q")
        await one.until(lambda: "nobody knows whether it was made" in one.asked(), "the question")
        await one.play.pilot.press("enter")
        await one.end()
        assert len(one.made()) == 1


async def test_hostile_names_do_no_harm(tmp_path: Path) -> None:
    # A lone surrogate is no JSON that could have been sent.
    nasty = " ".join(NASTY).encode("utf-8", "replace").decode()
    requests = [request("good", GOOD), request("busy", OVERLOADED)]
    async with sent(tmp_path, requests, link=False) as one:
        file = write(tmp_path / "in\x1b[31m[x].jsonl", [request("busy", GOOD, nasty)])
        one.play.stage.app._inputs.link(one.batch_id, file)
        await one.ask()
        assert_harmless(one.play.stage.app)
