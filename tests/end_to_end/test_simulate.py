"""`batch-tui simulate` with the official SDK as its client and the dashboard as its screen; and how it stops."""

from __future__ import annotations

import json
import re
import signal
import socket
from typing import TYPE_CHECKING

import pytest
from anthropic import Anthropic

from tests.end_to_end import words
from tests.end_to_end.batch_list import go_to, list_is_shown, row_of, row_says, rows
from tests.end_to_end.homes import BATCH_TUI
from tests.end_to_end.served import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from anthropic.types.messages.batch_create_params import Request

    from tests.end_to_end.homes import Home
    from tests.end_to_end.served import SimulatorProcess
    from tests.end_to_end.terminal import Terminal

BIRDS = ("heron", "stork", "crane", "ibis", "egret", "bittern", "avocet")


def _question(number: int) -> str:
    return f"Question {number:03d}: what does a {BIRDS[number % len(BIRDS)]} eat?"


@pytest.fixture
def requests_file(tmp_path: Path) -> Path:
    """300 requests, one JSON object per line."""
    path = tmp_path / "requests.jsonl"
    lines = (
        {
            "custom_id": f"bird-{number:03d}",
            "params": {
                "model": "claude-sonnet-4-5-20250929",
                "max_tokens": 1024,
                "messages": [{"role": "user", "content": _question(number)}],
            },
        }
        for number in range(300)
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_batch_of_the_official_sdk_arrives_runs_ends_and_its_results_can_be_read(
    requests_file: Path, simulate: Callable[..., SimulatorProcess], watch: Callable[..., Terminal]
) -> None:
    """The dashboard follows a batch that another program created, from the first moment to its answers."""
    simulator = simulate("--batches", "30", "--speed", "6")
    dashboard = watch(simulator.url)
    dashboard.wait_for(list_is_shown)
    first_before = rows(dashboard)[0].shown_id

    requests: list[Request] = [json.loads(line) for line in requests_file.read_text(encoding="utf-8").splitlines()]
    with Anthropic(api_key=KEY, base_url=simulator.url) as client:
        batch = client.messages.batches.create(requests=requests)
    assert batch.request_counts.processing == 300

    dashboard.press_until("r", lambda terminal: row_of(terminal, batch.id) is not None)
    shown = [row.shown_id for row in rows(dashboard)]
    arrived = row_of(dashboard, batch.id)
    assert arrived is not None
    assert shown.index(arrived.shown_id) < shown.index(first_before), "the new batch should stand above the older ones"
    assert arrived.says(words.RUNNING)
    assert arrived.says(r"\b300\b")
    dashboard.wait_for(row_says(batch.id, words.ENDED))
    dashboard.wait_for(row_says(batch.id, words.ALL_OK))

    go_to(dashboard, lambda row: row.is_of(batch.id))
    dashboard.press("v")
    dashboard.wait_for(words.SAVED)
    dashboard.wait_for(r"\b300 rows\b")
    dashboard.press("enter")
    dashboard.wait_for(words.RECORD_TITLE)
    title = re.search(words.RECORD_TITLE, dashboard.text)
    assert title is not None
    # Its first words: the rest may stand on the next row of the pane.
    question = _question(int(title[2].removeprefix("bird-")))
    dashboard.wait_for(re.escape(question.partition(":")[0]))
    dashboard.press("J")
    dashboard.wait_for(r"#2 bird-")


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_simulator_cleanly_and_frees_its_port(
    by: signal.Signals, simulate: Callable[..., SimulatorProcess]
) -> None:
    """Nothing but the address on stdout, no traceback, and the port can be taken at once."""
    simulator = simulate()
    assert simulator.newest(limit=1)
    code, rest, said = simulator.stop(by)
    assert code == 0
    assert rest == ""
    assert "Traceback" not in said
    with socket.socket() as successor:
        successor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        successor.bind(("127.0.0.1", simulator.port))
        successor.listen()


def test_a_port_that_is_taken_is_a_sentence(simulate: Callable[..., SimulatorProcess], home: Home) -> None:
    """A second simulator on the same port says so and exits with 1."""
    port = simulate().port
    done = home.run(BATCH_TUI, "simulate", "--port", str(port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"Port {port}" in done.stderr
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr
