"""Answers that do not say how many tokens they took, or say more than a column holds: never 0, never silently less."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.export import write_rows
from batch_tui.results.long_row import long_row
from batch_tui.results.pricing import Prices
from batch_tui.results.row_order import sort_rows
from batch_tui.results.row_query import RowQuery
from batch_tui.results.summary import ResultsSummary
from tests.results.lines import bare, errored, succeeded
from tests.results.opened import opened

if TYPE_CHECKING:
    from pathlib import Path

HUGE = 2**40
LIMIT = 2**32 - 1


def told(custom_id: str, given: Any, out: Any, **more: Any) -> dict[str, Any]:
    return succeeded(custom_id, model="claude-haiku-4-5", usage={"input_tokens": given, "output_tokens": out, **more})


@pytest.mark.parametrize("usage", [{}, {"input_tokens": None}, {"input_tokens": "many", "output_tokens": -1}, None])
@pytest.mark.parametrize("odd", [[], [b"odd"]])
def test_what_an_answer_does_not_say_is_not_zero(tmp_path: Path, usage: Any, odd: list[bytes]) -> None:
    untold = succeeded("untold", model="claude-haiku-4-5", usage=usage)
    file = opened(tmp_path, told("told", 1_000_000, 7), untold, errored("e"), bare("x", "expired"), *odd)
    row, long = file.row(1), long_row(file, 1)
    assert (row.input_tokens, row.output_tokens) == (None, None)
    assert long is not None
    assert (long.input_tokens, long.output_tokens) == (None, None)
    out = io.BytesIO()
    write_rows(out, file, range(2), "csv")
    cells = list(csv.DictReader(io.StringIO(out.getvalue().decode())))
    assert [cell["input_tokens"] for cell in cells] == ["1000000", ""]
    out = io.BytesIO()
    write_rows(out, file, range(2), "markdown")
    assert "None" not in out.getvalue().decode()
    assert [row for step in RowQuery.parse("out<9").scan(file) for row in step.rows] == [0]
    for reverse in (False, True):
        assert list(sort_rows(file, range(2), "input", reverse=reverse) or ()) == [0, 1]
    summary = ResultsSummary.of(file, Prices.load())
    assert (summary.untold_rows, summary.cut_rows) == (1, 0)
    assert summary.cost is None
    assert summary.known_cost == Decimal("0.5000175")
    assert (summary.output.p50, summary.output.most) == (7, 7)


def test_of_two_counts_the_one_that_is_said_counts(tmp_path: Path) -> None:
    file = opened(tmp_path, told("a", 5, 6), told("b", None, 9))
    assert (file.row(1).input_tokens, file.row(1).output_tokens) == (None, 9)
    long = long_row(file, 1)
    assert long is not None
    assert (long.input_tokens, long.output_tokens) == (None, 9)
    assert ResultsSummary.of(file, Prices.load()).untold_rows == 1


def test_more_than_a_column_holds_is_at_least_that(tmp_path: Path) -> None:
    cache = {"cache_creation_input_tokens": HUGE, "cache_creation": {"ephemeral_1h_input_tokens": 5}}
    file = opened(tmp_path, told("a", 5, HUGE), told("b", 5, 6, **cache), told("c", 5, 6))
    assert file.row(0).output_tokens == LIMIT
    summary = ResultsSummary.of(file, Prices.load())
    assert (summary.untold_rows, summary.cut_rows) == (0, 2)
    assert summary.cost is None
    assert summary.known_cost is not None


def test_of_nothing_that_is_said_nothing_is_known(tmp_path: Path) -> None:
    summary = ResultsSummary.of(opened(tmp_path, told("a", None, None)), Prices.load())
    assert (summary.cost, summary.known_cost, summary.output.bars) == (None, None, ())
