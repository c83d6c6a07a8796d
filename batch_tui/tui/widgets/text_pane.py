"""A pane of wrapped text that paints only the rows on screen, however long the text is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from batch_tui.results.search import SearchPattern
    from batch_tui.tui.wrapping import Row


_SEARCHED = 20_000
"""Rows that are looked through for the first place that stands out."""
_SIDEWAYS = 16


class TextPane(ScrollView, can_focus=True):
    """Rows that were wrapped elsewhere for this pane's width."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in TONES}
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

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._widest = 0
        self.highlight: SearchPattern | None = None
        """What stands out in the text."""

    @property
    def rows(self) -> Sequence[Row]:
        """All rows, on screen or not."""
        return self._rows

    def show(self, rows: Sequence[Row], *, keep_place: bool = False) -> None:
        """Show other rows, from the top or about where the view is."""
        share = self.scroll_offset.y / len(self._rows) if keep_place and self._rows else 0.0
        self._rows = rows
        self._widest = max((len(text) for text, _ in rows), default=0)
        self.virtual_size = Size(max(self.size.width, self._widest), len(rows))
        self.scroll_to(x=0, y=round(share * len(rows)), animate=False, immediate=True, force=True)
        if not keep_place:
            self.scroll_to_match()
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
        style, match = self.get_component_rich_style(f"tone--{tone}"), self.get_component_rich_style("tone--match")
        segments, end = [], 0
        for start, stop in self.highlight.spans(text) if self.highlight is not None else ():
            segments += [Segment(text[end:start], style), Segment(text[start:stop], match)]
            end = stop
        segments.append(Segment(text[end:], style))
        left = self.scroll_offset.x
        return Strip(segments).crop_extend(left, left + self.size.width, base)
