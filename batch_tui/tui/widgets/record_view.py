"""The record beside the table of results: a title, tabs, and the page of the tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from batch_tui.tui.record_pages import PAGES

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from batch_tui.tui.record_pages import RecordPages


class RecordView(Vertical):
    """Shows the pages of one record; the tab stays chosen from record to record."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pages: RecordPages | None = None
        self._page = 0

    def compose(self) -> ComposeResult:
        yield Static(id="record-title", markup=False)
        yield Static(id="record-tabs", markup=False)
        with VerticalScroll(id="record-scroll", can_focus=False):
            yield Static(id="record-page", markup=False)

    def on_mount(self) -> None:
        # Link colours would hide which tabs are empty.
        self.query_one("#record-tabs").auto_links = False

    @property
    def page_text(self) -> str:
        """The harmless text of the page on screen, empty when there is none."""
        page = None if self._pages is None else self._pages.pages[self._page]
        return "" if page is None else page.plain

    @property
    def page_name(self) -> str:
        """The name of the tab on screen."""
        return PAGES[self._page]

    def show(self, pages: RecordPages | None) -> None:
        """Show another record, or none."""
        self._pages = pages
        self._show_page()

    def turn(self, step: int) -> None:
        """Go to the next or previous tab that holds anything."""
        if self._pages is None:
            return
        for _ in PAGES:
            self._page = (self._page + step) % len(PAGES)
            if self._pages.pages[self._page] is not None:
                break
        self._show_page()

    def choose(self, page: int) -> None:
        """Go to a tab by its number."""
        self._page = page
        self._show_page()

    def scroll_page(self, lines: int) -> None:
        """Scroll the page of the record."""
        self.query_one("#record-scroll").scroll_relative(y=lines, animate=False)

    def _show_page(self) -> None:
        pages = self._pages
        self.query_one("#record-title", Static).update(Content("") if pages is None else pages.title)
        self.query_one("#record-tabs", Static).update(Content("") if pages is None else self._tabs(pages))
        page = None if pages is None else pages.pages[self._page]
        nothing = Content.styled("Nothing of this kind in this record.", "$foreground 60%")
        shown = Content("") if pages is None else nothing if page is None else page
        self.query_one("#record-page", Static).update(shown)
        self.query_one("#record-scroll").scroll_home(animate=False)

    def _tabs(self, pages: RecordPages) -> Content:
        labels: list[Content] = []
        for number, name in enumerate(PAGES):
            style = (
                "bold reverse"
                if number == self._page
                else "$text"
                if pages.pages[number] is not None
                else "$foreground 35%"
            )
            click = Style.from_meta({"@click": f"screen.choose_page({number})"})
            labels.append(Content.styled(f" {name} ", style).stylize(click))
        return Content(" ").join(labels)
