"""A program in a pseudo-terminal, with a clock: how long until it shows something, or has painted after a key."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

COLUMNS, LINES = 110, 45
PAGE_DOWN = b"\x1b[6~"
_PATIENCE = 240.0
_QUIET = 0.025
"""Seconds without a byte after which a frame is taken to be whole."""
_SYNC_QUERY, _SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_ENTER = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"


class TimedTerminal:
    """Runs a command on a screen of 110 by 45 (no record beside the table), knowing nothing of the user's settings."""

    def __init__(self, command: Sequence[str]) -> None:
        self._home = tempfile.TemporaryDirectory()
        self._output = bytearray()
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": self._home.name,
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "ANTHROPIC_API_KEY": "benchmark",
        }
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", _ENTER, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self._master = master

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)
        self._home.cleanup()

    def wait_for(self, *wanted: str, patience: float = _PATIENCE) -> float:
        """When one of these texts has come, in seconds since the start. Raises TimeoutError."""
        sought = [each.encode() for each in wanted]
        longest = max(map(len, sought))
        looked_at = 0
        while not any(each in self._output[looked_at:] for each in sought):
            looked_at = max(0, len(self._output) - longest)
            if not self._read(patience):
                shown = bytes(self._output[-2000:])
                raise TimeoutError(f"Not seen within {patience:g} s: {wanted}; last came {shown!r}")
            if time.perf_counter() - self.began > patience:
                raise TimeoutError(f"Not seen within {patience:g} s: {wanted}")
        return time.perf_counter() - self.began

    def forget(self) -> None:
        """Look only at what comes from now on."""
        self.settle()
        self._output.clear()

    def settle(self, quiet: float = 0.3) -> None:
        """Take in what is still being painted."""
        while self._read(quiet):
            continue

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def key(self, keys: bytes) -> float:
        """Type, and give the milliseconds until the last byte of what is painted then."""
        began = last = time.perf_counter()
        os.write(self._master, keys)
        wait = 1.0
        while self._read(wait):
            last, wait = time.perf_counter(), _QUIET
        return (last - began) * 1000

    def peak_megabytes(self) -> float:
        """The most memory that the program has had."""
        with open(f"/proc/{self._process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    def _read(self, patience: float) -> bool:
        if not select.select([self._master], [], [], patience)[0]:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError:
            return False
        self._output += data
        if _SYNC_QUERY in data:
            os.write(self._master, _SYNC_ANSWER)
        return bool(data)
