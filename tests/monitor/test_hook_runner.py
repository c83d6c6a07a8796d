"""Hooks are real programs here: what they are given, how they fail, and that none outlives its time."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import anyio
import pytest

from batch_tui.monitor.batch_notes import BatchNotes
from batch_tui.monitor.hook_runner import HookRunner
from tests.end_to_end.processes import still_alive
from tests.monitor.batches import batch

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = {
    "ANTHROPIC_API_KEY": "sk-ant-1",
    "ANTHROPIC_AUTH_TOKEN": "sk-ant-2",
    "WORK_KEY": "sk-ant-3",
    "ANTHROPIC_CUSTOM_HEADERS": "x-api-key: sk-ant-4",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the hooks of a test leave their notes."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def script(home: Path, text: str) -> list[str]:
    """A hook of that Python text, as an argument list with something a shell would expand."""
    path = home / "hook.py"
    path.write_text(text, encoding="utf-8")
    return [sys.executable, str(path), "$HOME; `id`"]


def runner(command: list[str], *, time_limit: float = 20, at_once: int = 4) -> HookRunner:
    return HookRunner(
        {"on_end": command},
        environ={**os.environ, **SECRETS, "COLOUR": "blue"},
        secret=["WORK_KEY"],
        time_limit=time_limit,
        at_once=at_once,
    )


NOTE = """
import json, os, sys
batch = json.load(sys.stdin)
with open(batch["id"], "w") as file:
    json.dump({"batch": batch, "environ": dict(os.environ), "arguments": sys.argv[1:]}, file)
"""


async def test_each_batch_arrives_as_the_api_describes_it_without_any_key(home: Path) -> None:
    batches = [batch("msgbatch_a", 60, took=30), batch("msgbatch_b", 90, took=30)]
    assert await runner(script(home, NOTE)).run("on_end", batches) == []
    for one in batches:
        noted = json.loads((home / one.id).read_text())
        assert noted["batch"]["type"] == "message_batch"
        assert noted["batch"]["request_counts"]["succeeded"] == 100
        assert noted["batch"].keys() >= {"created_at", "expires_at", "ended_at", "results_url", "archived_at"}
        assert noted["arguments"] == ["$HOME; `id`"]
        assert (noted["environ"]["COLOUR"], noted["environ"]["BATCH_TUI_EVENT"]) == ("blue", "on_end")
        assert "sk-ant" not in json.dumps(noted["environ"])


async def test_what_the_user_noted_is_beside_what_the_api_says(home: Path) -> None:
    noted = {
        "msgbatch_a": BatchNotes("Nightly", ("eval",)),
        "msgbatch_b": BatchNotes(note="n"),
        "msgbatch_x": BatchNotes("x"),
    }
    batches = [batch("msgbatch_a", took=30), batch("msgbatch_b", took=30), batch("msgbatch_c", took=30)]
    assert await runner(script(home, NOTE)).run("on_end", batches, noted) == []
    given = {one.id: json.loads((home / one.id).read_text())["batch"] for one in batches}
    assert given["msgbatch_a"]["local"] == {"name": "Nightly", "tags": ["eval"], "note": None}
    assert given["msgbatch_b"]["local"] == {"name": None, "tags": [], "note": "n"}
    assert "local" not in given["msgbatch_c"]
    assert all(one["id"] == name for name, one in given.items())


async def test_a_failure_names_the_batch_as_the_user_does(home: Path) -> None:
    hooks = runner(script(home, "import sys; sys.exit(7)"))
    (said,) = await hooks.run("on_end", [batch("msgbatch_a", took=1)], {"msgbatch_a": BatchNotes("Nightly")})
    assert said.endswith("(for Nightly, msgbatch_a)")


async def test_a_hook_that_does_not_read_is_no_failure(home: Path) -> None:
    big = batch("msgbatch_" + "x" * 2_000_000)
    assert await runner(script(home, "")).run("on_end", [big]) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "import sys; print('first', file=sys.stderr); sys.exit('no channel')",
            "ended with code 1: no channel",
        ),
        ("import sys; sys.exit(7)", "ended with code 7."),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was ended by signal 9."),
        ("import sys; sys.stderr.write('x' * 3_000_000 + '\\nlast'); sys.exit(2)", "ended with code 2: last"),
    ],
)
async def test_a_failure_is_one_sentence_with_code_and_last_words(home: Path, text: str, said: str) -> None:
    (sentence,) = await runner(script(home, text)).run("on_end", [batch("msgbatch_a")])
    name = os.path.basename(sys.executable)
    assert sentence == f"The on_end hook {name} {said} (for msgbatch_a)"


@pytest.mark.parametrize("command", [["no-such-program-at-all"], ["/etc/hostname"], [""]])
async def test_a_command_that_cannot_be_started_says_where_to_look(command: list[str]) -> None:
    (sentence,) = await runner(command).run("on_end", [batch("msgbatch_a")])
    assert "could not be started: " in sentence
    assert "[hooks]" in sentence


FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open("pids.new", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename("pids.new", "pids")
"""


async def test_one_that_takes_too_long_is_ended_with_all_it_started(home: Path) -> None:
    (sentence,) = await runner(script(home, FAMILY + "time.sleep(600)"), time_limit=3).run("on_end", [batch("a")])
    assert "took longer than 3 s and was ended" in sentence
    pids = {int(pid) for pid in (home / "pids").read_text().split()}
    assert still_alive(pids, patience=10) == set()


async def test_a_child_that_holds_the_pipe_open_does_not_hold_us_up(home: Path) -> None:
    assert await runner(script(home, FAMILY)).run("on_end", [batch("a")]) == []
    _, child = (home / "pids").read_text().split()
    os.kill(int(child), 9)


async def test_quitting_ends_the_hooks_that_run(home: Path) -> None:
    command = script(home, FAMILY + "time.sleep(600)")
    async with anyio.create_task_group() as group:
        group.start_soon(runner(command).run, "on_end", [batch("a")])
        with anyio.fail_after(20):
            while not (home / "pids").exists():  # noqa: ASYNC110  (another process makes it)
                await anyio.sleep(0.02)
        group.cancel_scope.cancel()
    pids = {int(pid) for pid in (home / "pids").read_text().split()}
    assert still_alive(pids, patience=10) == set()


CROWD = """
import os, sys, time
os.close(os.open(f"in-{os.getpid()}", os.O_CREAT))
time.sleep(0.2)
with open("crowd", "a") as file:
    file.write(f"{len([name for name in os.listdir() if name.startswith('in-')])}\\n")
os.remove(f"in-{os.getpid()}")
"""


async def test_only_so_many_run_at_once(home: Path) -> None:
    batches = [batch(f"msgbatch_{number}") for number in range(7)]
    assert await runner(script(home, CROWD), at_once=2).run("on_end", batches) == []
    crowds = [int(line) for line in (home / "crowd").read_text().split()]
    assert len(crowds) == 7
    assert max(crowds) <= 2


async def test_an_event_without_a_command_does_nothing() -> None:
    hooks = HookRunner({"on_expiring": []}, environ={})
    assert not hooks.listens_to("on_expiring")
    assert await hooks.run("on_expiring", [batch("a")]) == []
