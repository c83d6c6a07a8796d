"""What goes on while somebody watches: unfinished batches at the start, then small ones arriving."""

from __future__ import annotations

from typing import NamedTuple

from batch_tui.simulator.clock import HOUR, MINUTE, SECOND
from batch_tui.simulator.draws import key_of, units
from batch_tui.simulator.lifecycle import Plan


class _Running(NamedTuple):
    """One batch of the opening: age and time left at the start, requests, and how many will fail."""

    age: int
    left: int
    total: int
    errored: int
    cancel_age: int = 0


# Oldest first: ranks grow with time.
_OPENING = (
    _Running(age=3 * HOUR + 7 * MINUTE, left=3 * HOUR, total=100_000, errored=214),
    _Running(age=HOUR + 12 * MINUTE, left=12 * MINUTE, total=20_000, errored=0),
    _Running(age=26 * MINUTE, left=150 * SECOND, total=2_500, errored=31),
    _Running(age=18 * MINUTE, left=25 * SECOND, total=2_000, errored=4, cancel_age=40 * SECOND),
    _Running(age=14 * MINUTE, left=70 * SECOND, total=1_200, errored=0),
    _Running(age=9 * MINUTE, left=35 * SECOND, total=300, errored=300),
    _Running(age=4 * MINUTE, left=15 * SECOND, total=40, errored=2),
)

_BEAT = 55 * SECOND
_SWING = 7.5 * SECOND


class Opening:
    """The batches that were running when the simulator started; rank 0 is the oldest."""

    def __init__(self, seed: int, start: int) -> None:
        self._plans = [self._plan(seed, start, number) for number in range(len(_OPENING))]

    @staticmethod
    def _plan(seed: int, start: int, number: int) -> Plan:
        running = _OPENING[number]
        chance = units(key_of(seed, "opening"), number)
        created = start - running.age - int(chance[0] * MINUTE)
        ends, cancel_at, wind_down = start + running.left, None, int((6 + 4 * chance[1]) * SECOND)
        if running.cancel_age:
            cancel_at, wind_down = start - running.cancel_age, running.cancel_age + running.left
            ends = start + 20 * MINUTE
        return Plan(
            key=key_of(seed, "opening", number),
            created=created,
            ends=ends,
            succeeded=running.total - running.errored,
            errored=running.errored,
            cancel_at=cancel_at,
            wind_down=wind_down,
        )

    def population(self, _now: int) -> int:
        """How many batches exist."""
        return len(self._plans)

    def created(self, rank: int) -> int:
        """When a batch was created."""
        return self._plans[rank].created

    def plan(self, rank: int) -> Plan:
        """Everything settled about one batch."""
        return self._plans[rank]


class Arrivals:
    """Small batches that turn up every 40 to 70 s and end 30 to 120 s later, without end."""

    def __init__(self, seed: int, start: int) -> None:
        self._key = key_of(seed, "arrivals")
        self._start = start

    def population(self, now: int) -> int:
        """How many have been created by `now`."""
        if now < self._start:
            return 0
        count = max(0, int((now - self._start - _SWING) // _BEAT))
        while self.created(count) <= now:
            count += 1
        return count

    def created(self, rank: int) -> int:
        """When a batch is created: a steady beat, a little early or late."""
        swing = units(self._key, rank)[0] * 2 - 1
        return self._start + (rank + 1) * _BEAT + int(swing * _SWING)

    def plan(self, rank: int) -> Plan:
        """Everything settled about one batch."""
        chance = units(self._key, rank)
        created = self.created(rank)
        total = max(1, int(10 ** (2.3 * chance[1])))
        errored = 0
        if chance[2] < 0.25:
            errored = max(1, int(total * 0.3 * chance[3]))
        return Plan(
            key=key_of(self._key, rank),
            created=created,
            ends=created + int((30 + 90 * chance[4]) * SECOND),
            succeeded=total - errored,
            errored=errored,
            wind_down=int((6 + 4 * chance[5]) * SECOND),
        )
