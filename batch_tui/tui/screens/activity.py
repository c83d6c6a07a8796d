"""The log: each request to the API, how it went and its id for support; and what the toasts said."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widgets import Static

from batch_tui.tui import activity_rows, mask, message_rows
from batch_tui.tui.activity_rows import ActivityRows
from batch_tui.tui.freshness import freshness, trouble_line
from batch_tui.tui.message_rows import MessageRows
from batch_tui.tui.text import Plain, fit, number, plain
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.status_line import StatusLine
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.widgets.trouble_line import TroubleLine
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batch_tui.tui.context import AppContext

_LONGEST_SAID = 60


class ActivityScreen(Screen[None]):
    """Follows both logs, of which one is shown; neither headers nor bodies of requests are in them."""

    CSS_PATH = "later.tcss"
    AUTO_FOCUS = "#requests"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,exclamation_mark", "app.close", "Back", key_display="esc", id="activity.close"),
        Binding(
            "tab",
            "turn",
            "Requests or messages",
            key_display="tab",
            id="activity.turn",
            tooltip="The requests to the API, or the messages that were shown",
        ),
        Binding("y", "copy", "Copy", id="activity.copy", tooltip="Copy the id of this request, or this message"),
    ]

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._shared = context
        self._tells_messages = False
        self._rows = self._read()
        self._seen = self._total

    @property
    def _total(self) -> int:
        return self._shared.said.total if self._tells_messages else self._shared.activity.total

    def _read(self) -> ActivityRows | MessageRows:
        log, said, zone = self._shared.activity, self._shared.said, self._shared.zone
        if self._tells_messages:
            return MessageRows(said.entries(), said.total, zone)
        return ActivityRows(log.entries(), log.total, zone)

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield Static(id="chips", markup=False)
        yield TroubleLine(id="trouble")
        yield VirtualTable(self._rows, activity_rows.COLUMNS, id="requests")
        yield Static(id="activity-whole", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        # Link colours would hide which log is shown.
        self.query_one("#chips").auto_links = False
        self.query_one(VirtualTable).rows_changed()
        self._show()
        self._shared.updates.subscribe(self, lambda _: self._show())
        self.set_interval(1, self._show)

    def _show(self) -> None:
        context, log, table = self._shared, self._shared.activity, self.query_one(VirtualTable)
        if self._total != self._seen:
            self._seen = self._total
            # Who looks at the latest goes on looking at the latest.
            follows = table.cursor_row == 0
            self._rows = self._read()
            table.set_source(self._rows)
            if follows:
                table.move_to(0)
        table.nothing = Plain("No message yet." if self._tells_messages else "Nothing was asked of the API yet.")
        self.query_one(StatusLine).show(
            [(" batch-tui", TONES["accent"]), ("  log ", "bold"), (context.host, TONES["muted"])],
            [
                (f"{number(log.last_minute())} requests in the last minute", TONES["muted"]),
                (" · ", TONES["muted"]),
                *freshness(context),
                (" ", ""),
            ],
        )
        labels = [
            Content.styled(
                f" {name} {number(total)} ", "bold reverse" if shown else TONES["text" if total else "faint"]
            ).stylize(Style.from_meta({"@click": "screen.turn"} if not shown else {}))
            for name, total, shown in (
                ("requests", log.total, not self._tells_messages),
                ("messages", context.said.total, self._tells_messages),
            )
        ]
        self.query_one("#chips", Static).update(Content.assemble(" ", *labels))
        self.query_one(TroubleLine).say(trouble_line(context))
        self._show_whole()

    @property
    def _message(self) -> Plain | None:
        """What the message under the cursor says, as it may be shown now."""
        row = self.query_one(VirtualTable).cursor_row
        if not isinstance(self._rows, MessageRows) or row >= len(self._rows):
            return None
        return mask.written(self._rows.at(row).sentence)

    @on(VirtualTable.CursorMoved)
    def _show_whole(self) -> None:
        """A message may be longer than its row."""
        whole, message = self.query_one("#activity-whole", Static), self._message
        whole.display = message is not None
        if message is not None:
            whole.update(Content(message))

    def mask_changed(self) -> None:
        self._show_whole()

    def action_turn(self) -> None:
        self._tells_messages = not self._tells_messages
        self._rows, self._seen = self._read(), self._total
        table = self.query_one(VirtualTable)
        table.set_columns(message_rows.COLUMNS if self._tells_messages else activity_rows.COLUMNS)
        table.set_source(self._rows)
        table.move_to(0)
        self._show()

    def action_copy(self) -> None:
        row, text = self.query_one(VirtualTable).cursor_row, self._message
        if isinstance(self._rows, ActivityRows):
            request_id = self._rows.at(row).request_id if row < len(self._rows) else None
            if request_id is None:
                self.notify("This request has no id: no answer came.", timeout=3)
                return
            text = plain(request_id)
        elif mask.is_on():
            self.notify(mask.shows_first("then it can be copied"), timeout=4)
            return
        if text is not None:
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {fit(text, _LONGEST_SAID)}", timeout=3)
