"""Work on results that takes a while: adding them up and writing them out. Runs in threads; touches no widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_tui.results.export import export_results
from batch_tui.results.pricing import Prices
from batch_tui.results.summary import ResultsSummary
from batch_tui.tui.summary_page import summary_page
from batch_tui.tui.text import Plain, join, plain, plural

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_tui.results.export import Format
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.row_selection import Filter


@dataclass(frozen=True, slots=True)
class Export:
    """Which rows of which file go where."""

    file: ResultsFile
    chosen: Filter
    path: Path
    overwrite: bool = False


def summarise(file: ResultsFile, should_stop: Callable[[], bool]) -> list[tuple[str, str]]:
    """The page of totals of a file, as far as it has come. Raises PricesError for a broken price list."""
    prices = Prices.load()
    return summary_page(ResultsSummary.of(file, prices, should_stop=should_stop), prices.as_of)


def export(order: Export, should_stop: Callable[[], bool]) -> Plain:
    """Write the rows and say so. Raises ExportExists and other ExportErrors."""
    rows = order.file.rows(order.chosen)
    form: Format = "csv" if order.path.suffix.lower() == ".csv" else "jsonl"
    written = export_results(order.file, rows, order.path, form, overwrite=order.overwrite, should_stop=should_stop)
    return join(Plain("Wrote "), plural(written, "row"), Plain(" to "), plain(str(order.path)))
