"""How numbers are spread: percentiles, and how many fall between which limits."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_STEPS = (1, 2, 5)
_MOST_BARS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """Numbers from `low` up to but not including `high`."""

    low: int
    high: int
    count: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """Percentiles by the nearest rank, and bars that cover all numbers without a gap; empty for no numbers."""

    p50: int = 0
    p90: int = 0
    p95: int = 0
    p99: int = 0
    most: int = 0
    bars: tuple[Bar, ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Distribution:
        """The distribution of numbers that are not negative."""
        # Token counts repeat: to count them and sort the different ones takes half the time of sorting all.
        times = Counter(numbers)
        if not times:
            return cls()
        ordered = sorted(times)
        places = list(itertools.accumulate(map(times.__getitem__, ordered)))
        total = places[-1]
        p50, p90, p95, p99 = (ordered[bisect_left(places, -(-total * percent // 100))] for percent in (50, 90, 95, 99))
        return cls(p50, p90, p95, p99, ordered[-1], _bars(ordered, [0, *places]))


def _bars(ordered: list[int], below: list[int]) -> tuple[Bar, ...]:
    """Between 1, 2, 5, 10, 20, …; the lowest are put together where there would be too many.

    Of the numbers counted, `below[place]` are smaller than `ordered[place]`.
    """
    limits = [0]
    power = 1
    while limits[-1] <= ordered[-1]:
        limits += [step * power for step in _STEPS]
        power *= 10
    bars: list[Bar] = []
    for low, high in itertools.pairwise(limits):
        bars.append(Bar(low, high, below[bisect_left(ordered, high)] - below[bisect_left(ordered, low)]))
    while bars and not bars[-1].count:
        bars.pop()
    while len(bars) > 1 and not bars[0].count:
        bars.pop(0)
    while len(bars) > _MOST_BARS:
        first, second = bars[:2]
        bars[:2] = [Bar(first.low, second.high, first.count + second.count)]
    return tuple(bars)
