"""Which answers cost more than the plain batch price: made in the US only, or after a long prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_tui.results.line_facts import US_ONLY
from batch_tui.results.line_index import TOKEN_COLUMNS
from batch_tui.results.result_line import SUCCEEDED

if TYPE_CHECKING:
    from batch_tui.results.pricing import Prices
    from batch_tui.results.results_file import ResultsFile

_PROMPT = tuple(
    TOKEN_COLUMNS.index(name)
    for name in ("input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens")
)


@dataclass(frozen=True, slots=True)
class Surcharges:
    """Succeeded rows that cost more; both kinds are part of the cost that a summary tells."""

    us_rows: int
    """At the multiplier of models that have one."""
    long_rows: int
    """Their prompt, counted whole, is longer than the first tier of their model's price."""

    @classmethod
    def of(cls, results: ResultsFile, prices: Prices) -> Surcharges:
        """Count them, from the index alone."""
        index, rows = results.index, len(results)
        dear = {number for number, name in enumerate(index.models.names) if name and _has_us_price(prices, name)}
        limits = {
            number: found[0]
            for number, name in enumerate(index.models.names)
            if name and (found := prices.limits(name))
        }
        us = sum(
            1
            for kind, flag, model in zip(
                index.kinds[:rows], index.flags[:rows], index.model_numbers[:rows], strict=True
            )
            if flag & US_ONLY and kind == SUCCEEDED and model in dear
        )
        return cls(us, _long(results, rows, limits) if limits else 0)


def _has_us_price(prices: Prices, model: str) -> bool:
    price = prices.price(model)
    return price is not None and price.us_multiplier != 1


def _long(results: ResultsFile, rows: int, limits: dict[int, int]) -> int:
    index = results.index
    columns = [index.token_columns[place][:rows] for place in _PROMPT]
    return sum(
        1
        for kind, model, *tokens in zip(index.kinds[:rows], index.model_numbers[:rows], *columns, strict=True)
        if kind == SUCCEEDED and model in limits and sum(tokens) > limits[model]
    )
