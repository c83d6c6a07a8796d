"""The last requests served, for tests and for people who wonder what a client does."""

from __future__ import annotations

from collections import deque
from threading import Lock

import msgspec

KEPT = 1_000


class Served(msgspec.Struct, frozen=True):
    """One request: what was asked (query included), how it authenticated, what was answered and when.

    `status` is 0 where the connection was reset instead of an answer.
    """

    method: str
    path: str
    status: int
    at: str
    auth: str
    """Which header carried the key: `x-api-key`, `authorization` or empty."""
    version: str
    request_id: str


class RequestLog:
    """Counts every request and keeps the last 1,000; readable from any thread."""

    def __init__(self) -> None:
        self._served: deque[Served] = deque(maxlen=KEPT)
        self._count = 0
        self._lock = Lock()

    def add(self, served: Served) -> None:
        """Note one request."""
        with self._lock:
            self._served.append(served)
            self._count += 1

    def read(self) -> tuple[int, list[Served]]:
        """How many there were in all, and the last ones, oldest first."""
        with self._lock:
            return self._count, list(self._served)
