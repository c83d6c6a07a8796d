"""What the shell offers when a line of `batch-tui` is typed half: verbs, options, and batches known on this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from batch_tui.simulator import Simulator
from tests.end_to_end.homes import BATCH_TUI
from tests.end_to_end.verb_runs import listed, request_file, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.homes import Home


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(batches=30, live=False) as running:
        yield running


def offered(home: Home, line: str, **environment: str) -> dict[str, str]:
    """What zsh is told for a line whose last word is being typed: each word with what is said of it."""
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_BATCH_TUI_COMPLETE": "zsh_complete"}
    done = home.run(BATCH_TUI, environment={**asked, **environment})
    assert (done.returncode, done.stderr) == (0, "")
    told = done.stdout.splitlines()
    return dict(zip(told[1::3], told[2::3], strict=True))


def test_verbs_and_options_are_offered(home: Home) -> None:
    assert set(offered(home, "batch-tui c")) == {"cache", "cancel", "check", "create"}
    assert "--format" in offered(home, "batch-tui results --fo")


def test_batches_of_this_machine_are_offered_with_what_is_known_of_them(home: Home, simulator: Simulator) -> None:
    file = request_file(home, ["a"], "night run.jsonl")
    made = run(home, simulator.url, "create", str(file)).stdout.strip()
    ended = next(one["id"] for one in listed(simulator) if one["results_url"] and not one["archived_at"])
    assert run(home, simulator.url, "results", ended, "-o", "rows.jsonl").returncode in (0, 1)
    here = {"ANTHROPIC_BASE_URL": simulator.url}
    assert offered(home, "batch-tui show ", **here) == {made: "from night run.jsonl", ended: "results saved"}
    assert offered(home, f"batch-tui cancel {made[:-2]}", **here) == {made: "from night run.jsonl"}
    assert set(offered(home, f"batch-tui --base-url {simulator.url} resubmit ")) == {made, ended}
    # Batches of another API are not those that would be asked for.
    assert offered(home, "batch-tui show ") == {}


def test_a_batch_is_found_by_its_name(home: Home, simulator: Simulator) -> None:
    notes = home.path / "data" / "batch-tui" / "notes.json"
    notes.parent.mkdir(parents=True)
    notes.write_text('{"version": 1, "batches": {"msgbatch_1": {"name": "Nightly \\u001b[31mred"}}}')
    (told,) = offered(home, "batch-tui wait nigh").items()
    assert told[0] == "msgbatch_1"
    assert told[1].startswith("Nightly")
    assert "\x1b" not in told[1]
    assert offered(home, "batch-tui wait daily") == {}


def test_no_id_says_more_to_the_shell_than_itself(home: Home) -> None:
    notes = home.path / "data" / "batch-tui" / "notes.json"
    notes.parent.mkdir(parents=True)
    names = {"msgbatch_1": "one", "msgbatch_2\nplain\n--yes": "two", "msgbatch_3\x1b]0;": "three"}
    batches = {batch_id: {"name": name} for batch_id, name in names.items()}
    notes.write_text(json.dumps({"version": 1, "batches": batches}))
    assert offered(home, "batch-tui wait ") == {"msgbatch_1": "one"}


def test_settings_that_cannot_be_used_are_not_said_in_the_middle_of_a_line(home: Home) -> None:
    home.config_file("broken = [")
    assert offered(home, "batch-tui show ") == {}
