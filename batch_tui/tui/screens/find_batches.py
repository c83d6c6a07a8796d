"""Finding batches in the list: tabs, the filter line, and which of the loaded batches are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.widgets import Input

from batch_tui.monitor.batch_filter import NO_FILTER, TABS, Selection, count_tabs, read_filter
from batch_tui.tui.batch_rows import BatchRows
from batch_tui.tui.screens.batch_actions import BatchActionsScreen
from batch_tui.tui.text import Plain, number, plain
from batch_tui.tui.widgets.filter_line import FilterInput, FilterLine, tab_bindings
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.binding import BindingType

    from batch_tui.monitor.batch_filter import BatchFilter, Tab
    from batch_tui.tui.context import AppContext


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
            tooltip="Clear the filter, then the tab",
        ),
        *tab_bindings(),
    ]

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._selection = Selection("all", NO_FILTER)
        self._rows = BatchRows(context)
        self._counts = dict.fromkeys(TABS, 0)
        self._problem: str | None = None
        self._taken_up: tuple[object, ...] = ()
        self._left_from: str | None = None
        """The row that typing a filter started from, for as long as no other was chosen."""

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

    def _look_again(self, *, moved: bool = False) -> None:
        """Count and select anew, if batches, what is saved or the minute moved: it looks at every batch."""
        context, now = self._shared, self._shared.now()
        saved = context.monitor.saved
        state = (int(now.timestamp()) // 60, len(context.catalog), frozenset(saved))
        if moved or state != self._taken_up:
            self._taken_up = state
            self._counts = count_tabs(context.catalog, now, saved)
            self._selection.take_up(context.catalog, now, saved)

    def _show_filter(self) -> None:
        """Beside the filter: what is wrong with it, or how much it found."""
        line = self._line
        if not line.display:
            return
        if self._problem is not None:
            line.say(plain(f"! {self._problem}"), "warning")
            return
        loaded = number(len(self._shared.catalog))
        if not self._selection.narrowed:
            line.say(Plain(f"{loaded} loaded"))
            return
        said = f"{number(len(self._selection))} of {loaded} loaded match"
        if self._shared.monitor.older.loading:
            said += " · loading older ones"
        elif not self._rows.whole:
            said += " · older ones not searched" + ("" if line.editing else ", G loads on")
        line.say(Plain(said))

    def _line_is_edited(self) -> bool:
        return isinstance(self.focused, FilterInput)

    def action_filter(self) -> None:
        reason = self.why_not("filter")
        if reason is not None:
            self.notify(reason, markup=False, timeout=3)
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
            self._select(self._selection.tab, wanted)

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
        """Back one level: the filter goes first, then the tab; never quits."""
        if self._line.display:
            self._problem = None
            self._table.focus()
            self._line.clear()
            self._select(self._selection.tab, NO_FILTER)
            self._left_from = None
        elif self._selection.tab != "all":
            self._select("all", NO_FILTER)

    def action_choose_tab(self, place: int) -> None:
        self._select(TABS[place], self._selection.wanted)

    def _select(self, tab: Tab, wanted: BatchFilter) -> None:
        """Show what stands under a tab and fulfils a filter; the cursor stays on its batch where that is shown."""
        if (tab, wanted) != (self._selection.tab, self._selection.wanted):
            context = self._shared
            self._selection = selection = Selection(tab, wanted)
            selection.take_up(context.catalog, context.now(), context.monitor.saved)
            self._rows = BatchRows(context, selection if selection.narrowed else None)
            self._table.nothing = Plain(
                "No batches match. esc clears the filter." if wanted else f"No batches under “{tab}”. 1 shows all."
            )
            self._table.set_source(self._rows)
            if self._left_from is not None:
                self._table.move_to_key(self._left_from)
            self.rows_selected()
        self.show_state()
