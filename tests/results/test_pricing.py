"""Prices: the table as published, ids with dates, tiers, and unknown models."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.errors import PricesError
from batch_tui.results.pricing import Prices

if TYPE_CHECKING:
    from pathlib import Path

MILLION = 1_000_000
RATES = "input = 1\ncache_write_5m = 1\ncache_write_1h = 1\ncache_read = 1\noutput = 1\n"


@pytest.fixture(scope="module")
def prices() -> Prices:
    return Prices.load()


@pytest.mark.parametrize(
    ("model", "given", "out"),
    [
        ("claude-opus-5-5", "2.00", "10.00"),
        ("claude-opus-4-5", "2.50", "12.50"),
        ("claude-opus-4-5-20251101", "2.50", "12.50"),
        ("claude-sonnet-4-5", "1.50", "7.50"),
        ("claude-haiku-4-5-20251001", "0.50", "2.50"),
        ("claude-fable-5-1", "5.00", "25.00"),
        ("claude-sonnet-4-20250514", "1.50", "7.50"),
    ],
)
def test_a_million_tokens_each_way(prices: Prices, model: str, given: str, out: str) -> None:
    assert prices.cost(model, {"input_tokens": MILLION, "output_tokens": 0}) == Decimal(given)
    assert prices.cost(model, {"input_tokens": 0, "output_tokens": MILLION}) == Decimal(out)


@pytest.mark.parametrize("model", ["", "gpt", "claude-fable-5-2", "claude-mythos-5-2", "claude-opus-5-55", "claude"])
def test_unknown_models_cost_unknown_and_not_nothing(prices: Prices, model: str) -> None:
    assert prices.cost(model, {"input_tokens": 5, "output_tokens": 5}) is None


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        ({"cache_read_input_tokens": MILLION}, "0.25"),
        ({"cache_creation_input_tokens": MILLION}, "3.125"),
        ({"cache_creation_input_tokens": MILLION, "cache_creation": None}, "3.125"),
        (
            {
                "cache_creation_input_tokens": MILLION,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": MILLION},
            },
            "5.00",
        ),
        ({"output_tokens": MILLION, "inference_geo": "us"}, "13.75"),
        ({"output_tokens": MILLION, "inference_geo": "global"}, "12.50"),
        ({"output_tokens": None, "input_tokens": "many"}, "0"),
    ],
)
def test_classes_of_tokens_have_their_own_price(prices: Prices, usage: dict[str, Any], cost: str) -> None:
    assert prices.cost("claude-opus-5", usage) == Decimal(cost)
    nested = {name: SimpleNamespace(**value) if isinstance(value, dict) else value for name, value in usage.items()}
    assert prices.cost("claude-opus-5", SimpleNamespace(**nested)) == Decimal(cost)


def test_long_prompts_of_haiku_5_5_cost_more_for_the_whole_request(prices: Prices) -> None:
    short = {"input_tokens": 60_000, "cache_read_input_tokens": 40_000}
    long = {**short, "input_tokens": 60_001}
    assert prices.cost("claude-haiku-5-5", short) == Decimal("0.0032")
    assert prices.cost("claude-haiku-5-5", long) == Decimal("0.01600025")


def test_every_row_says_where_it_is_from(prices: Prices) -> None:
    price = prices.price("claude-opus-5-5")
    assert price is not None
    assert "2026" in price.source
    assert prices.as_of == "2026-11-22"


def test_a_file_of_the_user_replaces_whole_models(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(
        '[[price]]\nmodels = ["claude-fable-5-2", "claude-haiku-5-5"]\n'
        "input = 1\ncache_write_5m = 1.25\ncache_write_1h = 2\ncache_read = 0.1\noutput = 5.5\n"
    )
    prices = Prices.load(own)
    assert prices.cost("claude-fable-5-2", {"output_tokens": MILLION}) == Decimal("5.5")
    assert prices.cost("claude-haiku-5-5", {"input_tokens": 200_000}) == Decimal("0.2")
    assert prices.cost("claude-opus-5-5", {"input_tokens": MILLION}) == Decimal(2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("price = 3", "[[price]]"),
        ("[[price]]\ninput = 1", "models"),
        ('[[price]]\nmodels = ["m"]\ninput = 1', "cache_write_5m"),
        (
            '[[price]]\nmodels = ["m"]\ninput = -1\ncache_write_5m=1\ncache_write_1h=1\ncache_read=1\noutput=1',
            "negative",
        ),
        (
            '[[price]]\nmodels = ["m"]\ninput = nan\ncache_write_5m=1\ncache_write_1h=1\ncache_read=1\noutput=1',
            "input must be a number",
        ),
        ("[[price", "not TOML"),
        (f'[[price]]\nmodels = ["m"]\nus_mulitplier = 1.1\n{RATES}', "us_mulitplier"),
        (f'[[price]]\nmodels = ["m"]\n{RATES}[[price]]\nmodels = ["n", "m"]\n{RATES}', "'m' a second price"),
        (f'[[price]]\nmodels = ["m", "m"]\n{RATES}', "'m' a second price"),
        (f'[[price]]\nmodels = ["m"]\nprompt_tokens_up_to = -5\n{RATES}', "prompt_tokens_up_to"),
        (f'[[price]]\nmodels = ["m"]\nprompt_tokens_up_to = 0\n{RATES}', "prompt_tokens_up_to"),
        (f'[[price]]\nmodels = ["m"]\nprompt_tokens_up_to = true\n{RATES}', "prompt_tokens_up_to"),
        (f"[[price]]\nmodels = []\n{RATES}", "models"),
    ],
)
def test_a_bad_file_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(text)
    with pytest.raises(PricesError) as raised:
        Prices.load(own)
    assert said in str(raised.value)
    assert "mine.toml" in str(raised.value)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PricesError, match="Could not read the prices"):
        Prices.load(tmp_path / "none.toml")


def test_prices_of_ones_own_stand_beside_the_built_in_ones(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(f'web_search_per_thousand = 5\n[[price]]\nmodels = ["mine"]\n{RATES}', encoding="utf-8")
    prices, problem = Prices.load_with(own)
    assert problem is None
    assert prices.own == {"mine"}
    assert prices.cost("mine", {"input_tokens": MILLION}) == 1
    assert prices.cost("claude-opus-5-5", {"input_tokens": MILLION}) == 2
    assert prices.web_search == Decimal("0.005")


def test_a_price_of_ones_own_is_known_as_such_by_whichever_id_it_is_found(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    dated = "claude-opus-4-5-20251101"
    # As Notepad saves it.
    own.write_text(f'[[price]]\nmodels = ["claude-haiku-4-5", "{dated}"]\n{RATES}', encoding="utf-8-sig")
    prices = Prices.load(own)
    assert [prices.is_own(one) for one in ("claude-haiku-4-5", "claude-haiku-4-5-20251001", dated)] == [True] * 3
    assert [prices.is_own(one) for one in ("claude-opus-4-5", "claude-opus-4-5-20301101", "", "x")] == [False] * 4


def test_without_prices_of_ones_own_the_built_in_ones_do(tmp_path: Path) -> None:
    for own in (None, tmp_path / "none.toml"):
        prices, problem = Prices.load_with(own)
        assert problem is None
        assert not prices.own


@pytest.mark.parametrize(
    "broken", ["[[price]", '[[price]]\nmodels = ["x"]\ninput = -1', "web_search_per_thousand = 'x'", b"\xff\xfe"]
)
def test_broken_prices_of_ones_own_are_a_sentence_and_the_built_in_ones_do(tmp_path: Path, broken: str | bytes) -> None:
    own = tmp_path / "prices.toml"
    own.write_bytes(broken if isinstance(broken, bytes) else broken.encode())
    prices, problem = Prices.load_with(own)
    assert str(own) in (problem or "")
    assert "built-in prices were used" in (problem or "")
    assert prices.cost("claude-opus-5-5", {"input_tokens": MILLION}) == 2
