"""The failed requests of a batch are sent again from a real terminal, and the command line knows of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.end_to_end.batch_list import list_is_shown, rows
from tests.end_to_end.test_create_and_resubmit import simulator
from tests.end_to_end.verb_runs import KEY, PARAMS, listed, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.simulator import Simulator
    from tests.end_to_end.homes import Home
    from tests.end_to_end.terminal import Terminal

__all__ = ["simulator"]


def is_answered(terminal: Terminal) -> bool:
    """a list with no question before it, or the page that a further enter opens"""
    return "sent as a new batch" not in terminal.text


def test_what_failed_is_sent_once_and_the_command_line_knows_of_it(
    home: Home, simulator: Simulator, start: Callable[..., Terminal]
) -> None:
    failing = PARAMS | {"messages": [{"role": "user", "content": "simulate:overloaded_error"}]}
    file = home.path / "requests.jsonl"
    lines = [{"custom_id": "a", "params": PARAMS}, *({"custom_id": one, "params": failing} for one in "bc")]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    batch_id = run(home, simulator.url, "create", str(file)).stdout.strip()
    simulator.advance(25 * 3600)
    dashboard = start("--base-url", simulator.url, environment=KEY, secrets=KEY.values(), columns=120, rows=36)
    dashboard.wait_for(list_is_shown)
    dashboard.press("R")
    dashboard.wait_for(r"2 requests are sent as a new batch: 2 errored")
    # What is typed before the question can have been read is no answer to it, so it may take some presses.
    dashboard.press_until("enter", is_answered)
    assert listed(simulator)[0]["id"] == batch_id
    dashboard.press_until("escape", list_is_shown)
    dashboard.press("R")
    dashboard.wait_for(r"Send 2 requests \(y\)")
    dashboard.press_until("y", r"Made msgbatch_\w+ of 2")
    made = listed(simulator)[0]["id"]
    assert re.search(rf"Made {made} of 2", dashboard.text)
    assert rows(dashboard)[0].is_of(made)
    dashboard.press("q")
    dashboard.expect_exit()
    assert [batch["id"] for batch in listed(simulator)[:2]] == [made, batch_id]
    again = run(home, simulator.url, "resubmit", batch_id, "--yes")
    assert (again.returncode, f"as {made}." in again.stderr) == (0, True)
