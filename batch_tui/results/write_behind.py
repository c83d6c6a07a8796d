"""Writes chunks of a growing file in a thread of its own, so that their owner works on those before meanwhile."""

from __future__ import annotations

import os
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias

from batch_tui.results.errors import meddled

_Order: TypeAlias = tuple[int, bytes, int]
"""Open file, bytes, and where they go."""


class WriteBehind:
    """Writes what it is given, in order; each `put` wants one `wait`, which tells how the oldest one ended.

    After one has failed nothing more is written, so what is in the file stays a beginning without a hole.
    The thread begins with the first chunk and ends with `close`.
    """

    def __init__(self) -> None:
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._outcomes: SimpleQueue[Exception | None] = SimpleQueue()
        self._failure: Exception | None = None
        self._thread: Thread | None = None

    def put(self, descriptor: int, chunk: bytes, position: int) -> None:
        """Have these bytes written at `position`, soon; at once where no thread can be had."""
        order = descriptor, chunk, position
        if self._thread is None:
            thread = Thread(target=self._carry_all_out, name="results writer", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                self._carry_out(order)
                return
            self._thread = thread
        self._orders.put(order)

    def wait(self) -> None:
        """Until the oldest chunk that was not waited for is written; raises what it met, mostly an OSError."""
        outcome = self._outcomes.get()
        if outcome is not None:
            raise outcome

    def close(self) -> None:
        """End the thread, once it has written what it was given."""
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join()
            self._thread = None

    def _carry_all_out(self) -> None:
        while (order := self._orders.get()) is not None:
            self._carry_out(order)
            # Its bytes are not to be kept until the next comes.
            del order

    def _carry_out(self, order: _Order) -> None:
        if self._failure is None:
            try:
                write_all(*order)
            except Exception as error:  # noqa: BLE001  (none is lost: `wait` raises it again, and would wait for ever had the thread ended)
                self._failure = error
        self._outcomes.put(self._failure)


def write_all(descriptor: int, chunk: bytes, position: int) -> None:
    """Write bytes at a place of an open file, however many the system takes at once. Raises OSError.

    Also where the file ends before that place: something else made it shorter, and zeros would stand in between.
    """
    if os.fstat(descriptor).st_size < position:
        raise meddled("made it shorter")
    rest = memoryview(chunk)
    while rest:
        written = os.pwrite(descriptor, rest, position)
        position += written
        rest = rest[written:]
