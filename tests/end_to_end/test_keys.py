"""Keys of the config file: the dashboard obeys them, `keys` lists them, and a wrong one is told before the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.end_to_end.homes import BATCH_TUI
from tests.end_to_end.verb_runs import objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.homes import Home
    from tests.end_to_end.terminal import Terminal


def test_every_action_is_listed_with_its_id_and_the_keys_in_force(home: Home) -> None:
    home.config_file('[keys]\ncancel = "C"\n')
    done = home.run(BATCH_TUI, "keys")
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "C (usually c): Cancel this batch" in lines["batch.cancel"]
    assert len(lines) > 100
    facts = {one["id"]: one for one in objects(home.run(BATCH_TUI, "keys", "--json").stdout)}
    assert (facts["batch.cancel"]["keys"], facts["batch.cancel"]["usual"]) == (["C"], ["c"])


def test_the_dashboard_takes_the_keys_of_the_config_file(home: Home, start: Callable[..., Terminal]) -> None:
    home.config_file('[keys]\n"app.help" = "f5"\n')
    terminal = start("demo", "--batches", "5")
    terminal.wait_for("msgbatch")
    terminal.wait_for("f5 Help")
    terminal.press("q")
    terminal.expect_exit()


def test_a_key_that_cannot_be_is_a_sentence_and_code_2(home: Home, start: Callable[..., Terminal]) -> None:
    path = home.config_file('[keys]\n"batch.delete" = "ctrl+x"\n')
    for arguments in (("keys",), ("doctor", "--offline")):
        done = home.run(BATCH_TUI, *arguments)
        assert done.returncode == 2
        said = done.stdout + done.stderr
        assert str(path) in said
        assert "batch.delete cannot be 'ctrl+x'" in said
    terminal = start(environment={"ANTHROPIC_API_KEY": "any"})
    terminal.expect_exit(2)
    assert "cannot be undone" in " ".join(terminal.text.split())


def test_the_demo_starts_without_them(home: Home, start: Callable[..., Terminal]) -> None:
    home.config_file('[keys]\n"batch.delete" = "ctrl+x"\n')
    terminal = start("demo", "--batches", "5")
    terminal.wait_for("msgbatch")
    terminal.press("q")
    terminal.expect_exit()
