"""Columns of counts are the same numbers whether they hold any memory or not."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_tui.results.count_column import CountColumn

counts = st.lists(st.one_of(st.just(0), st.just(0), st.integers(0, 2**32 - 1)), max_size=6)


@given(added=st.lists(counts, max_size=6), start=st.integers(-9, 9), stop=st.integers(-9, 9))
def test_it_holds_what_was_added(added: list[list[int]], start: int, stop: int) -> None:
    column, plain = CountColumn(), list[int]()
    for some in added:
        column.extend(array("I", some))
        plain += some
        assert len(column) == len(plain)
        assert [column[row] for row in range(len(column))] == plain
        assert column[start:stop].tolist() == plain[start:stop]


@pytest.mark.parametrize("some", [[], [0, 0], [0, 7]])
def test_there_is_nothing_past_the_last_row(some: list[int]) -> None:
    column = CountColumn()
    column.extend(some)
    with pytest.raises(IndexError):
        column[len(some)]
    assert column[:].typecode == "I"
    assert column[-1:].tolist() == some[-1:]
