"""Asks where rows of results are to be written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from batch_tui.tui.text import Plain, plain
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

FORMATS = (".jsonl", ".csv")
_HINT = ".jsonl keeps every byte; .csv opens in a spreadsheet, without formulas."


class ExportDialog(ModalScreen[Path | None]):
    """A file name to write to; its ending chooses the format."""

    AUTO_FOCUS = "#export-path"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="export.close")]

    def __init__(self, what: Plain, suggestion: str) -> None:
        super().__init__()
        self._what = what
        self._suggestion = suggestion

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Content.styled(f"Write {self._what} to a file", "bold"), id="dialog-title", markup=False)
            yield Input(self._suggestion, id="export-path")
            yield Static(
                Content.styled(
                    ".jsonl keeps every byte; .csv opens in a spreadsheet, without formulas.", TONES["muted"]
                ),
                id="export-hint",
                markup=False,
            )
            yield Static(Content.styled("enter writes · esc leaves everything as it is", TONES["muted"]), markup=False)

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        name = event.value.strip()
        try:
            path = Path(name).expanduser()
        except RuntimeError:
            self._say("There is no such user.")
            return
        if not name or path.suffix.lower() not in FORMATS:
            self._say("Give a file name that ends in .jsonl or .csv.")
        else:
            self.dismiss(path)

    def _say(self, sentence: str) -> None:
        self.query_one("#export-hint", Static).update(Content.styled(plain(sentence), TONES["error"]))
