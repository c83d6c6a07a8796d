"""A pane of wrapped text that paints only the rows on screen, however long the text is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from batch_tui.tui import mask
from batch_tui.tui.widgets.tones import MARKDOWN_TONES, TONES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.style import Style
    from textual.binding import BindingType

    from batch_tui.results.search import SearchPattern
    from batch_tui.tui.wrapping import Row, Span


_SEARCHED = 20_000
"""Rows that are looked through for the first place that stands out."""
_SIDEWAYS = 16
_MEASURED = 100_000
"""Characters of a row that are measured; one that is longer is taken for as wide as it can be."""


class TextPane(ScrollView, can_focus=True):
    """Rows that were wrapped elsewhere for this pane's width."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in (*TONES, *MARKDOWN_TONES)}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="pane.up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="pane.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="pane.page_up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="pane.page_down"),
        Binding("ctrl+u", "half_page(-1)", "Half a page up", show=False, id="pane.half_page_up"),
        Binding("ctrl+d", "half_page(1)", "Half a page down", show=False, id="pane.half_page_down"),
        Binding("left,h", "sideways(-1)", "Left", show=False, id="pane.left"),
        Binding("right,l", "sideways(1)", "Right", show=False, id="pane.right"),
        Binding("home,g", "scroll_home", "Top", show=False, id="pane.top"),
        Binding("end,G", "scroll_end", "Bottom", show=False, id="pane.bottom"),
    ]

    def __init__(self, *, written: bool = False, id: str | None = None) -> None:
        """`written`: what it shows was written by people and models, and is hidden when they are to be."""
        super().__init__(id=id)
        self._written = written
        self._rows: Sequence[Row] = ()
        self._spans: Mapping[int, Sequence[Span]] = {}
        self._widest = 0
        self.highlight: SearchPattern | None = None
        """What stands out in the text."""

    @property
    def rows(self) -> Sequence[Row]:
        """All rows, on screen or not."""
        return self._rows

    def show(
        self, rows: Sequence[Row], spans: Mapping[int, Sequence[Span]] | None = None, *, keep_place: bool = False
    ) -> None:
        """Show other rows, from the top or about where the view is; `spans` are parts of rows, by their places."""
        share = self.scroll_offset.y / len(self._rows) if keep_place and self._rows else 0.0
        self._rows, self._spans = rows, spans or {}
        self._widest = _widest(rows)
        self.virtual_size = Size(max(self.size.width, self._widest), len(rows))
        self.scroll_to(x=0, y=round(share * len(rows)), animate=False, immediate=True, force=True)
        if not keep_place:
            self.scroll_to_match()
        self.refresh()

    def mask_changed(self) -> None:
        self.refresh()

    def scroll_to_match(self) -> None:
        """Bring the first place that stands out into view, if it is not."""
        pattern, height = self.highlight, max(self.size.height, 1)
        if pattern is None:
            return
        found = next((row for row, (text, _) in enumerate(self._rows[:_SEARCHED]) if pattern.matches(text)), None)
        if found is not None and not self.scroll_offset.y <= found < self.scroll_offset.y + height:
            self.scroll_to(y=max(found - height // 3, 0), animate=False, immediate=True, force=True)

    def action_sideways(self, steps: int) -> None:
        if self._widest > self.size.width:
            self.scroll_to(x=max(0, self.scroll_offset.x + steps * _SIDEWAYS), animate=False, force=True)

    def action_half_page(self, halves: int) -> None:
        self.scroll_relative(y=halves * max(self.size.height // 2, 1), animate=False)

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        base = self.get_component_rich_style("tone--text")
        if row >= len(self._rows):
            return Strip.blank(self.size.width, base)
        text, tone = self._rows[row]
        hidden = self._written and mask.is_on()
        segments = (
            [Segment(mask.written_row(text), self._style("muted"))]
            if hidden
            else list(self._segments(text, tone, self._spans.get(row, ())))
        )
        left = self.scroll_offset.x
        return Strip(segments).crop_extend(left, left + self.size.width, base)

    def _segments(self, text: str, tone: str, spans: Sequence[Span]) -> Iterator[Segment]:
        style, end = self._style(tone), 0
        for start, stop, other in spans:
            yield from self._marked(text, end, start, style)
            yield from self._marked(text, start, stop, style + self._style(other))
            end = stop
        yield from self._marked(text, end, len(text), style)

    def _marked(self, text: str, start: int, stop: int, style: Style) -> Iterator[Segment]:
        """A part of a row, with what is looked for standing out."""
        match = self._style("match")
        for found, end in self.highlight.spans(text) if self.highlight is not None else ():
            if found < stop and end > start:
                found, end = max(found, start), min(end, stop)
                yield Segment(text[start:found], style)
                yield Segment(text[found:end], style + match)
                start = end
        yield Segment(text[start:stop], style)

    def _style(self, tone: str) -> Style:
        return self.get_component_rich_style(f"tone--{tone}")


def _widest(rows: Sequence[Row]) -> int:
    """Cells of the widest row."""
    widest = 0
    for text, _ in rows:
        if text.isascii():
            widest = max(widest, len(text))
        elif 2 * len(text) > widest:
            widest = max(widest, cell_len(text) if len(text) <= _MEASURED else 2 * len(text))
    return widest
