"""The terminal of these tests notices what it is there to notice, so that a green run means something."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.terminal import Terminal

if TYPE_CHECKING:
    from tests.end_to_end.homes import Home

SECRET = "hush-hush-hush"


def _run(home: Home, program: str) -> Terminal:
    return Terminal([sys.executable, "-c", program], home, columns=60, rows=10, secrets=[SECRET], patience=5)


def test_keys_reach_the_program_and_its_size_is_the_one_asked_for(home: Home) -> None:
    """A real terminal: it has a size, it echoes, and it is the program's own."""
    program = "import os; print(os.get_terminal_size(), os.tcgetpgrp(0) == os.getpgrp()); print('got ' + input())"
    terminal = _run(home, program)
    terminal.wait_for(r"columns=60, lines=10\) True")
    terminal.press("h", "i", "enter")
    terminal.wait_for("got hi")
    terminal.expect_exit(0)


def test_a_wait_in_vain_shows_the_screen(home: Home) -> None:
    """Whoever reads the failure sees what the user would have seen."""
    terminal = _run(home, "print('something else')")
    with pytest.raises(AssertionError, match=r"(?s)Not seen: 'the list'.*something else"):
        terminal.wait_for("the list")
    terminal.expect_exit(0)


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("raise SystemExit(3)", "Exit code 3"),
        ("print('Traceback (most recent call last)')", "Traceback"),
        (f"print({SECRET!r})", "written to the terminal"),
        (f"open('log', 'w').write({SECRET!r})", "The key was written to"),
        ("import tempfile; tempfile.mkdtemp()", "Files left behind"),
        ("print('\\x1b]52;c;aGVsbG8=\\x07')", "Sent to the terminal"),
        ("print('\\x9b31m')", "Sent to the terminal"),
        ("print('\\x1b[?1049h')", "other screen"),
    ],
)
def test_a_bad_end_is_noticed(home: Home, program: str, complaint: str) -> None:
    """Exit code, traceback, secrets, leftovers, control characters from data, and a terminal not given back."""
    terminal = _run(home, program)
    with pytest.raises(AssertionError, match=complaint):
        terminal.expect_exit(0)


def test_a_process_left_behind_is_noticed(home: Home) -> None:
    """Also when the program itself has ended well."""
    sleeper = "[sys.executable, '-c', 'import time; time.sleep(60)']"
    program = f"import subprocess, sys; p = subprocess.Popen({sleeper}, start_new_session=True); print(p.pid); input()"
    terminal = Terminal([sys.executable, "-W", "ignore", "-c", program], home, patience=1.5)
    terminal.wait_for(r"\d+")
    left = int(terminal.words)
    try:
        terminal.press("enter")
        with pytest.raises(AssertionError, match="Processes left behind"):
            terminal.expect_exit(0)
    finally:
        os.kill(left, signal.SIGKILL)
