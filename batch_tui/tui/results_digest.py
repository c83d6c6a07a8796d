"""What the results of a batch come to, in the few lines that its page has room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_tui.results.pricing import Prices
from batch_tui.results.summary import ResultsSummary
from batch_tui.tui.summary_page import left_out, total_cost
from batch_tui.tui.text import Plain, number, plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_tui.results.results_file import ResultsFile

_MOST_KINDS = 3


@dataclass(frozen=True, slots=True)
class ResultsDigest:
    """Totals of whole results; the summary tells more."""

    cost: Plain
    """An estimate at batch price."""
    left_out: Plain | None
    """Which answers are not in it, as nobody can tell what they cost; None where all are."""
    suspicious: int
    errors: tuple[Plain, ...]
    """The most frequent kinds of error: how often, type and message."""
    more_errors: int
    """Kinds that are left out."""


def digest_of(file: ResultsFile, own_prices: Path | None, should_stop: Callable[[], bool]) -> ResultsDigest:
    """Add up a file; reads its errored rows. Raises ResultsStoreError."""
    prices, _ = Prices.load_with(own_prices)
    summary = ResultsSummary.of(file, prices, should_stop=should_stop)
    groups = summary.error_groups
    return ResultsDigest(
        cost=total_cost(summary),
        left_out=left_out(summary),
        suspicious=summary.suspicious,
        errors=tuple(plain(f"{number(group.count)} × {group.type}: {group.message}") for group in groups[:_MOST_KINDS]),
        more_errors=max(len(groups) - _MOST_KINDS, 0),
    )
