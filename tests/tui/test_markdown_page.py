"""Markdown of answers as rows: what a reader sees, and that nothing in it can act."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.token import Token
from rich.cells import cell_len

from batch_tui.tui.markdown_page import MarkdownPage, _Layout, _parser, markdown_page
from tests.tui.scan import OBEYED


def page_of(text: str, cells: int = 40) -> MarkdownPage:
    page = markdown_page(text, cells)
    assert page is not None
    return page


def shown(text: str, cells: int = 40) -> list[str]:
    return [row.rstrip() for row, _ in page_of(text, cells).rows]


def toned(text: str, cells: int = 40) -> list[tuple[str, str]]:
    """The parts of the text that have tones of their own."""
    page = page_of(text, cells)
    return [
        (row[start:stop], tone)
        for place, (row, _) in enumerate(page.rows)
        for start, stop, tone in page.spans.get(place, [])
    ]


def test_prose_is_left_as_it_is() -> None:
    assert shown("One line.\nAnother.\n\nA paragraph.") == ["One line.", "Another.", "", "A paragraph."]


def test_headings_stand_out_and_lose_their_marks() -> None:
    page = page_of("# Big\n\ntext\n\n### Small", 40)
    assert page.rows == [
        ("Big", "accent"),
        ("───", "faint"),
        ("", "text"),
        ("text", "text"),
        ("", "text"),
        ("Small", "heading"),
    ]


def test_emphasis_code_and_links_have_tones() -> None:
    assert toned("*a* **b** `c` ~~d~~ [e](https://f.g)") == [
        ("a", "emphasis"),
        ("b", "heading"),
        ("c", "code"),
        ("d", "faint"),
        ("e", "link"),
        (" (https://f.g)", "muted"),
    ]


def test_tones_go_on_where_a_row_is_wrapped() -> None:
    assert toned("some **bold words that are wrapped** here", 20) == [
        ("bold words that", "heading"),
        ("are wrapped", "heading"),
    ]


def test_lists_hang_and_nest() -> None:
    assert shown("- one two three four five\n  1. inner\n  2. second\n- last", 16) == [
        "• one two three",
        "  four five",
        "  1. inner",
        "  2. second",
        "• last",
    ]


def test_code_keeps_its_blanks_and_names_its_language() -> None:
    assert shown("```python\nif x:\n    *y*\n```") == [" python", " if x:", "     *y*"]


def test_a_table_is_aligned_and_wraps_in_its_cells() -> None:
    assert shown("| a | n |\n|---|--:|\n| alpha and beta | 5 |\n| c | 1,000 |", 20) == [
        "a            │     n",
        "─────────────┼──────",
        "alpha and    │     5",
        "beta         │",
        "c            │ 1,000",
    ]


def test_a_table_without_room_becomes_lines() -> None:
    wide = "|" + "|".join("abcdef") + "|\n" + "|-" * 6 + "|\n|" + "|".join("uvwxyz") + "|"
    assert shown(wide, 20) == ["a: u", "b: v", "c: w", "d: x", "e: y", "f: z"]


def test_a_table_that_is_only_a_heading_is_not_lost() -> None:
    assert shown("|a" * 9 + "\n" + "|-" * 9, 20) == ["a"] * 9
    assert shown("| a | b |\n|---|---|") == ["a │ b", "──┼──"]


def test_a_row_of_more_cells_than_the_heading_is_shown_as_it_came() -> None:
    source = ["| a | b |", "|---|---|", "| 1 | 2 | 3 |"]
    assert shown("\n".join(source)) == source
    # A pipe that was escaped ends no cell.
    assert shown("| a | b |\n|---|---|\n| 1 \\| 2 | 3 |")[-1] == "1 | 2 │ 3"


def test_titles_of_links_and_all_words_of_a_fence_are_kept() -> None:
    assert shown('[a](b "title")') == ['a (b "title")']
    assert shown("```py x=1\ny\n```")[0] == " py x=1"


def test_quotes_have_a_bar() -> None:
    assert shown("> said\n> > deeper") == ["│ said", "│", "│ │ deeper"]


def test_tags_are_text() -> None:
    assert shown("<answer>yes</answer>\n\n<script>x</script>") == ["<answer>yes</answer>", "", "<script>x</script>"]


@pytest.mark.parametrize("entity", ["&#27;]0;x", "&#x9b;2J", "&#x202e;", "&#0;", "`\x1b[2J`", "[x](\x1b]52;c;aGk=)"])
def test_what_an_entity_hides_is_harmless_too(entity: str) -> None:
    assert not OBEYED.search("".join(shown(f"a {entity} b\n\n```\n{entity}\n```\n\n# {entity}\n\n|{entity}|\n|-|\n")))


@pytest.mark.parametrize("nested", ["[" * 5_000, "*" * 5_001, "![" * 2_000, "`" * 999, "|a" * 500 + "\n" + "|-" * 500])
def test_marks_without_end_are_text(nested: str) -> None:
    assert "end" in "".join(shown(f"{nested}end"))


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_what_is_nested_too_deeply_is_left_alone_rather_than_lost(mark: str) -> None:
    assert "end" in shown(mark * 5 + "end")[-1]
    assert markdown_page(mark * 500 + "end", 40) is None


def test_definitions_of_links_are_not_lost() -> None:
    assert shown("As [one] says.\n\n[1]: https://a.b")[-1] == "[1]: https://a.b"


markdown = st.lists(
    st.sampled_from(
        ["# ", "- ", "1. ", "> ", "```", "`", "*", "**", "|", "|-|-|", "\n", "\n\n", "    ", "[a](b)", "---"]
    )
    | st.text(max_size=12),
    max_size=40,
).map("".join)


@given(markdown, st.integers(1, 60))
def test_any_text_gives_harmless_rows_with_spans_in_order(text: str, cells: int) -> None:
    page = markdown_page(text, cells) or MarkdownPage()
    for place, (row, _) in enumerate(page.rows):
        assert not OBEYED.search(row)
        end = 0
        for start, stop, _ in page.spans.get(place, []):
            assert end <= start <= stop <= len(row)
            end = stop


@given(markdown)
def test_rows_fit_where_there_is_room_at_all(text: str) -> None:
    rows = (markdown_page(text, 80) or MarkdownPage()).rows
    assert all(cell_len(row) <= 80 for row, _ in rows)


MARKS = [
    "# ",
    "- ",
    "1. ",
    "> ",
    "```",
    "~~~",
    "`",
    "*",
    "**",
    "_",
    "~~",
    "---",
    "===",
    "[a](b)",
    "[a](b 'c')",
    "![d](e)",
    "[f]: g",
    "<h>",
    "<i@j.k>",
    "\\",
    "word",
]
words = st.lists(st.sampled_from([*MARKS, "|", "|-|-|", "| a | b |", "\n", "\n\n", "    ", "  \n", "\t"]), max_size=30)


@given(words)
def test_no_letter_is_lost(parts: list[str]) -> None:
    text = "".join(parts)
    page = markdown_page(text, 60)
    if page is not None:
        said = Counter("".join(row for row, _ in page.rows))
        missing = Counter(letter for letter in text if letter.isalpha()) - said
        assert not missing


def test_many_short_lists_are_looked_at_once_each() -> None:
    """Copying what is left of the text for each of them would hold a long answer up for minutes."""

    class Watched(list[Token]):
        looked = 0

        def __getitem__(self, place: Any) -> Any:
            found = super().__getitem__(place)
            self.looked += len(found) if isinstance(place, slice) else 1
            return found

    text = "- a\n* b\n" * 500
    tokens = Watched(_parser.parse(text))
    _Layout(text, 80).blocks(tokens)
    assert tokens.looked < 10 * len(tokens)
