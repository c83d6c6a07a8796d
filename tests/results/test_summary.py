"""Sums, cost, error groups and the completeness mark."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.error_groups import mask
from batch_tui.results.pricing import Prices
from batch_tui.results.summary import ResultsSummary
from tests.results.lines import bare, body, errored, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.results.results_file import ResultsFile

    Opened = Callable[[bytes], ResultsFile]


@dataclass(frozen=True)
class Counts:
    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0


def usage(given: int, out: int, **more: Any) -> dict[str, Any]:
    return {"input_tokens": given, "output_tokens": out, **more}


def test_totals_and_cost_by_model(opened: Opened) -> None:
    file = opened(
        body(
            succeeded("a", model="claude-haiku-4-5-20251001", usage=usage(1_000_000, 100_000)),
            succeeded("b", model="claude-haiku-4-5-20251001", usage=usage(0, 100_000), stop_reason="max_tokens"),
            succeeded(
                "c",
                model="claude-opus-5-5",
                usage=usage(
                    10,
                    20,
                    cache_creation_input_tokens=300,
                    cache_read_input_tokens=40,
                    output_tokens_details={"thinking_tokens": 7},
                ),
            ),
            errored("d"),
        )
    )
    summary = ResultsSummary.of(file, Prices.load())
    assert (summary.rows, summary.kinds["succeeded"], summary.suspicious) == (4, 3, 1)
    assert summary.stop_reasons == {"end_turn": 2, "max_tokens": 1}
    assert (summary.input_tokens, summary.output_tokens) == (1_000_010, 200_020)
    assert (summary.cache_write_tokens, summary.cache_read_tokens, summary.thinking_tokens) == (300, 40, 7)
    haiku, opus = summary.models
    assert (haiku.model, haiku.rows, haiku.cost) == ("claude-haiku-4-5-20251001", 2, Decimal("1.0"))
    assert opus.cost == Decimal(10 * 2 + 20 * 10 + 300 * 2.5) / 10**6 + Decimal("0.000004")
    assert summary.cost == (haiku.cost or 0) + opus.cost


def test_one_unknown_price_makes_the_sum_unknown(opened: Opened) -> None:
    file = opened(body(succeeded("a"), succeeded("b", model="claude-fable-5-2")))
    summary = ResultsSummary.of(file, Prices.load())
    assert summary.cost is None
    assert summary.unpriced == ("claude-fable-5-2",)
    assert {totals.model: totals.cost is None for totals in summary.models} == {
        "claude-haiku-4-5-20251001": False,
        "claude-fable-5-2": True,
    }
    assert summary.known_cost == Prices.load().cost("claude-haiku-4-5-20251001", usage(9, 5))
    assert summary.unpriced_rows == 1


def test_where_no_price_is_known_there_is_no_known_cost_either(opened: Opened) -> None:
    file = opened(body(succeeded("a", model="claude-fable-5-2")))
    summary = ResultsSummary.of(file, Prices.load())
    assert (summary.cost, summary.known_cost, summary.saving) == (None, None, None)
    assert ResultsSummary.of(file).known_cost is None


def test_the_sum_agrees_with_the_price_of_each_line(opened: Opened) -> None:
    usages = [
        usage(90_000, 10),
        usage(100_000, 10),
        usage(100_001, 10),
        usage(10, 10, cache_read_input_tokens=100_000),
        usage(5, 5, inference_geo="us"),
        usage(100_001, 7, inference_geo="us"),
    ]
    models = ["claude-haiku-5-5", "claude-sonnet-5", "claude-haiku-4-5"]
    prices = Prices.load()
    lines = [succeeded(f"{model}{n}", model=model, usage=one) for model in models for n, one in enumerate(usages)]
    expected = sum((prices.cost(model, one) or Decimal(0) for model in models for one in usages), Decimal(0))
    assert ResultsSummary.of(opened(body(*lines)), prices).cost == expected


def test_searches_cost_their_own(opened: Opened) -> None:
    searched = usage(0, 0, server_tool_use={"web_search_requests": 3, "web_fetch_requests": 9})
    summary = ResultsSummary.of(opened(body(succeeded("a", usage=searched))), Prices.load())
    assert (summary.web_searches, summary.cost) == (3, Decimal("0.03"))


def test_without_prices_there_is_no_cost(opened: Opened) -> None:
    assert ResultsSummary.of(opened(body(succeeded("a")))).cost is None


def test_errors_are_grouped_by_what_they_say(opened: Opened) -> None:
    file = opened(
        body(
            errored("a", "api_error", "Internal server error"),
            errored("b", message="max_tokens: 9999999 > 64000, for claude-haiku-4-5-20251001"),
            errored("c", message="max_tokens: 70,000 > 64000, for claude-haiku-4-5-20251001"),
            errored("d", message="max_tokens: 70000 > 64000, for claude-opus-5"),
        )
    )
    groups = ResultsSummary.of(file).error_groups
    assert [(group.type, group.count, group.example_custom_id, group.fix_first) for group in groups] == [
        ("invalid_request_error", 2, "b", True),
        ("api_error", 1, "a", False),
        ("invalid_request_error", 1, "d", True),
    ]
    assert groups[0].message == "max_tokens: N > N, for claude-haiku-4-5-20251001"


@pytest.mark.parametrize(
    ("message", "masked"),
    [
        ("messages.0.content.12.source: bad", "messages.N.content.N.source: bad"),
        ("tools.0.web_fetch_20250910.type: Extra inputs", "tools.N.web_fetch_20250910.type: Extra inputs"),
        ("file file_011CNha8iCJcU1wXNR6q4V8w is gone", "file <id> is gone"),
        ("trace 123e4567-e89b-12d3-a456-426614174000.", "trace <id>."),
        ("12.5 of 1,000 in 3 tries", "N of N in N tries"),
        ("", ""),
    ],
)
def test_numbers_and_ids_are_masked_but_names_stay(message: str, masked: str) -> None:
    assert mask(message) == masked


def test_errors_without_their_envelopes_still_count(opened: Opened) -> None:
    file = opened(body({"custom_id": "a", "result": {"type": "errored", "error": None}}))
    assert [(group.type, group.count) for group in ResultsSummary.of(file).error_groups] == [("unknown_error", 1)]


FOUR = body(succeeded("a"), errored("b"), bare("c", "canceled"), bare("d", "expired"))


@pytest.mark.parametrize("expected", [4, Counts(0, 1, 1, 1, 1)])
def test_a_file_with_everything_promised_is_verified(opened: Opened, expected: Any) -> None:
    verdict = ResultsSummary.of(opened(FOUR)).completeness(expected)
    assert (verdict.verified, verdict.sentences) == (True, ())


@pytest.mark.parametrize(
    ("content", "expected", "said"),
    [
        pytest.param(FOUR, None, "not known", id="nothing to compare with"),
        pytest.param(FOUR, 6, "2 lines missing", id="missing"),
        pytest.param(FOUR, 3, "1 line too many", id="extra"),
        pytest.param(FOUR, Counts(0, 2, 0, 1, 1), "2 succeeded, the file 1", id="other kinds"),
        pytest.param(FOUR, Counts(4, 0, 0, 0, 0), "still processing", id="counts too old"),
        pytest.param(FOUR + b"oops\n", 5, "1 line cannot be read", id="unreadable"),
        pytest.param(FOUR + FOUR, 8, "4 lines repeat a custom_id: a, b, c and 1 more", id="doubled"),
        pytest.param(FOUR + b'{"result":{"type":"expired"}}\n', 5, "without a custom_id", id="nameless"),
        pytest.param(
            FOUR + body(bare("e", "novel")), Counts(0, 2, 1, 1, 1), "a kind this version does not know", id="novel"
        ),
    ],
)
def test_what_stands_against_the_mark_is_said(opened: Opened, content: bytes, expected: Any, said: str) -> None:
    verdict = ResultsSummary.of(opened(content)).completeness(expected)
    assert not verdict.verified
    assert said in " ".join(verdict.sentences)


def test_custom_ids_of_the_input_are_compared(opened: Opened) -> None:
    verdict = ResultsSummary.of(opened(FOUR)).completeness(4, custom_ids=["a", "b", "c", "z"])
    assert not verdict.verified
    assert "1 request of the input without a result: z." in verdict.sentences
    assert "1 line for custom_ids that the input does not have: d." in verdict.sentences
    same = ResultsSummary.of(opened(FOUR)).completeness(4, custom_ids=["d", "c", "b", "a"])
    assert same.verified


def test_an_empty_file_sums_to_nothing(opened: Opened) -> None:
    summary = ResultsSummary.of(opened(b""), Prices.load())
    assert (summary.rows, summary.models, summary.error_groups, summary.cost) == (0, (), (), Decimal(0))
    assert summary.completeness(0).verified
