"""What the terminal itself is told: title, bell and notification reach it, a hook runs, and the title is given back."""

from __future__ import annotations

import json
import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.end_to_end import words
from tests.end_to_end.batch_list import go_to, list_is_shown, row_says
from tests.end_to_end.served import KEY
from tests.end_to_end.terminal import POINTER_SHAPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.batch_list import Row
    from tests.end_to_end.homes import Home
    from tests.end_to_end.served import SimulatorProcess
    from tests.end_to_end.terminal import Terminal

TITLE = re.compile(rb"\x1b\]2;([^\x07\x1b]*)\x07")
RUNG = re.compile(rb"\x07\x1b\]9;batch-tui: ([^\x07\x1b]* ended after [^\x07\x1b]*)\x07")
KEPT, GIVEN_BACK = b"\x1b[22;2t", b"\x1b[23;2t"

HOOK = """
import json, os, sys
batch = json.load(sys.stdin)
with open(sys.argv[1] + ".new", "w") as file:
    json.dump({"batch": batch, "environ": dict(os.environ)}, file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
"""


def _runs(row: Row) -> bool:
    return row.says(words.RUNNING)


def test_a_watched_batch_that_ends_rings_notifies_and_runs_the_hook(
    home: Home, watch: Callable[..., Terminal], simulate: Callable[..., SimulatorProcess]
) -> None:
    """`m`, then cancel, so that the end comes soon; the key is nowhere in what the hook is given."""
    script, noted = home.path / "hook.py", home.path / "noted.json"
    script.write_text(HOOK, encoding="utf-8")
    command = json.dumps([sys.executable, str(script), str(noted)])
    home.config_file(f"poll_seconds = 1\n[hooks]\non_end = {command}\n")
    terminal = watch(simulate("--batches", "20", "--speed", "6").url, rings=True)
    terminal.wait_for(list_is_shown)
    terminal.wait_for(lambda _: b" running \xc2\xb7 batch-tui\x07" in terminal.output)
    chosen = go_to(terminal, _runs)
    terminal.press("m")
    terminal.wait_for(r"♪ msgbatch_")
    terminal.press("c")
    terminal.wait_for(words.ASK_CANCEL)
    terminal.stays_for(0.4, words.ASK_CANCEL)
    terminal.press("y")
    terminal.wait_for(lambda _: RUNG.search(terminal.output) is not None)
    (told,) = RUNG.findall(terminal.output)
    batch_id = told.decode().split()[0]
    assert chosen.is_of(batch_id)
    terminal.wait_for(lambda _: noted.exists())
    given = json.loads(noted.read_text())
    assert (given["batch"]["id"], given["batch"]["processing_status"]) == (batch_id, "ended")
    assert not {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"} & given["environ"].keys()
    terminal.wait_for(row_says(batch_id, words.ENDED))
    terminal.close()
    titles = [title.decode() for title in TITLE.findall(terminal.output)]
    assert titles[0] == "batch-tui"
    assert all(one != other for one, other in pairwise(titles))
    assert terminal.output.index(KEPT) < terminal.output.rindex(GIVEN_BACK)
    assert terminal.output.count(KEPT) == terminal.output.count(GIVEN_BACK) == 1


def test_a_bare_terminal_hears_the_bell_alone(
    home: Home, start: Callable[..., Terminal], simulate: Callable[..., SimulatorProcess]
) -> None:
    """Neither title nor notification, which it would print as text."""
    home.config_file('poll_seconds = 1\nwatch = "all"\nnotify = "bell"\n')
    url = simulate("--batches", "20", "--speed", "60").url
    terminal = start(
        "--base-url", url, environment={"ANTHROPIC_API_KEY": KEY, "TERM": "linux"}, secrets=[KEY], rings=True
    )
    terminal.wait_for(list_is_shown)
    terminal.wait_for(lambda _: b"\x07" in POINTER_SHAPE.sub(b"", terminal.output))
    terminal.wait_for(r"\bended after|batches ended")
    terminal.close()
    assert b"\x1b]" not in POINTER_SHAPE.sub(b"", terminal.output)


STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.close(os.open(sys.argv[1], os.O_CREAT))
time.sleep(600)
"""


def test_quitting_does_not_wait_for_hooks_and_leaves_none_behind(
    home: Home, watch: Callable[..., Terminal], simulate: Callable[..., SimulatorProcess]
) -> None:
    """Not even one that will not end when asked."""
    script, begun = home.path / "hook.py", home.path / "begun"
    script.write_text(STUBBORN, encoding="utf-8")
    command = json.dumps([sys.executable, str(script), str(begun)])
    home.config_file(f'poll_seconds = 1\nwatch = "all"\nnotify = "off"\n[hooks]\non_end = {command}\n')
    terminal = watch(simulate("--batches", "20", "--speed", "60").url)
    terminal.wait_for(lambda _: begun.exists())
    assert terminal.children
    terminal.press("q")
    terminal.expect_exit(0, within=10)
