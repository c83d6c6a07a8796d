"""A pane for a JSON tree: a cursor, rows that open and close, and painting of the visible rows only."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from batch_tui.tui import mask
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

    from batch_tui.results.search import SearchPattern
    from batch_tui.tui.json_tree import JsonTree


class JsonPane(ScrollView, can_focus=True):
    """Keys of a tree: enter opens and closes, right opens, left closes or goes to what is around it."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in TONES} | {"json--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="tree.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="tree.down"),
        Binding("pageup", "half_page(-2)", "Page up", show=False, id="tree.page_up"),
        Binding("pagedown", "half_page(2)", "Page down", show=False, id="tree.page_down"),
        Binding("ctrl+u", "half_page(-1)", "Half a page up", show=False, id="tree.half_page_up"),
        Binding("ctrl+d", "half_page(1)", "Half a page down", show=False, id="tree.half_page_down"),
        Binding("home,g", "move(-1000000000)", "Top", show=False, id="tree.top"),
        Binding("end,G", "move(1000000000)", "Bottom", show=False, id="tree.bottom"),
        Binding("enter,space", "turn_fold", "Open", key_display="enter", id="tree.toggle", tooltip="Open or close"),
        Binding("right,l", "unfold", "Open", show=False, id="tree.open"),
        Binding("left,h", "fold", "Close", show=False, id="tree.close"),
        Binding("O", "unfold_all", "Open all", show=False, id="tree.open_all"),
        Binding("C", "fold_all", "Close all", show=False, id="tree.close_all"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tree: JsonTree | None = None
        self._cursor = 0
        self.highlight: SearchPattern | None = None
        """What stands out in the rows."""

    @property
    def text(self) -> str:
        """The rows that are laid out."""
        rows = [] if self._tree is None else self._tree.rows
        return "\n".join("".join(text for text, _ in row.parts(1_000)) for row in rows)

    def show(self, tree: JsonTree | None, *, keep_place: bool = False) -> None:
        """Show another tree, from its top, or the same one laid out anew, as it was and where it was."""
        if tree is self._tree:
            return
        before, top, cursor = self._tree, 0, 0
        if keep_place and tree is not None and before is not None:
            cursor = tree.open_like(before, self._cursor)
            top = max(0, cursor - (self._cursor - self.scroll_offset.y))
        self._tree, self._cursor = tree, cursor
        self._laid_out()
        self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self._put(cursor)

    def mask_changed(self) -> None:
        self.refresh()

    def _laid_out(self) -> None:
        self.virtual_size = Size(self.size.width, 0 if self._tree is None else len(self._tree.rows))
        self.refresh()

    def action_move(self, rows: int) -> None:
        if self._tree is not None:
            self._put(self._cursor + rows)

    def action_half_page(self, halves: int) -> None:
        self.action_move(halves * max(self.size.height // 2, 1))

    def _put(self, row: int) -> None:
        last = 0 if self._tree is None else len(self._tree.rows) - 1
        self._cursor = max(0, min(row, last))
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if not top <= self._cursor < top + height:
            target = self._cursor if self._cursor < top else self._cursor - height + 1
            self.scroll_to(y=target, animate=False, immediate=True, force=True)
        self.refresh()

    def action_turn_fold(self) -> None:
        tree = self._tree
        if tree is not None:
            if tree.rows[self._cursor].is_open:
                tree.fold(self._cursor)
            else:
                tree.unfold(self._cursor)
            self._laid_out()

    def action_unfold(self) -> None:
        tree = self._tree
        if tree is not None and not tree.rows[self._cursor].is_open:
            tree.unfold(self._cursor)
            self._laid_out()

    def action_fold(self) -> None:
        if self._tree is not None:
            place = self._tree.fold(self._cursor)
            self._laid_out()
            self._put(place)

    def action_unfold_all(self) -> None:
        if self._tree is not None:
            self._tree.unfold_all()
            self._laid_out()

    def action_fold_all(self) -> None:
        if self._tree is not None:
            self._tree.fold_all()
            self._laid_out()
            self._put(0)

    async def _on_click(self, event: events.Click) -> None:
        if self._tree is not None and event.y + self.scroll_offset.y < len(self._tree.rows):
            self._put(event.y + self.scroll_offset.y)
            self.action_turn_fold()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        row, total = y + self.scroll_offset.y, self.scrollable_content_region.width
        base = self.get_component_rich_style("tone--text")
        if self._tree is None or row >= len(self._tree.rows):
            return Strip.blank(total, base)
        under = None
        if row == self._cursor and self.has_focus:
            under = base = base + self.get_component_rich_style("json--cursor")
        segments, match = [], self.get_component_rich_style("tone--match")
        parts = self._tree.rows[row].parts(total)
        if mask.is_on():
            # Its indent and its sign say nothing.
            parts = [parts[0], (mask.DOTS, "muted")]
        for text, tone in parts:
            style, end = self.get_component_rich_style(f"tone--{tone}") if under is None else under, 0
            for start, stop in self.highlight.spans(text) if self.highlight is not None else ():
                segments += [Segment(text[end:start], style), Segment(text[start:stop], style + match)]
                end = stop
            segments.append(Segment(text[end:], style))
        return Strip(segments).crop_extend(0, total, base)
