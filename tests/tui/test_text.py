"""The one door: whatever goes in, what comes out cannot harm a terminal and says the same."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size
from textual.content import Content
from wcwidth import wcwidth

from batch_tui.tui import text
from batch_tui.tui.text import Plain

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

any_text = st.text(st.characters(codec=None, categories=None) | st.sampled_from("\x1b\x9b\u202e\u2028\ud800[]"))


@given(any_text)
def test_nothing_harmful_passes(raw: str) -> None:
    shown = text.plain(raw)
    categories = {unicodedata.category(character) for character in shown}
    assert not categories & {"Cc", "Cs", "Zl", "Zp"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", shown)
    shown.encode()


@given(any_text)
def test_lines_keep_line_breaks_and_nothing_else_of_that_kind(raw: str) -> None:
    shown = text.lines(raw)
    assert not {unicodedata.category(character) for character in shown if character != "\n"} & {"Cc", "Cs"}
    assert shown.count("\n") == raw.count("\n")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_ordinary_text_is_left_alone(raw: str) -> None:
    assert text.plain(raw) == raw


@given(any_text, st.integers(0, 40))
def test_fit_never_takes_more_cells_than_it_has(raw: str, cells: int) -> None:
    assert cell_len(text.fit(text.plain(raw), cells)) <= cells


def test_markup_is_literal() -> None:
    assert Content(text.plain("[red]x[/] [/nope]")).plain == "[red]x[/] [/nope]"


def test_the_end_of_a_path_stays() -> None:
    assert text.fit_start(Plain("result.message.usage.output_tokens"), 14) == "…output_tokens"
    assert text.fit_start(Plain(".label"), 14) == ".label"
    assert cell_len(text.fit_start(Plain("a.漢字漢字漢字"), 6)) <= 6


def test_both_ends_of_an_id_stay() -> None:
    shown = text.fit_middle(Plain("msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d"), 22)
    assert len(shown) == 22
    assert shown.startswith("msgbatch_01")
    assert shown.endswith("WR4ZsDV8d"[-10:])


@pytest.mark.parametrize(
    ("whole", "cells", "shown"),
    [
        ("リクエスト-日本語-001", 14, "リクエ…語-001"),
        ("リクエスト-日本語-001", 13, "リクエ…語-001"),
        ("リクエスト-日本語-001", 21, "リクエスト-日本語-001"),
        ("short", 8, "short"),
        ("0123456789", 4, "01…9"),
    ],
)
def test_a_text_cut_in_the_middle_keeps_both_ends_in_the_cells_there_are(whole: str, cells: int, shown: str) -> None:
    cut = text.fit_middle(Plain(whole), cells)
    assert (cut, text.width(cut) <= cells) == (shown, True)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (59, "59s"), (61, "1m 01s"), (3660, "1h 01m"), (26 * 3600, "1d 02h"), (-5, "0s")],
)
def test_duration(seconds: int, shown: str) -> None:
    assert text.duration(timedelta(seconds=seconds)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (2, "just now"),
        (45, "45s ago"),
        (120, "2m ago"),
        (26 * 3600, "26h ago"),
        (72 * 3600, "3d ago"),
        (-3, "just now"),
    ],
)
def test_ago(seconds: int, shown: str) -> None:
    assert text.ago(NOW - timedelta(seconds=seconds), NOW) == shown


@pytest.mark.parametrize(
    ("hours", "shown"), [(24 * 27 + 23, "27d left"), (47, "47h left"), (0.5, "30m left"), (-1, "0m left")]
)
def test_time_left_is_rounded_down(hours: float, shown: str) -> None:
    assert text.left(NOW + timedelta(hours=hours), NOW) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (201_000_000, "201 MB"), (2_340_000_000, "2.34 GB")],
)
def test_size(count: int, shown: str) -> None:
    assert text.size(count) == shown


@pytest.mark.parametrize("cluster", ["👍🏽", "🇩🇪", "👩‍👩‍👧‍👦", "❤️", "1️⃣", "🏳️‍🌈", "e\u0301"])
def test_no_cluster_is_measured_otherwise_than_its_characters(cluster: str) -> None:
    """Terminals that know no grapheme clusters would draw it wider, and shift what follows."""
    shown = text.plain(cluster)
    assert cell_len(shown) == sum(get_character_cell_size(character) for character in shown)
    assert cell_len(shown) == sum(max(wcwidth(character), 0) for character in shown)
