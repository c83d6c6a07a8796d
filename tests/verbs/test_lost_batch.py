"""A lost answer: what may be the batch is named, what is it is proved, and nothing goes out while that is open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest
from msgspec.structs import replace

from batch_tui.simulator import Simulator
from batch_tui.submission.journal import custom_ids_digest
from batch_tui.verbs.inputs import links_in
from batch_tui.verbs.session import access_of
from tests.verbs.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

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


def test_once_it_has_ended_its_custom_ids_tell(desk: Desk) -> None:
    desk.simulator.arm(method="POST", lose_response=True)
    assert desk.send()[0] == 1
    desk.clock.advance(hours=25)
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
def test_what_is_no_longer_what_was_sent_is_not_linked(desk: Desk, gone: bool) -> None:
    """The custom_ids are the same, and the prompts are not: `resubmit` would send those."""
    desk.simulator.arm(method="POST", lose_response=True)
    desk.send()
    (batch_id,) = desk.made()
    text = desk.file.read_text()
    if gone:
        desk.file = desk.file.rename(desk.file.with_name("moved.jsonl"))
    else:
        desk.file.write_text(text.replace("Hi", "Something else"))
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
    with pytest.raises(click.UsageError, match="choose one"):
        desk.send(made=other, again=True)
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
