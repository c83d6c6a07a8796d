"""Percentiles and histograms of token counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batch_tui.results.distribution import Distribution


def test_percentiles_are_numbers_that_occur() -> None:
    spread = Distribution.of(range(1, 101))
    assert (spread.p50, spread.p90, spread.p95, spread.p99, spread.most) == (50, 90, 95, 99, 100)
    assert Distribution.of([7]).p50 == 7
    assert Distribution.of([]) == Distribution()


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1))
def test_bars_cover_every_number_without_a_gap(numbers: list[int]) -> None:
    bars = Distribution.of(numbers).bars
    assert len(bars) <= 12
    assert sum(bar.count for bar in bars) == len(numbers)
    for bar in bars:
        assert bar.count == sum(bar.low <= one < bar.high for one in numbers)
    assert [bar.low for bar in bars[1:]] == [bar.high for bar in bars[:-1]]
