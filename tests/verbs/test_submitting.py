"""A batch is sent once: every lost answer is looked up, and nothing goes out while an earlier attempt is in doubt."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api import BatchClient
from batch_tui.api.errors import BadRequestError
from batch_tui.settings import Settings
from batch_tui.simulator import Simulator
from batch_tui.submission.journal import JournalError, SubmissionJournal
from batch_tui.submission.request_file import iter_requests
from batch_tui.verbs.session import Session
from batch_tui.verbs.submitting import Sender

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARAMS = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


class Desk:
    """One user's file, journal and simulator."""

    def __init__(self, simulator: Simulator, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.simulator = simulator
        self.file = directory / "requests.jsonl"
        self.write(3)
        self.journal = SubmissionJournal(directory / "state" / "submissions")
        self.sleeps: list[float] = []
        self.later = timedelta()
        self._capsys = capsys

    def write(self, size: int) -> None:
        lines = [json.dumps({"custom_id": f"r{number}", "params": PARAMS}) for number in range(size)]
        self.file.write_text("\n".join(lines), encoding="utf-8")

    def send(self, *, again: bool = False, as_json: bool = False) -> tuple[int, str, str]:
        """The exit code, stdout and stderr of one `create`."""
        with BatchClient(api_key="k", base_url=self.simulator.url, environ={}, max_retries=0) as client:
            session = Session(Settings(base_url=self.simulator.url), lambda: client)
            sender = Sender(
                session,
                client,
                self.journal,
                as_json=as_json,
                sleep=self.sleeps.append,
                now=lambda: datetime.now(UTC) + self.later,
            )
            code = sender.send(lambda: iter_requests(self.file), self.file, again=again)
        out, err = self._capsys.readouterr()
        return code, out, err

    def made(self) -> list[Any]:
        """The batches that exist."""
        with BatchClient(api_key="k", base_url=self.simulator.url, environ={}) as client:
            return [batch.id for batch in client.messages.batches.list(limit=1000).data]

    def outcomes(self) -> list[str | None]:
        return [one.outcome for one in self.journal.submissions()]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with Simulator(batches=0, live=False) as simulator:
        yield Desk(simulator, tmp_path, capsys)


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


@pytest.mark.parametrize("fault", [{"lose_response": True}, {"reset": "after"}], ids=["cut", "reset"])
def test_a_lost_answer_is_looked_up_and_found(desk: Desk, fault: dict[str, Any]) -> None:
    desk.simulator.arm(method="POST", **fault)
    code, out, err = desk.send()
    assert (code, [out.strip()]) == (0, desk.made())
    assert "It was created" in err
    assert desk.outcomes() == ["accepted"]


def test_one_that_never_arrived_is_not_found_and_sent_only_when_that_is_certain(desk: Desk) -> None:
    desk.simulator.arm(method="POST", reset="before")
    code, out, err = desk.send()
    assert (code, out, desk.made()) == (3, "", [])
    assert "looks again before it sends anything" in err
    assert sum(desk.sleeps) >= 60
    code, out, err = desk.send()
    assert (code, out, desk.made()) == (4, "", [])
    desk.later = timedelta(minutes=3)
    code, out, err = desk.send()
    assert (code, [out.strip()]) == (0, desk.made())
    assert "created no batch; sending now" in err
    assert desk.outcomes() == ["refused", "accepted"]


def test_a_batch_that_is_listed_late_is_found_by_the_same_command_and_not_made_twice(desk: Desk) -> None:
    desk.simulator.arm(method="POST", lose_response=True)
    desk.simulator.arm(method="GET", lists_behind=60.0, count=4)
    code, out, _ = desk.send()
    assert (code, out) == (3, "")
    code, out, err = desk.send()
    assert (code, [out.strip()]) == (0, desk.made())
    assert "Nothing is sent now" in err
    assert desk.outcomes() == ["accepted"]


def test_a_program_that_died_while_sending_left_a_note_that_is_heeded(desk: Desk) -> None:
    """It may even still be sending; only after a while is it certain that nothing came of it."""
    from batch_tui.submission.journal import custom_ids_digest

    digest = custom_ids_digest(["r0", "r1", "r2"])
    desk.journal.intend(count=3, digest=digest, input_path=desk.file, origin=desk.simulator.url)
    assert desk.send()[0] == 4
    desk.later = timedelta(minutes=10)
    assert desk.send()[0] == 4
    assert desk.made() == []
    desk.later = timedelta(minutes=30)
    assert desk.send()[0] == 0
    assert len(desk.made()) == 1


def test_several_that_fit_are_named_and_again_overrides(desk: Desk) -> None:
    with BatchClient(api_key="k", base_url=desk.simulator.url, environ={}) as client:
        for _ in range(2):
            client.messages.batches.create(requests=iter_requests(desk.file))
    desk.simulator.arm(method="POST", reset="before")
    code, out, err = desk.send()
    assert (code, out) == (1, "")
    assert all(batch_id in err for batch_id in desk.made())
    code, out, err = desk.send()
    assert (code, out, len(desk.made())) == (1, "", 2)
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


def test_a_refusal_is_noted_as_one_and_raised(desk: Desk) -> None:
    desk.simulator.arm(method="POST", status=400, message="no \x1b[31mway")
    with pytest.raises(BadRequestError):
        desk.send()
    assert desk.outcomes() == ["refused"]
    assert desk.send()[0] == 0
