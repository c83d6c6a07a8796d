"""All batches in one live list, and beside it, where there is room, the one under the cursor."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from batch_tui.monitor.batch_filter import NO_FILTER, TABS, Selection, count_tabs, read_filter
from batch_tui.tui.batch_rows import COLUMNS, TAIL, BatchRows
from batch_tui.tui.freshness import freshness, trouble_line
from batch_tui.tui.messages import DetailRequested, MonitorUpdate, OlderPageRequested, SavedListRequested
from batch_tui.tui.screens.batch_actions import BatchActionsScreen
from batch_tui.tui.text import Plain, number, plain
from batch_tui.tui.trouble import describe
from batch_tui.tui.widgets.batch_detail import BatchDetail
from batch_tui.tui.widgets.filter_line import FilterInput, FilterLine, TabLine, tab_bindings
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.status_line import StatusLine
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.widgets.trouble_line import TroubleLine
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.batch_filter import BatchFilter, Tab
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.messages import Update

_OLDER_AGAIN = timedelta(seconds=10)
_WIDE = 140
"""Columns from which the panel beside the list has room (design.md §5)."""

_EXAMPLES: Final = Plain("id text, status:ended errors>0 requests>1000 older:2d newer:6h expiring:3d")
_BATCH_KEYS = frozenset({"open_detail", "open_results", "cancel", "delete", "copy_id", "filter", "saved", "watch"})
"""Actions whose keys are letters while a filter is typed."""


class BatchListScreen(BatchActionsScreen):
    """Home: the list people leave open all day."""

    AUTO_FOCUS = "#batches"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012  (the base declares it so)
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
        Binding("o", "saved", "Saved", show=False, id="batch.saved", tooltip="Results saved on this machine"),
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
        self._asked_at: tuple[object, ...] | None = None
        """Where cursor and view stood when an older page was last asked for, or when news came."""
        self._new_above = 0
        self._older_error: Exception | None = None
        self._older_not_before = context.now()

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield TabLine(id="tabs")
        yield FilterLine(_EXAMPLES, id="filter")
        yield TroubleLine(id="trouble")
        with Horizontal(id="body"):
            yield VirtualTable(self._rows, COLUMNS, id="batches")
            yield BatchDetail(self._shared, id="side")
        yield Static(id="notice", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self._look_again()
        self._table.rows_changed()
        self._show_state()
        self._shared.updates.subscribe(self, self._take_update)
        self.set_interval(1, self._tick)

    def on_screen_resume(self) -> None:
        self._look_again()
        self._take_rows()
        self._show_state()

    @property
    def _table(self) -> VirtualTable:
        return self.query_one(VirtualTable)

    @property
    def _line(self) -> FilterLine:
        return self.query_one(FilterLine)

    def batch_in_hand(self) -> MessageBatch | None:
        key = self._table.cursor_key
        return None if key is None or key == TAIL else self._shared.catalog.get(key)

    # State coming down

    def _take_update(self, update: Update) -> None:
        self._look_again(moved=isinstance(update, MonitorUpdate) and bool(update.changes))
        if isinstance(update, MonitorUpdate) and self._table.top_row > 0:
            self._new_above += self._count_above(update.changes.added)
        # Covered screens catch up when they are on top again.
        if self.is_current:
            self._take_rows()
            self._show_state()

    def _look_again(self, *, moved: bool = False) -> None:
        """Count and select anew, if batches, what is saved or the minute moved: it looks at every batch."""
        context, now = self._shared, self._shared.now()
        saved = context.monitor.saved
        state = (int(now.timestamp()) // 60, len(context.catalog), frozenset(saved))
        if moved or state != self._taken_up:
            self._taken_up = state
            self._counts = count_tabs(context.catalog, now, saved)
            self._selection.take_up(context.catalog, now, saved)

    def _take_rows(self) -> None:
        self._table.rows_changed()
        # News may shift rows, but only the user's own movements ask for older pages of a selection.
        self._note_place()

    def _note_place(self) -> None:
        self._asked_at = self._place()

    def _place(self) -> tuple[object, ...]:
        return self._table.cursor_key, self._table.top_row

    def _count_above(self, batch_ids: Sequence[str]) -> int:
        """How many of these stand above what is on screen."""
        source, top_key = self._rows, self._table.top_key
        top = None if top_key is None else source.index_of(top_key)
        if top is None:
            return 0
        rows = (source.index_of(batch_id) for batch_id in batch_ids)
        return sum(1 for row in rows if row is not None and row < top)

    def _tick(self) -> None:
        if self.is_current:
            before = self._taken_up
            self._look_again()
            if self._taken_up == before:
                self._table.refresh_stale()
            else:
                self._take_rows()
            self._show_state()

    def _show_state(self) -> None:
        context = self._shared
        left = [
            (" batch-tui", TONES["accent"]),
            ("  ", ""),
            (context.profile, "bold"),
            (" · ", TONES["muted"]),
        ]
        left.append((context.host, TONES["muted"]))
        if context.read_only:
            left.append((" · read-only", TONES["warning"]))
        self.query_one(StatusLine).show(left, [*self._totals(), *freshness(context), (" ", "")])
        self.query_one(TroubleLine).say(trouble_line(context) if len(context.catalog) else None)
        self._show_notice()
        tabs = self.query_one(TabLine)
        tabs.display = len(context.catalog) > 0
        tabs.show(self._counts, self._selection.tab)
        self._show_filter()
        self.query_one("#side", BatchDetail).show(self._table.cursor_key if self._table.cursor_key != TAIL else None)
        self.query_one(KeyBar).refresh()

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

    def _totals(self) -> list[tuple[str, str]]:
        catalog = self._shared.catalog
        if self._table.top_row == 0:
            self._new_above = 0
        running = len(catalog.unfinished)
        parts = (
            [(f"↑ {number(self._new_above)} new", "bold $text-success"), (" · ", TONES["muted"])]
            if self._new_above
            else []
        )
        if running:
            parts += [(f"{number(running)} running", TONES["running"]), (" · ", TONES["muted"])]
        if len(catalog):
            parts += [(f"{number(len(catalog))} loaded", TONES["muted"]), (" · ", TONES["muted"])]
        return parts

    def _show_notice(self) -> None:
        """In place of an empty list: what is going on, and what to do."""
        context = self._shared
        notice = self.query_one("#notice", Static)
        empty = len(context.catalog) == 0
        notice.display = empty
        self.query_one("#body").display = not empty
        if not empty:
            return
        error = context.monitor.poll.error
        if error is not None:
            trouble = describe(error, host=context.host)
            request = f"request {trouble.request_id}" if trouble.request_id else ""
            notice.update(
                Content("\n").join(
                    [
                        Content.styled("No batches could be loaded.", "bold"),
                        Content.styled(plain(trouble.sentence), TONES["error"]),
                        Content(plain(trouble.advice)),
                        Content.styled(plain(request), TONES["muted"]),
                        Content(""),
                        Content.styled("Trying again by itself; r tries now.", TONES["muted"]),
                    ]
                )
            )
        elif context.monitor.poll.last_success is None:
            notice.update(Content.styled(f"Asking {context.host} for your batches…", TONES["muted"]))
        else:
            notice.update(
                Content("\n").join(
                    [
                        Content.styled("There are no batches in this workspace yet.", "bold"),
                        Content.styled("New ones appear here by themselves, newest first.", TONES["muted"]),
                    ]
                )
            )

    # Intents going up

    @on(VirtualTable.CursorMoved)
    def _follow_cursor(self) -> None:
        self._show_state()

    @on(VirtualTable.BottomNeared)
    def _near_bottom(self) -> None:
        if not self._selection.narrowed:
            self._want_older()
        elif self._place() != self._asked_at and not self._rows.whole:
            # One page for one movement: where few batches match, the bottom is always near.
            self._note_place()
            self._want_older()

    @on(VirtualTable.EndAsked)
    def _want_end(self) -> None:
        if self._selection.narrowed and not self._rows.whole:
            # Following the end would walk through all of history for the few that match.
            self._table.move_to(self._table.cursor_row)
            self._note_place()
            self._want_older()

    def _want_older(self) -> None:
        older = self._shared.monitor.older
        now = self._shared.now()
        if older.error is not None and older.error is not self._older_error:
            # Asked for again while the end is in view, but not at once.
            self._older_error, self._older_not_before = older.error, now + _OLDER_AGAIN
        if not older.loading and not older.complete and (older.error is None or now >= self._older_not_before):
            self.post_message(OlderPageRequested())

    @on(VirtualTable.RowOpened)
    def _open_row(self, event: VirtualTable.RowOpened) -> None:
        if event.key != TAIL:
            self.post_message(DetailRequested(event.key))
        elif not self._rows.whole:
            self.post_message(OlderPageRequested())

    def action_open_detail(self) -> None:
        self._table.open_row()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed, letters are letters."""
        if action in _BATCH_KEYS and self._line_is_edited():
            return False
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str | None:
        """Why an action is of no use now, or None."""
        if action == "filter" and not len(self._shared.catalog):
            return "There are no batches to filter yet."
        return super().why_not(action)

    # Finding

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
        self._show_state()

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
        self._show_state()

    def action_saved(self) -> None:
        self.post_message(SavedListRequested())

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
            self._new_above = 0
            self._table.nothing = Plain(
                "No batches match. esc clears the filter." if wanted else f"No batches under “{tab}”. 1 shows all."
            )
            self._table.set_source(self._rows)
            if self._left_from is not None:
                self._table.move_to_key(self._left_from)
            self._note_place()
            self.call_after_refresh(self._note_place)
        self._show_state()
