"""`results` on a terminal: an answer that would write to the clipboard, retitle the window or turn lines around."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.api import samples
from tests.api.scripted_server import Reply, ScriptedServer, json_reply
from tests.end_to_end.homes import BATCH_TUI
from tests.results.lines import encode, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.homes import Home
    from tests.end_to_end.terminal import Terminal

EVIL = "clip\x1b]52;c;aGk=\x07 title\x9d2;x\x9c wipe\x9b2J \u202eback"
KEY = {"ANTHROPIC_API_KEY": "sk-ant-test-rows"}
COUNTS = {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 0}


@pytest.mark.parametrize("form", ["jsonl", "csv", "md"])
def test_an_answer_does_not_act_on_the_terminal(start: Callable[..., Terminal], home: Home, form: str) -> None:
    line = encode(succeeded("a", EVIL)) + b"\n"
    batch = json_reply(samples.batch(processing_status="ended", request_counts=COUNTS))
    with ScriptedServer(batch, Reply(body=line)) as server:
        verb = ("--base-url", server.url, "results", samples.batch()["id"], "--format", form)
        # The terminal itself refuses what acts on it when it is closed.
        shown = start(*verb, environment=KEY, columns=200)
        shown.expect_exit()
        assert "back" in shown.text
        piped = home.run(BATCH_TUI, *verb, environment=KEY)
    if form == "jsonl":
        assert "\\u009b2J" in shown.text
        assert piped.stdout.encode() == line
        assert json.loads(piped.stdout)["result"]["message"]["content"][0]["text"] == EVIL
    else:
        assert EVIL in piped.stdout
