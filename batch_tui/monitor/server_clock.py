"""What time it is at the server, so that ages and deadlines are right on a machine whose clock is not."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from batch_tui.api.wall_clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.api.calls import CallRecord

_TOLERANCE: Final = timedelta(seconds=2)
"""A `Date` header counts whole seconds and travelled a while; smaller differences mean nothing."""
_MUCH: Final = timedelta(hours=1)
_FIRST: Final = datetime(2024, 9, 1, tzinfo=UTC)
"""Before there were batches no server can have spoken of them."""


def elapsed() -> float:
    """Seconds that went by, those asleep among them, whatever the machine's clock is set to."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class _Claim(msgspec.Struct, frozen=True):
    """By how much the machine's clock is behind, if one answer is right."""

    least: timedelta
    most: timedelta
    request_id: str

    def beyond(self, offset: timedelta) -> timedelta:
        """How far it is from a correction; nothing where that is as good."""
        apart = min(max(offset, self.least), self.most) - offset
        return apart if abs(apart) > _TOLERANCE else timedelta(0)


class ServerClock:
    """The machine's clock, corrected by the `Date` headers of the API's answers; for any thread.

    A correction takes two answers that agree, and is no larger than both have it. Once the API has agreed with the
    time, the clock goes by what went by (`elapsed`, in seconds) and not by what the machine is set to; without
    `elapsed` it follows that.
    """

    def __init__(self, now: Callable[[], datetime] = utc_now, *, elapsed: Callable[[], float] | None = None) -> None:
        self._now = now
        self._elapsed = elapsed
        self._offset = timedelta(0)
        self._agreed = False
        self._claim: _Claim | None = None
        self._lock = threading.Lock()
        self._last: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        with self._lock:
            return self._machine_time() + self._offset

    @property
    def is_sure(self) -> bool:
        """Whether nothing that the API said since contradicts it by what matters to days."""
        with self._lock:
            return self._claim is None or abs(self._claim.beyond(self._offset)) < _MUCH

    def note(self, call: CallRecord) -> None:
        """Learn from the time at which the API says it answered; what may come from elsewhere teaches nothing."""
        date, request_id = call.server_date, call.request_id
        if date is None or request_id is None or date < _FIRST:
            return
        if call.error is not None or call.status is None or not 200 <= call.status < 300:
            # Written by whatever stands in between, as a proxy's page is.
            return
        with self._lock:
            # It wrote the date at some time during the call, so that a slow one says less.
            least = date - self._machine_time()
            claim = _Claim(least, least + timedelta(seconds=call.seconds), request_id)
            before, self._claim = self._claim, claim
            apart, none = claim.beyond(self._offset), timedelta(0)
            # What a cache gives again is no second answer.
            if apart and before is not None and before.request_id != request_id:
                other = before.beyond(self._offset)
                if (apart > none) == (other > none):
                    offset = self._offset + min(apart, other, key=abs)
                    self._offset = offset if abs(offset) > _TOLERANCE else none
                    self._agreed = True
            elif not apart:
                self._agreed = True

    def _machine_time(self) -> datetime:
        """What the machine says; where its clock was set, the correction makes up for it."""
        now = self._now()
        if self._elapsed is None:
            return now
        passed = self._elapsed()
        if self._last is not None and self._agreed:
            then, before = self._last
            step = (now - then) - timedelta(seconds=passed - before)
            if abs(step) > _TOLERANCE:
                self._offset -= step
        self._last = now, passed
        return now
