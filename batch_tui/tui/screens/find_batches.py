"""Finding batches in the list: tabs, the filter line, the order, and which of the loaded batches are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding
from textual.widgets import Input

from batch_tui.monitor.batch_filter import read_filter
from batch_tui.monitor.batch_order import FIRST, NEWEST_FIRST, REVERSED, BatchOrder
from batch_tui.monitor.conditions import NO_FILTER, TABS
from batch_tui.monitor.selection import Selection
from batch_tui.monitor.tab_counts import TabCounts
from batch_tui.tui.batch_rows import BatchRows, columns_in
from batch_tui.tui.key_names import key_for
from batch_tui.tui.messages import OlderPageRequested, OrderChosen
from batch_tui.tui.screens.batch_actions import BatchActionsScreen
from batch_tui.tui.text import Plain, number, plain
from batch_tui.tui.widgets.filter_line import FilterInput, FilterLine, tab_bindings
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.binding import BindingType

    from batch_tui.monitor.batch_order import Column
    from batch_tui.monitor.conditions import BatchFilter, Tab
    from batch_tui.tui.context import AppContext

_SORT_LABELS: Final[dict[Column, str]] = {
    "created": "created",
    "status": "status",
    "requests": "requests",
    "outcome": "failures",
    "took": "time taken",
    "results": "results left",
    "batch": "name or id",
}
_SORT_KEYS: Final[dict[Column, str]] = {
    "created": "c",
    "status": "s",
    "requests": "r",
    "outcome": "f",
    "took": "t",
    "results": "l",
    "batch": "n",
}
_LABEL = 14


class FindBatchesScreen(BatchActionsScreen):
    """The keys that choose which batches the table shows; the screen built on it shows the table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "filter",
            "Filter",
            key_display="/",
            id="batch.filter",
            tooltip="Find by id, status: errors> older: expiring: …",
        ),
        Binding(
            "escape",
            "clear_filter",
            "Clear filter",
            show=False,
            id="batch.clear_filter",
            tooltip="Stop going to the end; clear filter, marks, order",
        ),
        Binding("s", "sort", "Sort", id="batch.sort", tooltip="Sort the batches by a column"),
        Binding("S", "reverse", "Reverse", show=False, id="batch.reverse", tooltip="Turn the order round"),
        Binding(
            "L",
            "load_all",
            "Load all",
            show=False,
            id="batch.load_all",
            tooltip="Load every older batch, for filters and orders; again to stop",
        ),
        *tab_bindings(),
    ]

    def __init__(self, context: AppContext, *, classes: str = "") -> None:
        super().__init__(context, classes=classes)
        self._selection = Selection("all", NO_FILTER)
        self._rows = self._rows_of(None)
        self._tab_counts = TabCounts()
        self._loads_all = False
        """Whether older pages are asked for until there are none."""
        self._problem: str | None = None
        self._order_chosen = False
        """Whether the user chose the order themselves since the start."""
        self._taken_up: tuple[object, ...] = ()
        self._left_from: str | None = None
        """The row that typing a filter started from, for as long as no other was chosen."""

    def _rows_of(self, selection: Selection | None) -> BatchRows:
        return BatchRows(self._shared, selection, goes_to_end=lambda: self._table.follows_end)

    @property
    def _table(self) -> VirtualTable:
        return self.query_one(VirtualTable)

    @property
    def _line(self) -> FilterLine:
        return self.query_one(FilterLine)

    def show_state(self) -> None:
        """Show what moved around the table."""
        raise NotImplementedError

    def rows_selected(self) -> None:
        """The table shows other rows than before, by the user's wish."""
        raise NotImplementedError

    def _look_again(self) -> bool:
        """Count and select anew, if batches, what is saved, names or the minute moved; says whether they did."""
        catalog, monitor, now = self._shared.catalog, self._shared.monitor, self._shared.now()
        state = (int(now.timestamp()) // 60, catalog.last_version, frozenset(monitor.saved), dict(monitor.notes))
        if state == self._taken_up:
            return False
        self._taken_up = state
        self._tab_counts.take_up(catalog, now, monitor.saved)
        self._selection.take_up(catalog, now, monitor.saved, monitor.notes)
        return True

    def _say_none(self) -> None:
        """In place of rows where there are none: that is only known of the batches that are loaded."""
        selection, loaded = self._selection, number(len(self._shared.catalog))
        what = "match" if selection.wanted else f"“{selection.tab}”"
        clear, all_of_them = key_for("batch.clear_filter", "esc"), key_for("batch.tab_all", "1")
        leave = f"{clear} clears the filter" if selection.wanted else f"{all_of_them} shows all"
        if self._rows.whole:
            said = "No batches match" if selection.wanted else f"No batches under “{selection.tab}”"
            said = f"{said}. {leave}."
        elif self._shared.monitor.older.loading:
            said = f"No {what} among the {loaded} loaded. Loading older ones; {leave}."
        elif self._line_is_edited():
            # There, L is a letter.
            said = f"No {what} among the {loaded} loaded; older ones are not searched. {leave}."
        else:
            said = f"No {what} among the {loaded} loaded. {key_for('batch.load_all', 'L')} loads older ones, {leave}."
        if said != self._table.nothing:
            self._table.nothing = Plain(said)
            self._table.refresh()

    def _show_filter(self) -> None:
        """Beside the filter: what is wrong with it, or how much it found."""
        self._say_none()
        line = self._line
        if not line.display:
            return
        if self._problem is not None:
            line.say(plain(f"! {self._problem}"), "warning")
            return
        loaded = number(len(self._shared.catalog))
        selection = self._selection
        if not selection.narrowed:
            line.say(Plain(f"{loaded} loaded"))
            return
        said = f"{number(len(selection))} of {loaded} loaded match"
        if self._shared.monitor.older.loading:
            said += " · loading older ones"
        elif not self._rows.whole:
            said += " · older ones not searched" + (
                "" if line.editing else f", {key_for('batch.load_all', 'L')} loads all"
            )
        line.say(Plain(said))

    def _line_is_edited(self) -> bool:
        return isinstance(self.focused, FilterInput)

    def action_filter(self) -> None:
        reason = self.why_not("filter")
        if reason is not None:
            self.notify(reason, timeout=3)
            return
        if not self._line_is_edited():
            self._left_from = self._table.cursor_key
        self._line.start_typing()
        self.show_state()

    @on(Input.Changed, "#filter-text")
    def _read_filter(self, event: Input.Changed) -> None:
        event.stop()
        if self._line.display:
            wanted, self._problem = read_filter(event.value)
            self._select(wanted=wanted)

    @on(Input.Submitted, "#filter-text")
    def _keep_filter(self, event: Input.Submitted) -> None:
        event.stop()
        if self._problem is not None:
            # What is typed and what is shown would disagree.
            return
        if not event.value.strip():
            self.action_clear_filter()
            return
        if self._table.cursor_key is not None:
            self._left_from = None
        self._table.focus()

    @on(Input.Blurred, "#filter-text")
    def _stop_typing(self, event: Input.Blurred) -> None:
        event.stop()
        self.show_state()

    def action_clear_filter(self) -> None:
        """Back one level: the way to the end goes first, then the filter, marks, the tab, the order; never quits."""
        if self._table.follows_end and not self._rows.whole:
            self._table.stop_following()
        elif self._line.display:
            self._problem = None
            self._table.focus()
            self._line.clear()
            self._select(wanted=NO_FILTER)
            self._left_from = None
        elif self._table.marks:
            self._table.mark(list(self._table.marks), on=False)
        elif self._selection.tab != "all":
            self._select(tab="all")
        elif self._selection.order != NEWEST_FIRST:
            self._choose_order(NEWEST_FIRST)

    def action_choose_tab(self, place: int) -> None:
        self._select(tab=TABS[place])

    # Order

    def action_sort(self) -> None:
        from batch_tui.tui.screens.menu import Choice, MenuDialog

        order = self._selection.order
        # Each line says what choosing it does; the order that stands is turned round.
        now, turned = FIRST[order.column], REVERSED[order.column]
        if order.reverse:
            now, turned = turned, now
        notes = FIRST | {order.column: f"{turned} (now {now})"}
        choices = [
            Choice(_SORT_KEYS[column], Plain(label.ljust(_LABEL)), column, notes[column])
            for column, label in _SORT_LABELS.items()
        ]
        menu = MenuDialog(Plain("Sort the batches by"), choices, begin_at=order.column)
        self.app.push_screen(menu, self._take_order)

    def _take_order(self, chosen: str | None) -> None:
        column = next((one for one in _SORT_LABELS if one == chosen), None)
        if column is not None:
            before = self._selection.order
            # The same column again turns it round, as in every table people know.
            self._choose_order(BatchOrder(column, reverse=before.column == column and not before.reverse))

    def action_reverse(self) -> None:
        order = self._selection.order
        self._choose_order(BatchOrder(order.column, reverse=not order.reverse))

    def _choose_order(self, order: BatchOrder) -> None:
        self._order_chosen = True
        self._select(order=order)
        self.post_message(OrderChosen(order))

    def take_up_order(self, order: BatchOrder) -> None:
        """Show the order that an earlier run left, unless the user was faster."""
        if not self._order_chosen:
            self._select(order=order)

    def action_load_all(self) -> None:
        self._loads_all = not self._loads_all and not self._shared.monitor.older.complete
        if self._loads_all:
            self._load_on()
        self.show_state()

    def _load_on(self) -> None:
        """Ask for the next older page as long as all of them are wanted."""
        older = self._shared.monitor.older
        if older.complete or older.error is not None:
            self._loads_all = False
        elif self._loads_all and not older.loading:
            self.post_message(OlderPageRequested())

    def _select(
        self, *, tab: Tab | None = None, wanted: BatchFilter | None = None, order: BatchOrder | None = None
    ) -> None:
        """Show what stands under a tab and fulfils a filter, in an order; the cursor stays on its batch if shown."""
        before = self._selection
        tab, order = tab or before.tab, order or before.order
        wanted = before.wanted if wanted is None else wanted
        if (tab, wanted, order) != (before.tab, before.wanted, before.order):
            context = self._shared
            self._selection = selection = Selection(tab, wanted, order)
            selection.take_up(context.catalog, context.now(), context.monitor.saved, context.monitor.notes)
            self._rows = self._rows_of(None if selection.as_listed else selection)
            if (order, tab) != (before.order, before.tab):
                self._table.set_columns(columns_in(order, tab))
            self._table.set_source(self._rows)
            if order != before.order:
                # Who asks for the most failures first wants to see those.
                self._table.move_to(0)
            elif self._left_from is not None:
                self._table.move_to_key(self._left_from)
            self.rows_selected()
        self.show_state()
