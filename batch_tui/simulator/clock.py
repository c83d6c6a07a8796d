"""Simulated time: instants as whole microseconds, and how the wire writes them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_FARTHEST = 100 * 365 * 86_400
"""Seconds; a century, so that every stamp stays within the calendar."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def instant(moment: datetime) -> int:
    """Microseconds since 1970 (UTC) of an aware `moment`; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("The simulator's clock must return aware datetimes, such as datetime.now(UTC).")
    return (moment - _EPOCH) // _TICK


@lru_cache(maxsize=512)
def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).strftime("%Y-%m-%d")


def _time_of_day(within: int) -> str:
    seconds, micros = divmod(within, SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"T{hour:02d}:{minute:02d}:{second:02d}.{micros:06d}+00:00"


def stamp(at: int) -> str:
    """RFC 3339 with six decimals and `+00:00`, as recorded from the real API."""
    day, within = divmod(at, DAY)
    return _date(day) + _time_of_day(within)


def stamp_and_next_day(at: int) -> tuple[str, str]:
    """The stamps of an instant and of 24 hours later."""
    day, within = divmod(at, DAY)
    time_of_day = _time_of_day(within)
    return _date(day) + time_of_day, _date(day + 1) + time_of_day


def http_date(at: int) -> str:
    """The value of a `Date` header."""
    return format_datetime(_EPOCH + timedelta(microseconds=at), usegmt=True)


class ManualClock:
    """Stands still until told otherwise: the clock of tests and pictures."""

    def __init__(self, start: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)) -> None:
        self._at = start

    def __call__(self) -> datetime:
        """The present instant."""
        return self._at

    def advance(self, **units: float) -> None:
        """Move on by the units of a timedelta, such as `seconds=30`."""
        self._at += timedelta(**units)


class ShiftedClock:
    """Another clock, which can be moved on as well."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """The other clock's instant, and as much later as it was moved on."""
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move on; ValueError for what is negative, not a number, or would leave the calendar."""
        if not 0 <= seconds <= _FARTHEST:
            raise ValueError(f"advance must be a number of seconds from 0 to {_FARTHEST}, not {seconds}.")
        ahead = self._ahead + timedelta(seconds=seconds)
        if ahead > timedelta(seconds=_FARTHEST):
            raise ValueError(f"The clock can be moved on by {_FARTHEST} seconds in all, not further.")
        self._ahead = ahead


class ScaledClock:
    """`start` (aware; by default the real time at construction), then `speed` times as fast; 0 stands still."""

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        if not 0 <= speed < float("inf"):
            raise ValueError(f"speed must be zero or a positive number, not {speed!r}.")
        if start is not None and start.tzinfo is None:
            raise ValueError(f"now must say its offset, as 2026-11-22T12:00:00+00:00 does: {start.isoformat()}.")
        self._speed = speed
        self._start = datetime.now(UTC) if start is None else start.astimezone(UTC)
        self._tick = time.monotonic()

    def __call__(self) -> datetime:
        """The simulated instant, aware UTC."""
        return self._start + timedelta(seconds=(time.monotonic() - self._tick) * self._speed)
