"""The summary's page where names are long or wide: told apart by both ends, and numbers in their column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from batch_tui.results.pricing import Prices
from batch_tui.results.summary import ResultsSummary
from batch_tui.tui.summary_page import SummaryPage
from tests.results.lines import errored, succeeded
from tests.results.opened import opened

if TYPE_CHECKING:
    from pathlib import Path


def test_long_and_wide_names_are_told_apart_and_keep_the_column(tmp_path: Path) -> None:
    names = [
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "us.anthropic.claude-sonnet-4-5-20250929-v2:0",
        "模型" * 20,
    ]
    file = opened(tmp_path, *(succeeded(f"r{place}", model=name) for place, name in enumerate(names)))
    page = [text for text, _ in SummaryPage.of(ResultsSummary.of(file), Prices.load(), {"mcp 服务器" * 9: 3}).lines()]
    rows = [row for row in page if row.endswith("unknown") or "MCP" in row]
    assert [row.split("…")[1].split()[0][-5:] for row in rows[:2]] == ["-v1:0", "-v2:0"]
    assert [cell_len(row) for row in rows] == [50] * 5


def test_bars_stand_below_each_other_however_large_the_numbers(tmp_path: Path) -> None:
    lines = [succeeded(f"r{n}", usage={"input_tokens": 1, "output_tokens": n}) for n in (3, 40, 900, 4_000_000_000)]
    page = [text for text, _ in SummaryPage.of(ResultsSummary.of(opened(tmp_path, *lines)), Prices.load(), {}).lines()]
    bars = [row for row in page if " – " in row]
    assert len({len(row) for row in bars}) == 1
    assert len({row.index("━") for row in bars if "━" in row}) == 1


def test_what_it_cost_and_what_failed_come_before_the_finer_figures(tmp_path: Path) -> None:
    summary = ResultsSummary.of(opened(tmp_path, succeeded("a"), errored("b")))
    page = [text for text, _ in SummaryPage.of(summary, Prices.load(), {}).lines()]
    headings = ["OUTCOME", "COST AT BATCH PRICE", "ERRORS · 1 kind", "STOP REASONS", "TOKENS"]
    places = [page.index(heading) for heading in headings]
    assert places == sorted(places)
