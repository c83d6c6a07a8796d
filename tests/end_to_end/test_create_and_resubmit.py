"""`check`, `create` and `resubmit` as commands: a bad file is not sent, a good one once, and only what failed again."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.simulator import Simulator
from batch_tui.submission.linked_input import LinkedInputs
from tests.api.scripted_server import Reply, ScriptedServer
from tests.end_to_end.homes import BATCH_TUI
from tests.end_to_end.verb_runs import KEY, PARAMS, listed, objects, request_file, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.end_to_end.homes import Home
    from tests.end_to_end.terminal import Terminal


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(batches=30, live=False) as running:
        yield running


def with_errors(simulator: Simulator) -> dict[str, Any]:
    return next(
        one
        for one in listed(simulator)
        if one["results_url"] and one["request_counts"]["errored"] > 3 and not one["archived_at"]
    )


def result_ids(home: Home, simulator: Simulator, batch_id: str, query: str = "") -> list[str]:
    done = run(home, simulator.url, "results", batch_id, "--filter", query)
    return [one["custom_id"] for one in objects(done.stdout)]


def test_a_file_is_sent_once_and_known_afterwards(home: Home, simulator: Simulator) -> None:
    file = request_file(home, ["a", "b"])
    done = run(home, simulator.url, "create", str(file))
    assert done.returncode == 0
    batch_id = done.stdout.strip()
    newest = listed(simulator)[0]
    assert (newest["id"], newest["request_counts"]["processing"]) == (batch_id, 2)
    (note,) = (home.path / "state").rglob("*.submission.json")
    assert json.loads(note.read_text())["batch_id"] == batch_id
    assert note.stat().st_mode & 0o777 == 0o600
    assert home.files_with(KEY["ANTHROPIC_API_KEY"].encode()) == []


def test_json_is_the_apis_own_object(home: Home, simulator: Simulator) -> None:
    done = run(home, simulator.url, "create", str(request_file(home, ["a"])), "--json")
    assert objects(done.stdout) == listed(simulator)[:1]


def test_a_file_that_would_be_refused_is_not_sent(home: Home, simulator: Simulator) -> None:
    before = len(listed(simulator))
    file = request_file(home, ["a", "a", "b!"])
    done = run(home, simulator.url, "create", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{file}:2: error" in done.stderr
    assert f"{file}:3: error" in done.stderr
    assert len(listed(simulator)) == before
    missing = run(home, simulator.url, "create", str(home.path / "none.jsonl"))
    assert (missing.returncode, "none.jsonl" in missing.stderr, "Traceback" in missing.stderr) == (1, True, False)
    checked = run(home, simulator.url, "check", str(file), key=False)
    assert (checked.returncode, f"{file}:2: error" in checked.stdout) == (1, True)


def test_a_file_name_may_hold_any_bytes(home: Home, simulator: Simulator) -> None:
    file = request_file(home, ["a", "b"], os.fsdecode(b"bad\xff.jsonl"))
    done = run(home, simulator.url, "create", str(file))
    assert (done.returncode, done.stdout.strip()) == (0, listed(simulator)[0]["id"])
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["check", "create"])
def test_a_pipe_is_no_file_of_requests(home: Home, simulator: Simulator, verb: str) -> None:
    before = len(listed(simulator))
    arguments = [BATCH_TUI, "--base-url", simulator.url, verb]
    piped = f"{shlex.join(arguments)} <(cat {shlex.quote(str(request_file(home, ['a', 'b'])))})"
    done = home.run("bash", "-c", piped, environment=KEY)
    assert (done.returncode, done.stdout, len(listed(simulator))) == (1, "", before)
    assert "is not a regular file" in done.stderr
    assert "can be sent" not in done.stderr


def test_a_read_only_profile_and_a_missing_key_send_nothing(home: Home, simulator: Simulator) -> None:
    before = len(listed(simulator))
    file = str(request_file(home, ["a"]))
    assert run(home, simulator.url, "--read-only", "create", file).returncode == 2
    assert run(home, simulator.url, "create", file, key=False).returncode == 2
    assert run(home, "http://127.0.0.1:9", "create", file).returncode == 3
    assert len(listed(simulator)) == before


def test_only_what_failed_is_sent_again(home: Home, simulator: Simulator) -> None:
    batch = with_errors(simulator)
    everything = result_ids(home, simulator, batch["id"])
    failed = set(result_ids(home, simulator, batch["id"], "type:errored,expired,canceled"))
    file = request_file(home, everything)
    arguments = ("resubmit", batch["id"], "--input", str(file))
    dry = run(home, simulator.url, *arguments, "--dry-run")
    assert (dry.returncode, set(dry.stdout.split())) == (0, failed)
    asked = run(home, simulator.url, *arguments)
    assert (asked.returncode, asked.stdout, "--yes" in asked.stderr) == (2, "", True)
    done = run(home, simulator.url, *arguments, "--yes")
    assert done.returncode == 0
    newest = listed(simulator)[0]
    assert (newest["id"], newest["request_counts"]["processing"]) == (done.stdout.strip(), len(failed))


def test_one_kind_of_failure_alone_can_be_sent_again(home: Home, simulator: Simulator) -> None:
    batch = with_errors(simulator)
    file = request_file(home, result_ids(home, simulator, batch["id"]))
    errored = set(result_ids(home, simulator, batch["id"], "type:errored"))
    done = run(home, simulator.url, "resubmit", batch["id"], "--input", str(file), "--kind", "errored", "--dry-run")
    assert set(done.stdout.split()) == errored


def test_a_kind_that_did_not_happen_names_those_that_did(home: Home, simulator: Simulator) -> None:
    batch = with_errors(simulator)
    counts = batch["request_counts"]
    file = request_file(home, result_ids(home, simulator, batch["id"]))
    never = next(kind for kind in ("canceled", "expired") if not counts[kind])
    done = run(home, simulator.url, "resubmit", batch["id"], "--input", str(file), "--kind", never)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"is {never}, but" in done.stderr
    assert f"{counts['errored']} errored" in done.stderr
    assert "--kind errored" in done.stderr


def test_what_the_api_refused_is_sent_again_with_a_warning(home: Home, simulator: Simulator) -> None:
    batch = with_errors(simulator)
    file = request_file(home, result_ids(home, simulator, batch["id"]))
    refused = result_ids(home, simulator, batch["id"], "type:errored error:invalid_request_error")
    assert refused
    done = run(home, simulator.url, "resubmit", batch["id"], "--input", str(file), "--kind", "errored", "--dry-run")
    assert f"{len(refused)} of them w" in done.stderr
    assert "invalid_request_error" in done.stderr
    assert set(refused) <= set(done.stdout.split())


def test_a_dry_run_as_json_prints_the_requests(home: Home, simulator: Simulator) -> None:
    batch = with_errors(simulator)
    errored = result_ids(home, simulator, batch["id"], "type:errored")
    file = request_file(home, errored)
    arguments = ("--input", str(file), "--kind", "errored", "--dry-run", "--json")
    done = run(home, simulator.url, "resubmit", batch["id"], *arguments)
    assert objects(done.stdout) == [{"custom_id": one, "params": PARAMS} for one in errored]


def test_the_new_batch_is_linked_to_its_part_of_the_file(home: Home, simulator: Simulator) -> None:
    batch = with_errors(simulator)
    failed = result_ids(home, simulator, batch["id"], "type:errored,expired,canceled")
    file = request_file(home, result_ids(home, simulator, batch["id"]))
    made = run(home, simulator.url, "resubmit", batch["id"], "--input", str(file), "--yes").stdout.strip()
    directory = next(home.path.rglob("inputs"))
    linked = LinkedInputs(directory).of(made)
    assert linked is not None
    assert (linked.path, set(linked.custom_ids())) == (file, set(failed))


def test_another_file_is_noticed(home: Home, simulator: Simulator) -> None:
    batch = with_errors(simulator)
    before = len(listed(simulator))
    failed = result_ids(home, simulator, batch["id"], "type:errored,expired,canceled")
    wrong = request_file(home, ["x", "y"])
    done = run(home, simulator.url, "resubmit", batch["id"], "--input", str(wrong), "--yes")
    assert (done.returncode, "are not in" in done.stderr) == (1, True)
    some = request_file(home, failed[:2])
    arguments = ("resubmit", batch["id"], "--input", str(some), "--yes")
    assert run(home, simulator.url, *arguments).returncode == 1
    assert len(listed(simulator)) == before
    assert run(home, simulator.url, *arguments, "--partial").returncode == 0
    assert listed(simulator)[0]["request_counts"]["processing"] == 2


def sent_and_ended(home: Home, simulator: Simulator) -> tuple[Path, str]:
    """A file that `create` sent, and its batch, which was canceled before anything was done."""
    file = request_file(home, ["a", "b"])
    batch_id = run(home, simulator.url, "create", str(file)).stdout.strip()
    run(home, simulator.url, "cancel", batch_id, "--yes")
    simulator.advance(25 * 3600)
    return file, batch_id


def test_prompts_that_were_changed_are_not_sent_in_place_of_those_that_failed(home: Home, simulator: Simulator) -> None:
    file, batch_id = sent_and_ended(home, simulator)
    before = len(listed(simulator))
    assert run(home, simulator.url, "resubmit", batch_id, "--dry-run").stdout.split() == ["a", "b"]
    file.write_text(file.read_text().replace("Hi", "Something else"))
    done = run(home, simulator.url, "resubmit", batch_id, "--yes")
    assert (done.returncode, len(listed(simulator))) == (1, before)
    assert "was changed since it was linked. --input names the file to use." in done.stderr
    for link in (home.path / "cache").rglob("*.input"):
        link.unlink()
    done = run(home, simulator.url, "resubmit", batch_id, "--yes")
    assert (done.returncode, len(listed(simulator))) == (1, before)
    assert f"{file} was changed since {batch_id} was made from it" in done.stderr
    assert run(home, simulator.url, "resubmit", batch_id, "--yes", "--input", str(file)).returncode == 0


def test_a_note_of_an_earlier_version_is_held_against_the_custom_ids(home: Home, simulator: Simulator) -> None:
    file, batch_id = sent_and_ended(home, simulator)
    for link in (home.path / "cache").rglob("*.input"):
        link.unlink()
    (path,) = (home.path / "state").rglob("*.submission.json")
    note = json.loads(path.read_text())
    later = ("access", "workspace", "sent_at", "clock_ahead", "input_bytes", "input_stamp")
    path.write_text(json.dumps({name: value for name, value in note.items() if name not in later}))
    assert run(home, simulator.url, "resubmit", batch_id, "--dry-run").stdout.split() == ["a", "b"]
    request_file(home, ["a", "c"])
    done = run(home, simulator.url, "resubmit", batch_id, "--yes")
    assert (done.returncode, f"{file} was changed since" in done.stderr) == (1, True)
    file.unlink()
    done = run(home, simulator.url, "resubmit", batch_id, "--yes")
    assert (done.returncode, "Traceback" in done.stderr, str(file) in done.stderr) == (1, False, True)


def test_what_cannot_be_resubmitted_has_a_code(home: Home, simulator: Simulator) -> None:
    file = request_file(home, ["a"])
    running = run(home, simulator.url, "create", str(file)).stdout.strip()
    done = run(home, simulator.url, "resubmit", running, "--yes")
    assert (done.returncode, "has not ended" in done.stderr) == (4, True)
    done = run(home, simulator.url, "resubmit", with_errors(simulator)["id"], "--yes")
    assert (done.returncode, "--input" in done.stderr) == (2, True)


def test_ctrl_c_while_sending_leaves_a_note_and_never_two_batches(
    home: Home, simulator: Simulator, start: Callable[..., Terminal]
) -> None:
    before = len(listed(simulator))
    file = str(request_file(home, ["a", "b"]))
    simulator.arm(method="POST", delay=2.0)
    terminal = start("--base-url", simulator.url, "create", file, environment=KEY, secrets=KEY.values())
    terminal.wait_for(lambda _: any((home.path / "state").rglob("*.submission.json")))
    terminal.press("ctrl+c")
    terminal.wait_for("the same command looks before it sends")
    terminal.expect_exit(130)
    done = run(home, simulator.url, "create", file)
    assert done.returncode in (0, 4)
    assert len(listed(simulator)) - before <= 1


def test_on_a_terminal_resubmit_asks(home: Home, simulator: Simulator, start: Callable[..., Terminal]) -> None:
    batch = with_errors(simulator)
    before = len(listed(simulator))
    file = request_file(home, result_ids(home, simulator, batch["id"]))
    arguments = ("--base-url", simulator.url, "resubmit", batch["id"], "--input", str(file))
    terminal = start(*arguments, environment=KEY, secrets=KEY.values())
    terminal.wait_for(r"Send them as a new batch\?")
    terminal.press("enter")
    terminal.expect_exit(1)
    assert len(listed(simulator)) == before


def test_on_a_terminal_create_asks_before_it_repeats_itself_and_a_script_is_told(
    home: Home, simulator: Simulator, start: Callable[..., Terminal]
) -> None:
    file = str(request_file(home, ["a", "b"]))
    first = run(home, simulator.url, "create", file).stdout.strip()
    arguments = ("--base-url", simulator.url, "create", file)
    terminal = start(*arguments, environment=KEY, secrets=KEY.values())
    terminal.wait_for(rf"The same requests were sent on .* as {first}.*Send them again, as another batch\?")
    terminal.press("enter")
    terminal.expect_exit(1)
    assert "Nothing was sent." in terminal.text
    assert listed(simulator)[0]["id"] == first
    terminal = start(*arguments, "--yes", environment=KEY, secrets=KEY.values())
    terminal.expect_exit(0)
    before = len(listed(simulator))
    done = run(home, simulator.url, "create", file)
    assert done.returncode == 0
    assert "The same requests were sent on" in done.stderr
    assert len(listed(simulator)) == before + 1


def test_a_page_in_place_of_the_api_is_told_once_and_not_waited_for(home: Home) -> None:
    page = Reply(200, b"<html><title>Log in</title></html>", {"content-type": "text/html"})
    with ScriptedServer(page, page, page) as server:
        done = run(home, server.url, "create", str(request_file(home, ["one"])))
        assert [asked.method for asked in server.asked] == ["POST", "GET"]
    assert done.returncode != 0
    assert done.stderr.count("GET /v1/messages/batches was answered") == 1
