"""How long to wait before asking again: quick after a change, slower when nothing moves or nobody looks."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import msgspec

from batch_tui.api.errors import APIConnectionError, APIStatusError, APITimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_PATIENT = 3600.0
"""The longest wait a server may ask for, in seconds: a broken header must not stop the polling for good."""
_STEEPEST = 64
"""Powers of waiting times end here: far beyond every ceiling, and still a float."""
_GROWTH = 1.3
_UNFOCUSED = 3.0
"""So many times longer are the waits while the terminal is not looked at."""
_FASTEST = 1.0
_STEPS: Final = 3
"""How often the user can halve or double the pace."""


class Pace(msgspec.Struct, frozen=True):
    """Seconds between polls."""

    hurried: float = 2.0
    """After something changed or the user did something."""
    running: float = 10.0
    """While batches run and nothing moves; the server's own hint (batches-api.md §0.6)."""
    idle: float = 30.0
    """When every known batch has ended."""
    offline: float = 60.0
    """The longest wait between tries while the API does not answer as it should."""
    unreachable: float = 20.0
    """The same while it cannot be reached at all: trying costs nobody anything, and the line may be back."""
    looking: float = 5.0
    """The same while somebody looks, who sees the line come back and waits for the list to follow."""
    slowest: float = 50.0
    """However little happens and whoever looks; below a minute, so that an ended batch is noticed within one."""


class PollPace:
    """The waits of one poller; `jitter` gives numbers in [0, 1)."""

    def __init__(self, pace: Pace, jitter: Callable[[], float] = random.random) -> None:
        self._pace = pace
        self._jitter = jitter
        self._step = 0
        self.quiet_polls = 0
        """How many polls in a row brought nothing new."""
        self.focused = True

    def faster(self) -> None:
        """Wait half as long from now on; there is a floor."""
        self._step = max(self._step - 1, -_STEPS)

    def slower(self) -> None:
        """Wait twice as long from now on; there is a ceiling."""
        self._step = min(self._step + 1, _STEPS)

    def steady(self, *, unfinished: bool) -> float:
        """Seconds between polls when nothing moves."""
        base = self._pace.running if unfinished else self._pace.idle
        seconds = base * 2.0**self._step
        seconds = min(max(seconds, min(base, _FASTEST)), max(base, self._pace.slowest))
        return seconds if self.focused else min(seconds * _UNFOCUSED, max(seconds, self._pace.slowest))

    def after_answer(self, *, changed: bool, unfinished: bool, asked: float | None = None) -> float:
        """Seconds to wait after a poll that succeeded; `asked` is the wait that the server wished for, if any."""
        quiet = 0 if changed else min(self.quiet_polls, _STEEPEST)
        wait = self._pace.hurried * _GROWTH**quiet * (1.0 if self.focused else _UNFOCUSED)
        return max(min(wait, self.steady(unfinished=unfinished)), min(asked or 0.0, _MOST_PATIENT))

    def after_failure(
        self, error: Exception, failures: int, *, asked: float | None = None, hopeless: bool = False
    ) -> float:
        """Seconds to wait after so many failures in a row.

        `hopeless`: the server said that the same request will fail again.
        """
        pace = self._pace
        longest = pace.offline
        if isinstance(error, APIConnectionError):
            looked_at = self.focused and not isinstance(error, APITimeoutError)
            longest = min(longest, max(pace.looking if looked_at else pace.unreachable, pace.hurried))
        backoff = longest if hopeless else min(pace.hurried * 2.0 ** min(failures - 1, _STEEPEST), longest)
        wish = asked or (error.retry_after if isinstance(error, APIStatusError) else None) or 0.0
        return max(min(wish, _MOST_PATIENT), backoff * (0.75 + 0.25 * self._jitter()))
