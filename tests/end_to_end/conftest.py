"""Fixtures that start the product as a user does, and end it whatever the test does."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.homes import BATCH_TUI, Home
from tests.end_to_end.served import KEY, SimulatorProcess
from tests.end_to_end.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


# Run in the background, tests ignore SIGINT, and so would every program they start; ctrl+c is part of what is tested.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home directory."""
    return Home(tmp_path / "home")


@pytest.fixture
def open_programs() -> Iterator[ExitStack]:
    """What a test has started; closed, and its end checked, after the test."""
    with ExitStack() as programs:
        yield programs


@pytest.fixture
def start(home: Home, open_programs: ExitStack) -> Callable[..., Terminal]:
    """Start `batch-tui` with arguments in a terminal; keywords are those of Terminal."""

    def make(*arguments: str, **options: Any) -> Terminal:
        terminal = Terminal([BATCH_TUI, *arguments], home, **options)
        open_programs.callback(terminal.close)
        return terminal

    return make


@pytest.fixture
def watch(start: Callable[..., Terminal]) -> Callable[..., Terminal]:
    """Start the dashboard on an address, with the test key in the environment."""

    def make(url: str, **options: object) -> Terminal:
        return start("--base-url", url, environment={"ANTHROPIC_API_KEY": KEY}, secrets=[KEY], **options)

    return make


@pytest.fixture
def simulate(tmp_path: Path, open_programs: ExitStack) -> Callable[..., SimulatorProcess]:
    """Start `batch-tui simulate` with options, in a home of its own."""
    started: list[SimulatorProcess] = []

    def make(*options: str, port: int = 0) -> SimulatorProcess:
        home = Home(tmp_path / f"simulator-{len(started)}")
        simulator = open_programs.enter_context(SimulatorProcess(home, *options, port=port))
        started.append(simulator)
        return simulator

    return make
