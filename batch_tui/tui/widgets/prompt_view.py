"""The prompt beside the answer: the request of the record, as an outline that opens and closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from batch_tui.tui.widgets.json_pane import JsonPane
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from batch_tui.results.results_file import ResultsFile
    from batch_tui.tui.results_messages import RecordLoaded


class PromptView(Vertical):
    """Shows the request of one record."""

    class Rewrapped(Message):
        """The pane has another width, so the request must be laid out again."""

    _place: tuple[ResultsFile, int] | None = None
    """Of which record the request is."""

    def compose(self) -> ComposeResult:
        yield Static(Content.styled("Request", TONES["heading"]), id="prompt-title", markup=False)
        yield JsonPane(id="prompt-tree")

    def on_resize(self, event: events.Resize) -> None:
        self.post_message(self.Rewrapped())

    @property
    def cells(self) -> int:
        """Cells of a row, leaving room for the scroll bar."""
        return max(self.content_size.width - 1, 2)

    @property
    def text(self) -> str:
        """The rows that are laid out."""
        return self.query_one(JsonPane).text

    def show(self, loaded: RecordLoaded | None) -> None:
        """Show another request, or none."""
        place = None if loaded is None else (loaded.file, loaded.line)
        same, self._place = place == self._place, place
        self.query_one(JsonPane).show(None if loaded is None else loaded.tree, keep_place=same)
