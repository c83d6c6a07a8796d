"""`cancel`, `delete` and `wait` as commands: they ask on a terminal, need --yes elsewhere, and act on the ids given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.simulator import ManualClock, Simulator
from tests.api import samples
from tests.api.scripted_server import Reply, ScriptedServer, error_reply, json_reply
from tests.end_to_end.homes import BATCH_TUI
from tests.end_to_end.verb_runs import KEY, listed, objects, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.end_to_end.homes import Home
    from tests.end_to_end.terminal import Terminal


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(batches=30, now=ManualClock()) as running:
        yield running


def some(simulator: Simulator, status: str) -> list[str]:
    """Ids of batches of a status whose results are not gone."""
    return [one["id"] for one in listed(simulator) if one["processing_status"] == status and not one["archived_at"]]


def status_of(simulator: Simulator, batch_id: str) -> Any:
    return next((one["processing_status"] for one in listed(simulator) if one["id"] == batch_id), None)


def test_without_a_terminal_nothing_happens_unless_yes_is_said(home: Home, simulator: Simulator) -> None:
    first, second, *_ = some(simulator, "in_progress")
    done = run(home, simulator.url, "cancel", first)
    assert (done.returncode, done.stdout, "--yes" in done.stderr) == (2, "", True)
    assert status_of(simulator, first) == "in_progress"
    done = run(home, simulator.url, "cancel", first, second, "--yes", "--json")
    assert done.returncode == 0
    assert [(one["id"], one["processing_status"]) for one in objects(done.stdout)] == [
        (first, "canceling"),
        (second, "canceling"),
    ]
    assert "may still finish and be billed" in done.stderr


def test_delete_names_what_will_be_lost(home: Home, simulator: Simulator) -> None:
    first, second, *_ = some(simulator, "ended")
    run(home, simulator.url, "results", first)
    done = run(home, simulator.url, "delete", first, second, "--yes", "--json")
    assert (done.returncode, objects(done.stdout)) == (
        0,
        [{"id": one, "type": "message_batch_deleted"} for one in (first, second)],
    )
    assert "The results of 1 of 2 are not saved here" in done.stderr
    assert not {first, second} & {one["id"] for one in listed(simulator)}


def test_what_makes_no_sense_is_left_alone_and_the_others_go_on(home: Home, simulator: Simulator) -> None:
    running, over = some(simulator, "in_progress")[0], some(simulator, "ended")[0]
    done = run(home, simulator.url, "cancel", over, "msgbatch_nobody", running, "--yes")
    assert done.returncode == 1
    assert f"{over} has ended" in done.stderr
    assert "msgbatch_nobody: " in done.stderr
    assert status_of(simulator, running) == "canceling"
    done = run(home, simulator.url, "delete", running, "--yes")
    assert (done.returncode, done.stdout, "has not ended" in done.stderr) == (4, "", True)
    assert status_of(simulator, running) == "canceling"


def test_a_read_only_profile_changes_nothing(home: Home, simulator: Simulator) -> None:
    for verb, status in (("cancel", "in_progress"), ("delete", "ended")):
        batch_id = some(simulator, status)[0]
        done = run(home, simulator.url, "--read-only", verb, batch_id, "--yes")
        assert (done.returncode, "read-only" in done.stderr) == (2, True)
        assert status_of(simulator, batch_id) == status


@pytest.mark.parametrize(("answer", "after"), [("n", "in_progress"), ("y", "canceling")])
def test_on_a_terminal_it_asks_and_names_the_batch(
    simulator: Simulator, start: Callable[..., Terminal], answer: str, after: str
) -> None:
    batch_id = some(simulator, "in_progress")[0]
    terminal = start("--base-url", simulator.url, "cancel", batch_id, environment=KEY, secrets=KEY.values())
    terminal.wait_for(r"Cancel 1 batch\? \[y/N\]")
    assert batch_id in terminal.text
    terminal.press(answer, "enter")
    terminal.expect_exit(0 if answer == "y" else 1)
    assert status_of(simulator, batch_id) == after


def test_wait_gives_the_outcome_as_exit_code(home: Home, simulator: Simulator) -> None:
    batch = next(one for one in listed(simulator) if one["request_counts"]["errored"])
    done = run(home, simulator.url, "wait", batch["id"], "--json")
    assert (done.returncode, objects(done.stdout)) == (1, [batch])
    running = some(simulator, "in_progress")[0]
    done = run(home, simulator.url, "wait", running, "--timeout", "1s", "-q")
    assert (done.returncode, running in done.stdout) == (4, True)
    assert run(home, simulator.url, "wait", running, "--timeout", "soon").returncode == 2


@pytest.mark.parametrize(
    ("verb", "shown", "said"),
    [
        ("wait", r"0 of 1 batch ended", r"Stopped waiting; the batches go on\."),
        ("cancel", r"Cancel 1 batch\? \[y/N\]", r"Stopped\."),
    ],
)
def test_ctrl_c_ends_the_verb_and_not_the_batch(
    simulator: Simulator, start: Callable[..., Terminal], verb: str, shown: str, said: str
) -> None:
    batch_id = some(simulator, "in_progress")[0]
    terminal = start("--base-url", simulator.url, verb, batch_id, environment=KEY, secrets=KEY.values())
    terminal.wait_for(shown)
    terminal.press("ctrl+c")
    terminal.wait_for(said)
    terminal.expect_exit(130)
    assert status_of(simulator, batch_id) == "in_progress"


def test_what_was_agreed_to_is_done_whether_anybody_reads_the_outcome_or_not(home: Home, simulator: Simulator) -> None:
    ids = some(simulator, "ended")[:4]
    line = f"{BATCH_TUI} --base-url {simulator.url} delete {' '.join(ids)} --yes | true; exit ${{PIPESTATUS[0]}}"
    assert home.run("bash", "-c", line, environment=KEY).returncode == 0
    assert not set(ids) & {one["id"] for one in listed(simulator)}


def test_the_outcome_of_waiting_is_told_to_whoever_does_not_read_it(home: Home, simulator: Simulator) -> None:
    batch_id = next(one["id"] for one in listed(simulator) if one["request_counts"]["errored"])
    line = f"{BATCH_TUI} --base-url {simulator.url} wait {batch_id} | true; exit ${{PIPESTATUS[0]}}"
    assert home.run("bash", "-c", line, environment=KEY).returncode == 1


def test_a_batch_that_is_gone_when_its_turn_comes_is_what_was_wanted(home: Home) -> None:
    """Such as by a first try whose answer was lost."""
    ended = json_reply(samples.batch(id="msgbatch_a", processing_status="ended"))
    lost, gone = Reply(silent=True, ending="close"), error_reply(404, "not_found_error", "It is not there.")
    with ScriptedServer(ended, lost, gone) as server:
        done = run(home, server.url, "delete", "msgbatch_a", "--yes")
    assert (done.returncode, "msgbatch_a is gone already" in done.stderr) == (0, True)


def test_an_answer_about_another_batch_is_not_acted_on(home: Home) -> None:
    """A caching proxy may give one."""
    with ScriptedServer(json_reply(samples.batch(id="msgbatch_other", processing_status="ended"))) as server:
        done = run(home, server.url, "delete", "msgbatch_mine", "--yes")
        assert [asked.method for asked in server.asked] == ["GET"]
    assert (done.returncode, "the API answered about msgbatch_other instead" in done.stderr) == (1, True)


@pytest.mark.parametrize("verb", ["show", "wait", "cancel", "delete", "results"])
@pytest.mark.parametrize("batch_id", ["", "..", "%2e%2e"])
def test_an_id_that_can_be_none_is_a_usage_error(home: Home, verb: str, batch_id: str) -> None:
    """Such as an unset variable of the shell."""
    done = run(home, "http://127.0.0.1:9", verb, batch_id)
    assert (done.returncode, "is no id of a batch" in done.stderr) == (2, True)
