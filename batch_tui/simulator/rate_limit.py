"""The limit of requests per minute: a bucket that refills with simulated time."""

from __future__ import annotations

from batch_tui.simulator.clock import MINUTE, SECOND
from batch_tui.simulator.wire import ApiError


class TokenBucket:
    """`per_minute` requests at once, then one more every 60 / `per_minute` simulated seconds.

    Whole numbers throughout, so that the same clock gives the same answers. ValueError below 1.
    """

    def __init__(self, per_minute: int) -> None:
        if per_minute < 1:
            raise ValueError(f"requests_per_minute must be at least 1, or None for no limit, not {per_minute}.")
        self.limit = per_minute
        # A request costs MINUTE; `per_minute` of that flow back each microsecond.
        self._full = per_minute * MINUTE
        self._level = self._full
        self._at: int | None = None

    def _refill(self, now: int) -> None:
        elapsed = 0 if self._at is None else max(0, now - self._at)
        self._level = min(self._full, self._level + elapsed * self.limit)
        self._at = now

    def take(self, now: int) -> None:
        """Let one request pass; ApiError 429 with `retry-after` (whole seconds) if none may."""
        self._refill(now)
        if self._level < MINUTE:
            wait = -(-(MINUTE - self._level) // self.limit)
            raise ApiError(429, headers={"retry-after": str(-(-wait // SECOND))})
        self._level -= MINUTE

    def remaining(self) -> int:
        """How many requests would pass right now."""
        return self._level // MINUTE

    def full_again(self, now: int) -> int:
        """The instant at which nothing is used any more."""
        return now + -(-(self._full - self._level) // self.limit)
