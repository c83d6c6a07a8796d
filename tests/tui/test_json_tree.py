"""The tree of a record: open what is small, never lay out what nobody opened, any depth and any size."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from batch_tui.tui.json_tree import JsonTree
from batch_tui.tui.text import plain
from batch_tui.tui.widgets.json_pane import JsonPane
from batch_tui.tui.widgets.record_view import RecordView
from tests.results.lines import succeeded
from tests.tui.own_rows import own_rows
from tests.tui.play import Play, playing
from tests.tui.scenes import open_results, record_on_screen, settled, until

if TYPE_CHECKING:
    from pathlib import Path

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=90),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)


def shown(tree: JsonTree) -> list[str]:
    return ["".join(text for text, _ in row.parts(80)) for row in tree.rows]


def test_a_small_record_is_open_down_to_its_texts() -> None:
    tree = JsonTree({"a": {"b": [1, None, True]}, "long": "x" * 100, "none": {}}, 80)
    assert shown(tree) == [
        "▾ a: {1 key}",
        "  ▾ b: [3]",
        "      0: 1",
        "      1: null",
        "      2: true",
        f'▸ long: "{"x" * 70}…',
        "  none: {}",
    ]


def test_a_long_text_opens_into_its_lines() -> None:
    tree = JsonTree({"text": "one\n" + "two " * 30}, 40)
    tree.unfold(0)
    assert shown(tree)[1] == "  one"
    assert all(len(line) <= 40 for line in shown(tree)[1:])
    assert tree.fold(1) == 0
    assert len(tree.rows) == 1


def test_huge_arrays_are_laid_out_a_thousand_at_a_time() -> None:
    tree = JsonTree({"many": list(range(1_000_000))}, 80)
    assert len(tree.rows) == 1
    tree.unfold(0)
    assert len(tree.rows) == 1_002
    assert "999,000 more" in shown(tree)[-1]
    tree.unfold(1_001)
    assert len(tree.rows) == 2_002
    assert shown(tree)[1_001] == "    1000: 1000"


def test_any_depth_opens_without_recursion() -> None:
    value: Any = "bottom"
    for _ in range(50_000):
        value = [value]
    tree = JsonTree({"deep": value}, 80)
    tree.unfold_all()
    assert 9_999 <= len(tree.rows) <= 10_001
    tree.fold_all()
    assert shown(tree) == ["▸ deep: [1]"]
    # Taken apart from outside, as freeing it in one go would recurse.
    while isinstance(value, list):
        value = value.pop()


@given(values)
def test_all_of_it_is_there_once_everything_is_open(value: object) -> None:
    tree = JsonTree(value, 80)
    tree.unfold_all()
    leaves = sum(not isinstance(row.value, dict | list) or not row.value for row in tree.rows)
    assert leaves == _leaves(value)
    for line in shown(tree):
        assert plain(line) == line


def _leaves(value: object) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return sum(map(_leaves, inner)) if inner else 1


@given(values, st.lists(st.integers(0, 60), max_size=12), st.integers(0, 60), st.integers(20, 80))
def test_a_tree_of_another_width_opens_as_it_was(value: object, turns: list[int], cursor: int, cells: int) -> None:
    before = JsonTree(value, 80)
    for turn in turns:
        place = turn % len(before.rows)
        if before.rows[place].is_open:
            before.fold(place)
        else:
            before.unfold(place)
    row = cursor % len(before.rows)
    after = JsonTree(value, cells)
    found = after.open_like(before, row)
    assert members(after) == members(before)
    assert (after.rows[found].depth, after.rows[found].key) == (before.rows[row].depth, before.rows[row].key)


def members(tree: JsonTree) -> list[tuple[int, object, bool]]:
    """What is open, texts aside, whose lines depend on the width."""
    return [(row.depth, row.key, row.is_open) for row in tree.rows if row.text is None]


def test_a_long_array_that_was_opened_on_stays_so() -> None:
    before = JsonTree({"many": list(range(3_000)), "last": 1}, 80)
    before.unfold(0)
    before.unfold(1_001)
    after = JsonTree({"many": list(range(3_000)), "last": 1}, 60)
    assert after.open_like(before, 1_500) == 1_500
    assert members(after) == members(before)


async def raw_page(play: Play) -> JsonPane:
    await open_results(play.stage, play.pilot)
    await record_on_screen(play.stage, play.pilot)
    await play.press("enter", "left_square_bracket", "left_square_bracket")
    pane: JsonPane = play.screen.query_one("#record-tree", JsonPane)
    await until(play.pilot, lambda: bool(pane.display) and bool(pane.text), "the tree")
    await settled(play.stage, play.pilot)
    return pane


async def test_the_raw_page_folds_and_unfolds_under_the_cursor(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 40)) as play:
        pane = await raw_page(play)
        assert pane.has_focus
        whole = pane.text
        await play.press("j", "enter")
        folded = pane.text
        assert len(folded.splitlines()) == 2
        await play.press("right")
        assert len(pane.text.splitlines()) > 2
        await play.press("O", "j", "j", "h", "h")
        assert pane.text != whole
        await play.press("C")
        assert len(pane.text.splitlines()) == 2
        await play.press("escape")
        assert play.table.has_focus


async def test_json_and_custom_id_can_be_copied(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 40)) as play:
        await raw_page(play)
        (opened,) = play.stage.app.shared.monitor.results.values()
        assert opened.file is not None
        await play.press("y", "j")
        await until(play.pilot, lambda: play.stage.app.clipboard.startswith("{"), "the JSON")
        assert json.loads(play.stage.app.clipboard) == opened.file.record(0).value
        await play.press("y", "i")
        custom_id = opened.file.record(0).custom_id
        await until(play.pilot, lambda: play.stage.app.clipboard == custom_id, "the id")


async def test_what_is_searched_for_stands_out_in_the_record(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 40)) as play:
        await open_results(play.stage, play.pilot)
        await record_on_screen(play.stage, play.pilot)
        pane = play.screen.query_one(RecordView).text_pane
        word = pane.rows[0][0].split()[1]
        await play.press("slash", *word)
        await until(play.pilot, lambda: pane.highlight is not None, "the pattern")
        match = pane.get_component_rich_style("tone--match")
        assert any(segment.style == match and segment.text == word for segment in pane.render_line(0))


async def test_lines_are_left_as_long_as_they_are_on_demand(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 40)) as play:
        await open_results(play.stage, play.pilot)
        await record_on_screen(play.stage, play.pilot)
        pane = play.screen.query_one(RecordView).text_pane
        wrapped = len(pane.rows)
        await play.press("z")
        await until(play.pilot, lambda: len(pane.rows) < wrapped, "long lines")
        await play.press("enter", "right")
        assert pane.scroll_offset.x > 0
        await play.press("z")
        await until(play.pilot, lambda: len(pane.rows) == wrapped, "wrapped lines")


async def test_a_tree_stays_as_it_was_when_the_terminal_changes_its_size(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 40)) as play:
        pane = await raw_page(play)
        await play.press("j", "enter", "k", "j")
        folded, cursor = pane.text, pane._cursor
        await play.pilot.resize_terminal(150, 40)
        await settled(play.stage, play.pilot)
        assert len(pane.text.splitlines()) == len(folded.splitlines())
        assert pane._cursor == cursor == 1
        await play.press("J")
        await until(play.pilot, lambda: pane._cursor == 0, "the next record from its top")


async def test_long_lines_of_wide_characters_can_be_read_to_their_end(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await own_rows(play, succeeded("a", "\u6f22" * 60 + "END"))
        await play.press("enter", "M", "z")
        pane = play.screen.query_one(RecordView).text_pane
        for _ in range(8):
            await play.press("l")
        assert "END" in pane.render_line(0).text


def test_what_is_deeper_than_the_pane_is_wide_stays_in_sight_and_says_how_deep() -> None:
    value: object = {"innermost": "x" * 100}
    for _ in range(2_000):
        value = {"a": value}
    tree = JsonTree(value, 40)
    tree.unfold_all()
    tree.unfold(len(tree.rows) - 1)
    rows = ["".join(text for text, _ in row.parts(40)) for row in tree.rows]
    assert rows[10] == f"{'':20}▾ a: {{1 key}}"
    assert rows[11] == f"{'11 ┊':>20} ▾ a: {{1 key}}"
    assert rows[2_000] == f'{"2,000 ┊":>20} ▾ innermost: "xxxxxx…'
    assert rows[-1].startswith(f"{'2,001 ┊':>20} xx")
    assert max(map(len, rows)) <= 42
