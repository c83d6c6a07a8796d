"""How many requests may be made: one budget that polling, paging and actions share, actions first."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Literal

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batch_tui.api.calls import CallRecord, RateLimit

Purpose = Literal["action", "poll", "page"]
_FIRST_TO_GO: Final[tuple[Purpose, ...]] = ("action", "poll", "page")

PER_MINUTE = 600
"""The default; the API's lowest paid tier allows 1,000 (batches-api.md §6), which other programs need too."""
_WINDOW = 60.0
_SHARE = 0.8
"""How much of the limit that the server states is ours: the key may be in use elsewhere."""
_LOWEST = 6
"""Requests a minute that are left whatever the server says: one poll each ten seconds."""
_RESERVED = 10
"""One in so many is kept for actions, so that paging never makes a user's key press wait."""
_STATED_FOR = 300.0
"""Seconds for which a limit that the server stated is believed."""


class RequestBudget:
    """Grants turns so that no minute ever sees more than `per_minute` of them.

    What the server says lowers that: a stated limit, what is left of it, a 429 (halved each time, and slowly
    back). `monotonic` (seconds) and `sleep` are the time it goes by. Turns are taken on one event loop; `note` may
    be called from any thread.
    """

    def __init__(
        self,
        per_minute: int = PER_MINUTE,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        if per_minute < 1:
            raise ValueError(f"requests_per_minute must be at least 1, not {per_minute}.")
        self._per_minute = per_minute
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._granted: deque[float] = deque()
        self._stated: tuple[int, float] | None = None
        self._share_left = 1.0
        self._waiting: dict[Purpose, deque[object]] = {purpose: deque() for purpose in _FIRST_TO_GO}

    @property
    def per_minute(self) -> int:
        """The rate in force: as set, or lower because the server wants it so."""
        with self._lock:
            return self._rate()

    @property
    def last_minute(self) -> int:
        """Requests that counted against it in the last 60 seconds."""
        with self._lock:
            self._forget()
            return len(self._granted)

    async def turn(self, purpose: Purpose) -> None:
        """Wait until one request may be made, and count it. Actions go before polls, those before pages."""
        ticket = object()
        line = self._waiting[purpose]
        line.append(ticket)
        try:
            while (wait := self._wait(purpose, ticket)) > 0:
                await self._sleep(wait)
        finally:
            line.remove(ticket)

    def note(self, call: CallRecord) -> None:
        """Learn from an attempt; the `on_call` of every client. One that nobody took a turn for is counted here."""
        with self._lock:
            if call.attempt:
                self._granted.append(self._monotonic())
            if call.status == 429:
                self._share_left = max(self._share_left / 2, 1 / 64)
            elif call.status is not None and call.status < 400:
                self._share_left = min(self._share_left * 1.1, 1.0)
            if call.rate_limit is not None:
                self._take_in(call.rate_limit)

    def _take_in(self, said: RateLimit) -> None:
        wanted = [] if said.limit is None else [int(said.limit * _SHARE)]
        if said.remaining is not None:
            # What is left now can be spent within the minute; more flows back as it goes by.
            wanted.append(said.remaining + len(self._granted))
        self._stated = min(wanted), self._monotonic()

    def _wait(self, purpose: Purpose, ticket: object) -> float:
        """Seconds until it is worth asking again; 0 when the turn was granted."""
        with self._lock:
            self._forget()
            rate = self._rate()
            room = rate - len(self._granted)
            if purpose != "action":
                room -= rate // _RESERVED
            # Whoever is more urgent, or came earlier, takes what there is first.
            ahead = sum(len(self._waiting[each]) for each in _FIRST_TO_GO[: _FIRST_TO_GO.index(purpose)])
            ahead += self._waiting[purpose].index(ticket)
            if room > ahead:
                self._granted.append(self._monotonic())
                return 0.0
            if not self._granted:
                return 1.0
            # When so many have left the window that there is room; at least a moment, so that nobody spins.
            excess = min(ahead - room, len(self._granted) - 1)
            return max(self._granted[excess] + _WINDOW - self._monotonic(), 0.05)

    def _rate(self) -> int:
        rate = self._per_minute * self._share_left
        if self._stated is not None:
            stated, at = self._stated
            if self._monotonic() - at < _STATED_FOR:
                rate = min(rate, stated)
        return min(self._per_minute, max(int(rate), _LOWEST))

    def _forget(self) -> None:
        moment = self._monotonic()
        while self._granted and moment - self._granted[0] >= _WINDOW:
            self._granted.popleft()
