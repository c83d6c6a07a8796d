"""The activity log: each request to the API, how it went, and its id for the support of whoever runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from batch_tui.tui.activity_rows import COLUMNS, ActivityRows
from batch_tui.tui.freshness import freshness, trouble_line
from batch_tui.tui.text import number, plain
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.status_line import StatusLine
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.widgets.trouble_line import TroubleLine
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batch_tui.monitor.activity_log import LoggedRequest
    from batch_tui.tui.context import AppContext


class ActivityScreen(Screen[None]):
    """Follows the log; neither headers nor bodies are ever in it."""

    AUTO_FOCUS = "#requests"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,exclamation_mark", "app.close", "Back", key_display="esc", id="activity.close"),
        Binding("y", "copy", "Copy request id", id="activity.copy", tooltip="Copy the id of this request"),
    ]

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._shared = context
        self._rows = self._read()
        self._seen = context.activity.total

    def _read(self) -> ActivityRows:
        log = self._shared.activity
        return ActivityRows(log.entries(), log.total, self._shared.zone)

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield TroubleLine(id="trouble")
        table = VirtualTable(self._rows, COLUMNS, id="requests")
        yield table
        yield Static(
            Content.styled(" Nothing was asked of the API yet.", TONES["muted"]), id="activity-empty", markup=False
        )
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(VirtualTable).rows_changed()
        self._show()
        self._shared.updates.subscribe(self, lambda _: self._show())
        self.set_interval(1, self._show)

    def _show(self) -> None:
        context, log, table = self._shared, self._shared.activity, self.query_one(VirtualTable)
        if log.total != self._seen:
            self._seen = log.total
            # Who looks at the latest goes on looking at the latest.
            follows = table.cursor_row == 0
            self._rows = self._read()
            table.set_source(self._rows)
            if follows:
                table.move_to(0)
        table.display = len(self._rows) > 0
        self.query_one("#activity-empty").display = len(self._rows) == 0
        self.query_one(StatusLine).show(
            [(" batch-tui", TONES["accent"]), ("  requests ", "bold"), (context.host, TONES["muted"])],
            [
                (f"{number(log.last_minute())} in the last minute · {number(log.total)} in all", TONES["muted"]),
                (" · ", TONES["muted"]),
                *freshness(context),
                (" ", ""),
            ],
        )
        self.query_one(TroubleLine).say(trouble_line(context))

    def _in_hand(self) -> LoggedRequest | None:
        row = self.query_one(VirtualTable).cursor_row
        return self._rows.at(row) if row < len(self._rows) else None

    def action_copy(self) -> None:
        one = self._in_hand()
        if one is None or one.request_id is None:
            self.notify("This request has no id: no answer came.", markup=False, timeout=3)
            return
        text = plain(one.request_id)
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {text}", markup=False, timeout=3)
