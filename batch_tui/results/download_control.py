"""What other threads tell a download while it runs, what it tells them, and how it waits."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

State = Literal["starting", "downloading", "waiting", "paused", "retrying", "checking", "complete", "failed", "stopped"]
_SPEED_WINDOW = 2.0
_SPEED_SHORTEST = 0.05
"""Seconds that say something of a speed: what lay waiting is there in no time."""


class DownloadProgress(msgspec.Struct, frozen=True):
    """Where a download stands.

    `waiting` means reading ran far enough ahead of what is looked at; `checking`, that all of a stored file is here
    and is read once more, to see whether it is what was stored. `bytes` counts what is stored,
    `content_length` the whole file if the server said. `bytes_per_second` covers the last two seconds.
    `attempt` counts requests from 1. `note` is a sentence worth showing; `restarts` grows when the file had
    to be started over, so that whoever shows rows takes `ResultsDownload.results` anew. `verified` is only
    True when complete.
    """

    state: State
    bytes: int = 0
    rows: int = 0
    content_length: int | None = None
    bytes_per_second: float = 0.0
    error: Exception | None = None
    attempt: int = 1
    note: str | None = None
    restarts: int = 0
    verified: bool = False


class Speedometer:
    """Bytes per second over the last two seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def measure(self, now: float, received: int) -> float:
        """Add a sample and give the speed; 0 until there is enough to tell."""
        samples = self._samples
        samples.append((now, received))
        while len(samples) > 2 and now - samples[1][0] >= _SPEED_WINDOW:
            samples.popleft()
        then, before = samples[0]
        return max(0.0, (received - before) / (now - then)) if now - then >= _SPEED_SHORTEST else 0.0

    def reset(self) -> None:
        """Forget all samples, as after a pause."""
        self._samples.clear()


class Controls:
    """The switches of a download: pause, stop, how far ahead to read; for use from any thread."""

    def __init__(self, read_ahead: int) -> None:
        self._condition = threading.Condition()
        self._read_ahead = read_ahead
        self._wanted = 0
        self._everything = read_ahead <= 0
        self._paused = False
        self._stopping = False
        self._close_stream: Callable[[], None] | None = None

    def want_bytes(self, offset: int) -> None:
        """Somebody looks at this offset: read on until it is well behind."""
        if offset > self._wanted:
            with self._condition:
                self._wanted = max(self._wanted, offset)
                self._condition.notify_all()

    def want_all(self) -> None:
        """Read to the end whatever is looked at."""
        with self._condition:
            self._everything = True
            self._condition.notify_all()

    def pause(self) -> None:
        """Stop reading until `resume`; the connection stays open as long as the server likes."""
        with self._condition:
            self._paused = True
            self._condition.notify_all()

    def resume(self) -> None:
        """Go on after `pause`."""
        with self._condition:
            self._paused = False
            self._condition.notify_all()

    def stop(self) -> None:
        """End the run soon, also one that has not begun; what came so far is kept."""
        with self._condition:
            self._stopping = True
            close = self._close_stream
            self._condition.notify_all()
        if close is not None:
            close()

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called and no run has ended since."""
        return self._stopping

    def clear_stop(self) -> None:
        """The run that was to stop has ended."""
        with self._condition:
            self._stopping = False

    def hold_stream(self, close: Callable[[], None] | None) -> None:
        """Know how to interrupt a read, or, with None, that none is going on."""
        with self._condition:
            self._close_stream = close
            stopping = self._stopping
        if stopping and close is not None:
            close()

    def hindrance(self, received: int) -> Literal["paused", "waiting"] | None:
        """What forbids reading on with so many bytes received, if anything."""
        if self._stopping:
            return None
        if self._paused:
            return "paused"
        far_ahead = not self._everything and received - self._wanted >= self._read_ahead
        return "waiting" if far_ahead else None

    def wait_while(self, hindrance: str, received: int, limit: float | None) -> bool:
        """Block until that hindrance is gone or another took its place; False after `limit` seconds of it."""
        with self._condition:
            return self._condition.wait_for(lambda: self.hindrance(received) != hindrance, limit)

    def sleep(self, seconds: float) -> None:
        """Wait that long, less when told to stop."""
        with self._condition:
            self._condition.wait_for(lambda: self._stopping, timeout=seconds)
