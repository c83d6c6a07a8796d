"""How many requests may be made: one budget that polling, paging and actions share, actions first."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Literal

import anyio
import msgspec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batch_tui.api.calls import CallRecord

Purpose = Literal["action", "poll", "page"]
_FIRST_TO_GO: Final[tuple[Purpose, ...]] = ("action", "poll", "page")
_POLL_FIRST: Final[tuple[Purpose, ...]] = ("poll", "action", "page")

PER_MINUTE = 600
"""The default; the API's lowest paid tier allows 1,000 (batches-api.md §6), which other programs need too."""
_WINDOW = 60.0
_SHARE = 0.8
"""How much of the limit that the server states is ours: the key may be in use elsewhere."""
_LOWEST = 6
"""Requests a minute that are left whatever the server says: one poll each ten seconds."""
_RESERVED = 10
"""One in so many is kept for actions, so that paging never makes a user's key press wait."""
_KEPT = 2
"""So many at least are kept for actions, and as many for polls, in every minute that has room for them."""
_POLL_DUE = 25.0
"""Seconds after a poll when the next goes before actions: however many there are, an end is noticed in a minute."""
_STATED_FOR = 300.0
"""Seconds for which a limit that the server stated is believed."""
_PATIENT = 1.0
"""Seconds of waiting that are worth no word."""


class BudgetWait(msgspec.Struct, frozen=True):
    """That requests wait for their turn."""

    seconds: float
    """Until the next one goes, at the latest."""
    per_minute: int
    """The rate in force."""


class RequestBudget:
    """Grants turns so that no minute ever sees more than `per_minute` of them.

    What the server says lowers that: a stated limit, what is left of it until it is reset, a 429 (halved each time,
    and slowly back). `monotonic` (seconds) and `sleep` are the time it goes by. Turns are taken on one event loop;
    `note` may be called from any thread.
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
        self._polls: deque[float] = deque()
        """Those of `_granted` that were polls."""
        self._stated: tuple[int, float] | None = None
        """Requests a minute that the server allows, and until when that is believed."""
        self._left: tuple[int, float] | None = None
        """Requests of the last minute and those it has left, and when it is said to have all again."""
        self._share_left = 1.0
        self._waiting: dict[Purpose, deque[object]] = {purpose: deque() for purpose in _FIRST_TO_GO}
        self._next_at: dict[object, float] = {}
        """When each that waits will be asked for again at the latest."""
        self._held_up: dict[Purpose, set[object]] = {purpose: set() for purpose in _FIRST_TO_GO}
        """Those that wait for more than a moment, until they go: what is said of them must not flicker."""

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

    @property
    def waits(self) -> BudgetWait | None:
        """Whether somebody waits, for more than a moment, because the budget is used up."""
        with self._lock:
            if not self._next_at:
                return None
            seconds = min(self._next_at.values()) - self._monotonic()
            return BudgetWait(seconds, self._rate()) if seconds > _PATIENT else None

    def holds_up(self, purpose: Purpose) -> bool:
        """Whether requests for that wait, for more than a moment, until the budget lets one go."""
        return bool(self._held_up[purpose])

    async def turn(self, purpose: Purpose, *, held_up: Callable[[], None] | None = None) -> None:
        """Wait until one request may be made, and count it. Actions go before polls, those before pages.

        But once a poll is due, it goes first. `held_up` hears it once, if that takes more than a moment.
        """
        ticket = object()
        line = self._waiting[purpose]
        line.append(ticket)
        try:
            while (wait := self._wait(purpose, ticket)) > 0:
                self._next_at[ticket] = self._monotonic() + wait
                if wait > _PATIENT and ticket not in self._held_up[purpose]:
                    self._held_up[purpose].add(ticket)
                    if held_up is not None:
                        held_up()
                await self._sleep(wait)
        finally:
            line.remove(ticket)
            self._next_at.pop(ticket, None)
            self._held_up[purpose].discard(ticket)

    def note(self, call: CallRecord) -> None:
        """Learn from an attempt; the `on_call` of every client. One that nobody took a turn for is counted here."""
        with self._lock:
            if call.attempt:
                self._granted.append(self._monotonic())
            if call.status == 429:
                self._share_left = max(self._share_left / 2, 1 / 64)
            elif call.status is not None and call.status < 400:
                self._share_left = min(self._share_left * 1.1, 1.0)
            self._take_in(call)

    def _take_in(self, call: CallRecord) -> None:
        said, now = call.rate_limit, self._monotonic()
        if said is None:
            return
        self._stated = None if said.limit is None else (int(said.limit * _SHARE), now + _STATED_FOR)
        self._left = None
        if said.remaining is not None:
            self._forget()
            # What is left now can be spent within the minute; more flows back as it goes by.
            until = now + _WINDOW
            if said.reset_at is not None and call.server_date is not None:
                # Both by the server's clock, which may not be ours.
                until = min(now + max((said.reset_at - call.server_date).total_seconds(), 0.0), until)
            self._left = said.remaining + len(self._granted), until

    def _wait(self, purpose: Purpose, ticket: object) -> float:
        """Seconds until it is worth asking again; 0 when the turn was granted."""
        with self._lock:
            self._forget()
            now, rate = self._monotonic(), self._rate()
            room = rate - len(self._granted)
            poll_is_due = not self._polls or now - self._polls[-1] >= _POLL_DUE
            kept = min(_KEPT, rate // 3)
            if purpose != "poll":
                room -= max(kept - len(self._polls), 0)
            if purpose == "page" or (purpose == "poll" and not poll_is_due):
                room -= max(rate // _RESERVED, kept)
            # Whoever is more urgent, or came earlier, takes what there is first.
            order = _POLL_FIRST if poll_is_due else _FIRST_TO_GO
            ahead = sum(len(self._waiting[each]) for each in order[: order.index(purpose)])
            ahead += self._waiting[purpose].index(ticket)
            if room > ahead:
                self._granted.append(now)
                if purpose == "poll":
                    self._polls.append(now)
                return 0.0
            if not self._granted:
                return 1.0
            # When so many have left the window that there is room; at least a moment, so that nobody spins.
            excess = min(ahead - room, len(self._granted) - 1)
            times = [self._granted[excess] + _WINDOW]
            if self._left is not None and self._left[1] > now:
                times.append(self._left[1])
            if purpose == "poll" and not poll_is_due:
                times.append(self._polls[-1] + _POLL_DUE)
            return max(min(times) - now, 0.05)

    def _rate(self) -> int:
        now, rate = self._monotonic(), self._per_minute * self._share_left
        for said in (self._stated, self._left):
            if said is not None and now < said[1]:
                rate = min(rate, said[0])
        return min(self._per_minute, max(int(rate), _LOWEST))

    def _forget(self) -> None:
        moment = self._monotonic()
        for times in (self._granted, self._polls):
            while times and moment - times[0] >= _WINDOW:
                times.popleft()
