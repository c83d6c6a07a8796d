"""All batches in one live list, and beside it, where there is room, the one under the cursor."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from batch_tui.tui.batch_rows import COLUMNS, TAIL, BatchRows
from batch_tui.tui.freshness import freshness, trouble_line
from batch_tui.tui.messages import DetailRequested, MonitorUpdate, OlderPageRequested
from batch_tui.tui.screens.batch_actions import BatchActionsScreen
from batch_tui.tui.text import number, plain
from batch_tui.tui.trouble import describe
from batch_tui.tui.widgets.batch_detail import BatchDetail
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.status_line import StatusLine
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.widgets.trouble_line import TroubleLine
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.messages import Update

_OLDER_AGAIN = timedelta(seconds=10)
_WIDE = 140
"""Columns from which the panel beside the list has room (design.md §5)."""


class BatchListScreen(BatchActionsScreen):
    """Home: the list people leave open all day."""

    AUTO_FOCUS = "#batches"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012  (the base declares it so)

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._rows = BatchRows(context)
        self._new_above = 0
        self._older_error: Exception | None = None
        self._older_not_before = context.now()

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield TroubleLine(id="trouble")
        with Horizontal(id="body"):
            yield VirtualTable(self._rows, COLUMNS, id="batches")
            yield BatchDetail(self._shared, id="side")
        yield Static(id="notice", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self._table.rows_changed()
        self._show_state()
        self._shared.updates.subscribe(self, self._take_update)
        self.set_interval(1, self._tick)

    def on_screen_resume(self) -> None:
        self._table.rows_changed()
        self._show_state()

    @property
    def _table(self) -> VirtualTable:
        return self.query_one(VirtualTable)

    def batch_in_hand(self) -> MessageBatch | None:
        key = self._table.cursor_key
        return None if key is None or key == TAIL else self._shared.catalog.get(key)

    # State coming down

    def _take_update(self, update: Update) -> None:
        if isinstance(update, MonitorUpdate) and self._table.top_row > 0:
            self._new_above += self._count_above(update.changes.added)
        # Covered screens catch up when they are on top again.
        if self.is_current:
            self._table.rows_changed()
            self._show_state()

    def _count_above(self, batch_ids: Sequence[str]) -> int:
        """How many of these stand above what is on screen."""
        catalog, top_key = self._shared.catalog, self._table.top_key
        top = None if top_key is None else catalog.index_of(top_key)
        if top is None:
            return 0
        rows = (catalog.index_of(batch_id) for batch_id in batch_ids)
        return sum(1 for row in rows if row is not None and row < top)

    def _tick(self) -> None:
        if self.is_current:
            self._table.refresh_stale()
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
        self.query_one("#side", BatchDetail).show(self._table.cursor_key if self._table.cursor_key != TAIL else None)
        self.query_one(KeyBar).refresh()

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
        elif not self._shared.monitor.older.complete:
            self.post_message(OlderPageRequested())

    def action_open_detail(self) -> None:
        self._table.open_row()
