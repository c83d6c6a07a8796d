"""All batches in one live list, and beside it, where there is room, the one under the cursor."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from batch_tui.monitor.conditions import RESULTS_KEPT
from batch_tui.tui.batch_rows import COLUMNS, TAIL
from batch_tui.tui.freshness import trouble_line
from batch_tui.tui.key_names import key_for
from batch_tui.tui.list_status import ListState, list_status
from batch_tui.tui.messages import (
    DetailRequested,
    JobUpdate,
    MonitorUpdate,
    OlderPageRequested,
    OrderUpdate,
    SavedListRequested,
)
from batch_tui.tui.new_batch_messages import NewBatchRequested
from batch_tui.tui.screens.find_batches import FindBatchesScreen
from batch_tui.tui.text import Plain, plain
from batch_tui.tui.trouble import describe
from batch_tui.tui.widgets.batch_detail import BatchDetail
from batch_tui.tui.widgets.filter_line import FilterLine, TabLine
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
    from batch_tui.monitor.conditions import Tab
    from batch_tui.monitor.poller import OlderState
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.messages import Update

_OLDER_AGAIN = timedelta(seconds=10)
_LONGEST_TICK = timedelta(seconds=4)
"""How long ages on screen may stand still while the cursor moves on and on."""
_WIDE = 140
"""Columns from which the panel beside the list has room (design.md §5)."""

_EXAMPLES: Final = Plain("id text, status:ended errors>0 requests>1000 older:2d newer:6h expiring:3d tag:eval")
_BATCH_KEYS = frozenset(
    {
        *("open_detail", "open_results", "cancel", "delete", "resubmit", "copy", "filter", "saved"),
        *(
            "new_batch",
            "mark",
            "mark_range",
            "mark_all",
            "app.undo",
            "app.job",
            "name",
            "watch",
            "save",
            "sort",
            "reverse",
            "load_all",
        ),
    }
)
"""Actions whose keys are letters while a filter is typed."""


class BatchListScreen(FindBatchesScreen):
    """Home: the list people leave open all day."""

    AUTO_FOCUS = "#batches"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012  (Textual's `ClassVar[…] | None` is none to mypy)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space",
            "mark",
            "Mark",
            id="batch.mark",
            tooltip="Mark this batch, or not: actions take all marked",
        ),
        Binding("V", "mark_range", "Mark to here", show=False, id="batch.mark_range"),
        Binding(
            "asterisk",
            "mark_all",
            "Mark all",
            key_display="*",
            show=False,
            id="batch.mark_all",
            tooltip="Mark all batches shown, or take all marks away",
        ),
        Binding("a", "new_batch", "New batch", id="batch.new", tooltip="Send a file of requests, after asking"),
        Binding("o", "saved", "Saved", show=False, id="batch.saved", tooltip="Results saved on this machine"),
    ]

    def __init__(self, context: AppContext, *, width: int = 0) -> None:
        """`width`: the columns that the screen will have, as far as is known."""
        # What Textual would find when the size comes, and then style every widget once more.
        super().__init__(context, classes="-wide" if width >= _WIDE else "-narrow")
        self._asked_at: tuple[object, ...] | None = None
        """Where cursor and view stood when an older page was last asked for, or when news came."""
        self._new_above = self._warnings_seen = 0
        self._noticed: list[tuple[str, str]] = []
        """What stands in place of an empty list."""
        self._older_error: Exception | None = None
        self._older_seen: OlderState | None = None
        self._older_not_before = self._ticked_at = context.now()

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield TabLine(id="tabs")
        yield FilterLine(_EXAMPLES, late=True, id="filter")
        yield TroubleLine(id="trouble")
        with Horizontal(id="body"):
            yield VirtualTable(self._rows, COLUMNS, id="batches")
            yield BatchDetail(self._shared, id="side")
        yield Static(id="notice", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self._table.unmarkable = frozenset({TAIL})
        # What there is to show is looked up when the screen comes on top, which follows.
        self._shared.updates.subscribe(self, self._take_update)
        self._ticks = self.set_interval(1, self._tick)

    def on_screen_resume(self) -> None:
        self._look_again()
        self._take_rows()
        self.show_state()

    def on_resize(self) -> None:
        self._show_lines()

    def batch_in_hand(self) -> MessageBatch | None:
        key = self._table.cursor_key
        return None if key is None or key == TAIL else self._shared.catalog.get(key)

    def batches_in_hand(self) -> Sequence[str]:
        marks = self._table.marks
        if not marks:
            return super().batches_in_hand()
        # In the order of the list: what is marked may be far apart, and partly filtered out.
        places = ((self._shared.catalog.index_of(batch_id), batch_id) for batch_id in marks)
        return [
            batch_id for _, batch_id in sorted((place, batch_id) for place, batch_id in places if place is not None)
        ]

    # State coming down

    def _take_update(self, update: Update) -> None:
        if isinstance(update, OrderUpdate):
            self.take_up_order(update.order)
            return
        moved = self._look_again()
        if isinstance(update, MonitorUpdate):
            self._table.mark(update.changes.removed, on=False)
            # In another order, older batches that were loaded stand above too, and are no news.
            if self._table.top_row > 0 and self._selection.order.as_listed:
                self._new_above += self._count_above(update.changes.added)
        elif isinstance(update, JobUpdate):
            # What came out badly stays marked, to be tried again.
            outcomes = update.job.outcomes.items()
            self._table.mark([each for each, one in outcomes if one.severity != "error" and not one.kept], on=False)
        # Covered screens catch up when they are on top again.
        if self.is_current:
            if moved or not isinstance(update, MonitorUpdate) or update.changes or self._older_moved():
                self._take_rows()
            else:
                # Most polls bring nothing: then most rows stay as they are painted.
                self._table.refresh_stale()
            self._load_on()
            self.show_state()

    def _older_moved(self) -> bool:
        """Whether the loading of older pages went on, or is to be tried again."""
        before, self._older_seen = self._older_seen, self._shared.monitor.older
        return self._older_seen is not before or self._older_seen.error is not None

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
        self._ticked_at = self._shared.now()
        if self.is_current:
            if self._look_again():
                self._take_rows()
            else:
                self._table.refresh_stale()
            self.show_state()

    def mask_changed(self) -> None:
        self.show_state()

    def show_state(self) -> None:
        self._show_lines()
        self._show_side()

    def _show_lines(self) -> None:
        """What stands above and below the table."""
        context = self._shared
        if self._table.top_row == 0:
            self._new_above = 0
        state = ListState(self._new_above, len(self._table.marks), self._loads_all)
        self.query_one(StatusLine).show(*list_status(context, state, self.size.width))
        self.query_one(TroubleLine).say(trouble_line(context) if len(context.catalog) else None)
        self._show_notice()
        tabs = self.query_one(TabLine)
        tabs.display = len(context.catalog) > 0
        looks = self._selection.tab == "expiring"
        if looks:
            self._warnings_seen = context.monitor.warnings
        urgent: Tab | None = "expiring" if context.monitor.warnings > self._warnings_seen else None
        below: dict[Tab, int] = {"expiring": leaving} if (leaving := self._leaving_below()) else {}
        tabs.show(self._tab_counts.counts, self._selection.tab, below=below, urgent=urgent)
        self._show_filter()
        self.query_one(KeyBar).look_again()

    def _leaving_below(self) -> int:
        """How many batches that are not loaded are known to lose their results soon."""
        now, saved = self._shared.now(), self._shared.monitor.saved
        below = self._shared.monitor.leaving_below.items()
        return sum(1 for each, created in below if each not in saved and now - created < RESULTS_KEPT)

    def _show_side(self) -> None:
        key = self._table.cursor_key
        self.query_one("#side", BatchDetail).show(key if key != TAIL else None)

    def _show_notice(self) -> None:
        """In place of an empty list: what is going on, and what to do."""
        notice = self.query_one("#notice", Static)
        empty = len(self._shared.catalog) == 0
        notice.display = empty
        self.query_one("#body").display = not empty
        if empty and (lines := self._notice_lines()) != self._noticed:
            # Saying it anew lays out the whole screen, each second.
            self._noticed = lines
            notice.update(Content("\n").join(Content.styled(*line) for line in lines))

    def _notice_lines(self) -> list[tuple[str, str]]:
        context = self._shared
        error = context.monitor.poll.error
        if error is not None:
            trouble = describe(error, host=context.host)
            request = f"request {trouble.request_id}" if trouble.request_id else ""
            return [
                ("No batches could be loaded.", "bold"),
                (plain(trouble.sentence), TONES["error"]),
                (plain(trouble.advice), ""),
                (plain(request), TONES["muted"]),
                ("", ""),
                (f"batch-tui keeps trying; {key_for('app.refresh', 'r')} tries now.", TONES["muted"]),
            ]
        if context.monitor.poll.last_success is None:
            return [(f"Asking {context.host} for your batches…", TONES["muted"])]
        return [
            ("There are no batches in this workspace yet.", "bold"),
            (self._how_they_come(), TONES["muted"]),
        ]

    def _how_they_come(self) -> str:
        come = "New ones appear here by themselves."
        return come + (
            "" if self._shared.read_only else f" Press {key_for('batch.new', 'a')} to send a file of requests."
        )

    # Marks

    def action_mark(self) -> None:
        self._table.toggle_mark()

    def action_mark_range(self) -> None:
        self._table.mark_range()

    def action_mark_all(self) -> None:
        self._table.mark_all_or_none(self._rows.key(row) for row in range(self._rows.batches))

    @on(VirtualTable.MarksChanged)
    def _show_marks(self) -> None:
        self.show_state()

    # Intents going up

    @on(VirtualTable.CursorMoved)
    def _follow_cursor(self) -> None:
        self._show_lines()
        if self._shared.now() - self._ticked_at < _LONGEST_TICK:
            # Keys come first: each second's ages are painted once the cursor rests.
            self._ticks.reset()
        # The row first: the panel lays its whole page out anew.
        self.call_after_refresh(self._show_side)

    @on(VirtualTable.BottomNeared)
    def _near_bottom(self) -> None:
        if self._selection.as_listed:
            self._want_older()
        elif self._place() != self._asked_at and not self._rows.whole:
            # One page for one movement: where few batches match, the bottom is always near.
            self._note_place()
            self._want_older()

    @on(VirtualTable.EndAsked)
    def _want_end(self) -> None:
        if not self._selection.as_listed and not self._rows.whole:
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
        if (reason := self.why_not("open_detail")) is not None:
            self.notify(reason, timeout=4)
        self._table.open_row()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed, letters are letters."""
        if action in _BATCH_KEYS and self._line_is_edited():
            return False
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str | None:
        """Why an action is of no use now, or None."""
        if action in ("filter", "open_detail", "mark", "sort") and not len(self._shared.catalog):
            return f"There are no batches {'to filter ' if action == 'filter' else ''}yet."
        if action == "open_detail" and self._table.cursor_key is None:
            return "There is no batch under the cursor."
        return super().why_not(action)

    def action_new_batch(self) -> None:
        if (reason := self.why_not("new_batch")) is not None:
            self.notify(reason, timeout=4)
            return
        self.post_message(NewBatchRequested())

    def select(self, batch_id: str) -> bool:
        """Put the cursor on a batch; says whether it is among the rows that are shown."""
        self._table.move_to_key(batch_id)
        return self._table.cursor_key == batch_id

    def action_saved(self) -> None:
        self.post_message(SavedListRequested())

    def rows_selected(self) -> None:
        self._new_above = 0
        self._note_place()
        self.call_after_refresh(self._note_place)
