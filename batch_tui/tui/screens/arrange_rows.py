"""Arranging the rows of a results file: their order, extracted columns, counted values, places, marks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding

from batch_tui.results.json_path import JsonPath, JsonPathError
from batch_tui.tui.result_rows import ResultRows
from batch_tui.tui.results_messages import FileWorkRequested, LineFound, RestRequested, RowsSorted, ValuesCounted
from batch_tui.tui.results_view import Order
from batch_tui.tui.results_work import count_values, find_line, sort
from batch_tui.tui.screens.find_rows import FindRowsScreen
from batch_tui.tui.screens.frequencies import FrequenciesScreen
from batch_tui.tui.screens.menu import Choice, MenuDialog
from batch_tui.tui.screens.prompt import PromptDialog
from batch_tui.tui.text import Plain, plain
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.binding import BindingType

    from batch_tui.results.frequencies import Subject, SubjectName
    from batch_tui.results.row_order import SortKey, SortName
    from batch_tui.tui.result_rows import FileRows

_MOST_COLUMNS = 4
_ORDERS: Final[tuple[tuple[str, SortName, str], ...]] = (
    ("l", "line", "line in the file"),
    ("c", "custom_id", "custom_id"),
    ("k", "kind", "kind"),
    ("t", "stop", "stop reason"),
    ("m", "model", "model"),
    ("i", "input", "input tokens"),
    ("o", "output", "output tokens"),
)
_LABEL = 18
_LARGEST_FIRST: Final = ("input", "output")
"""Who sorts by tokens looks for the most."""
_SUBJECTS: Final[tuple[tuple[str, SubjectName, str], ...]] = (
    ("k", "kind", "kind"),
    ("t", "stop", "stop reason"),
    ("m", "model", "model"),
    ("e", "error", "error"),
)


@dataclass(slots=True)
class _Sought:
    """A place to go to, where the cursor stood when it was asked for, and whether it has yet to be fetched."""

    typed: str
    cursor: str | None
    awaited: bool = False


class ArrangeRowsScreen(FindRowsScreen):
    """The keys that put rows in order and pick some out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort", id="results.sort", tooltip="Sort the rows by a column"),
        Binding("S", "reverse", "Reverse", show=False, id="results.reverse", tooltip="Turn the order round"),
        Binding(
            "equals_sign",
            "column",
            "Column",
            key_display="=",
            show=False,
            id="results.column",
            tooltip="A column from a JSON path; the same path again takes it away",
        ),
        Binding("H", "frequencies", "Values", id="results.values", tooltip="How often each value occurs"),
        Binding(
            "number_sign",
            "go_to",
            "Go to",
            key_display="#",
            show=False,
            id="results.go_to",
            tooltip="Go to a line number or a custom_id",
        ),
        Binding("space", "mark", "Mark", id="results.mark", tooltip="Mark this row, for export and resubmit"),
        Binding("V", "mark_range", "Mark to here", show=False, id="results.mark_range"),
        Binding(
            "asterisk",
            "mark_all",
            "Mark all",
            key_display="*",
            show=False,
            id="results.mark_all",
            tooltip="Mark all rows shown, or take all marks away",
        ),
    ]

    _sought: _Sought | None = None
    _to_mark: tuple[FileRows, int] | None = None
    """Rows of which those from a line on are marked once all are here."""

    # Order

    def action_sort(self) -> None:
        if self.refuses("sort"):
            return
        if not self._whole:
            self.post_message(RestRequested(self._batch_id))
            self.notify(f"Rows can be sorted once that is done: {self._opened.going_on}.", timeout=4)
            return
        choices = [
            Choice(key, Plain(name.ljust(_LABEL)), order, self._order_note(order, reverse=order in _LARGEST_FIRST))
            for key, order, name in _ORDERS
        ]
        choices += [
            Choice(str(place), Plain(plain(path.text).ljust(_LABEL)), f"path:{place - 1}", self._order_note(path))
            for place, path in enumerate(self._view.columns, 1)
        ]
        self.app.push_screen(MenuDialog(Plain("Sort the rows by"), choices), self._take_order)

    def _order_note(self, key: SortKey, *, reverse: bool = False) -> str:
        """What choosing a key does: the one that the rows are sorted by is turned round."""
        order = self._view.order
        if key == "line":
            return "as they are now" if order is None else "as they came"
        words = ("fewest first", "most first") if key in _LARGEST_FIRST else ("A to Z", "Z to A")
        if isinstance(key, JsonPath):
            words = ("smallest first", "largest first")
        if order is None or order.key != key:
            return words[reverse]
        return f"{words[not order.reverse]} (now {words[order.reverse]})"

    def _take_order(self, chosen: str | None) -> None:
        if chosen is None:
            return
        before = self._view.order
        if chosen == "line":
            order = None
        elif chosen.startswith("path:"):
            path = self._view.columns[int(chosen.removeprefix("path:"))]
            order = Order(path, path.text)
        else:
            key, name = next((key, name) for _, key, name in _ORDERS if key == chosen)
            order = Order(key, name, reverse=key in _LARGEST_FIRST)
        if before is not None and order is not None and before.key == order.key:
            order = Order(order.key, order.name, not before.reverse)
        self._choose_order(order)
        self.new_basis()

    def _choose_order(self, order: Order | None) -> None:
        self._view.order = order
        self._table.set_columns(self._view.table_columns())

    def action_reverse(self) -> None:
        order = self._view.order
        if order is None:
            self.action_sort()
        else:
            self._choose_order(Order(order.key, order.name, not order.reverse))
            self.sort_again()

    @property
    def _every_row_is_known(self) -> bool:
        """Whether all results are here, and the query has been asked of each."""
        query = self._view.query
        return self._whole and not (query is not None and query.looking)

    def sort_again(self) -> None:
        view, basis = self._view, self._view.basis
        self._mark_rest()
        if view.order is not None and basis is not None and self._every_row_is_known:
            work = partial(sort, basis=basis, rows=list(basis.lines), key=view.order.key, reverse=view.order.reverse)
            self.post_message(FileWorkRequested(self._batch_id, basis.file, "sort", work, self.post_message))

    @on(RowsSorted)
    def _take_sorted(self, event: RowsSorted) -> None:
        event.stop()
        if self._view.take_order(event):
            self.show_rows()

    # Columns and values

    def action_column(self) -> None:
        if self.refuses("column"):
            return
        shown = ", ".join(path.text for path in self._view.columns)
        hint = (
            f"Shown now: {shown}. The same path again takes it away."
            if shown
            else ("A leading dot looks into answers that are JSON; error.type or usage.output_tokens into the record.")
        )
        dialog = PromptDialog(
            Plain("Show a column from a JSON path"), plain(hint), value=".", verb="shows it", problem_with=_path_problem
        )
        self.app.push_screen(dialog, self._take_column)

    def _take_column(self, typed: str | None) -> None:
        if typed is None:
            return
        path, columns = JsonPath.parse(typed), self._view.columns
        without = tuple(one for one in columns if one != path)
        self._view.columns = without if len(without) < len(columns) else (*columns, path)[-_MOST_COLUMNS:]
        self._table.set_columns(self._view.table_columns())
        self.show_rows()
        if path in self._view.columns:
            self._say_if_empty(path)

    def _say_if_empty(self, path: JsonPath) -> None:
        source = self._table.source
        if isinstance(source, ResultRows) and not source.has_value(path, self._table.top_row, self._table.size.height):
            hint = "Without the leading dot, a path looks into the record."
            if not path.text.startswith("."):
                hint = "With a leading dot, a path looks into answers that are JSON."
            self.notify(f"No row on screen has {plain(path.text)[:60]}. {hint}", timeout=6)

    def action_frequencies(self) -> None:
        if self.refuses("frequencies"):
            return
        choices = [Choice(key, Plain(name), subject) for key, subject, name in _SUBJECTS]
        choices += [
            Choice(str(place), plain(path.text), f"path:{place - 1}")
            for place, path in enumerate(self._view.columns, 1)
        ]
        choices.append(Choice("p", Plain("another JSON path…"), "ask"))
        self.app.push_screen(MenuDialog(Plain("Count the values of"), choices), self._take_subject)

    def _take_subject(self, chosen: str | None) -> None:
        if chosen == "ask":
            dialog = PromptDialog(
                Plain("Count the values at a JSON path"),
                Plain(
                    "A leading dot looks into answers that are JSON; error.type or usage.output_tokens into the record."
                ),
                value=".",
                verb="counts",
                problem_with=_path_problem,
            )
            self.app.push_screen(dialog, lambda typed: None if typed is None else self._count(JsonPath.parse(typed)))
        elif chosen is not None and chosen.startswith("path:"):
            self._count(self._view.columns[int(chosen.removeprefix("path:"))])
        elif chosen is not None:
            self._count(next(subject for _, subject, _ in _SUBJECTS if subject == chosen))

    def _count(self, subject: Subject) -> None:
        basis, whole = self._view.basis, self._every_row_is_known
        # Counted is what has come; the next count is of all of it.
        self.want_all()
        if basis is not None:
            work = partial(count_values, rows=list(basis.lines), subject=subject, whole=whole)
            self.post_message(FileWorkRequested(self._batch_id, basis.file, "values", work, self.post_message))

    @on(ValuesCounted)
    def _show_values(self, event: ValuesCounted) -> None:
        event.stop()
        if not self.is_active:
            # Whoever went elsewhere meanwhile does not want it any more.
            return
        name = event.subject.text if isinstance(event.subject, JsonPath) else str(event.subject)
        # The rest may have come while these were counted.
        of = Plain("") if event.whole else Plain(" so far")
        self.app.push_screen(FrequenciesScreen(plain(name), event.values, of), self._narrow_to)

    def _narrow_to(self, query: str | None) -> None:
        if query is not None:
            line = self._query_line
            line.show_text(f"{line.text} {_typed(query)}".strip())
            self._take_query(line.text)

    # Places and marks

    def action_go_to(self) -> None:
        if not self.refuses("go_to"):
            self._ask_for_place()

    def _ask_for_place(self, typed: str = "", problem: str | None = None) -> None:
        hint = Plain("A line number, or a whole custom_id.")
        dialog = PromptDialog(Plain("Go to"), hint, value=typed, verb="goes there", problem=problem, written=True)
        self.app.push_screen(dialog, self._go_to)

    def _go_to(self, typed: str | None) -> None:
        self._sought = None
        if typed:
            self._sought = _Sought(typed, self._table.cursor_key)
            self._seek(self._sought)

    def _seek(self, sought: _Sought) -> None:
        file = self._view.file
        if file is not None:
            work = partial(find_line, typed=sought.typed)
            self.post_message(FileWorkRequested(self._batch_id, file, "go to", work, self.post_message))

    def seek_on(self) -> None:
        """More rows came, perhaps the one that was asked for; who moved elsewhere meanwhile wants it no more."""
        self._mark_rest()
        if self._sought is not None and self._sought.cursor == self._table.cursor_key:
            self._seek(self._sought)
        else:
            self._sought = None

    @on(LineFound)
    def _take_line(self, event: LineFound) -> None:
        event.stop()
        sought = self._sought
        if sought is None or sought.typed != event.typed or event.file is not self._view.file:
            # An answer to an earlier question, or of a file that another took the place of.
            return
        if event.line is None:
            self._take_no_line(event, sought)
            return
        self._sought = None
        if self._table.source.index_of(str(event.line)) is None:
            self.show_all()
            self.notify("That row was filtered out: all rows are shown again.", timeout=4)
        self._table.move_to_key(str(event.line))

    def _take_no_line(self, event: LineFound, sought: _Sought) -> None:
        if event.looked < self._view.file_rows:
            self._seek(sought)
        elif self._whole or self._opened.progress.state in ("failed", "stopped"):
            self._sought = None
            if self.is_active:
                self._ask_for_place(event.typed, event.sentence)
        elif not sought.awaited:
            sought.awaited = True
            self.want_all()
            self.notify(f"Not among the rows so far; {self._opened.going_on}.", timeout=4)

    def action_mark(self) -> None:
        self._table.toggle_mark()

    def action_mark_range(self) -> None:
        self._table.mark_range()

    def action_mark_all(self) -> None:
        source, basis = self._table.source, self._view.basis
        self._to_mark = None
        if basis is not None and not self._whole and not self._table.marks:
            self._to_mark = (basis, self._view.file_rows)
            self.post_message(RestRequested(self._batch_id))
            self.notify("Marked what is here; the rest is fetched, and then marked too.", timeout=4)
        self._table.mark_all_or_none(map(str, source.lines) if isinstance(source, ResultRows) else ())

    def _mark_rest(self) -> None:
        """Mark what came since all were to be marked, unless the marks were taken away meanwhile."""
        if self._to_mark is None or not self._every_row_is_known:
            return
        (basis, first), self._to_mark = self._to_mark, None
        if basis.file is self._view.file and self._table.marks:
            self._table.mark((str(line) for line in basis.lines if line >= first), on=True)

    @on(VirtualTable.MarksChanged)
    def _show_marks(self) -> None:
        self.show_state()


def _typed(query: str) -> str:
    """A query as it can be typed: what no line would show as it is, is escaped as JSON does."""
    return "".join(one if plain(one) == one else json.dumps(one)[1:-1] for one in query)


def _path_problem(typed: str) -> str | None:
    try:
        JsonPath.parse(typed)
    except JsonPathError as error:
        return str(error)
    return None
