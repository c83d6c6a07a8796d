"""What was asked of the API lately and how it went: a bounded log that any thread may write to."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from batch_tui.api.calls import CallRecord

_MINUTE = 60.0
_LONGEST = 200
"""Characters kept of a path or a request id: a server may send anything."""


class LoggedRequest(msgspec.Struct, frozen=True):
    """One attempt; nothing of its headers or bodies but the ids named here. Its text may be untrusted."""

    at: datetime
    """When its answer was there."""
    method: str
    path: str
    """Percent-encoded, without the query."""
    query: tuple[tuple[str, str], ...]
    """Cursors and limit only."""
    status: int | None
    """None: no answer came."""
    failure: str | None
    """The API's category, or what went wrong, in a word or two; None for a success."""
    milliseconds: float
    request_id: str | None
    attempt: int
    """From 0."""


class ActivityLog:
    """The last `limit` requests; `note` is the `on_call` of both clients and may be called from any thread.

    `now` stamps the entries; `monotonic` (seconds) counts the last minute, so that a clock that jumps does not.
    """

    def __init__(
        self, now: Callable[[], datetime], *, monotonic: Callable[[], float] = time.monotonic, limit: int = 1000
    ) -> None:
        self._now = now
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._entries: deque[LoggedRequest] = deque(maxlen=limit)
        self._recent: deque[float] = deque()
        self._total = 0

    def note(self, call: CallRecord) -> None:
        """Take an attempt down."""
        entry = LoggedRequest(
            at=self._now(),
            method=call.method,
            path=_clipped(call.path),
            query=tuple((name, _clipped(value)) for name, value in call.query),
            status=call.status,
            failure=None if call.failure is None else _clipped(call.failure),
            milliseconds=call.seconds * 1000,
            request_id=None if call.request_id is None else _clipped(call.request_id),
            attempt=call.attempt,
        )
        moment = self._monotonic()
        with self._lock:
            self._entries.append(entry)
            self._recent.append(moment)
            self._total += 1
            self._forget(moment)

    def entries(self) -> tuple[LoggedRequest, ...]:
        """Those kept, oldest first."""
        with self._lock:
            return tuple(self._entries)

    @property
    def total(self) -> int:
        """How many requests were made since the start; grows with each, so it tells whether there is news."""
        return self._total

    def last_minute(self) -> int:
        """How many requests were made in the last 60 seconds."""
        with self._lock:
            self._forget(self._monotonic())
            return len(self._recent)

    def _forget(self, moment: float) -> None:
        while self._recent and moment - self._recent[0] >= _MINUTE:
            self._recent.popleft()


_CUT: Final = "…"


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + _CUT
