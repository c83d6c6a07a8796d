"""Which rows of a results file are shown, in which order and with which columns; free of any widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from batch_tui.results.chosen_rows import ChosenRows
from batch_tui.results.row_order import OrderedRows
from batch_tui.results.row_query import RowQuery
from batch_tui.results.search import SearchPattern
from batch_tui.tui.result_columns import ColumnNeeds
from batch_tui.tui.result_rows import FileRows, Look, ResultRows

if TYPE_CHECKING:
    from batch_tui.results.json_path import JsonPath
    from batch_tui.results.row_order import SortKey
    from batch_tui.results.row_selection import Filter, FoundRows
    from batch_tui.tui.context import OpenResults
    from batch_tui.tui.results_messages import RowsFound, RowsSorted
    from batch_tui.tui.text import Plain
    from batch_tui.tui.widgets.table_rows import Column

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
        self.file = opened.file
        """Whose rows these are; the app may have another by now, whose rows are shown after `take_file`."""
        self._ordered: OrderedRows | None = None
        self._basis: FileRows | None = None
        self.new_basis()

    @property
    def basis(self) -> FileRows | None:
        """The rows that are shown, in file order; None while there is no file."""
        return self._basis

    @property
    def file_rows(self) -> int:
        """Lines of the file, shown or not."""
        return 0 if self.file is None else len(self.file)

    def take_file(self) -> bool:
        """Go over to the file that the app has now; False when that is this one. What was found is of the old one."""
        before, self.file = self.file, self._opened.file
        return self.file is not before

    def new_basis(self) -> None:
        """Chip, query or file changed: other rows are shown, sorted anew if they are sorted."""
        self._ordered = None
        file, (_, chosen) = self.file, CHIPS[self.chip]
        if file is None:
            self._basis = None
        elif self.query is None:
            self._basis = FileRows(file, file.rows(chosen))
        else:
            self._basis = FileRows(file, ChosenRows(file.index, self.query.found, chosen))

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
        chosen = self._basis
        if chosen is not None and self._ordered is not None:
            chosen = FileRows(chosen.file, self._ordered)
        return ResultRows(self._opened, chosen, self._host, look, tail=self._ordered is None)

    def table_columns(self) -> tuple[Column, ...]:
        """The columns of the table as they are now."""
        return self.needs.columns(self.columns, self.order)

    def counts(self) -> dict[str | None, int]:
        """How many rows each chip would show, and how many there are of odd kinds."""
        basis = self._basis
        if basis is None:
            return {None: 0}
        if isinstance(basis.lines, ChosenRows):
            return basis.lines.counts()
        file = basis.file
        counts: dict[str | None, int] = {None: len(file), "suspicious": file.suspicious_count}
        counts.update(file.counts().items())
        return counts

    @property
    def narrowed(self) -> bool:
        """Whether some rows are left out."""
        return self.chip != 0 or self.query is not None
