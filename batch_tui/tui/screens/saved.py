"""The results that are stored on this machine, also of batches that the API knows no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from batch_tui.tui.key_names import key_for
from batch_tui.tui.messages import ResultsRequested, SavedDeleteRequested, SavedListRequested, SavedPinRequested
from batch_tui.tui.saved_rows import COLUMNS, SavedRows
from batch_tui.tui.text import Plain, plain, plural, size
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.status_line import StatusLine
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batch_tui.results.store import StoredResults
    from batch_tui.tui.context import AppContext


class SavedScreen(Screen[None]):
    """Opens, pins and deletes stored results; needs no connection."""

    AUTO_FOCUS = "#saved"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,v,l", "open", "Results", key_display="enter", id="saved.open", tooltip="Browse these results"),
        Binding(
            "D", "delete", "Delete copy", id="saved.delete", tooltip="Delete the copy on this machine, after asking"
        ),
        Binding("P", "pin", "Pin", id="saved.pin", tooltip="Never drop it to make room, or do so again"),
        Binding("y", "copy_path", "Copy path", id="saved.copy", tooltip="Copy where the file is"),
        Binding("escape", "app.close", "Back", id="saved.close"),
    ]

    def __init__(self, context: AppContext, stored: Sequence[StoredResults]) -> None:
        super().__init__()
        self._shared = context
        self._stored = stored

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield VirtualTable(SavedRows(self._shared, self._stored), COLUMNS, id="saved")
        yield Static(id="notice", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.show(self._stored)

    def on_screen_resume(self) -> None:
        # Somebody may have opened, and so used, one of them.
        self.post_message(SavedListRequested(opens=False))

    @property
    def _table(self) -> VirtualTable:
        return self.query_one(VirtualTable)

    def show(self, stored: Sequence[StoredResults]) -> None:
        """Show what is stored now."""
        rows = SavedRows(self._shared, stored)
        self._stored = stored
        self._table.set_source(rows)
        self._table.display = bool(stored)
        notice = self.query_one("#notice", Static)
        notice.display = not stored
        how = f"Press {key_for('batch.results', 'v')} on a batch to fetch its results."
        notice.update(Content.styled(f"No results are saved here yet. {how}", TONES["muted"]))
        total = sum(one.size for one in stored)
        self.query_one(StatusLine).show(
            [(" batch-tui", TONES["accent"]), ("  saved results ", "bold"), (self._shared.host, TONES["muted"])],
            [(f"{plural(len(stored), 'file')} · {size(total)} ", TONES["muted"])],
        )
        self.query_one(KeyBar).look_again()

    def _in_hand(self) -> StoredResults | None:
        key = self._table.cursor_key
        return next((one for one in self._stored if one.batch_id == key), None)

    @on(VirtualTable.RowOpened)
    def _open_row(self, event: VirtualTable.RowOpened) -> None:
        event.stop()
        self.post_message(ResultsRequested(event.key))

    def action_open(self) -> None:
        self._table.open_row()

    def action_delete(self) -> None:
        one = self._in_hand()
        if one is not None:
            batch = self._shared.catalog.get(one.batch_id)
            listed = batch is not None and batch.results_url is not None
            self.post_message(SavedDeleteRequested(one.batch_id, listed=listed))

    def action_pin(self) -> None:
        one = self._in_hand()
        if one is not None:
            self.post_message(SavedPinRequested(one.batch_id, pinned=not one.pinned))

    def action_copy_path(self) -> None:
        one = self._in_hand()
        if one is not None:
            self.app.copy_to_clipboard(str(one.path))
            self.notify(plain(f"Copied {one.path}"), timeout=3)

    def why_not(self, action: str) -> str | None:
        """Why an action is of no use now, or None."""
        useless = action in ("open", "delete", "pin", "copy_path") and not self._stored
        return Plain("No results are saved on this machine.") if useless else None
