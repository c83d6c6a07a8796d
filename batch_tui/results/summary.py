"""What a results file adds up to: kinds, stop reasons, tokens, cost by model, error groups, completeness."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from batch_tui.results.completeness import Completeness, RequestCounts, check_completeness
from batch_tui.results.distribution import Distribution
from batch_tui.results.error_groups import ErrorGroup, group_errors
from batch_tui.results.line_facts import US_ONLY
from batch_tui.results.line_index import TOKEN_COLUMNS
from batch_tui.results.pricing import TokenCounts
from batch_tui.results.result_line import SUCCEEDED, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from batch_tui.results.pricing import Prices
    from batch_tui.results.results_file import ResultsFile


@dataclass(frozen=True, slots=True)
class ModelTotals:
    """Succeeded rows of one model; `cost` in dollars is None when its price is unknown or none was asked for."""

    model: str
    rows: int
    input_tokens: int
    output_tokens: int
    cache_write_tokens: int
    cache_read_tokens: int
    thinking_tokens: int
    web_searches: int
    cost: Decimal | None


class _Tally:
    """Running sums of one model, one price tier, inside or outside the US."""

    def __init__(self) -> None:
        self.rows = 0
        self.sums = [0] * 7

    def add(self, values: Sequence[int]) -> None:
        self.rows += 1
        sums = self.sums
        for place, value in enumerate(values):
            sums[place] += value

    def tokens(self, us: bool) -> TokenCounts:
        given, out, write_5m, write_1h, read, _, _ = self.sums
        return TokenCounts(given, write_5m, write_1h, read, out, us)


@dataclass(frozen=True, slots=True)
class ResultsSummary:
    """Totals of the rows that were there when it was made (`rows`); make a new one as the file grows.

    `cost` in dollars at batch price, tokens and web searches together: None if any model's price is unknown
    (their names are in `unpriced`) or no prices were given. Only succeeded rows are billed.
    """

    results: ResultsFile
    rows: int
    kinds: dict[Kind, int]
    suspicious: int
    stop_reasons: dict[str | None, int]
    models: tuple[ModelTotals, ...]
    error_groups: tuple[ErrorGroup, ...]
    cost: Decimal | None
    unpriced: tuple[str, ...]
    output: Distribution
    """Output tokens of the succeeded rows."""
    web_search_cost: Decimal

    @classmethod
    def of(
        cls,
        results: ResultsFile,
        prices: Prices | None = None,
        *,
        should_stop: Callable[[], bool] | None = None,
    ) -> ResultsSummary:
        """Add up a results file, from its index but for errored rows, which are read."""
        rows = len(results)
        kinds, suspicious = results.counts(), results.suspicious_count
        models, stop_reasons = _add_up(results, rows, prices)
        groups = group_errors(results, should_stop=should_stop)
        unpriced = tuple(totals.model for totals in models if totals.cost is None)
        known = [totals.cost for totals in models if totals.cost is not None]
        cost = sum(known, Decimal(0)) if prices is not None and not unpriced else None
        searches = sum(totals.web_searches for totals in models)
        return cls(
            results,
            rows,
            kinds,
            suspicious,
            stop_reasons,
            models,
            groups,
            cost,
            unpriced,
            Distribution.of(_outputs(results, rows)),
            Decimal(0) if prices is None else prices.web_search * searches,
        )

    @property
    def input_tokens(self) -> int:
        """Tokens sent that neither were written to nor came from a cache."""
        return sum(totals.input_tokens for totals in self.models)

    @property
    def output_tokens(self) -> int:
        """Tokens generated, thinking included."""
        return sum(totals.output_tokens for totals in self.models)

    @property
    def cache_write_tokens(self) -> int:
        """Tokens written to caches of either lifetime."""
        return sum(totals.cache_write_tokens for totals in self.models)

    @property
    def cache_read_tokens(self) -> int:
        """Tokens read from caches."""
        return sum(totals.cache_read_tokens for totals in self.models)

    @property
    def thinking_tokens(self) -> int:
        """The part of the output that was thinking, where the API said."""
        return sum(totals.thinking_tokens for totals in self.models)

    @property
    def web_searches(self) -> int:
        """Web searches made by server tools."""
        return sum(totals.web_searches for totals in self.models)

    @property
    def saving(self) -> Decimal | None:
        """Dollars saved against the standard price, which is twice the batch price (batches-api.md section 10).

        Web searches cost the same in both.
        """
        return None if self.cost is None else self.cost - self.web_search_cost

    def completeness(
        self, expected: RequestCounts | int | None, *, custom_ids: Collection[str] | None = None
    ) -> Completeness:
        """Whether the file holds what its batch promised; meant for a file that is whole."""
        return check_completeness(self.results, expected, custom_ids=custom_ids)


def _outputs(results: ResultsFile, rows: int) -> list[int]:
    index = results.index
    column = index.token_columns[TOKEN_COLUMNS.index("output_tokens")]
    return [tokens for kind, tokens in zip(index.kinds[:rows], column[:rows], strict=True) if kind == SUCCEEDED]


def _add_up(
    results: ResultsFile, rows: int, prices: Prices | None
) -> tuple[tuple[ModelTotals, ...], dict[str | None, int]]:
    index = results.index
    names, stops = index.models.names, index.stop_reasons.names
    limits = [prices.limits(name) if prices and name else () for name in names]
    tallies: dict[tuple[int, int, bool], _Tally] = {}
    stop_counts: Counter[int] = Counter()
    columns = [column[:rows] for column in index.token_columns]
    for kind, flags, model, stop, *values in zip(
        index.kinds[:rows],
        index.flags[:rows],
        index.model_numbers[:rows],
        index.stop_numbers[:rows],
        *columns,
        strict=True,
    ):
        if kind != SUCCEEDED:
            continue
        stop_counts[stop] += 1
        tier = 0
        if model < len(limits) and limits[model]:
            tier = bisect_left(limits[model], values[0] + values[2] + values[3] + values[4])
        key = (model, tier, bool(flags & US_ONLY))
        tally = tallies.get(key)
        if tally is None:
            tally = tallies[key] = _Tally()
        tally.add(values)
    totals = [
        _totals(number, name, tallies, prices)
        for number, name in enumerate(names)
        if any(key[0] == number for key in tallies)
    ]
    ordered = tuple(sorted(totals, key=lambda one: (-one.rows, one.model)))
    return ordered, {stops[number]: times for number, times in stop_counts.most_common()}


def _totals(
    number: int, name: str | None, tallies: dict[tuple[int, int, bool], _Tally], prices: Prices | None
) -> ModelTotals:
    mine = {key: tally for key, tally in tallies.items() if key[0] == number}
    given, out, write_5m, write_1h, read, thinking, searches = map(
        sum, zip(*(tally.sums for tally in mine.values()), strict=True)
    )
    model = name or ""
    cost: Decimal | None = None
    if prices is not None and prices.price(model) is not None:
        limits = prices.limits(model)
        cost = prices.web_search * searches
        for (_, tier, us), tally in mine.items():
            # A length within the tier, as sums over many prompts say nothing about one.
            price = prices.price(model, limits[tier] if tier < len(limits) else 2**62)
            if price is None:
                cost = None
                break
            cost += price.cost(tally.tokens(us))
    rows = sum(tally.rows for tally in mine.values())
    return ModelTotals(model, rows, given, out, write_5m + write_1h, read, thinking, searches, cost)
