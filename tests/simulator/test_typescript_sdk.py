"""The official TypeScript SDK, fetched for the occasion, takes the simulator for the API."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.simulator import ManualClock, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "@anthropic-ai/sdk@1.13.0"
SCRIPT = Path(__file__).with_name("typescript_sdk.mjs")
PATIENCE = 90
"""Seconds for the registry to answer; then there is no test, as when one is offline."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The program that runs scripts, and a directory of this session in which the SDK is installed."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("node and npm are not installed")
    place = tmp_path_factory.mktemp("typescript")
    (place / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=20000"]
    line = [npm, "install", *options, "--cache", str(place / "cache"), PACKAGE]
    try:
        done = subprocess.run(line, cwd=place, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"the npm registry did not answer within {PATIENCE} seconds")
    if done.returncode != 0:
        said = next((line for line in done.stderr.splitlines() if line.startswith("npm error")), "npm failed")
        pytest.skip(f"{PACKAGE} cannot be installed: {said}")
    shutil.copy(SCRIPT, place)
    return program, place


@pytest.fixture(scope="module")
def told(node: tuple[str, Path]) -> Iterator[tuple[Simulator, dict[str, Any]]]:
    """The simulator that was asked, and what the SDK made of its answers."""
    program, place = node
    with Simulator(now=ManualClock(), batches=30, live=False) as simulator:
        line = [program, SCRIPT.name, simulator.url]
        done = subprocess.run(line, cwd=place, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        yield simulator, json.loads(done.stdout)


@pytest.mark.parametrize("namespace", ["plain", "beta"])
def test_batches_live_from_create_to_delete(told: tuple[Simulator, dict[str, Any]], namespace: str) -> None:
    """Create, retrieve, results, cancel and delete, in both namespaces; errors are of their own classes."""
    seen = told[1][namespace]
    assert seen["made"]["processing_status"] == "in_progress"
    assert seen["tooEarly"] == {"name": "BadRequestError", "status": 400, "type": "invalid_request_error"}
    assert seen["ended"]["request_counts"]["succeeded"] == 2
    assert "What is a heron?" in seen["texts"]["a"]
    assert "And a stork?" in seen["texts"]["b"]
    assert seen["deleted"] == {"id": seen["made"]["id"], "type": "message_batch_deleted"}
    assert seen["gone"] == {"name": "NotFoundError", "status": 404, "type": "not_found_error"}
    assert seen["canceling"]["processing_status"] == "canceling"
    assert seen["kinds"] == {kind: count for kind, count in seen["counts"].items() if count}
    assert set(seen["kinds"]) == {"succeeded", "canceled"}


def test_paging_meets_every_batch_once_in_both_directions(told: tuple[Simulator, dict[str, Any]]) -> None:
    """Older pages from the top, newer ones from the bottom."""
    simulator, seen = told
    ids = [simulator.past_batch_id(number) for number in range(30)]
    assert seen["down"] == ids
    assert sorted(seen["up"]) == sorted(ids[:-1])


def test_a_refused_batch_is_a_bad_request(told: tuple[Simulator, dict[str, Any]]) -> None:
    """The type of the error reaches the SDK."""
    assert told[1]["duplicate"] == {"name": "BadRequestError", "status": 400, "type": "invalid_request_error"}
