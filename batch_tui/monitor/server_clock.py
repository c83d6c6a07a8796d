"""What time it is at the server, so that ages and deadlines are right on a machine whose clock is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from batch_tui.api.wall_clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

_TOLERANCE = timedelta(seconds=2)
"""A `Date` header counts whole seconds and travelled a while; smaller differences mean nothing."""


class ServerClock:
    """The machine's clock, corrected by the `Date` headers of answers."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._offset = timedelta(0)

    def __call__(self) -> datetime:
        return self._now() + self._offset

    def note(self, server_date: datetime | None, seconds: float = 0.0) -> None:
        """Learn from the time at which the server says it answered, in a call that took `seconds` up to now."""
        if server_date is None:
            return
        # It wrote the date at some time during the call, so that a slow one says less.
        least = server_date - self._now()
        most = least + timedelta(seconds=seconds)
        offset = min(max(self._offset, least), most)
        if abs(offset - self._offset) > _TOLERANCE:
            self._offset = offset if abs(offset) > _TOLERANCE else timedelta(0)
