"""`list` and `show`: the API's own objects as JSON, aligned tables for people, filters as in the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.monitor.batch_notes import BatchNotes
from batch_tui.monitor.notes_file import NOTES_NAME, NotesFile
from batch_tui.simulator import Simulator
from tests.end_to_end.homes import BATCH_TUI
from tests.end_to_end.verb_runs import KEY, listed, objects, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.end_to_end.homes import Home
    from tests.end_to_end.terminal import Terminal

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(batches=130, live=False) as running:
        yield running


def test_json_lines_are_the_apis_own_objects(home: Home, simulator: Simulator) -> None:
    done = run(home, simulator.url, "list", "--json", "--limit", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert objects(done.stdout) == listed(simulator)
    chosen = listed(simulator)[7]
    shown = run(home, simulator.url, "show", "--json", chosen["id"])
    assert (shown.returncode, objects(shown.stdout)) == (0, [chosen])


def test_the_table_is_aligned_and_as_long_as_asked_for(home: Home, simulator: Simulator) -> None:
    done = run(home, simulator.url, "list", "--limit", "30")
    header, *rows = done.stdout.splitlines()
    assert len(rows) == 30
    assert done.stderr == "30 batches.\n"
    assert [row.split()[0] for row in rows] == [one["id"] for one in listed(simulator)[:30]]
    end = header.index("REQUESTS") + len("REQUESTS")
    for row, batch in zip(rows, listed(simulator), strict=False):
        assert row[:end].endswith(f" {sum(batch['request_counts'].values()):,}")


def test_a_filter_is_that_of_the_dashboard_and_looks_through_every_page(home: Home, simulator: Simulator) -> None:
    failed = [one["id"] for one in listed(simulator) if one["request_counts"]["errored"] > 5]
    done = run(home, simulator.url, "list", "--json", "--limit", "0", "--filter", "errors>5")
    assert [one["id"] for one in objects(done.stdout)] == failed != []
    first = run(home, simulator.url, "list", "--json", "--limit", "2", "--filter", "errors>5")
    assert [one["id"] for one in objects(first.stdout)] == failed[:2]
    wrong = run(home, simulator.url, "list", "--filter", "status:blue")
    assert (wrong.returncode, wrong.stdout, "--filter" in wrong.stderr) == (2, "", True)


def test_show_says_everything_for_people(home: Home, simulator: Simulator) -> None:
    chosen = listed(simulator)[3]
    done = run(home, simulator.url, "show", chosen["id"], listed(simulator)[4]["id"])
    facts = dict(line.split(None, 1) for line in done.stdout.split("\n\n")[0].splitlines())
    assert facts["id"] == chosen["id"]
    assert facts["succeeded"] == f"{chosen['request_counts']['succeeded']:,}"
    assert "ended" in facts


@pytest.mark.parametrize("verb", ["list", "show msgbatch_x"])
def test_no_key_no_server_and_no_such_batch_have_codes(home: Home, simulator: Simulator, verb: str) -> None:
    done = run(home, simulator.url, *verb.split(), key=False)
    assert (done.returncode, done.stdout, "ANTHROPIC_API_KEY" in done.stderr) == (2, "", True)
    done = run(home, NOWHERE, *verb.split())
    assert (done.returncode, done.stdout, "Could not connect" in done.stderr) == (3, "", True)
    assert "Traceback" not in done.stderr


def test_one_that_does_not_exist_does_not_hide_the_others(home: Home, simulator: Simulator) -> None:
    there = listed(simulator)[0]
    done = run(home, simulator.url, "show", "--json", "msgbatch_nobody", there["id"])
    assert (done.returncode, objects(done.stdout)) == (1, [there])
    assert "404" in done.stderr
    assert "req_" in done.stderr


def test_a_reader_that_has_enough_ends_it_quietly(home: Home, simulator: Simulator) -> None:
    line = f"{BATCH_TUI} --base-url {simulator.url} list --limit 0 | head -1"
    done = home.run("bash", "-c", line, environment=KEY)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


def test_an_empty_workspace_is_no_failure(home: Home) -> None:
    with Simulator(batches=0, live=False) as empty:
        done = run(home, empty.url, "list")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "0 batches.\n")


def test_hostile_text_is_harmless_in_tables_and_in_json(home: Home) -> None:
    with Simulator(batches=12, live=False, chaos=["hostile"]) as hostile:
        for arguments in (("list",), ("list", "--json"), ("show", listed(hostile)[0]["id"])):
            done = run(home, hostile.url, *arguments)
            assert done.stdout
            found = [c for c in done.stdout + done.stderr if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)]
            assert found == [], arguments


def test_names_and_tags_of_the_dashboard_are_shown_and_found(home: Home, simulator: Simulator) -> None:
    chosen = listed(simulator)[5]["id"]
    notes = NotesFile(home.path / "data" / "batch-tui" / NOTES_NAME)
    notes.put(chosen, BatchNotes("nightly evals", ("eval", "prod"), "rerun on Monday"))
    done = run(home, simulator.url, "list", "--filter", "tag:eval")
    header, row = done.stdout.splitlines()
    assert row.startswith(chosen)
    assert row[header.index("NAME") :] == "nightly evals #eval #prod"
    assert "rerun on Monday" in run(home, simulator.url, "show", chosen).stdout


def test_a_narrow_terminal_goes_without_what_is_missed_least(
    simulator: Simulator, start: Callable[..., Terminal]
) -> None:
    line = ("--base-url", simulator.url, "list", "--limit", "5")
    terminal = start(*line, environment=KEY, secrets=KEY.values(), columns=80, rows=24)
    terminal.wait_for(r"5 batches\.")
    lines = [text.rstrip() for text in terminal.text.splitlines() if text.strip()]
    assert len(lines) == 7
    assert lines[0].split() == ["BATCH", "STATUS", "ERRORED", "CREATED", "RESULTS"]
    terminal.expect_exit(0)
