"""A table of any length that asks its source only for the rows on screen, and whose cursor follows a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from rich.segment import Segment
from textual.binding import Binding
from textual.cache import LRUCache
from textual.geometry import Region, Size

from batch_tui.tui.text import Plain
from batch_tui.tui.widgets import table_messages
from batch_tui.tui.widgets.marked_rows import MarkedRows
from batch_tui.tui.widgets.row_painter import HEADING, RowPainter
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from rich.style import Style
    from textual import events
    from textual.binding import BindingType
    from textual.strip import Strip

    from batch_tui.tui.widgets.table_rows import Column, RowSource

_LINES_KEPT = 128
"""Painted lines kept at least, else three screens of them: each takes 8 KB, with what Textual keeps of it."""


class VirtualTable(MarkedRows, can_focus=True, inherit_bindings=False):
    """A table in the line API; paints cost the same for ten rows and for a hundred thousand."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in TONES} | {
        HEADING,
        "table--cursor",
        "table--cursor-blurred",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="table.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="table.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="table.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="table.page_down"),
        Binding("ctrl+u", "half_page(-1)", "Half a page up", show=False, id="table.half_page_up"),
        Binding("ctrl+d", "half_page(1)", "Half a page down", show=False, id="table.half_page_down"),
        Binding("home,g", "first", "First row", show=False, id="table.first"),
        Binding(
            "end,G",
            "last",
            "Last row",
            show=False,
            id="table.last",
            tooltip="To the very end, loading what is missing; any movement stops it",
        ),
    ]

    CursorMoved: TypeAlias = table_messages.CursorMoved
    RowOpened: TypeAlias = table_messages.RowOpened
    BottomNeared: TypeAlias = table_messages.BottomNeared
    EndAsked: TypeAlias = table_messages.EndAsked
    Viewed: TypeAlias = table_messages.Viewed
    MarksChanged: TypeAlias = table_messages.MarksChanged

    def __init__(self, source: RowSource, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source = source
        self._painter = RowPainter(columns, self.get_component_rich_style, self._finish)
        self._looks: object = None
        self._strips: LRUCache[Hashable, Strip] = LRUCache(_LINES_KEPT)
        self._painted: dict[int, Hashable] = {}
        self._cursor_row = 0
        self._cursor_key: str | None = None
        self._top_key: str | None = None
        self._follows_end = False
        self.nothing = Plain("")
        """What an empty table says."""

    # What stands where

    @property
    def source(self) -> RowSource:
        return self._source

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column, also those there is no room for."""
        return self._painter.columns

    def mask_changed(self) -> None:
        """Other texts stand in the same rows."""
        self._strips.clear()
        self.refresh()

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns of the same rows."""
        self._painter.set_columns(columns)
        self._strips.clear()
        self.refresh()

    @property
    def cursor_key(self) -> str | None:
        return self._cursor_key

    @property
    def cursor_row(self) -> int:
        return self._cursor_row

    @property
    def top_row(self) -> int:
        """The first row on screen."""
        return self.scroll_offset.y

    @property
    def top_key(self) -> str | None:
        """The key of the first row on screen, as it was before any news."""
        return self._top_key

    @property
    def follows_end(self) -> bool:
        """Whether the cursor goes to the end as rows arrive."""
        return self._follows_end

    @property
    def rows_on_screen(self) -> int:
        """How many rows fit below the heading."""
        return max(self.size.height - 1, 1)

    def set_source(self, source: RowSource) -> None:
        """Show other rows; the cursor stays on its row, or goes to the nearest, and keeps its place on screen."""
        # In a table of one row the cursor was where it was for lack of choice.
        key = self._cursor_key if len(self._source) > 1 else None
        offset = self._cursor_row - self.top_row
        self._source = source
        self._strips.clear()
        self._follows_end = False
        row = 0 if key is None else source.nearest(key)
        self._cursor_row, self._cursor_key = row, source.key(row) if row < len(source) else None
        self.virtual_size = Size(self.size.width, len(source) + 1)
        self._scroll_ourselves(max(0, row - max(offset, 0)))
        self.rows_changed()
        self._reveal(self._cursor_row)
        if self._cursor_key != key:
            self._tell_cursor()

    def rows_changed(self) -> None:
        """Take up the source's new state: cursor and view stay on the rows they were on."""
        count, top = len(self._source), self.top_row
        seen = top <= self._cursor_row < top + self.rows_on_screen
        self.virtual_size = Size(self.size.width, count + 1)
        row = None if self._cursor_key is None else self._source.index_of(self._cursor_key)
        if self._follows_end and count:
            row, seen = self._source.last, True
        elif row is None:
            row = max(0, min(self._cursor_row, count - 1))
        if top > 0 and not self._follows_end and self._top_key is not None:
            kept = self._source.index_of(self._top_key)
            if kept is not None and kept != top:
                self._scroll_ourselves(kept)
        # Whoever scrolled away from the cursor is reading there, and must not be pulled back.
        self._place_cursor(row, reveal=seen)
        if self._follows_end:
            self._scroll_ourselves(count)
        self._note_top()
        self._painted.clear()
        self.refresh()
        self._announce_view()

    def refresh_stale(self) -> None:
        """Repaint those visible rows whose version moved, and nothing else."""
        for y, version in list(self._painted.items()):
            row = self.top_row + y - 1
            if 0 <= row < len(self._source) and self._source.version(row) != version:
                self.refresh(Region(0, y, self.size.width, 1))

    def move_to(self, row: int) -> None:
        self.stop_following()
        # Rows may have arrived since the source last told; the view must be able to go there.
        self.virtual_size = Size(self.size.width, len(self._source) + 1)
        if len(self._source):
            self._place_cursor(max(0, min(row, len(self._source) - 1)), reveal=True)

    def move_to_key(self, key: str) -> None:
        """Put the cursor on the row of that key, if there is one."""
        row = self._source.index_of(key)
        if row is not None:
            self.move_to(row)

    def _place_cursor(self, row: int, *, reveal: bool) -> None:
        before_row, before_key = self._cursor_row, self._cursor_key
        self._cursor_row = row
        self._cursor_key = self._source.key(row) if row < len(self._source) else None
        if reveal:
            self._reveal(row)
        if row != before_row:
            self._refresh_row(before_row)
            self._refresh_row(row)
        if self._cursor_key != before_key:
            self._tell_cursor()

    def _tell_cursor(self) -> None:
        # Straight to the screen, ahead of the wish to be painted: what follows the cursor comes in the same frame.
        self.screen.post_message(self.CursorMoved(self, self._cursor_key))

    def _reveal(self, row: int) -> None:
        top, visible = self.top_row, self.rows_on_screen
        if row < top:
            self._scroll_ourselves(row)
        elif row >= top + visible:
            self._scroll_ourselves(row - visible + 1)

    def _scroll_ourselves(self, top: int) -> None:
        """Scroll without it counting as the user's wish to be elsewhere."""
        follows = self._follows_end
        self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self._follows_end = follows

    def _refresh_row(self, row: int) -> None:
        y = row - self.top_row + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _note_top(self) -> None:
        top = self.top_row
        self._top_key = self._source.key(top) if top < len(self._source) else None

    def _announce_view(self) -> None:
        first, count = self.top_row, len(self._source)
        if not count:
            return
        last = min(first + self.rows_on_screen, count) - 1
        self.post_message(self.Viewed(self, first, last))
        if last + self.rows_on_screen >= count - 1:
            self.post_message(self.BottomNeared(self))

    def stop_following(self) -> None:
        """Stay where the cursor is."""
        if self._follows_end:
            self._follows_end = False
            # The last row may tell how to stop.
            self.refresh_stale()

    def tell_marks(self) -> None:
        self.post_message(self.MarksChanged(self))

    # Moving

    def action_move(self, rows: int) -> None:
        self.move_to(self._cursor_row + rows)

    def action_page(self, pages: int) -> None:
        self._jump(pages * self.rows_on_screen)

    def action_half_page(self, halves: int) -> None:
        self._jump(halves * max(self.rows_on_screen // 2, 1))

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        """Go to the end, and stay there while rows arrive, until the cursor is moved."""
        self.move_to(self._source.last)
        self._follows_end = True
        self._scroll_ourselves(len(self._source))
        self.post_message(self.EndAsked(self))

    def open_row(self) -> None:
        """Say that the row under the cursor is to be opened."""
        self._follows_end = False
        if self._cursor_key is not None:
            self.post_message(self.RowOpened(self, self._cursor_key))

    def _jump(self, rows: int) -> None:
        """Move view and cursor together, so that the cursor keeps its place on screen."""
        self.scroll_to(y=max(0, self.top_row + rows), animate=False, immediate=True)
        self.move_to(self._cursor_row + rows)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            # Textual takes a view back that is beyond the end of fewer rows: nobody wished for that.
            if new_value < self.max_scroll_y:
                self.stop_following()
            self._painted.clear()
            self._note_top()
            self._announce_view()

    async def _on_click(self, event: events.Click) -> None:
        row = self.top_row + event.y - 1
        if event.y >= 1 and row < len(self._source):
            self.move_to(row)
            if event.chain == 2:
                self.open_row()

    def on_resize(self, event: events.Resize) -> None:
        self._painted.clear()
        if 3 * self.size.height > self._strips.maxsize:
            # One that was full stays as small as it was, whatever it is told, until it is empty.
            self._strips.clear()
            self._strips.grow(3 * self.size.height)
        self.virtual_size = Size(self.size.width, len(self._source) + 1)
        self._reveal(self._cursor_row)
        self._announce_view()

    def on_hide(self, event: events.Hide) -> None:
        """Keep the keys: Textual would take them away, and give them to nobody when the table is back."""
        event.prevent_default()

    def on_focus(self) -> None:
        self._refresh_row(self._cursor_row)

    def on_blur(self) -> None:
        self._refresh_row(self._cursor_row)

    # Painting

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._painter.forget_styles()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Finished strips straight from our cache; the table has no border and no padding to draw."""
        looks = tuple(self.get_line_filters()), self.background_colors[1]
        if looks != self._looks:
            self._looks = looks
            self.notify_style_update()
        total = self.size.width
        whole = crop.column_span == (0, total)
        painted = [self.render_line(y) for y in crop.line_range]
        return painted if whole else [strip.crop(*crop.column_span) for strip in painted]

    def _finish(self, style: Style) -> Style:
        """A style as the terminal gets it: filters look at styles only, so there is no need to do so line by line."""
        background = self.background_colors[1]
        for one in self.get_line_filters():
            style = one.apply([Segment(" ", style)], background)[0].style or style
        return style

    def _nothing_line(self, row: int) -> Plain:
        """What an empty table says in a row: a sentence may need several."""
        from batch_tui.tui.wrapping import breaks

        parts = list(breaks(self.nothing, max(self.size.width - 2, 1)))[row : row + 1]
        return Plain("".join(self.nothing[start:stop].strip() for start, stop in parts))

    def render_line(self, y: int) -> Strip:
        total = self.size.width
        if y == 0:
            return self._painter.heading(total)
        row = self.top_row + y - 1
        if row >= len(self._source):
            return self._painter.blank(
                total, self._nothing_line(row) if self.nothing and not len(self._source) else Plain("")
            )
        state = "" if row != self._cursor_row else "cursor" if self.has_focus else "cursor-blurred"
        version, key = self._source.version(row), self._source.key(row)
        self._painted[y] = version
        marked = key in self._marks
        cache_key = (key, version, state, marked, total)
        strip = self._strips.get(cache_key)
        if strip is None:
            cells = self._source.cells(row, self._painter.widths(total))
            strip = self._painter.row(cells, total, state, marked=marked)
            self._strips[cache_key] = strip
        return strip
