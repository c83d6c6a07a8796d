"""The examples of the README's pages on the client and the simulator: they run, and type checkers have no complaint."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from batch_tui.api import BatchClient
from batch_tui.simulator import ManualClock, Simulator
from batch_tui.simulator.chaos import MISFORTUNES, PROFILES
from batch_tui.simulator.faults import Fault
from batch_tui.simulator.wishes import TOLD_BLOCKS, TOLD_STOPS
from tests.api import samples

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PYRIGHT = "pyright@1.1.414"
PATIENCE = 90
"""Seconds for the registry to answer; then there is no test, as when one is offline."""


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def examples(title: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", section(title), re.DOTALL)


def test_the_examples_of_the_client_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The first prints the answer; the second finds the batch whose answer was lost."""
    loop, submit = examples("The client")
    clock = ManualClock()
    with Simulator(now=clock, batches=0, live=False) as url:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setattr(time, "sleep", lambda seconds: clock.advance(seconds=seconds))
        held: dict[str, Any] = {}
        exec(compile(loop, "README", "exec"), held)
        assert capsys.readouterr().out.startswith("You wrote: “Hello”")
        held["client"].close()
        defined: dict[str, Any] = {}
        exec(compile(submit, "README", "exec"), defined)
        url.arm(reset="after")
        # Beyond the time in which the batch of the first example could be taken for that of the second.
        clock.advance(hours=1)
        with BatchClient(now=clock) as client:
            (found,) = defined["submit"](client, [samples.REQUEST])
            assert found.id in [batch.id for batch in client.messages.batches.list()]


def test_the_example_of_the_simulator_passes(tmp_path: Path) -> None:
    """In a pytest of its own."""
    (example,) = examples("The simulator")
    (tmp_path / "test_example.py").write_text(example, encoding="utf-8")
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_every_profile_and_fault_is_named() -> None:
    """And none that is not there."""
    page = section("The simulator")
    first_cells = " ".join(re.findall(r"^\| (`[a-z`, ]+) \|", page, re.MULTILINE))
    named = set(re.findall(r"`([a-z]+)`", first_cells))
    assert {*PROFILES, *MISFORTUNES} - {"none"} <= named
    for word in (*TOLD_STOPS, *TOLD_BLOCKS):
        assert re.search(rf"`(simulate:)?{word}`", page), word
    for field in Fault.__struct_fields__:
        assert re.search(rf"[`\"]{field}[`\"]", page), field


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """All of it as a user's files."""
    for number, text in enumerate([*examples("The client"), *examples("The simulator")]):
        (tmp_path / f"example_{number}.py").write_text(text, encoding="utf-8")
    return tmp_path


def test_mypy_has_no_complaint(script: Path, request: pytest.FixtureRequest) -> None:
    """Not that of this repository, with its plugins: a user's, as strict as it gets."""
    assert request.config.cache is not None
    cache = request.config.cache.mkdir("mypy-of-a-user")
    line = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(cache), str(script)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_pyright_has_no_complaint(script: Path) -> None:
    """The one on the path, or else one fetched for the occasion."""
    pyright, npm = shutil.which("pyright"), shutil.which("npm")
    if pyright is None:
        if npm is None:
            pytest.skip("neither pyright nor npm is installed")
        options = ["--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=20000"]
        line = [npm, "install", "--prefix", str(script / "npm"), "--cache", str(script / "cache"), *options, PYRIGHT]
        try:
            done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            pytest.skip(f"the npm registry did not answer within {PATIENCE} seconds")
        if done.returncode != 0:
            pytest.skip(f"{PYRIGHT} cannot be installed: {done.stderr[-300:]}")
        pyright = str(script / "npm" / "node_modules" / ".bin" / "pyright")
    files = sorted(str(path) for path in script.glob("example_*.py"))
    done = subprocess.run(
        [pyright, "--pythonpath", sys.executable, *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
