"""The summary's page where names are long or wide: told apart by both ends, and numbers in their column."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from batch_tui.results.pricing import Prices
from batch_tui.results.summary import ResultsSummary
from batch_tui.tui.result_columns import tokens_said
from batch_tui.tui.results_digest import digest_of
from batch_tui.tui.summary_page import SummaryPage, dollars, errors_page
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


def test_a_price_of_ones_own_is_told_of_where_the_answers_name_a_dated_model(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    rates = "input = 1\ncache_write_5m = 1\ncache_write_1h = 1\ncache_read = 1\noutput = 1\n"
    own.write_text(f'[[price]]\nmodels = ["claude-haiku-4-5"]\n{rates}')
    summary = ResultsSummary.of(opened(tmp_path, succeeded("a", model="claude-haiku-4-5-20251001")), Prices.load(own))
    assert any("prices of your own" in text for text, _ in SummaryPage.of(summary, Prices.load(own), {}).lines())


@pytest.mark.parametrize(
    ("cost", "said"),
    [("0", "$0.00"), ("0.00001", "< $0.0001"), ("0.00005", "< $0.0001"), ("0.0001", "$0.0001"), ("0.5", "$0.5000")],
)
def test_what_costs_next_to_nothing_is_not_called_free(cost: str, said: str) -> None:
    assert dollars(Decimal(cost)) == said


def test_an_error_of_several_lines_stands_under_its_kind_and_says_where_it_is_cut(tmp_path: Path) -> None:
    lines = [
        errored("a", "api_error", "one\ntwo"),
        errored("b", "api_error", "x " * 400),
        errored("c", "odd", "y" * 500),
    ]
    page = [text for text, _ in errors_page(ResultsSummary.of(opened(tmp_path, *lines)))]
    assert "    one\n    two" in page
    assert next(text for text in page if "x x x" in text).endswith(" x …")
    assert "    " + "y" * 500 in page


def test_what_is_known_of_the_cost_is_told_as_a_part_of_it(tmp_path: Path) -> None:
    millions = {"input_tokens": 24_599_999, "output_tokens": 0}
    known = succeeded("known", model="claude-haiku-4-5", usage=millions)
    others = [succeeded(f"r{number}", model="one-of-ours") for number in range(120)]
    summary = ResultsSummary.of(opened(tmp_path, known, *others), Prices.load())
    page = [text for text, _ in SummaryPage.of(summary, Prices.load(), {}, tmp_path / "prices.toml").lines()]
    together = next(text for text in page if text.startswith("  together"))
    # Rounded down: it is at least that.
    assert together.split()[1:] == ["≥", "$12.29"]
    assert next(text for text in page if text.startswith("  saved")).endswith("≥ $12.29")
    note = next(text for text in page if "120 answers of one-of-ours have no known price" in text)
    assert str(tmp_path / "prices.toml") in note
    assert not any("$0" in text for text in page)


def test_of_several_models_without_a_price_one_is_named(tmp_path: Path) -> None:
    names = ["ours", "ours", "", "theirs", "claude-haiku-4-5"]
    summary = ResultsSummary.of(
        opened(tmp_path, *(succeeded(f"r{place}", model=name) for place, name in enumerate(names))), Prices.load()
    )
    page = "\n".join(text for text, _ in SummaryPage.of(summary, Prices.load(), {}).lines())
    assert "4 answers of ours and 2 more models have no known price" in page


def test_nobody_is_sent_to_put_a_price_on_a_model_without_a_name(tmp_path: Path) -> None:
    summary = ResultsSummary.of(opened(tmp_path, succeeded("a", model="")), Prices.load())
    page = "\n".join(text for text, _ in SummaryPage.of(summary, Prices.load(), {}, tmp_path / "prices.toml").lines())
    assert "1 answer of no named model has no known price.\n" in page
    assert "prices.toml" not in page


def test_tokens_of_which_nothing_is_said_are_unknown(tmp_path: Path) -> None:
    summary = ResultsSummary.of(opened(tmp_path, succeeded("a", usage=None)), Prices.load())
    page = [text for text, _ in SummaryPage.of(summary, Prices.load(), {}).lines()]
    assert page[page.index("TOKENS") + 1].split() == ["input", "and", "output", "unknown"]


def test_what_a_model_cost_is_no_more_certain_than_the_tokens_of_its_answers(tmp_path: Path) -> None:
    def answer(custom_id: str, model: str, given: object, out: object) -> object:
        return succeeded(custom_id, model=model, usage={"input_tokens": given, "output_tokens": out})

    file = opened(
        tmp_path,
        answer("a", "claude-haiku-4-5", None, None),
        answer("b", "claude-opus-4-5", 1_000_000, 0),
        answer("c", "claude-opus-4-5", None, 0),
        answer("d", "claude-sonnet-4-5", 1_000_000, 0),
        answer("e", "claude-opus-4-1", 0, 2**50),
    )
    summary = ResultsSummary.of(file, Prices.load())
    page = [text for text, _ in SummaryPage.of(summary, Prices.load(), {}).lines()]
    costs = {text.split()[0]: text.split()[1:] for text in page if text.startswith("  claude")}
    assert costs["claude-haiku-4-5"] == ["unknown"]
    assert costs["claude-opus-4-5"] == ["≥", "$2.50"]
    assert costs["claude-sonnet-4-5"] == ["$1.50"]
    assert costs["claude-opus-4-1"][0] == "≥"
    # A bar of those that say more than is counted has no end.
    assert any(text.split()[:2] == ["≥", "2,000,000,000"] for text in page)
    assert not any("4,999,999,999" in text for text in page)


def test_the_page_of_a_batch_tells_a_part_as_a_part(tmp_path: Path) -> None:
    million = {"input_tokens": 1_000_000, "output_tokens": 0}
    known = succeeded("a", model="claude-haiku-4-5", usage=million)
    digest = digest_of(opened(tmp_path, known, succeeded("b", model="")), None, lambda: False)
    assert digest.cost == "≥ $0.5000"
    assert digest.left_out == "1 answer of no named model has no known price"


def test_tokens_that_are_not_said_or_too_many_are_told_of_as_such(tmp_path: Path) -> None:
    def answer(custom_id: str, given: object, out: object) -> object:
        usage = {"input_tokens": given, "output_tokens": out}
        return succeeded(custom_id, model="claude-haiku-4-5", usage=usage)

    file = opened(tmp_path, answer("a", 1_000_000, 7), answer("b", None, None), answer("c", 1, 2**50))
    assert [tokens_said(file.row(row).output_tokens) for row in range(3)] == ["7", "–", "≥ 4,294,967,295"]
    summary = ResultsSummary.of(file, Prices.load())
    page = [text for text, _ in SummaryPage.of(summary, Prices.load(), {}).lines()]
    assert next(text for text in page if text.startswith("  output")).endswith("≥ 4,294,967,302")
    assert any("most ≥ 4,294,967,295" in text for text in page)
    assert next(text for text in page if text.startswith("  together")).endswith("≥ $10,737.91")
    assert "  1 answer does not say how many tokens it took." in page
    assert "  1 answer says more tokens than are counted here." in page


def test_where_nothing_succeeded_nothing_was_billed(tmp_path: Path) -> None:
    summary = ResultsSummary.of(opened(tmp_path, errored("a")), Prices.load())
    page = [text for text, _ in SummaryPage.of(summary, Prices.load(), {}).lines()]
    assert not {"TOKENS", "STOP REASONS"} & set(page)
    assert next(text for text in page if text.startswith("  together")).endswith(" $0.00")
