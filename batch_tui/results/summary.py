"""What a results file adds up to: kinds, stop reasons, tokens, cost by model, error groups, completeness."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING

from batch_tui.results.completeness import Completeness, RequestCounts, check_completeness
from batch_tui.results.distribution import Distribution
from batch_tui.results.error_groups import ErrorGroup, group_errors
from batch_tui.results.line_facts import CUT, UNTOLD, US_ONLY
from batch_tui.results.line_index import TOKEN_COLUMNS
from batch_tui.results.pricing import TokenCounts
from batch_tui.results.result_line import SUCCEEDED, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from batch_tui.results.line_index import LineIndex
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


@dataclass(frozen=True, slots=True)
class _Tally:
    """Sums of one model, one price tier (None: beyond the last), inside or outside the US."""

    prompt_up_to: int | None
    us: bool
    rows: int
    sums: tuple[int, ...]

    @property
    def tokens(self) -> TokenCounts:
        given, out, write_5m, write_1h, read, _, _ = self.sums
        return TokenCounts(given, write_5m, write_1h, read, out, self.us)


@dataclass(frozen=True, slots=True)
class ResultsSummary:
    """Totals of the rows that were there when it was made (`rows`); make a new one as the file grows.

    `cost` in dollars at batch price, tokens and web searches together: None if any model's price is unknown
    (their names are in `unpriced`), any row's tokens are, or no prices were given. `known_cost` is the part of it that
    is known, None where there is none. Only succeeded rows are billed.
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
    untold_rows: int
    """Succeeded rows that do not say how many tokens they took; they are not in the sums."""
    cut_rows: int
    """Succeeded rows that say more than can be counted here; the sums are at least that."""
    known_cost: Decimal | None

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
        known = sum((totals.cost for totals in models if totals.cost is not None), Decimal(0))
        flags = bytes(results.index.flags[:rows])
        untold, cut = (flags.translate(_bit(flag)).count(1) for flag in (UNTOLD, CUT))
        cost = None if prices is None or unpriced or untold or cut else known
        search = Decimal(0) if prices is None else prices.web_search
        # A search has its price whichever model made it.
        known += search * sum(totals.web_searches for totals in models if totals.cost is None)
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
            search * sum(totals.web_searches for totals in models),
            untold,
            cut,
            cost if cost is not None else known or None,
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
    def unpriced_rows(self) -> int:
        """Succeeded rows of models whose price is unknown."""
        return sum(totals.rows for totals in self.models if totals.cost is None)

    @property
    def saving(self) -> Decimal | None:
        """Dollars saved against the standard price, which is twice the batch price (batches-api.md section 10).

        As much of it as is known; web searches cost the same in both.
        """
        return None if self.known_cost is None else self.known_cost - self.web_search_cost

    def completeness(
        self, expected: RequestCounts | int | None, *, custom_ids: Collection[str] | None = None
    ) -> Completeness:
        """Whether the file holds what its batch promised; meant for a file that is whole."""
        return check_completeness(self.results, expected, custom_ids=custom_ids)


def _outputs(results: ResultsFile, rows: int) -> Iterable[int]:
    index = results.index
    column, flags = index.token_columns[TOKEN_COLUMNS.index("output_tokens")][:rows], bytes(index.flags[:rows])
    chosen, untold = _where(index.kinds[:rows], SUCCEEDED), flags.translate(_bit(UNTOLD))
    if 1 in untold:
        said = bytes(map(bool, column))
        chosen = _both(chosen, bytes(map(max, said, _not(untold))))
    return compress(column, chosen)


def _add_up(
    results: ResultsFile, rows: int, prices: Prices | None
) -> tuple[tuple[ModelTotals, ...], dict[str | None, int]]:
    index = results.index
    kinds, flags = index.kinds[:rows], index.flags[:rows]
    models, stops = index.model_numbers[:rows], index.stop_numbers[:rows]
    succeeded = _where(kinds, SUCCEEDED)
    in_us = bytes(flags).translate(_bit(US_ONLY))
    # Only succeeded rows have a name there; those without one share number 0 with all other rows.
    stop_counts = {name: stops.count(number) for number, name in enumerate(index.stop_reasons.names)}
    stop_counts[None] -= rows - succeeded.count(1)
    totals: list[ModelTotals] = []
    for number, name in enumerate(index.models.names):
        chosen = _where(models, number) if number else _both(_where(models, number), succeeded)
        if 1 not in chosen:
            continue
        limits = prices.limits(name) if prices and name else ()
        places = (
            [(False, _both(chosen, _not(in_us))), (True, _both(chosen, in_us))] if 1 in in_us else [(False, chosen)]
        )
        tallies = [tally for us, part in places for tally in _tallies(index, part, limits, us)]
        totals.append(_totals(name or "", tallies, prices))
    ordered = tuple(sorted(totals, key=lambda one: (-one.rows, one.model)))
    return ordered, {name: times for name, times in sorted(stop_counts.items(), key=lambda item: -item[1]) if times}


def _tallies(index: LineIndex, chosen: bytes, limits: Sequence[int], us: bool) -> Iterator[_Tally]:
    """The sums of the chosen rows, apart for each price tier that there are rows of."""
    rows = len(chosen)
    parts: list[tuple[int | None, bytes]] = [(None, chosen)]
    nothing = array("I", [0]) * rows
    if limits:
        given, _, write_5m, write_1h, read, *_ = (column[:rows] for column in index.token_columns)
        prompts = map(sum, zip(given, write_5m, write_1h, read, strict=True))
        tiers = bytes(map(partial(bisect_left, limits), prompts))
        parts = [(limit, _both(chosen, _where(tiers, tier))) for tier, limit in enumerate([*limits, None])]
    for limit, part in parts:
        if number := part.count(1):
            # One column at a time is copied, and most are of caches and tools that most batches do not use.
            columns = (column[:rows] for column in index.token_columns)
            sums = tuple(sum(compress(column, part)) if column != nothing else 0 for column in columns)
            yield _Tally(limit, us, number, sums)


def _totals(model: str, tallies: Sequence[_Tally], prices: Prices | None) -> ModelTotals:
    given, out, write_5m, write_1h, read, thinking, searches = map(
        sum, zip(*(tally.sums for tally in tallies), strict=True)
    )
    cost: Decimal | None = None
    if prices is not None and prices.price(model) is not None:
        cost = prices.web_search * searches
        for tally in tallies:
            # A length within the tier, as sums over many prompts say nothing about one.
            price = prices.price(model, 2**62 if tally.prompt_up_to is None else tally.prompt_up_to)
            if price is None:
                cost = None
                break
            cost += price.cost(tally.tokens)
    rows = sum(tally.rows for tally in tallies)
    return ModelTotals(model, rows, given, out, write_5m + write_1h, read, thinking, searches, cost)


def _where(column: bytes | bytearray, number: int) -> bytes:
    """A 1 for each row that has this number, else a 0; all rows at once, as a loop takes ten times as long."""
    return bytes(column).translate(bytes(one == number for one in range(256)))


def _bit(wanted: int) -> bytes:
    """What turns flags into a 1 for each row that has this one, else a 0."""
    return bytes(bool(flag & wanted) for flag in range(256))


def _both(some: bytes, others: bytes) -> bytes:
    return (int.from_bytes(some, "little") & int.from_bytes(others, "little")).to_bytes(len(some), "little")


def _not(some: bytes | bytearray) -> bytes:
    return _where(some, 0)
