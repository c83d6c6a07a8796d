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

    from batch_tui.tui.wrapping import Row


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
        Binding("home,g", "scroll_home", "Top", show=False, id="pane.top"),
        Binding("end,G", "scroll_end", "Bottom", show=False, id="pane.bottom"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()

    @property
    def rows(self) -> Sequence[Row]:
        """All rows, on screen or not."""
        return self._rows

    def show(self, rows: Sequence[Row], *, keep_place: bool = False) -> None:
        """Show other rows, from the top or about where the view is."""
        share = self.scroll_offset.y / len(self._rows) if keep_place and self._rows else 0.0
        self._rows = rows
        self.virtual_size = Size(self.size.width, len(rows))
        self.scroll_to(y=round(share * len(rows)), animate=False, immediate=True, force=True)
        self.refresh()

    def action_half_page(self, halves: int) -> None:
        self.scroll_relative(y=halves * max(self.size.height // 2, 1), animate=False)

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        base = self.get_component_rich_style("tone--text")
        if row >= len(self._rows):
            return Strip.blank(self.size.width, base)
        text, tone = self._rows[row]
        return Strip([Segment(text, self.get_component_rich_style(f"tone--{tone}"))]).crop_extend(
            0, self.size.width, base
        )
