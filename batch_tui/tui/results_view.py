"""Which rows of a results file are shown, in which order and with which columns; free of any widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from batch_tui.results.chosen_rows import ChosenRows
from batch_tui.results.row_order import OrderedRows
from batch_tui.results.row_query import RowQuery
from batch_tui.results.search import SearchPattern
from batch_tui.tui.result_columns import ColumnNeeds
from batch_tui.tui.result_rows import Look, ResultRows

if TYPE_CHECKING:
    from batch_tui.results.json_path import JsonPath
    from batch_tui.results.row_order import SortKey
    from batch_tui.results.row_selection import Filter, FoundRows, RowSelection
    from batch_tui.tui.context import OpenResults
    from batch_tui.tui.results_messages import RowsFound, RowsSorted
    from batch_tui.tui.text import Plain

CHIPS: Final[tuple[tuple[str, Filter], ...]] = (
    ("all", None),
    ("succeeded", "succeeded"),
    ("errored", "errored"),
    ("canceled", "canceled"),
    ("expired", "expired"),
    ("suspicious", "suspicious"),
)

Condition = TypeVar("Condition", RowQuery, SearchPattern)


@dataclass(slots=True)
class Finding(Generic[Condition]):
    """A condition and the rows that fulfil it, as far as the file was looked through."""

    condition: Condition
    found: FoundRows
    looking: bool = True
    trouble: str | None = None

    def take(self, event: RowsFound) -> bool:
        """Take up how far the hunt has come; False when that was another hunt."""
        if event.found is not self.found:
            return False
        self.looking, self.trouble = event.looking, event.trouble
        return True


@dataclass(frozen=True, slots=True)
class Order:
    """What rows are sorted by."""

    key: SortKey
    name: str
    reverse: bool = False


class ResultsView:
    """The chip, the query, the search, the order and the columns of one results screen."""

    def __init__(self, opened: OpenResults, host: Plain) -> None:
        self._opened = opened
        self._host = host
        self.chip = 0
        self.query: Finding[RowQuery] | None = None
        self.search: Finding[SearchPattern] | None = None
        self.query_problem: str | None = None
        """What is wrong with what is typed; None when nothing is."""
        self.search_problem: str | None = None
        self.order: Order | None = None
        self.columns: tuple[JsonPath, ...] = ()
        self.needs = ColumnNeeds()
        self._ordered: OrderedRows | None = None
        self._basis: RowSelection | ChosenRows | None = None
        self.new_basis()

    @property
    def basis(self) -> RowSelection | ChosenRows | None:
        """The rows that are shown, in file order; None while there is no file."""
        return self._basis

    def new_basis(self) -> None:
        """Chip, query or file changed: other rows are shown, sorted anew if they are sorted."""
        self._ordered = None
        file, (_, chosen) = self._opened.file, CHIPS[self.chip]
        if file is None:
            self._basis = None
        elif self.query is None:
            self._basis = file.rows(chosen)
        else:
            self._basis = ChosenRows(file.index, self.query.found, chosen)

    def take_order(self, event: RowsSorted) -> bool:
        """Show these rows in that order, unless others are shown by now, or another order was asked for."""
        order = self.order
        if event.basis is not self._basis or order is None or (event.key, event.reverse) != (order.key, order.reverse):
            return False
        self._ordered = OrderedRows(event.rows)
        return True

    @property
    def sorted(self) -> bool:
        """Whether the rows stand in the order that was asked for."""
        return self._ordered is not None

    def rows(self) -> ResultRows:
        """What the table shows."""
        look = Look(
            self.columns,
            None if self.search is None else self.search.condition,
            None if self.search is None else self.search.found,
        )
        chosen = self._basis if self._ordered is None else self._ordered
        return ResultRows(self._opened, chosen, self._host, look, tail=self._ordered is None)

    def counts(self) -> dict[str | None, int]:
        """How many rows each chip would show, and how many there are of odd kinds."""
        file = self._opened.file
        if isinstance(self._basis, ChosenRows):
            return self._basis.counts()
        if file is None:
            return {None: 0}
        counts: dict[str | None, int] = {None: len(file), "suspicious": file.suspicious_count}
        counts.update(file.counts().items())
        return counts

    @property
    def narrowed(self) -> bool:
        """Whether some rows are left out."""
        return self.chip != 0 or self.query is not None
