"""The command line without a screen: help, version, wrong options, a bad config file, and what an import costs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from batch_tui import __version__
from tests.end_to_end.homes import BATCH_TUI

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.homes import Home
    from tests.end_to_end.terminal import Terminal

HEAVY = ("textual", "rich", "starlette", "uvicorn", "httpx", "pydantic")


@pytest.mark.parametrize("program", [(BATCH_TUI,), (sys.executable, "-m", "batch_tui")], ids=["script", "module"])
def test_help_names_the_commands(home: Home, program: tuple[str, ...]) -> None:
    """The console script and `python -m batch_tui` are one program."""
    done = home.run(*program, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: batch-tui ")
    for word in ("demo", "simulate", "--base-url", "ANTHROPIC_API_KEY"):
        assert word in done.stdout
    # What each command is about stands on its line, whole.
    assert "..." not in done.stdout.partition("Commands:")[2]
    assert done.stderr == ""


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_each_command_explains_its_options(home: Home, command: str) -> None:
    """Every option has a word of help."""
    done = home.run(BATCH_TUI, command, "--help")
    assert done.returncode == 0
    for option in ("--batches", "--seed", "--speed"):
        assert option in done.stdout


def test_version(home: Home) -> None:
    """The version of the package."""
    done = home.run(BATCH_TUI, "--version")
    assert done.returncode == 0
    assert __version__ in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--nonsense"], "--nonsense"),
        (["nonsense"], "nonsense"),
        (["cancl"], "cancel"),
        (["--theme", "pink"], "pink"),
        (["demo", "--batches", "many"], "many"),
        (["demo", "--speed", "0"], "0"),
        (["simulate", "--port", "70000"], "70000"),
        (["simulate", "--counts", "never"], "never"),
        (["--profile", "staging"], "staging"),
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_a_sentence_and_exit_code_2(home: Home, arguments: list[str], named: str) -> None:
    """What was wrong is named on stderr; stdout stays empty."""
    done = home.run(BATCH_TUI, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_chaos_profile_is_a_sentence_that_lists_the_known_ones(home: Home) -> None:
    """The simulator says which names there are."""
    done = home.run(BATCH_TUI, "simulate", "--chaos", "earthquake")
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert "earthquake" in done.stderr
    assert "flaky" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("theme = ", "TOML"),
        ("colour = 'red'\n", "colour"),
        ("theme = 'pink'\n", "pink"),
        ("poll_seconds = 'soon'\n", "poll_seconds"),
        ("poll_seconds = 0\n", "poll_seconds"),
        ("base_url = 7\n", "base_url"),
        ("profile = 'staging'\n", "staging"),
        ("profile = ['staging']\n", "profile"),
        ("profiles = 3\n", "profile"),
        ("[profiles]\nstaging = 3\n", "staging"),
    ],
    ids=lambda value: value.strip().replace("\n", " "),
)
def test_a_bad_config_file_is_a_sentence_that_names_it(home: Home, text: str, problem: str) -> None:
    """Which file, which setting, what it may be; exit code 2."""
    path = home.config_file(text)
    profile = ["--profile", "staging"] if "[profiles]" in text else []
    done = home.run(BATCH_TUI, *profile)
    assert done.returncode == 2
    assert done.stdout == ""
    said = " ".join(done.stderr.split())
    assert problem in said
    assert str(path) in said
    assert "Traceback" not in said


def test_settings_of_the_config_file_are_used_and_flags_win(home: Home, start: Callable[..., Terminal]) -> None:
    """The address asked comes from the file, and from the flag where there is one."""
    home.config_file("profile = 'mine'\n[profiles.mine]\nbase_url = 'http://127.0.0.1:9'\n")
    key = {"ANTHROPIC_API_KEY": "test-key"}
    from_file = start(environment=key, secrets=["test-key"])
    from_file.wait_for(r"mine · 127\.0\.0\.1:9\b")
    from_file.close()
    from_flag = start("--base-url", "http://127.0.0.1:19", environment=key, secrets=["test-key"])
    from_flag.wait_for(r"mine · 127\.0\.0\.1:19\b")


def test_importing_the_command_line_loads_neither_screen_nor_server_nor_client(home: Home) -> None:
    """Headless verbs start fast because of it."""
    looks = f"import sys, batch_tui.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = home.run(sys.executable, "-c", looks)
    assert done.stdout.strip() == "[]", done.stderr
