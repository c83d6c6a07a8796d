"""Wrapped text keeps every word, fits its width, and stays linear."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from batch_tui.tui.text import lines
from batch_tui.tui.wrapping import wrap, wrap_hanging

texts = st.text(st.sampled_from("ab c\n日本é👩 -"), max_size=300)


@given(texts, st.integers(2, 30))
def test_every_row_fits(text: str, cells: int) -> None:
    for row, _ in wrap([(lines(text), "text")], cells):
        assert cell_len(row) <= max(cells, 2)


@given(texts, st.integers(2, 30))
def test_nothing_but_the_blanks_at_breaks_is_lost(text: str, cells: int) -> None:
    shown = lines(text)
    rows = wrap([(shown, "text")], cells)
    assert "".join(row for row, _ in rows).replace(" ", "") == shown.replace(" ", "").replace("\n", "")


def test_short_lines_stay_as_they_are() -> None:
    assert wrap([("one\n  two\n", "muted")], 20) == [("one", "muted"), ("  two", "muted"), ("", "muted")]


def test_words_are_kept_whole_where_there_is_room() -> None:
    assert [row for row, _ in wrap([("the quick brown fox", "text")], 10)] == ["the quick", "brown fox"]


def test_rows_that_go_on_stand_below_the_first_letter() -> None:
    assert wrap_hanging([("  the quick brown fox\nruns", "text")], 12) == [
        ("  the quick", "text"),
        ("  brown fox", "text"),
        ("runs", "text"),
    ]
    assert all(len(row) <= 4 for row, _ in wrap_hanging([(" " * 50 + "words", "text")], 4))
