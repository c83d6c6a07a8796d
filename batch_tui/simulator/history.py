"""The finished batches of the past sixty days, computed from (seed, number) and never stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from batch_tui.simulator.clock import DAY, HOUR, MINUTE, SECOND
from batch_tui.simulator.draws import key_of, units_and_key
from batch_tui.simulator.lifecycle import WINDOW, Plan

_YOUNGEST = 26 * HOUR
_OLDEST = 60 * DAY
_GOLDEN = 0.6180339887498949
MOST = 100_000


_StoryOf = Callable[[int, int, list[float]], "_Story"]


class _Story(NamedTuple):
    """Counts at the natural end, how long that takes, and at which share cancel is asked (0: never)."""

    succeeded: int
    errored: int
    expired: int
    duration: int
    cancel_share: float = 0.0


def _clean(total: int, duration: int, _chance: list[float]) -> _Story:
    return _Story(total, 0, 0, duration)


def _some_errored(total: int, duration: int, chance: list[float]) -> _Story:
    errored = min(total, max(1, int(total * 0.08 * chance[5] ** 2)))
    return _Story(total - errored, errored, 0, duration)


def _many_errored(total: int, duration: int, _chance: list[float]) -> _Story:
    errored = max(1, total // 9)
    return _Story(total - errored, errored, 0, duration)


def _canceled(total: int, duration: int, chance: list[float]) -> _Story:
    errored = int(total * 0.02 * chance[5])
    return _Story(total - errored, errored, 0, duration, 0.08 + 0.84 * chance[6])


def _expired(total: int, _duration: int, chance: list[float]) -> _Story:
    expired = min(total, max(1, int(total * 0.6 * chance[5])))
    errored = int((total - expired) * 0.01 * chance[6])
    return _Story(total - expired - errored, errored, expired, WINDOW)


def _all_errored(total: int, duration: int, _chance: list[float]) -> _Story:
    return _Story(0, total, 0, min(duration, 6 * MINUTE))


_STORIES: list[tuple[float, _StoryOf]] = [
    (0.66, _clean),
    (0.88, _some_errored),
    (0.94, _canceled),
    (0.975, _expired),
    (1.0, _all_errored),
]
# Near the top of every history, so that each kind of ending can be met without scrolling.
_SHOWCASE: dict[int, tuple[int, _StoryOf]] = {
    1: (1_200, _many_errored),
    3: (2_000, _canceled),
    5: (800, _expired),
    7: (140, _all_errored),
    9: (1, _clean),
    11: (MOST, _some_errored),
}


def _size(chance: list[float]) -> int:
    """A number of requests from 1 to 100,000; nine in ten lie between 50 and 5,000."""
    if chance[0] < 0.02:
        return (20_000, 50_000, MOST)[int(chance[1] * 3)]
    exponent = 2.7 + 2.4 * (chance[1] + chance[2] + chance[3] - 1.5) / 2
    size = max(1, min(MOST, int(10**exponent)))
    if chance[4] < 0.4 and size >= 20:
        step: int = 10 ** (len(str(size)) - 1)
        size = max(step, round(size / step) * step)
    return size


class History:
    """`size` past batches; rank 0 is the oldest, so that ranks grow with time."""

    def __init__(self, seed: int, start: int, size: int) -> None:
        self._key = key_of(seed, "history")
        self._start = start
        self._size = size
        self._phase = key_of(seed, "phase")[0] / 256

    def population(self, _now: int) -> int:
        """How many batches exist; the past does not grow."""
        return self._size

    def created(self, rank: int) -> int:
        """When a batch was created: evenly spread with jitter, denser towards the present."""
        number = self._size - 1 - rank
        jitter = (number * _GOLDEN + self._phase) % 1.0
        share = (number + 0.05 + 0.9 * jitter) / self._size
        return self._start - _YOUNGEST - int((_OLDEST - _YOUNGEST) * share**1.4)

    def plan(self, rank: int) -> Plan:
        """Everything settled about one past batch."""
        number = self._size - 1 - rank
        chance, key = units_and_key(self._key, number)
        created = self.created(rank)
        if number in _SHOWCASE:
            total, story_of = _SHOWCASE[number]
        else:
            total = _size(chance)
            story_of = next(story for limit, story in _STORIES if chance[8] < limit)
        # Two minutes and a bit for a handful, hours for tens of thousands.
        duration = int((2 + 9 * chance[9]) * MINUTE + total * (0.02 + 0.2 * chance[10] ** 3) * SECOND)
        duration = min(duration, 23 * HOUR)
        story = story_of(total, duration, chance)
        cancel_at = created + int(story.duration * story.cancel_share) if story.cancel_share else None
        return Plan(
            key=key,
            created=created,
            ends=created + story.duration,
            succeeded=story.succeeded,
            errored=story.errored,
            expired=story.expired,
            cancel_at=cancel_at,
            wind_down=int((1 + 40 * chance[11]) * SECOND),
        )
