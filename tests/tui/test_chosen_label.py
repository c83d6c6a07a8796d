"""Tabs in little room: the chosen one can always be read."""

from __future__ import annotations

import pytest
from textual.content import Content

from batch_tui.tui.widgets.chosen_label import fit_labels

NAMES = ("1 all 240", "2 running 7", "3 ended 233", "4 with failures 39", "5 expiring 4")
LONG = [Content(f" {name} ") for name in NAMES]
SHORT = [Content(f" {name} ") for name in ("1 all 240", "2 running 7", "3 ended 233", "4 failed 39", "5 expire 4")]
SOME = [False] * 5


def shown(cells: int, *, chosen: int = 0, empty: list[bool] = SOME) -> str:
    return "".join(str(label) for label in fit_labels([LONG, SHORT], empty, chosen, cells))


def test_all_stand_there_in_full_where_there_is_room() -> None:
    assert shown(90) == "".join(map(str, LONG))


def test_empty_ones_leave_before_words_get_shorter() -> None:
    empty = [False, False, False, False, True]
    assert shown(60, empty=empty) == "".join(map(str, LONG[:4]))
    assert "5 expiring 4" in shown(80, empty=empty)


def test_words_get_shorter_before_any_leaves() -> None:
    assert shown(66) == "".join(map(str, SHORT))


@pytest.mark.parametrize("chosen", range(5))
@pytest.mark.parametrize("cells", [20, 30, 40, 50, 60, 70])
def test_the_chosen_one_is_whole_at_any_width(chosen: int, cells: int) -> None:
    said = shown(cells, chosen=chosen)
    assert str(SHORT[chosen]) in said or str(LONG[chosen]) in said
    assert len(said) < cells
