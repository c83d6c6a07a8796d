"""Shows a text in the user's own pager or editor, which has the terminal until it ends."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.app import SuspendNotSupported

from batch_tui.tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

    from textual.app import App

_USUAL = {"PAGER": "less", "EDITOR": "vi"}
_AT_ONCE = 1.0
"""Seconds within which nobody has read anything: a program that is gone by then left its text, or an error, there."""

_LOOKS_UP = 0.25
"""Seconds after which a signal that came meanwhile is heard at the latest."""


class OutsideError(Exception):
    """The program could not be run; the text says which and why."""


class _EndedMeanwhile(Exception):
    """The app is to end, or ctrl+c was pressed, while there is no program to wait for."""


def show_outside(
    app: App[str],
    text: str,
    program: Literal["PAGER", "EDITOR"],
    ending: str,
    environ: Mapping[str, str],
    *,
    monotonic: Callable[[], float] = time.monotonic,
    pause: Callable[[str], object] | None = None,
) -> str | None:
    """Run `$PAGER` or `$EDITOR` on a copy of the text that is thrown away afterwards; a sentence if it was changed.

    `pause` shows a sentence and waits for enter; it is called where the program failed, or ended so soon that what it
    showed would be gone unseen, or is read by a window of its own. Raises OutsideError.
    """
    named = "VISUAL" if program == "EDITOR" and environ.get("VISUAL", "").strip() else program
    try:
        command = shlex.split(environ.get(named, "").strip() or _USUAL[program])
    except ValueError as error:
        raise OutsideError(f"${named} cannot be read: {error}.") from error
    guest = _Guest(monotonic, pause or _wait_for_enter)
    written = text.encode("utf-8", "backslashreplace")
    try:
        with tempfile.TemporaryDirectory(prefix="batch-tui-", ignore_cleanup_errors=True) as directory:
            path = Path(directory) / f"record{ending}"
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(written)
            _hand_over(app, guest, [*command, str(path)], named)
            return _said_of_changes(path, written)
    except OSError as error:
        said = f"No copy of it could be put into the temporary directory: {error.strerror or error}."
        raise OutsideError(f"{said} TMPDIR may name another.") from error


def _hand_over(app: App[str], guest: _Guest, command: Sequence[str], named: str) -> None:
    failed: OSError | None = None
    try:
        with guest.taking_signals(), app.suspend():
            # Whatever is raised in here would leave the app suspended.
            try:
                guest.run(command)
            except OSError as error:
                failed = error
    except SuspendNotSupported as error:
        raise OutsideError("This terminal cannot be handed over to another program.") from error
    if failed is not None:
        said = f"{command[0]} could not be started: {failed.strerror or failed}."
        raise OutsideError(f"{said} Set ${named} to a program you have.") from failed


def _said_of_changes(path: Path, written: bytes) -> str | None:
    try:
        changed = path.read_bytes() != written
    except OSError:
        # Whoever removes the copy does not expect it to be kept.
        return None
    return (
        "It was a copy: what you changed in it is not kept. Save it under another name to have it." if changed else None
    )


class _Guest:
    """The program that has the terminal: ctrl+c is meant for it alone, and what ends the app ends it too."""

    def __init__(self, monotonic: Callable[[], float], pause: Callable[[str], object]) -> None:
        self._monotonic = monotonic
        self._pause = pause
        self._process: subprocess.Popen[bytes] | None = None
        self._running = False
        self._ending = False
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    @contextmanager
    def taking_signals(self) -> Iterator[None]:
        """Take the signals of the terminal while this lasts, and those that end the app before it does."""
        if threading.current_thread() is threading.main_thread():
            # Not SIG_IGN, which the program would inherit.
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
                self._before[number] = signal.signal(number, self._take)
        try:
            yield
        finally:
            for taken, handler in self._before.items():
                # The app's own may have put others in their place when they were called.
                if signal.getsignal(taken) == self._take:
                    signal.signal(taken, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if number in (signal.SIGTERM, signal.SIGHUP):
            self._ending = True
            if self._process is not None:
                self._process.send_signal(number)
            before = self._before[number]
            if callable(before):
                before(number, frame)
        # Of a program that stays when its terminal is gone nothing is waited for.
        if self._running and (self._process is None or number == signal.SIGHUP):
            raise _EndedMeanwhile

    def run(self, command: Sequence[str]) -> None:
        """Run it to its end, and let the user read what a short one said."""
        began = self._monotonic()
        with suppress(_EndedMeanwhile):
            self._running = True
            with _terminal_put_back():
                self._process = subprocess.Popen(command)
                code = _waited_for(self._process)
                self._process = None
            if not self._ending and (code or self._monotonic() - began < _AT_ONCE):
                how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}" if code else "has ended"
                self._pause(f"{plain(command[0])} {how}. Press enter to go back to batch-tui.")
        self._running = False


def _waited_for(process: subprocess.Popen[bytes]) -> int:
    """The exit code, once there is one."""
    # A signal may reach another thread, which does not end a wait in this one: it looks up now and then.
    waiter = threading.Thread(target=process.wait, name="outside", daemon=True)
    try:
        waiter.start()
    except RuntimeError:
        # There is none to be had.
        return process.wait()
    while waiter.is_alive():
        waiter.join(_LOOKS_UP)
    return process.wait()


@contextmanager
def _terminal_put_back() -> Iterator[None]:
    """Undo what a program that was killed, or is careless, leaves the terminal in."""
    found = [(one, os.get_blocking(one), termios.tcgetattr(one)) for one in (0, 1, 2) if os.isatty(one)]
    try:
        yield
    finally:
        # It may be gone by now.
        with suppress(OSError, termios.error):
            for one, blocks, modes in found:
                os.set_blocking(one, blocks)
                termios.tcsetattr(one, termios.TCSANOW, modes)


def _wait_for_enter(sentence: str) -> None:
    sys.stdout.write(f"\n{sentence} ")
    sys.stdout.flush()
    with suppress(OSError):
        while not select.select([0], [], [], _LOOKS_UP)[0] or os.read(0, 1) not in (b"\n", b""):
            continue
