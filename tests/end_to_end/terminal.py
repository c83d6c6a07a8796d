"""A program in a real pseudo-terminal: keys go in, the screen it paints can be waited for, its end is inspected."""

from __future__ import annotations

import base64
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING

import pyte

from tests.end_to_end.processes import descendants, still_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tests.end_to_end.homes import Home

PATIENCE = 30.0
"""Seconds a busy machine may take for anything a person would expect soon."""

_KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
    "backspace": "\x7f",
}
_LONGEST_BURST = 0.5
_SYNC_QUERY, _SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_FRAME_STARTS, _FRAME_ENDS = b"\x1b[?2026h", b"\x1b[?2026l"
_LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"
_CURSOR_SHOWN = b"\x1b[?25h"
_HARMFUL = re.compile(
    rb"[\x00\x07\x08\x7f]"  # NUL, bell, backspace, DEL
    rb"|\x1b[\]PX^_]"  # escape sequences that carry text: title, clipboard, device control
    rb"|\xc2[\x80-\x9f]"  # the same as single characters
    rb"|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]"  # reversing the direction of text
)
"""Nothing of this is needed to paint, so it can only come from data."""
POINTER_SHAPE = re.compile(rb"\x1b\]22;[a-z-]*\x07")
"""Textual's own; the mouse pointer over something that can be clicked."""
_COPIED_ID = re.compile(rb"\x1b\]52;c;" + base64.b64encode(b"msgbatch_") + rb"[\w+/=]*\x07")
"""What `y` is for: the id of a batch on its way to the clipboard."""
_TITLE = re.compile(rb"\x1b\]2;(?:[\d,]+ running \xc2\xb7 )?batch-tui\x07")
"""The window title, which says how many batches run."""
_ANNOUNCED = re.compile(rb"\x07(?:\x1b\]9;batch-tui: [^\x00-\x1f\x7f]{1,600}\x07)?")
"""The bell, and the desktop notification that may follow it: how the end of a watched batch is told."""

_WARNED = re.compile(rb"\x07\x1b\]9;batch-tui: [^\x00-\x1f\x7f]{1,300} results[^\x00-\x1f\x7f]{1,300}\x07")
"""The same for results about to be lost, which any workspace may have: some seconds after the start."""

_MORE_THAN_FITS = 300
"""So many repainted screens are more than a terminal and the program's own queue have room for."""

# Takes the terminal as its own, as a shell's child has it, and then becomes the program.
_ENTER = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


