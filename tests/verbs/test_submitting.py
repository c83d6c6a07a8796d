"""A batch is sent once, and what is said of it is true whenever the user, the disk or the server stops it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api.errors import BadRequestError
from batch_tui.submission.journal import JournalError
from batch_tui.submission.request_file import iter_requests
from batch_tui.verbs.submitting import stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.verbs.desk import Desk


def test_what_is_sent_is_one_batch_and_its_id_is_the_output(desk: Desk) -> None:
    code, out, _ = desk.send()
    assert (code, [out.strip()]) == (0, desk.made())
    (one,) = desk.journal.submissions()
    assert (one.outcome, one.batch_id, one.input) == ("accepted", out.strip(), str(desk.file))
    code, out, err = desk.send(as_json=True)
    assert (code, json.loads(out)["request_counts"]["processing"]) == (0, 3)
    assert f"as {one.batch_id}" in err


def test_the_same_requests_are_sent_again_within_a_day_only_if_that_is_wanted(desk: Desk) -> None:
    """Other prompts under the same custom_ids, and another day, are no mistake; nor is what was asked for."""
    _, first, _ = desk.send(repeats=_never)
    code, out, err = desk.send(repeats=_never)
    assert (code, out) == (1, "")
    assert f"The same requests were sent on 2026-11-22 12:00 UTC as {first.strip()}." in err
    assert "Nothing was sent." in err
    assert desk.made() == [first.strip()]
    assert desk.outcomes() == ["accepted"]
    assert desk.send(repeats=_never, again=True)[0] == 0
    assert desk.send()[0] == 0
    before = desk.file.read_text()
    desk.file.write_text(before.replace('"Hi"', '"Ho"'))
    code, _, err = desk.send(repeats=_never)
    assert code == 0
    assert "The same custom_ids were sent" in err
    desk.file.write_text(before)
    # Others that were sent since under the same custom_ids change nothing about that.
    code, _, err = desk.send(repeats=_never)
    assert code == 1
    assert "The same requests were sent" in err
    desk.clock.advance(hours=24)
    assert desk.send(repeats=_never)[0] == 0


def test_it_is_written_down_before_it_is_sent(desk: Desk) -> None:
    desk.journal.directory.parent.mkdir()
    desk.journal.directory.write_text("in the way")
    with pytest.raises(JournalError):
        desk.send()
    assert desk.made() == []


# Stopped


def _never() -> bool:
    return False


def test_the_id_is_printed_before_anything_else_is_done_with_it(desk: Desk) -> None:
    """Linking reads the whole input: a stop there must not hide what was made."""
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
    assert "The same requests were sent" in desk.send()[2]


def test_a_stop_before_it_is_sent_says_so(desk: Desk) -> None:
    with desk.client() as client:
        sender = desk.sender(client)
        with pytest.raises(KeyboardInterrupt):
            sender.send(_interrupt, desk.file)
    stopped(sender)
    assert (desk.made(), "Stopped before anything was sent" in desk.said()[1]) == ([], True)


def test_a_stop_while_it_is_being_sent_is_noted_with_its_time(desk: Desk) -> None:
    """After some minutes it is certain that nothing came of it; that of a program that died may still be on its way."""
    walks = iter([lambda: iter_requests(desk.file), _interrupt])
    with desk.client() as client:
        sender = desk.sender(client)
        with pytest.raises(KeyboardInterrupt):
            sender.send(lambda: next(walks)(), desk.file)
    stopped(sender)
    assert "Whether a batch was created is not known" in desk.said()[1]
    assert desk.send()[0] == 4
    desk.clock.advance(minutes=3)
    assert desk.send()[0] == 0
    assert desk.outcomes() == ["refused", "accepted"]


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


def _interrupt(*_: object, **__: object) -> Any:
    raise KeyboardInterrupt


def test_a_refusal_is_noted_as_one_and_raised(desk: Desk) -> None:
    desk.simulator.arm(method="POST", status=400, message="no \x1b[31mway")
    with pytest.raises(BadRequestError):
        desk.send()
    assert desk.outcomes() == ["refused"]
    assert desk.send()[0] == 0
