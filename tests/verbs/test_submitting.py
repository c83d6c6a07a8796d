"""A batch is sent once: every lost answer is looked up, and nothing goes out while an earlier attempt is in doubt."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest

from batch_tui.api import BatchClient
from batch_tui.api.errors import BadRequestError
from batch_tui.results.store import ResultsStore
from batch_tui.settings import Settings
from batch_tui.simulator import ManualClock, Simulator
from batch_tui.submission.journal import JournalError, SubmissionJournal, custom_ids_digest
from batch_tui.submission.request_file import iter_requests
from batch_tui.verbs.inputs import links_in
from batch_tui.verbs.lost_batch import access_of
from batch_tui.verbs.session import Session
from batch_tui.verbs.submitting import Sender, stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

PARAMS = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


class Desk:
    """One user's file, journal and simulator; `clock` is the server's, and this machine's is `skew` ahead of it."""

    def __init__(
        self, simulator: Simulator, clock: ManualClock, directory: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.simulator, self.clock = simulator, clock
        self.skew = timedelta()
        self.settings = Settings(base_url=simulator.url)
        self.file = directory / "requests.jsonl"
        self.write(3)
        self.journal = SubmissionJournal(directory / "state" / "submissions", clock=self.now)
        self.links: ResultsStore | None = None
        self.sleeps: list[float] = []
        self.during: Callable[[], object] = lambda: None
        """What happens while it waits."""
        self._capsys = capsys

    def now(self) -> datetime:
        return self.clock() + self.skew

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.clock.advance(seconds=seconds)
        self.during()

    def client(self) -> BatchClient:
        return BatchClient(api_key="k", base_url=self.settings.base_url, environ={}, max_retries=0, now=self.now)

    def write(self, size: int) -> None:
        lines = [json.dumps({"custom_id": f"r{number}", "params": PARAMS}) for number in range(size)]
        self.file.write_text("\n".join(lines), encoding="utf-8")

    def sender(self, client: BatchClient, *, as_json: bool = False) -> Sender:
        session = Session(self.settings, lambda: client)
        return Sender(session, client, self.journal, as_json=as_json, links=self.links, sleep=self.sleep, now=self.now)

    def send(self, *, as_json: bool = False, **options: Any) -> tuple[int, str, str]:
        """The exit code, stdout and stderr of one `create`."""
        with self.client() as client:
            sender = self.sender(client, as_json=as_json)
            code = sender.send(lambda: iter_requests(self.file), self.file, **options)
        return code, *self.said()

    def said(self) -> tuple[str, str]:
        """Stdout and stderr since the last look."""
        out, err = self._capsys.readouterr()
        return out, err

    def made(self) -> list[str]:
        """The batches that exist."""
        with self.client() as client:
            return [batch.id for batch in client.messages.batches.list(limit=1000).data]

    def make(self, prefix: str = "r", count: int = 3) -> str:
        """Somebody else's batch in the same workspace."""
        with self.client() as client:
            requests = [{"custom_id": f"{prefix}{number}", "params": PARAMS} for number in range(count)]
            return client.messages.batches.create(requests=requests).id

    def outcomes(self) -> list[str | None]:
        return [one.outcome for one in self.journal.submissions()]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    clock = ManualClock()
    with Simulator(batches=0, live=False, now=clock) as simulator:
        yield Desk(simulator, clock, tmp_path, capsys)


def test_what_is_sent_is_one_batch_and_its_id_is_the_output(desk: Desk) -> None:
    code, out, _ = desk.send()
    assert (code, [out.strip()]) == (0, desk.made())
    (one,) = desk.journal.submissions()
    assert (one.outcome, one.batch_id, one.input) == ("accepted", out.strip(), str(desk.file))
    code, out, err = desk.send(as_json=True)
    assert (code, json.loads(out)["request_counts"]["processing"]) == (0, 3)
    assert f"as {one.batch_id}" in err


def test_it_is_written_down_before_it_is_sent(desk: Desk) -> None:
    desk.journal.directory.parent.mkdir()
    desk.journal.directory.write_text("in the way")
    with pytest.raises(JournalError):
        desk.send()
    assert desk.made() == []


LOST = [{"lose_response": True}, {"reset": "after"}]


@pytest.mark.parametrize("fault", LOST, ids=["cut", "reset"])
def test_a_lost_answer_is_looked_up_and_what_may_be_it_is_named(desk: Desk, fault: dict[str, Any]) -> None:
    """Size and time are no proof: nothing is printed for a script to go on with, and nothing is sent again."""
    desk.simulator.arm(method="POST", **fault)
    code, out, err = desk.send()
    (batch_id,) = desk.made()
    assert (code, out, desk.outcomes()) == (1, "", ["uncertain"])
    assert f"It may be this one: {batch_id}." in err
    assert "--made" in err
    code, out, err = desk.send()
    assert (code, out, desk.made()) == (1, "", [batch_id])
    assert "Nothing is sent now" in err


def test_once_it_has_ended_its_custom_ids_tell(desk: Desk, tmp_path: Path) -> None:
    desk.simulator.arm(method="POST", lose_response=True)
    assert desk.send()[0] == 1
    desk.clock.advance(hours=25)
    desk.links = ResultsStore(tmp_path / "results", desk.settings.base_url)
    code, out, err = desk.send()
    assert (code, [out.strip()]) == (0, desk.made())
    assert "it has their custom_ids" in err
    assert "3 requests ended" in err
    (one,) = desk.journal.submissions()
    assert (one.outcome, one.batch_id) == ("accepted", out.strip())
    linked = links_in(desk.links).of(out.strip())
    assert linked is not None
    assert linked.path == desk.file


@pytest.mark.parametrize("gone", [False, True])
def test_what_is_no_longer_what_was_sent_is_not_linked(desk: Desk, tmp_path: Path, gone: bool) -> None:
    """The custom_ids are the same, and the prompts are not: `resubmit` would send those."""
    desk.simulator.arm(method="POST", lose_response=True)
    desk.send()
    (batch_id,) = desk.made()
    text = desk.file.read_text()
    if gone:
        desk.file = desk.file.rename(desk.file.with_name("moved.jsonl"))
    else:
        desk.file.write_text(text.replace("Hi", "Something else"))
    desk.links = ResultsStore(tmp_path / "results", desk.settings.base_url)
    code, out, err = desk.send(made=batch_id)
    assert (code, out.strip(), links_in(desk.links).of(batch_id)) == (0, batch_id, None)
    assert "its input was not linked to it" in err


def test_the_user_may_know_that_it_is_the_one(desk: Desk) -> None:
    desk.simulator.arm(method="POST", lose_response=True)
    desk.send()
    (batch_id,) = desk.made()
    code, out, _ = desk.send(made=batch_id)
    assert (code, out.strip(), desk.made(), desk.outcomes()) == (0, batch_id, [batch_id], ["accepted"])
    with pytest.raises(click.UsageError, match="no attempt"):
        desk.send(made=batch_id)


def test_a_batch_that_cannot_be_it_is_not_taken_for_it(desk: Desk) -> None:
    other, accepted = desk.make(count=2), desk.send()[1].strip()
    desk.clock.advance(seconds=1)
    desk.simulator.arm(method="POST", reset="before")
    desk.send(again=True)
    with pytest.raises(click.UsageError, match="has 2 requests, not 3"):
        desk.send(made=other)
    with pytest.raises(click.UsageError, match="of another attempt"):
        desk.send(made=accepted)
    assert desk.outcomes() == ["accepted", "uncertain"]


def test_one_that_never_arrived_is_not_found_and_sent_only_when_that_is_certain(desk: Desk) -> None:
    desk.simulator.arm(method="POST", reset="before")
    code, out, err = desk.send()
    assert (code, out, desk.made()) == (3, "", [])
    assert "looks again before it sends anything" in err
    assert sum(desk.sleeps) >= 60
    code, out, err = desk.send()
    assert (code, out, desk.made()) == (4, "", [])
    desk.clock.advance(minutes=3)
    code, out, err = desk.send()
    assert (code, [out.strip()]) == (0, desk.made())
    assert "created no batch; sending now" in err
    assert desk.outcomes() == ["refused", "accepted"]


def test_a_batch_that_is_listed_late_is_found_by_the_same_command_and_not_made_twice(desk: Desk) -> None:
    desk.simulator.arm(method="POST", lose_response=True)
    desk.simulator.arm(method="GET", lists_behind=90.0, count=4)
    code, out, _ = desk.send()
    assert (code, out) == (3, "")
    code, out, err = desk.send()
    assert (code, [out.strip()]) == (0, desk.made())
    assert "Nothing is sent now" in err


@pytest.mark.parametrize("minutes", [-90, -6, 6, 90])
@pytest.mark.parametrize("corrected", [False, True])
def test_a_wrong_clock_does_not_make_two(desk: Desk, minutes: float, corrected: bool) -> None:
    """Also when it is put right between the attempts, as a laptop does some time after it woke."""
    desk.skew = timedelta(minutes=minutes)
    desk.simulator.arm(method="POST", lose_response=True)
    code, _, err = desk.send()
    (batch_id,) = desk.made()
    assert (code, batch_id in err) == (1, True)
    desk.skew = timedelta() if corrected else desk.skew
    desk.clock.advance(minutes=30)
    code, out, _ = desk.send()
    assert (code, out.strip(), desk.made()) == (0, batch_id, [batch_id])


def test_a_wrong_clock_does_not_shorten_the_wait_for_the_list(desk: Desk) -> None:
    desk.skew = timedelta(minutes=-90)
    desk.simulator.arm(method="POST", reset="before")
    assert desk.send()[0] == 3
    desk.skew = timedelta()
    assert desk.send()[0] == 4
    desk.clock.advance(minutes=3)
    assert desk.send()[0] == 0


def test_a_batch_from_before_it_was_sent_is_not_it(desk: Desk) -> None:
    desk.make()
    desk.clock.advance(minutes=1)
    desk.simulator.arm(method="POST", reset="before")
    code, _, err = desk.send()
    assert (code, "It may be" in err) == (3, False)


def test_a_colleagues_batch_of_its_size_and_time_is_not_taken_for_it(desk: Desk) -> None:
    """It is only named, and told apart as soon as its custom_ids can be seen."""
    desk.simulator.arm(method="POST", reset="before")
    made: list[str] = []
    desk.during = lambda: made.append(desk.make("theirs-")) if not made else None
    code, out, err = desk.send()
    (theirs,) = made
    assert (code, out, theirs in err, desk.outcomes()) == (1, "", True, ["uncertain"])
    desk.clock.advance(hours=25)
    code, out, err = desk.send()
    assert (code, desk.outcomes()) == (0, ["refused", "accepted"])
    assert out.strip() != theirs
    assert len(desk.made()) == 2


def test_a_program_that_died_while_sending_left_a_note_that_is_heeded(desk: Desk) -> None:
    """It may even still be sending; only after a while is it certain that nothing came of it."""
    digest = custom_ids_digest(["r0", "r1", "r2"])
    desk.journal.intend(count=3, digest=digest, input_path=desk.file, origin=desk.settings.base_url)
    assert desk.send()[0] == 4
    desk.clock.advance(minutes=10)
    assert desk.send()[0] == 4
    assert desk.made() == []
    desk.clock.advance(minutes=20)
    assert desk.send()[0] == 0
    assert len(desk.made()) == 1


def test_several_that_fit_are_named_and_again_overrides(desk: Desk) -> None:
    both = {desk.make(), desk.make()}
    desk.simulator.arm(method="POST", reset="before")
    code, out, err = desk.send()
    assert (code, out) == (1, "")
    assert all(batch_id in err for batch_id in both)
    code, out, err = desk.send()
    assert (code, out, set(desk.made())) == (1, "", both)
    assert "--again" in err
    assert desk.send(again=True)[0] == 0
    assert len(desk.made()) == 3


def test_what_is_known_as_another_submissions_batch_is_not_taken_for_the_lost_one(desk: Desk) -> None:
    desk.send()
    desk.simulator.arm(method="POST", reset="before")
    code, out, _ = desk.send(again=True)
    assert (code, out) == (3, "")


def test_other_requests_are_not_held_up_by_a_doubt(desk: Desk) -> None:
    desk.simulator.arm(method="POST", reset="before")
    assert desk.send()[0] == 3
    desk.write(4)
    assert desk.send()[0] == 0


# Workspaces


def die_while_sending(desk: Desk) -> None:
    """A submission that was never settled, as Ctrl+C leaves it."""
    desk.journal.intend(
        count=3, digest=custom_ids_digest(["r0", "r1", "r2"]), input_path=desk.file,
        origin=desk.settings.base_url, access=access_of(desk.settings),
    )  # fmt: skip


@pytest.mark.parametrize("other", [{"api_key_env": "STAGING_KEY"}, {"workspace_id": "wrkspc_2"}])
def test_a_doubt_of_one_workspace_is_not_closed_by_looking_in_another(desk: Desk, other: dict[str, Any]) -> None:
    die_while_sending(desk)
    desk.clock.advance(hours=1)
    mine = desk.settings
    desk.settings = replace(mine, **other)
    code, _, err = desk.send()
    assert (code, desk.outcomes()) == (0, [None, "accepted"])
    assert "key of ANTHROPIC_API_KEY, and can be looked for only there" in err
    desk.settings = mine
    assert desk.send()[0] == 0
    assert desk.outcomes() == ["refused", "accepted", "accepted"]


def test_another_profile_with_the_same_key_is_the_same_workspace(desk: Desk) -> None:
    die_while_sending(desk)
    desk.settings = replace(desk.settings, profile="other")
    assert desk.send()[0] == 4


def test_the_workspace_the_api_names_counts_more_than_names_here(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The variable may hold another key by now, and another variable a key of the same workspace."""
    desk.simulator.arm(method="POST", lose_response=True)
    assert desk.send()[0] == 1
    desk.settings = replace(desk.settings, api_key_env="SECOND_KEY")
    assert desk.send()[0] == 1
    with Simulator(batches=0, live=False, now=desk.clock, seed=2) as elsewhere:
        desk.clock.advance(seconds=1)
        swapped = Desk(elsewhere, desk.clock, tmp_path, capsys)
        (doubt,) = desk.journal.doubtful()
        note = next(desk.journal.directory.iterdir())
        note.write_text(note.read_text().replace(doubt.origin, elsewhere.url))
        code, out, err = swapped.send()
        assert (code, [out.strip()]) == (0, swapped.made())
    assert f"workspace {doubt.workspace}" in err
    assert swapped.outcomes() == ["uncertain", "accepted"]


# Stopped


def test_the_id_is_printed_before_anything_else_is_done_with_it(desk: Desk, tmp_path: Path) -> None:
    """Linking reads the whole input: a stop there must not hide what was made."""
    desk.links = ResultsStore(tmp_path / "results", desk.settings.base_url)
    with desk.client() as client, pytest.MonkeyPatch.context() as patch:
        sender = desk.sender(client)
        patch.setattr("batch_tui.verbs.submitting.link", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            sender.send(lambda: iter_requests(desk.file), desk.file)
    out, _ = desk.said()
    assert [out.strip()] == desk.made()
    assert desk.outcomes() == ["accepted"]
    assert stopped(sender) == 130
    assert f"The batch was created all the same: {out.strip()}" in desk.said()[1]
    assert "The same custom_ids were sent" in desk.send()[2]


def test_a_stop_before_it_is_sent_says_so(desk: Desk) -> None:
    with desk.client() as client:
        sender = desk.sender(client)
        with pytest.raises(KeyboardInterrupt):
            sender.send(_interrupt, desk.file)
    stopped(sender)
    assert (desk.made(), "Stopped before anything was sent" in desk.said()[1]) == ([], True)


def test_a_stop_while_looking_leaves_it_open(desk: Desk) -> None:
    desk.during = _interrupt
    desk.simulator.arm(method="POST", reset="before")
    with desk.client() as client:
        sender = desk.sender(client)
        with pytest.raises(KeyboardInterrupt):
            sender.send(lambda: iter_requests(desk.file), desk.file)
    stopped(sender)
    assert "the same command looks before it sends" in desk.said()[1]


# The disk


@pytest.mark.parametrize("fault", [None, {"lose_response": True}, {"status": 400, "message": "Not so."}])
def test_a_disk_that_fails_after_the_sending_hides_nothing(desk: Desk, fault: dict[str, Any] | None) -> None:
    """The answer, the doubt or the refusal is told, and that it could not be noted."""
    if fault is not None:
        desk.simulator.arm(method="POST", **fault)
    seen = 0

    def requests() -> Iterator[Any]:
        nonlocal seen
        seen += 1
        if seen == 2:
            shutil.rmtree(desk.journal.directory)
            desk.journal.directory.write_text("in the way")
        return iter_requests(desk.file)

    with desk.client() as client:
        try:
            code = desk.sender(client).send(requests, desk.file)
        except BadRequestError as error:
            code, refusal = 1, str(error)
    out, err = desk.said()
    assert code == 1
    assert "noted: Could not write the submission journal" in err
    assert "Nothing is sent without it" not in err
    if fault is None:
        assert [out.strip()] == desk.made()
        assert "The batch was created" in err
    elif "lose_response" in fault:
        assert f"It may be this one: {desk.made()[0]}" in err
    else:
        assert "Not so." in refusal


def _interrupt(*_: object) -> Any:
    raise KeyboardInterrupt


def test_a_refusal_is_noted_as_one_and_raised(desk: Desk) -> None:
    desk.simulator.arm(method="POST", status=400, message="no \x1b[31mway")
    with pytest.raises(BadRequestError):
        desk.send()
    assert desk.outcomes() == ["refused"]
    assert desk.send()[0] == 0
