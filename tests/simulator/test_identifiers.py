"""Batch ids say which batch they mean, and nothing else passes for one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as some

from batch_tui.simulator.identifiers import BatchIds

IDS = BatchIds(seed=1)


@given(some.integers(0, 15), some.integers(0, 2**40 - 1), some.integers(0, 99))
def test_every_id_leads_back(source: int, index: int, seed: int) -> None:
    """Encode, then decode."""
    ids = BatchIds(seed)
    batch_id = ids.encode(source, index)
    assert re.fullmatch(r"msgbatch_01[0-9A-Za-z]{22}", batch_id)
    assert ids.decode(batch_id) == (source, index)


@given(some.text() | some.from_regex(r"msgbatch_01[0-9A-Za-z]{22}", fullmatch=True))
def test_other_text_means_nothing(text: str) -> None:
    """Random ids do not hit a batch by chance."""
    assert IDS.decode(text) is None


def test_neighbours_look_unrelated() -> None:
    """Consecutive batches share neither beginning nor end."""
    ids = [IDS.encode(0, index) for index in range(2_000)]
    assert len(set(ids)) == 2_000
    assert len({batch_id[11:15] for batch_id in ids}) > 1_900
    assert len({batch_id[-4:] for batch_id in ids}) > 1_900
