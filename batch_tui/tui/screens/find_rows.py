"""Finding rows of a results file: the search, which goes from hit to hit, and the query, which narrows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input

from batch_tui.results.row_query import QueryError, RowQuery
from batch_tui.results.row_selection import FoundRows
from batch_tui.results.search import PatternError, SearchPattern
from batch_tui.tui import mask
from batch_tui.tui.key_names import key_for
from batch_tui.tui.result_rows import TAIL, ResultRows
from batch_tui.tui.results_messages import FindRequested, RowsFound
from batch_tui.tui.results_view import CHIPS, Finding
from batch_tui.tui.text import Plain, join, plain, plural
from batch_tui.tui.widgets.filter_line import FilterInput, FilterLine
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.binding import BindingType

    from batch_tui.tui.context import OpenResults
    from batch_tui.tui.results_view import ResultsView

QUERY_EXAMPLES = Plain("type:errored error~credit out>3000 model:haiku id:req-12 .label=x word /re/")


_OF_ROWS = frozenset(
    {"export", "summarise", "seek_error", "open_record", "turn", "copy", "column", "frequencies", "next_hit"}
    | {"mark", "resubmit"}
)
"""Actions that are of no use without rows."""
_OF_ROWS_TO_COME = frozenset({"search", "query", "sort", "go_to"})
"""Those that wait for rows, and are of no use where none will come."""


class FindRowsScreen(Screen[None]):
    """The keys that find rows; what is on screen around the table is the business of who inherits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/", id="results.search", tooltip="Find text in the records"),
        Binding("n", "next_hit(1)", "Next hit", show=False, id="results.next_hit", tooltip="Next row that was found"),
        Binding(
            "N",
            "next_hit(-1)",
            "Previous hit",
            show=False,
            id="results.previous_hit",
            tooltip="Previous row that was found",
        ),
        Binding("f", "query", "Filter", id="results.query", tooltip="Show only rows like type:errored out>3000 word"),
    ]

    _batch_id: str
    _opened: OpenResults
    _view: ResultsView

    @property
    def _table(self) -> VirtualTable:
        return self.query_one(VirtualTable)

    @property
    def _search_line(self) -> FilterLine:
        return self.query_one("#search", FilterLine)

    @property
    def _query_line(self) -> FilterLine:
        return self.query_one("#query", FilterLine)

    @property
    def _whole(self) -> bool:
        return self._opened.progress.state == "complete" and self._opened.file is self._view.file

    def show_state(self) -> None:
        """Bring everything around the table up to date."""
        raise NotImplementedError

    def want_all(self) -> None:
        """Have the download fetch the rest."""
        raise NotImplementedError

    def sort_again(self) -> None:
        """Other rows are shown: bring them into the order that was asked for."""
        raise NotImplementedError

    def show_rows(self) -> None:
        """Show what the view says; the cursor stays on its row where that is shown."""
        self._table.nothing = Plain(
            f"No rows match. {key_for('record.close', 'esc')} clears the filter."
            if self._view.query is not None
            else f"No {CHIPS[self._view.chip][0]} rows. {key_for('results.all', '1')} shows all."
        )
        self._table.set_source(self._view.rows())
        self.show_state()

    def new_basis(self) -> None:
        """Chip, query or file changed."""
        self._view.new_basis()
        self.show_rows()
        self.sort_again()

    def why_not(self, action: str) -> str | None:
        """Why an action is of no use now, or None."""
        name, state = action.partition("(")[0], self._opened.progress.state
        if self._view.file_rows or name not in _OF_ROWS | _OF_ROWS_TO_COME:
            return None
        if state == "complete":
            return "There are no rows: the results file is empty."
        if state in ("failed", "stopped", "paused"):
            does = "goes on" if state == "paused" else "tries again"
            return f"There are no rows: none arrived. {key_for('results.pause', 'P')} {does}."
        return "There are no rows yet." if name in _OF_ROWS else None

    def refuses(self, action: str) -> bool:
        """Whether an action is of no use now; says why."""
        reason = self.why_not(action)
        if reason is not None:
            self.notify(reason, timeout=4)
        return reason is not None

    # Typing a search or a query

    def typing(self) -> bool:
        """Whether keys go into a line."""
        return isinstance(self.focused, FilterInput)

    def action_search(self) -> None:
        if self.refuses("search"):
            return
        self._search_line.start_typing()
        self.show_state()

    def action_query(self) -> None:
        if self.refuses("query"):
            return
        self._query_line.start_typing()
        self.show_state()

    @on(Input.Changed, "#search #filter-text")
    def _read_search(self, event: Input.Changed) -> None:
        event.stop()
        if not self._search_line.display:
            return
        typed, view = event.value, self._view
        view.search, view.search_problem = None, None
        regex = len(typed) > 1 and typed.startswith("/") and typed.endswith("/") and typed != "//"
        try:
            if typed and typed != "/":
                pattern = SearchPattern.of(typed[1:-1] if regex else typed, regex=regex)
                view.search = Finding(pattern, FoundRows())
        except PatternError as error:
            view.search_problem = str(error)
        self._hunt_search()
        self.show_rows()

    def _hunt_search(self) -> None:
        search = self._view.search
        if search is not None:
            self.want_all()
        condition = None if search is None else search.condition
        found = FoundRows() if search is None else search.found
        self.post_message(FindRequested(self._batch_id, self._view.file, "search", condition, found, self.post_message))

    @on(Input.Changed, "#query #filter-text")
    def _read_query(self, event: Input.Changed) -> None:
        event.stop()
        if self._query_line.display:
            self._take_query(event.value)

    def _take_query(self, typed: str) -> None:
        view = self._view
        before = None if view.query is None else view.query.condition
        view.query_problem = None
        try:
            condition = RowQuery.parse(typed) if typed.strip() else None
        except QueryError as error:
            # What was shown stays while somebody is still typing.
            view.query_problem = str(error)
            self._table.nothing = Plain("No rows match what was typed before that.")
            self._table.refresh()
            self.show_state()
            return
        if condition == before:
            self.show_state()
            return
        view.query = None if condition is None else Finding(condition, FoundRows())
        self._hunt_query()
        self.new_basis()

    def _hunt_query(self) -> None:
        query = self._view.query
        if query is not None:
            self.want_all()
        condition = None if query is None else query.condition
        found = FoundRows() if query is None else query.found
        self.post_message(FindRequested(self._batch_id, self._view.file, "query", condition, found, self.post_message))

    def hunt_again(self) -> None:
        """Another file took the place of the one that was looked through."""
        view = self._view
        if view.search is not None:
            view.search = Finding(view.search.condition, FoundRows())
            self._hunt_search()
        if view.query is not None:
            view.query = Finding(view.query.condition, FoundRows())
            self._hunt_query()

    def _look_again_if_it_failed(self) -> None:
        if any(one is not None and one.trouble is not None for one in (self._view.search, self._view.query)):
            self.hunt_again()
            self.new_basis()

    @on(Input.Submitted, "#search #filter-text")
    def _keep_search(self, event: Input.Submitted) -> None:
        event.stop()
        if self._view.search_problem is None:
            self._look_again_if_it_failed()
            if not event.value:
                self.clear_search()
            self._table.focus()
            if self._view.search is not None and not self._is_hit(self._table.cursor_key):
                self.action_next_hit(1)

    @on(Input.Submitted, "#query #filter-text")
    def _keep_query(self, event: Input.Submitted) -> None:
        event.stop()
        if self._view.query_problem is None:
            self._look_again_if_it_failed()
            if not event.value.strip():
                self.clear_query()
            self._table.focus()

    @on(Input.Blurred)
    def _stop_typing(self, event: Input.Blurred) -> None:
        event.stop()
        self.show_state()

    def action_clear_filter(self) -> None:
        """Escape in a line: take away what is typed there."""
        if self._search_line.editing:
            self.clear_search()
        else:
            self.clear_query()
        self._table.focus()

    def clear_search(self) -> None:
        """Look for nothing any more."""
        self._search_line.clear()
        self._view.search, self._view.search_problem = None, None
        self._hunt_search()
        self.show_rows()

    def clear_query(self) -> None:
        """Show all rows of the chip again."""
        self._query_line.clear()
        self._view.query_problem = None
        self._take_query("")

    def show_all(self) -> None:
        """Leave no row out; what is searched for and what is marked stay."""
        self._view.chip = 0
        if self._view.query is not None:
            self.clear_query()
        else:
            self.new_basis()

    def clear_one_level(self) -> bool:
        """Take back the query, then the search, then the marks, then the chip; False when nothing is left."""
        if self._query_line.display:
            self.clear_query()
        elif self._search_line.display:
            self.clear_search()
        elif self._table.marks:
            self._table.mark(self._table.marks, on=False)
        elif self._view.chip:
            self._view.chip = 0
            self.new_basis()
        else:
            return False
        return True

    # What was found

    @on(RowsFound)
    def _take_found(self, event: RowsFound) -> None:
        event.stop()
        view = self._view
        if view.query is not None and view.query.take(event):
            self._table.rows_changed()
            if not event.looking:
                self.sort_again()
        elif view.search is not None and view.search.take(event):
            self._table.refresh_stale()
        else:
            return
        self.show_state()

    def _is_hit(self, key: str | None) -> bool:
        search = self._view.search
        return search is not None and key not in (None, TAIL) and search.found.index_of(int(key or 0)) is not None

    def action_next_hit(self, direction: int) -> None:
        search, source = self._view.search, self._table.source
        if search is None or not isinstance(source, ResultRows):
            self.notify(f"Nothing is searched for. {key_for('results.search', '/')} starts a search.", timeout=3)
            return
        hits = search.found
        row = source.next_where(self._table.cursor_row, direction, lambda line: hits.index_of(line) is not None)
        if row is None:
            # Round the end, as pagers do.
            start = -1 if direction > 0 else len(source)
            row = source.next_where(start, direction, lambda line: hits.index_of(line) is not None)
            if row is not None and row != self._table.cursor_row:
                self.notify("Went round the end.", timeout=2)
        if row is not None:
            self._table.move_to(row)
        elif not search.looking:
            self.notify(f"Nothing here says {mask.written(plain(search.condition.text))[:60]}.", timeout=3)

    def show_lines(self) -> None:
        """Beside the search and the query: what is wrong with them, or how much they found."""
        view, rows = self._view, self._view.file_rows
        for line, finding, problem in (
            (self._search_line, view.search, view.search_problem),
            (self._query_line, view.query, view.query_problem),
        ):
            if not line.display:
                continue
            if problem is not None:
                line.say(plain(f"! {problem}"), "warning")
            elif finding is not None and finding.trouble is not None:
                line.say(plain(f"! {key_for('filter.keep', 'enter')} looks again: {finding.trouble}"), "warning")
            elif finding is None:
                line.say(plural(rows, "row"))
            else:
                amount = len(finding.found)
                many = (
                    join(plural(amount, "hit"), Plain(" in ")) if finding is view.search else plain(f"{amount:,} of ")
                )
                line.say(self._progress(many, finding.found.upto, finding.looking))

    def _progress(self, many: Plain, upto: int, looking: bool) -> Plain:
        rows = self._view.file_rows
        said = join(many, plural(rows, "row"))
        if upto < rows and looking:
            return join(said, Plain(f" · {100 * upto // max(rows, 1)} % looked through"))
        return said if self._whole else join(said, Plain(" so far"))
