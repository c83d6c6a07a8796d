"""Columns of results: as wide as what is in them, and what that leaves is for the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.results.result_row import ResultRow
from batch_tui.tui.result_columns import ColumnNeeds
from batch_tui.tui.results_view import Order
from batch_tui.tui.widgets.table_rows import lay_out
from tests.tui.play import playing
from tests.tui.scenes import open_results

if TYPE_CHECKING:
    from pathlib import Path


def row(custom_id: str, tokens: int = 900) -> ResultRow:
    return ResultRow(0, custom_id, "succeeded", "end_turn", "a-model", tokens, tokens, "An answer")


def widths(needs: ColumnNeeds, space: int) -> dict[str, int]:
    return {column.id: cells for column, cells in lay_out(needs.columns(), space)}


def test_what_short_ids_and_small_numbers_do_not_need_goes_to_the_answer() -> None:
    needs = ColumnNeeds()
    needs.take_up([row("task-7")], total=40)
    short = widths(needs, 120)
    assert short["preview"] > 60
    assert needs.take_up([row("2026-10_customer_of_the_north_7162", 1_234_567)], total=100_000)
    long = widths(needs, 140)
    assert long["custom_id"] == len("2026-10_customer_of_the_north_7162")
    assert (long["number"], long["input"]) == (len("100,000"), len("1,234,567"))


def test_a_column_never_shrinks_again() -> None:
    needs = ColumnNeeds()
    needs.take_up([row("2026-10_customer_7162")], total=100)
    before = widths(needs, 140)
    assert not needs.take_up([row("x")], total=1)
    assert widths(needs, 140) == before


def test_in_little_room_ids_are_cut_before_the_answer_says_nothing() -> None:
    needs = ColumnNeeds()
    needs.take_up([row("2026-10_customer_7162")], total=100)
    cramped = widths(needs, 36)
    assert cramped["preview"] >= 10
    assert sum(cramped.values()) + 2 * (len(cramped) - 1) <= 36


def test_where_the_answer_would_be_short_what_is_told_in_passing_leaves_first() -> None:
    needs = ColumnNeeds()
    needs.take_up([row("2026-10_customer_7162")], total=1_200)
    beside = widths(needs, 94)
    assert not {"stop", "input"} & set(beside)
    assert beside["preview"] >= 40
    assert "output" in widths(needs, 78)
    assert {"stop", "input"} <= set(widths(needs, 140))


def test_the_column_that_rows_are_sorted_by_is_always_shown() -> None:
    needs = ColumnNeeds()
    needs.take_up([row("2026-10_customer_7162")], total=1_200)
    shown = [one for one, _ in lay_out(needs.columns(order=Order("input", "input tokens", reverse=True)), 78)]
    assert "IN▾" in [one.label for one in shown]


async def test_beside_a_record_most_of_the_table_is_answers(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 40)) as play:
        await open_results(play.stage, play.pilot)
        shown = play.table.render_line(1).text
        answer = play.table.render_line(0).text.index("ANSWER")
        assert "_customer_7162" in shown[:answer]
        assert "…" not in shown[:answer]
        assert play.table.size.width - answer >= 42
