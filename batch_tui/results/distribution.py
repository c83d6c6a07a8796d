"""How numbers are spread: percentiles, and how many fall between which limits."""

from __future__ import annotations

import itertools
from bisect import bisect_left
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
        ordered = sorted(numbers)
        if not ordered:
            return cls()
        p50, p90, p95, p99 = (ordered[-(-len(ordered) * percent // 100) - 1] for percent in (50, 90, 95, 99))
        return cls(p50, p90, p95, p99, ordered[-1], _bars(ordered))


def _bars(ordered: list[int]) -> tuple[Bar, ...]:
    """Between 1, 2, 5, 10, 20, …; the lowest are put together where there would be too many."""
    limits = [0]
    power = 1
    while limits[-1] <= ordered[-1]:
        limits += [step * power for step in _STEPS]
        power *= 10
    bars: list[Bar] = []
    place = 0
    for low, high in itertools.pairwise(limits):
        start, place = place, bisect_left(ordered, high, place)
        bars.append(Bar(low, high, place - start))
    while bars and not bars[-1].count:
        bars.pop()
    while len(bars) > 1 and not bars[0].count:
        bars.pop(0)
    while len(bars) > _MOST_BARS:
        first, second = bars[:2]
        bars[:2] = [Bar(first.low, second.high, first.count + second.count)]
    return tuple(bars)
