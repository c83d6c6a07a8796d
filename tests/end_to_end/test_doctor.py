"""`doctor`: says where the key comes from and never shows it; the exit code is the first thing wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.simulator import Simulator
from tests.end_to_end.homes import BATCH_TUI
from tests.end_to_end.verb_runs import KEY, objects, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.end_to_end.homes import Home
    from tests.end_to_end.terminal import Terminal

SECRET = KEY["ANTHROPIC_API_KEY"]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(batches=3, live=False) as running:
        yield running


def test_all_is_well_is_code_0_and_the_key_is_not_shown(home: Home, simulator: Simulator) -> None:
    done = run(home, simulator.url, "doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert "credentials  from ANTHROPIC_API_KEY" in done.stdout
    for word in (simulator.url, "batch-tui 0", "Python 3", "textual", str(home.path / "cache"), "200 in", "req_"):
        assert word in done.stdout
    assert SECRET not in done.stdout
    assert "✗" not in done.stdout
    facts = {one["name"]: one for one in objects(run(home, simulator.url, "doctor", "--json").stdout)}
    assert facts["credentials"] == {"name": "credentials", "value": "from ANTHROPIC_API_KEY", "state": "ok"}


def test_a_token_and_a_profiles_own_variable_are_told_apart(home: Home, simulator: Simulator) -> None:
    home.config_file("profile = 'work'\nread_only = true\n[profiles.work]\napi_key_env = 'WORK_KEY'\n")
    line = [BATCH_TUI, "--base-url", simulator.url, "doctor", "--offline"]
    missing = home.run(*line, environment=KEY)
    assert (missing.returncode, "WORK_KEY is not set" in missing.stdout) == (2, True)
    done = home.run(*line, environment={"WORK_KEY": SECRET, "HTTPS_PROXY": "http://me:hunter2@proxy:1"})
    assert (done.returncode, "from WORK_KEY" in done.stdout, "work, read-only" in done.stdout) == (0, True, True)
    assert "HTTPS_PROXY" in done.stdout
    assert "hunter2" not in done.stdout
    assert SECRET not in done.stdout


def test_what_is_wrong_is_the_exit_code_and_a_sentence(home: Home, simulator: Simulator) -> None:
    done = run(home, "http://127.0.0.1:9", "doctor")
    assert (done.returncode, "Could not connect" in done.stdout) == (3, True)
    done = run(home, simulator.url, "doctor", key=False)
    assert (done.returncode, "ANTHROPIC_API_KEY" in done.stdout) == (2, True)
    with Simulator(batches=0, api_key="another") as strict:
        done = run(home, strict.url, "doctor")
        assert (done.returncode, "401" in done.stdout) == (1, True)
    (home.path / "taken").write_text("a file")
    done = run(home, simulator.url, "--cache-dir", str(home.path / "taken"), "doctor")
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


def test_a_hook_that_cannot_be_run_is_found_before_it_is_needed(home: Home, simulator: Simulator) -> None:
    home.config_file('[hooks]\non_end = ["sh", "-c", "true"]\non_expiring = ["no-such-program"]\n')
    done = run(home, simulator.url, "doctor")
    assert done.returncode == 1
    lines = {line.split()[1]: line for line in done.stdout.splitlines()}
    assert lines["on_end"].startswith("✓")
    assert lines["on_end"].endswith("/sh")
    assert lines["on_expiring"].startswith("✗")
    assert "no-such-program" in lines["on_expiring"]


def test_it_knows_the_terminal_it_runs_in(simulator: Simulator, start: Callable[..., Terminal]) -> None:
    terminal = start("--base-url", simulator.url, "doctor", environment=KEY, secrets=[SECRET], columns=100, rows=40)
    terminal.wait_for(r"xterm-256color, 100×40, UTF-8, true colour")
    terminal.expect_exit(0)
