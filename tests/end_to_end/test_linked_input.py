"""`--input` and `create`: results are held against the file their batch was made from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.end_to_end.test_create_and_resubmit import result_ids, simulator, with_errors
from tests.end_to_end.verb_runs import request_file, run

if TYPE_CHECKING:
    from batch_tui.simulator import Simulator
    from tests.end_to_end.homes import Home

__all__ = ["simulator"]


def test_results_that_are_those_of_the_input_are_complete(home: Home, simulator: Simulator) -> None:
    batch_id = with_errors(simulator)["id"]
    file = request_file(home, result_ids(home, simulator, batch_id))
    done = run(home, simulator.url, "results", batch_id, "--input", str(file), "--summary")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_input_asked_and_nobody_answered_is_told_and_fails(home: Home, simulator: Simulator) -> None:
    batch_id = with_errors(simulator)["id"]
    first, *rest = result_ids(home, simulator, batch_id)
    file = request_file(home, [*rest, "never-answered"])
    done = run(home, simulator.url, "results", batch_id, "--input", str(file), "--summary")
    assert done.returncode == 1
    assert "Not as the input: 1 request of the input without a result: never-answered." in done.stderr
    assert f"1 line for custom_ids that the input does not have: {first}." in done.stderr
    # The link is remembered, until the file is another one: then it says nothing about the results.
    again = run(home, simulator.url, "results", batch_id, "--summary", "--offline")
    assert (again.returncode, "never-answered" in again.stderr) == (1, True)
    file.write_text("{}\n")
    later = run(home, simulator.url, "results", batch_id, "--summary", "--offline")
    assert (later.returncode, "was changed since it was linked. --input links it anew." in later.stderr) == (0, True)


def test_a_file_that_is_no_input_is_refused_before_anything_is_fetched(home: Home, simulator: Simulator) -> None:
    batch_id = with_errors(simulator)["id"]
    file = home.path / "other.jsonl"
    for content, said in (('{"a": 1}\n', "line 1: no custom_id"), (None, "cannot be read")):
        if content is None:
            file.unlink()
        else:
            file.write_text(content)
        asked = simulator.request_count
        done = run(home, simulator.url, "results", batch_id, "--input", str(file))
        assert (done.returncode, done.stdout, said in done.stderr) == (1, "", True)
        assert simulator.request_count == asked


def test_what_is_created_is_linked_to_its_file(home: Home, simulator: Simulator) -> None:
    file = request_file(home, ["a", "b"])
    batch_id = run(home, simulator.url, "create", str(file)).stdout.strip()
    (link,) = (home.path / "cache").rglob("*.input")
    assert json.dumps(batch_id).encode() in link.read_bytes()


def test_what_failed_is_taken_from_the_linked_file(home: Home, simulator: Simulator) -> None:
    batch_id = with_errors(simulator)["id"]
    file = request_file(home, result_ids(home, simulator, batch_id))
    run(home, simulator.url, "results", batch_id, "--input", str(file), "--summary")
    done = run(home, simulator.url, "resubmit", batch_id, "--dry-run")
    assert (done.returncode, bool(done.stdout), str(file) in done.stderr) == (0, True, True)


def test_a_file_of_another_batch_does_not_take_the_place_of_the_right_one(home: Home, simulator: Simulator) -> None:
    batch_id = with_errors(simulator)["id"]
    file = request_file(home, result_ids(home, simulator, batch_id))
    assert run(home, simulator.url, "results", batch_id, "--input", str(file), "--summary").returncode == 0
    other = home.path / "other.jsonl"
    other.write_text('{"custom_id": "not-asked-here", "params": {}}\n')
    done = run(home, simulator.url, "results", batch_id, "--input", str(other), "--summary")
    assert (done.returncode, done.stdout, "stays linked" in done.stderr) == (1, "", True)
    done = run(home, simulator.url, "results", batch_id, "--summary", "--offline")
    assert (done.returncode, done.stderr) == (0, "")
