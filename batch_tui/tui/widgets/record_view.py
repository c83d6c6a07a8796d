"""The record beside the table of results: a title, tabs, and the page of the tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from batch_tui.tui import mask
from batch_tui.tui.long_text import LONGEST
from batch_tui.tui.record_pages import PAGES
from batch_tui.tui.text import plain
from batch_tui.tui.widgets.chosen_label import fit_labels
from batch_tui.tui.widgets.json_pane import JsonPane
from batch_tui.tui.widgets.text_pane import TextPane
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from batch_tui.results.search import SearchPattern
    from batch_tui.tui.record_pages import RecordPages
    from batch_tui.tui.results_messages import RecordLoaded


class RecordView(Vertical):
    """Shows one page of one record; the tab stays chosen from record to record."""

    class Rewrapped(Message):
        """The pane has another width, so the page must be laid out again."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._loaded: RecordLoaded | None = None
        self._part: tuple[int, int, int] | None = None
        """Line, page, and where the part of it begins that somebody turned to."""
        self.page = 0
        """The tab that is chosen, a position in PAGES."""
        self.wraps = True
        """Whether long lines go on in the next row."""
        self.markdown = True
        """Whether answers are laid out as Markdown."""

    def compose(self) -> ComposeResult:
        yield Static(id="record-title", markup=False)
        yield Static(id="record-tabs", markup=False)
        yield TextPane(written=True, id="record-page")
        yield JsonPane(id="record-tree")

    def on_mount(self) -> None:
        # Link colours would hide which tabs are empty.
        self.query_one("#record-tabs").auto_links = False

    def on_resize(self, event: events.Resize) -> None:
        self.post_message(self.Rewrapped())

    @property
    def text_pane(self) -> TextPane:
        """Where pages of text are painted."""
        return self.query_one(TextPane)

    @property
    def pane(self) -> TextPane | JsonPane:
        """Where the page is painted."""
        tree = self.query_one(JsonPane)
        return tree if tree.display else self.text_pane

    @property
    def cells(self) -> int:
        """Cells of a row of the page, leaving room for the scroll bar; 0 leaves lines as long as they are."""
        return max(self.content_size.width - 1, 2) if self.wraps else 0

    @property
    def line(self) -> int | None:
        """The line number of the record that is shown."""
        return None if self._loaded is None else self._loaded.line

    @property
    def page_text(self) -> str:
        """The harmless text of the page that is shown, empty when there is none."""
        if self._loaded is None:
            return ""
        if self._loaded.tree is not None:
            return self.query_one(JsonPane).text
        return "\n".join(text for text, _ in self._loaded.pages.page)

    def begins_at(self, line: int) -> int | None:
        """Where what is to be shown of a long page begins, once somebody turned its parts."""
        return self._part[2] if self._part is not None and self._part[:2] == (line, self.page) else None

    def forget_part(self) -> None:
        """Show the part of a long page that is shown at first."""
        self._part = None

    def turn_part(self, step: int) -> bool:
        """Ask for the next or previous part of a long page; False when there is none."""
        loaded = self._loaded
        pages = None if loaded is None else loaded.pages
        if loaded is None or pages is None or not (pages.after if step > 0 else pages.start):
            return False
        self._part = (loaded.line, loaded.page, max(0, pages.start + step * LONGEST))
        return True

    def show(self, loaded: RecordLoaded | None) -> None:
        """Show another record or page, or none."""
        same_page = _place_of(loaded) == _place_of(self._loaded)
        self._loaded = loaded
        if loaded is None:
            self.query_one("#record-title", Static).update(Content(""))
            self.query_one("#record-tabs", Static).update(Content(""))
            self.text_pane.show(())
            self.query_one(JsonPane).show(None)
            return
        self.page = loaded.page
        self.mask_changed()
        self.query_one("#record-tabs", Static).update(self._tabs(loaded.pages))
        self._show_pane(loaded, same_page)

    def mask_changed(self) -> None:
        """The title names the record, by the custom_id that somebody gave it."""
        title = () if self._loaded is None else self._loaded.pages.title
        parts = ((mask.written(plain(text)) if tone == "heading" else text, TONES[tone]) for text, tone in title)
        self.query_one("#record-title", Static).update(Content.assemble(*parts))

    def _show_pane(self, loaded: RecordLoaded, same_page: bool) -> None:
        focused, tree = self.pane.has_focus, self.query_one(JsonPane)
        tree.display = loaded.tree is not None
        self.text_pane.display = loaded.tree is None
        tree.show(loaded.tree, keep_place=same_page)
        if loaded.tree is None:
            rows = loaded.rows or [("Nothing of this kind in this record.", "muted")]
            self.text_pane.show(rows, loaded.spans, keep_place=same_page)
        if focused:
            self.pane.focus()

    def stand_out(self, pattern: SearchPattern | None) -> None:
        """Let what is searched for stand out in the page."""
        pane, tree = self.text_pane, self.query_one(JsonPane)
        if pattern != pane.highlight:
            self.forget_part()
            pane.highlight = tree.highlight = pattern
            pane.scroll_to_match()
            pane.refresh()
            tree.refresh()

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
        """The tabs; those that hold nothing leave when there is no room."""
        labels: list[Content] = []
        for number, name in enumerate(PAGES):
            style = "bold reverse" if number == self.page else TONES["text" if pages.filled[number] else "faint"]
            click = Style.from_meta({"@click": f"screen.choose_page({number})"})
            labels.append(Content.styled(f" {name} ", style).stylize(click))
        wordings = [[label + " " for label in labels], labels]
        empty = [not filled for filled in pages.filled]
        return Content("").join(fit_labels(wordings, empty, self.page, self.content_size.width + 2))


def _place_of(loaded: RecordLoaded | None) -> tuple[object, ...] | None:
    return None if loaded is None else (loaded.file, loaded.line, loaded.page, loaded.pages.start)
