"""The record beside the table of results: a title, tabs, and the page of the tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from batch_tui.tui.record_pages import PAGES
from batch_tui.tui.widgets.text_pane import TextPane
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from batch_tui.tui.messages import RecordLoaded
    from batch_tui.tui.record_pages import RecordPages


class RecordView(Vertical):
    """Shows one page of one record; the tab stays chosen from record to record."""

    class Rewrapped(Message):
        """The pane has another width, so the page must be laid out again."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._loaded: RecordLoaded | None = None
        self.page = 0
        """The tab that is chosen, a position in PAGES."""

    def compose(self) -> ComposeResult:
        yield Static(id="record-title", markup=False)
        yield Static(id="record-tabs", markup=False)
        yield TextPane(id="record-page")

    def on_mount(self) -> None:
        # Link colours would hide which tabs are empty.
        self.query_one("#record-tabs").auto_links = False

    def on_resize(self, event: events.Resize) -> None:
        self.post_message(self.Rewrapped())

    @property
    def pane(self) -> TextPane:
        """Where the page is painted."""
        return self.query_one(TextPane)

    @property
    def cells(self) -> int:
        """Cells of a row of the page, leaving room for the scroll bar."""
        return max(self.content_size.width - 1, 2)

    @property
    def line(self) -> int | None:
        """The line number of the record that is shown."""
        return None if self._loaded is None else self._loaded.line

    @property
    def page_text(self) -> str:
        """The harmless text of the page that is shown, empty when there is none."""
        return "" if self._loaded is None else "\n".join(text for text, _ in self._loaded.pages.page)

    def show(self, loaded: RecordLoaded | None) -> None:
        """Show another record or page, or none."""
        same_page = loaded is not None and self._loaded is not None and loaded.line == self._loaded.line
        same_page = same_page and loaded is not None and self._loaded is not None and loaded.page == self._loaded.page
        self._loaded = loaded
        if loaded is None:
            self.query_one("#record-title", Static).update(Content(""))
            self.query_one("#record-tabs", Static).update(Content(""))
            self.pane.show(())
            return
        self.page = loaded.page
        title = Content.assemble(*((text, TONES[tone]) for text, tone in loaded.pages.title))
        self.query_one("#record-title", Static).update(title)
        self.query_one("#record-tabs", Static).update(self._tabs(loaded.pages))
        rows = loaded.rows or [("Nothing of this kind in this record.", "muted")]
        self.pane.show(rows, keep_place=same_page)

    def next_page(self, step: int) -> int:
        """The next or previous tab that holds anything."""
        page = self.page
        filled = (True,) * len(PAGES) if self._loaded is None else self._loaded.pages.filled
        for _ in PAGES:
            page = (page + step) % len(PAGES)
            if filled[page]:
                break
        return page

    def _tabs(self, pages: RecordPages) -> Content:
        labels: list[Content] = []
        for number, name in enumerate(PAGES):
            style = "bold reverse" if number == self.page else TONES["text" if pages.filled[number] else "faint"]
            click = Style.from_meta({"@click": f"screen.choose_page({number})"})
            labels.append(Content.styled(f" {name} ", style).stylize(click))
        return Content(" ").join(labels)
