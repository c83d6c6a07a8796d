"""A record in the user's pager or editor, on a real terminal: whatever that program does, the app comes back."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.homes import BATCH_TUI
from tests.end_to_end.served import KEY
from tests.end_to_end.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.end_to_end.homes import Home
    from tests.end_to_end.served import SimulatorProcess


@pytest.fixture
def reading(simulate: Callable[..., SimulatorProcess], home: Home) -> Iterator[Callable[..., Terminal]]:
    """Start the app on results, with these programs in its environment; `then` is what a shell does after it."""
    url = simulate("--batches", "5", "--seed", "3", "--now", "2026-11-22T12:00:00Z").url
    started: list[Terminal] = []

    def start(then: str = "", **programs: str) -> Terminal:
        command = [BATCH_TUI, "--base-url", url]
        if then:
            command = ["/bin/sh", "-c", f"{shlex.join(command)}; {then}"]
        environment = {"ANTHROPIC_API_KEY": KEY, **programs}
        terminal = Terminal(command, home, environment=environment, columns=100, rows=24)
        started.append(terminal)
        terminal.wait_for("msgbatch_")
        terminal.press("3", "v")
        terminal.wait_for("CUSTOM_ID")
        return terminal

    yield start
    for terminal in started:
        terminal.close()


def program(home: Home, code: str) -> str:
    """A program that is this Python, as a value of $PAGER: with a blank in its path, and an argument."""
    path = home.path / "a program.py"
    path.write_text("import os, signal, sys, time\n" + code)
    return f"{sys.executable} '{path}' -x"


def opened_in(terminal: Terminal, key: str) -> None:
    """Open the record under the cursor in the pager (p) or the editor (e)."""
    terminal.press("y")
    terminal.wait_for("open in .EDITOR")
    terminal.press(key)


def goes_on(terminal: Terminal) -> None:
    """The app is back, and hears keys."""
    terminal.wait_for("CUSTOM_ID")
    terminal.press("i")
    terminal.wait_for("STOP REASONS")
    terminal.press("i")
    terminal.wait_until_gone("STOP REASONS")


def test_a_program_that_is_missing_leaves_the_app_as_it_was(reading: Callable[..., Terminal]) -> None:
    terminal = reading(VISUAL="/no/such/editor", EDITOR="vi")
    opened_in(terminal, "e")
    terminal.wait_for(r"/no/such/editor could not be started.*\$VISUAL")
    goes_on(terminal)


def test_ctrl_c_in_the_pager_is_for_the_pager(reading: Callable[..., Terminal], home: Home) -> None:
    code = "signal.signal(2, lambda *_: print('INTERRUPTED', flush=True))\nprint('READING', flush=True)\n"
    terminal = reading(PAGER=program(home, code + "while input() != 'end': pass\ntime.sleep(1)\n"))
    opened_in(terminal, "p")
    terminal.wait_for("READING")
    for _ in range(2):
        terminal.press("ctrl+c")
    terminal.wait_for("INTERRUPTED")
    terminal.press(*"end", "enter")
    goes_on(terminal)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print(open(sys.argv[2]).read()[:9])", "has ended"),
        ("print('NO SUCH OPTION'); sys.exit(3)", "NO SUCH OPTION.*ended with code 3"),
    ],
)
def test_what_a_short_program_shows_can_be_read(
    reading: Callable[..., Terminal], home: Home, code: str, said: str
) -> None:
    terminal = reading(PAGER=program(home, code))
    opened_in(terminal, "p")
    terminal.wait_for(f"{said}.*Press enter to go back")
    terminal.press("enter")
    goes_on(terminal)


def test_a_killed_editor_leaves_the_terminal_as_it_was(reading: Callable[..., Terminal], home: Home) -> None:
    code = (
        "import tty; tty.setraw(0); os.set_blocking(0, False); os.set_blocking(1, False)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    terminal = reading("echo; echo MODES; stty -a; read line; exit 0", EDITOR=program(home, code))
    opened_in(terminal, "e")
    terminal.wait_for("was ended by signal 9.*Press enter")
    terminal.press("enter")
    goes_on(terminal)
    terminal.press("ctrl+c")
    terminal.wait_for(r"MODES.* isig icanon .* echo ")
    terminal.press("enter")
    terminal.expect_exit()


def test_a_kill_ends_the_program_too(reading: Callable[..., Terminal], home: Home) -> None:
    terminal = reading(EDITOR=program(home, "print('READING', flush=True)\ntime.sleep(1000)"))
    opened_in(terminal, "e")
    terminal.wait_for("READING")
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.expect_exit(128 + signal.SIGTERM)


def test_an_editor_that_stays_when_its_window_is_closed_does_not_keep_the_copy(
    reading: Callable[..., Terminal], home: Home
) -> None:
    code = "signal.signal(1, signal.SIG_IGN)\nprint('READING', flush=True)\n"
    terminal = reading(EDITOR=program(home, code + "while os.path.exists(sys.argv[2]): time.sleep(0.05)\n"))
    opened_in(terminal, "e")
    terminal.wait_for("READING")
    terminal.hang_up()


def test_what_is_changed_in_the_copy_is_said_not_to_be_kept(reading: Callable[..., Terminal], home: Home) -> None:
    terminal = reading(EDITOR=program(home, "open(sys.argv[2], 'a').write('mine')"))
    opened_in(terminal, "e")
    terminal.wait_for("Press enter")
    terminal.press("enter")
    terminal.wait_for("is not kept")
    goes_on(terminal)
