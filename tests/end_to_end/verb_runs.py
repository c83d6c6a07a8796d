"""Headless verbs as a script runs them: the console script on a simulator, with a key and without a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_tui.api import BatchClient
from tests.end_to_end.homes import BATCH_TUI

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from batch_tui.simulator import Simulator
    from tests.end_to_end.homes import Home

KEY = {"ANTHROPIC_API_KEY": "sk-ant-test-verbs"}
PARAMS = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


def run(home: Home, url: str, *arguments: str, key: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a verb to its end."""
    return home.run(BATCH_TUI, "--base-url", url, *arguments, environment=KEY if key else {}, stdin=stdin)


def listed(simulator: Simulator) -> list[dict[str, Any]]:
    """Every batch as the API gives it, newest first."""
    with BatchClient(api_key="k", base_url=simulator.url) as client:
        page: list[dict[str, Any]] = client.messages.batches.with_raw_response.list(limit=1000).json()["data"]
        return page


def objects(text: str) -> list[Any]:
    """The JSON lines of an output."""
    return [json.loads(line) for line in text.split("\n") if line]


def request_file(home: Home, custom_ids: list[str], name: str = "requests.jsonl") -> Path:
    """A file that asks the same for each of these custom_ids."""
    path = home.path / name
    path.write_text("".join(json.dumps({"custom_id": one, "params": PARAMS}) + "\n" for one in custom_ids))
    return path