class Terminal:
    """Runs `command` on a screen of `columns` by `rows`.

    Everything the program writes is kept in `output`. `close()` (or `expect_exit()`, when the keys pressed end the
    program) checks how it ended; `secrets` must then be nowhere in the output nor in a file of the home.
    `patience` is how many seconds anything may take; `rings` says that the program may announce something; without
    `controls` the program is not told by a signal when its terminal goes, as in a container.
    """

    def __init__(
        self,
        command: Sequence[str],
        home: Home,
        *,
        columns: int = 120,
        rows: int = 30,
        environment: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        patience: float = PATIENCE,
        rings: bool = False,
        controls: bool = True,
    ) -> None:
        self.output = bytearray()
        self._home = home
        self._patience = patience
        self._family: set[int] = set()
        self._secrets = [secret.encode() for secret in secrets]
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._rings = rings
        self._ended = False
        self._checked = False
        self._fed = 0
        self._lines: list[str] = [""] * rows
        self._master, slave = os.openpty()
        try:
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            # Not pty.fork: forking a process with threads is refused by newer Pythons when warnings are errors.
            self._process = subprocess.Popen(
                [sys.executable, "-c", _ENTER, *command] if controls else command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=home.environment(environment or {}),
                cwd=home.path,
                start_new_session=True,
            )
        finally:
            os.close(slave)

    @property
    def pid(self) -> int:
        """Process id of the program."""
        return self._process.pid

    @property
    def children(self) -> set[int]:
        """Ids of the processes that the program has started and that live."""
        return descendants(self.pid)

    # Seeing

    def lines(self) -> list[str]:
        """The screen, one string per row, without the blanks at the right."""
        self._pump(0)
        self._settle()
        return list(self._lines)

    @property
    def text(self) -> str:
        """The screen as one string."""
        return "\n".join(self.lines())

    @property
    def words(self) -> str:
        """The screen as one line with single blanks, for sentences that were wrapped."""
        return " ".join(self.text.split())

    # Doing

    def press(self, *keys: str) -> None:
        """Type keys: one character each, a name such as "enter" or "pagedown", or "ctrl+q"."""
        # A child that outlives the program is no longer known as its child.
        self._family |= self.children
        for key in keys:
            self._write(_code(key).encode())

    def wait_for(self, wanted: str | Callable[[Terminal], bool], *, timeout: float | None = None) -> None:
        """Wait until the screen shows a regular expression, wrapped or not, or until a predicate holds."""
        self._wait(lambda: self._shows(wanted), f"Not seen: {_name(wanted)}", timeout)

    def wait_until_gone(self, unwanted: str, *, timeout: float | None = None) -> None:
        """Wait until the screen does not show a regular expression any more."""
        self._wait(lambda: not self._shows(unwanted), f"Still there: {unwanted!r}", timeout)

    def press_until(self, key: str, wanted: str | Callable[[Terminal], bool], *, timeout: float | None = None) -> None:
        """Press a harmless key again and again, as an impatient person would, until the screen shows something."""
        give_up = time.monotonic() + (self._patience if timeout is None else timeout)
        while not self._shows(wanted):
            if time.monotonic() > give_up or self._ended:
                self._fail(f"Not seen while pressing {key!r}: {_name(wanted)}")
            self.press(key)
            self._pump_until(time.monotonic() + 0.5, lambda: self._shows(wanted))

    def stays_for(self, seconds: float, wanted: str | Callable[[Terminal], bool]) -> None:
        """Fail if the screen stops showing something within that time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self._shows(wanted):
                self._fail(f"Shown no longer: {_name(wanted)}")
            self._pump(0.05)

    # Ending

    def close(self) -> None:
        """End the program if it still runs, and check how it ended."""
        if self._checked:
            return
        if self._process.poll() is None:
            self.press("ctrl+q")
        self.expect_exit()

    def expect_exit(self, code: int = 0, *, within: float | None = None) -> None:
        """Wait for the end, and check exit code, processes, terminal, temporary files, output and secrets."""
        self._checked = True
        self._family |= self.children
        try:
            self._wait_for_end(self._patience if within is None else within)
        finally:
            self._end_by_force()
        found = self._process.returncode
        assert found == code, f"Exit code {found}, not {code}.\n{self._report()}"
        left = still_alive(self._family, patience=self._patience)
        assert not left, f"Processes left behind: {sorted(left)}"
        self._check_output()
        leftovers = self._home.temporary_files()
        assert not leftovers, f"Files left behind: {leftovers}"
        for secret in self._secrets:
            told = self._home.files_with(secret)
            assert not told, f"The key was written to {told}"

    def hang_up(self) -> None:
        """Close the window under the program, and check that nothing of it stays."""
        self._checked = True
        self._family |= self.children
        os.close(self._master)
        self._master, self._ended = -1, True
        try:
            code = self._process.wait(self._patience)
        finally:
            self._end_by_force()
        assert code == 128 + signal.SIGHUP
        left = still_alive(self._family, patience=self._patience)
        assert not left, f"Processes left behind: {sorted(left)}"
        assert not self._home.temporary_files()

    def terminate_unread(self, key: str) -> None:
        """Read nothing more until the key, pressed often, has filled the terminal; check that SIGTERM ends it all."""
        self._checked = True
        self._family |= self.children
        for _ in range(_MORE_THAN_FITS):
            os.write(self._master, _code(key).encode())
        unread, before = self._unread(), -1
        while unread != before:
            time.sleep(0.5)
            unread, before = self._unread(), unread
        assert unread, "Nothing was written."
        self._process.terminate()
        try:
            code = self._process.wait(self._patience)
            keeps_echo = termios.tcgetattr(self._master)[3] & termios.ECHO
        finally:
            self._end_by_force()
        assert code == 128 + signal.SIGTERM
        assert keeps_echo, "What is typed next would not be seen."
        left = still_alive(self._family, patience=self._patience)
        assert not left, f"Processes left behind: {sorted(left)}"
        assert not self._home.temporary_files()

    def _unread(self) -> int:
        """Bytes that wait to be read."""
        answer = fcntl.ioctl(self._master, termios.FIONREAD, bytes(4))
        return int.from_bytes(answer, sys.byteorder)

    def forget(self) -> None:
        """Check nothing more: the test has ended the program by force."""
        self._checked = True
        self._end_by_force()

    def _check_output(self) -> None:
        output = bytes(self.output)
        assert b"Traceback" not in output, self._report()
        from_data = _TITLE.sub(b"", _COPIED_ID.sub(b"", POINTER_SHAPE.sub(b"", output)))
        from_data = _WARNED.sub(b"", from_data)
        if self._rings:
            from_data = _ANNOUNCED.sub(b"", from_data)
        harm = _HARMFUL.search(from_data)
        assert harm is None, f"Sent to the terminal: {from_data[max(0, harm.start() - 60) : harm.end() + 60]!r}"
        for secret in self._secrets:
            assert secret not in output, "The key was written to the terminal."
        if b"\x1b[?1049h" in output:
            assert output.rfind(_LEFT_ALTERNATE_SCREEN) > output.rfind(b"\x1b[?1049h"), "Still on the other screen."
            assert output.rfind(_CURSOR_SHOWN) > output.rfind(b"\x1b[?25l"), "The cursor stays hidden."

    def _wait_for_end(self, within: float) -> None:
        give_up = time.monotonic() + within
        while self._process.poll() is None:
            if time.monotonic() > give_up:
                self._fail("The program did not end")
            self._pump(0.02)
        self._pump(0.02)

    def _end_by_force(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._master >= 0:
            os.close(self._master)
            self._master, self._ended = -1, True

    # Bytes

    def _write(self, data: bytes) -> None:
        while data and not self._ended:
            readable, writable, _ = select.select([self._master], [self._master], [], self._patience)
            if writable:
                data = data[os.write(self._master, data) :]
            elif not readable:
                self._fail("The program reads no keys")
            else:
                self._read()

    def _pump(self, seconds: float) -> None:
        """Take in what the program writes, waiting at most so long for the first byte."""
        give_up = time.monotonic() + seconds + _LONGEST_BURST
        while not self._ended and select.select([self._master], [], [], seconds)[0]:
            self._read()
            if time.monotonic() > give_up:
                break
            # A pause this short belongs to the same burst of painting.
            seconds = 0.01

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65_536)
        except OSError:
            # How Linux tells that the other side is closed.
            data = b""
        if not data:
            self._ended = True
            return
        self.output += data
        if _SYNC_QUERY in data:
            os.write(self._master, _SYNC_ANSWER)

    def _settle(self) -> None:
        """Paint all whole frames, so that nobody sees a half-painted one."""
        end = self.output.rfind(_FRAME_ENDS) + len(_FRAME_ENDS)
        begin = self.output.rfind(_FRAME_STARTS)
        until = begin if begin > end else len(self.output)
        if until > self._fed:
            self._stream.feed(bytes(self.output[self._fed : until]))
            self._fed = until
            self._lines = [line.rstrip() for line in self._screen.display]

    # Waiting

    def _shows(self, wanted: str | Callable[[Terminal], bool]) -> bool:
        if callable(wanted):
            return wanted(self)
        return re.search(wanted, self.text) is not None or re.search(wanted, self.words) is not None

    def _wait(self, reached: Callable[[], bool], problem: str, timeout: float | None) -> None:
        timeout = self._patience if timeout is None else timeout
        if not self._pump_until(time.monotonic() + timeout, reached):
            self._fail(f"{problem} (within {timeout:g} s)")

    def _pump_until(self, give_up: float, reached: Callable[[], bool]) -> bool:
        while not reached():
            if time.monotonic() > give_up or self._ended:
                return reached()
            self._pump(0.1)
        return True

    def _fail(self, problem: str) -> None:
        raise AssertionError(f"{problem}.\n{self._report()}")

    def _report(self) -> str:
        frame = "\n".join(f"|{line}" for line in self.lines())
        state = "The program has ended. " if self._ended else ""
        return f"{state}The screen ({self._screen.columns} x {self._screen.lines}):\n{frame}"


def _name(wanted: str | Callable[[Terminal], bool]) -> str:
    return repr(wanted) if isinstance(wanted, str) else (wanted.__doc__ or wanted.__qualname__)


def _code(key: str) -> str:
    if key.startswith("ctrl+") and len(key) == 6:
        return chr(ord(key[-1]) & 0x1F)
    if key in _KEYS:
        return _KEYS[key]
    if len(key) != 1:
        raise ValueError(f"There is no key {key!r}; known names: {', '.join(_KEYS)}.")
    return key
