"""`batch-tui` without a key in the environment: it uses the login of the official CLI, for the host that it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.simulator import ManualClock, Simulator
from tests.api.profile_files import ACCESS, ProfileFiles
from tests.end_to_end.homes import BATCH_TUI, Home
from tests.end_to_end.terminal import Terminal

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from batch_tui.simulator import RunningSimulator


@pytest.fixture
def url() -> Iterator[RunningSimulator]:
    with Simulator(now=ManualClock(), batches=4, live=False, api_key=ACCESS) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def fetch(home: Home, url: RunningSimulator, **environment: str) -> subprocess.CompletedProcess[str]:
    """Summary of some past batch, whose results are fetched for it."""
    arguments = ("--base-url", url.url, "results", url.past_batch_id(1), "--summary")
    return home.run(BATCH_TUI, *arguments, environment=environment)


def test_a_login_is_used_and_copied_nowhere(home: Home, url: RunningSimulator) -> None:
    files = ProfileFiles(home.path / ".config" / "anthropic")
    files.config(base_url=url.url)
    files.tokens()
    done = fetch(home, url)
    assert (done.returncode, "COST AT BATCH PRICE" in done.stdout) == (0, True), done.stderr
    assert {served.auth for served in url.requests()} == {"authorization"}
    assert home.files_with(ACCESS.encode()) == [files.directory / "credentials" / "default.json"]


def test_doctor_says_which_login_is_used(home: Home, url: RunningSimulator) -> None:
    files = ProfileFiles(home.path / ".config" / "anthropic")
    files.config(base_url=url.url)
    files.tokens()
    done = home.run(BATCH_TUI, "--base-url", url.url, "doctor", "--offline")
    assert "from profile 'default'" in done.stdout


def test_a_login_that_names_no_host_is_for_the_api_itself(home: Home, url: RunningSimulator) -> None:
    files = ProfileFiles(home.path / ".config" / "anthropic")
    files.config()
    files.tokens(expires_at=1)
    done = fetch(home, url)
    assert done.returncode == 2
    assert "is for https://api.anthropic.com, and is not used for" in " ".join(done.stderr.split())
    assert url.requests() == []


def test_a_login_for_another_host_is_not_used(home: Home, url: RunningSimulator) -> None:
    files = ProfileFiles(home.path / ".config" / "anthropic")
    files.config(base_url="https://work.example")
    files.tokens()
    done = fetch(home, url)
    assert done.returncode == 2
    told = " ".join(done.stderr.split())
    assert "The login of profile 'default' is for https://work.example, and is not used for http://127.0.0.1" in told
    assert url.requests() == []


def test_what_is_wrong_with_a_login_is_told(home: Home, url: RunningSimulator) -> None:
    files = ProfileFiles(home.path / ".config" / "anthropic")
    files.config().chmod(0o666)
    done = fetch(home, url)
    assert (done.returncode, "chmod go-w" in done.stderr) == (2, True)


def test_the_dashboard_tells_how_to_log_in_again(home: Home, url: RunningSimulator) -> None:
    """The simulator grants no tokens, so that a login which has ended stays so."""
    files = ProfileFiles(home.path / ".config" / "anthropic")
    files.config(base_url=url.url)
    files.tokens(expires_at=1)
    screen = Terminal([BATCH_TUI, "--base-url", url.url], home, columns=140)
    try:
        screen.wait_for(r"has ended and was not renewed .*Log in again with `ant auth login`\.")
    finally:
        screen.close()


def test_without_key_and_login_both_variables_are_named(home: Home, url: RunningSimulator) -> None:
    done = fetch(home, url)
    assert done.returncode == 2
    assert "neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set" in " ".join(done.stderr.split())
