"""The outcome of an ended batch in the width of the list at 80 columns: every kind that failed is named."""

from __future__ import annotations

import pytest

from batch_tui.api.models import MessageBatchRequestCounts
from batch_tui.tui.text import width
from batch_tui.tui.widgets.outcome_bar import outcome


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"succeeded": 40}, "all ok"),
        ({"succeeded": 40, "errored": 2_528}, "2,528 errored"),
        ({"succeeded": 40, "errored": 22, "canceled": 608}, "22 err · 608 can"),
        ({"succeeded": 40, "errored": 1_234, "canceled": 3_153}, "1,234 err 3,153 can"),
        ({"succeeded": 40, "errored": 1, "canceled": 1_047}, "1 err · 1,047 can"),
    ],
)
def test_words_get_shorter_before_any_is_cut(counts: dict[str, int], said: str) -> None:
    zero = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    parts = outcome(MessageBatchRequestCounts(**(zero | counts)), 25)
    drawn = "".join(text for text, _ in parts)
    assert drawn.lstrip("━╳┅┄·")[1:] == said
    assert all(width(text) for text, _ in parts)
