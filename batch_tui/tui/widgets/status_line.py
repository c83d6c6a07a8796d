"""The line at the top of a screen: what this is on the left, how fresh it is on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from batch_tui.tui import mask
from batch_tui.tui.text import Plain, fit_middle

if TYPE_CHECKING:
    from collections.abc import Sequence

Part = tuple[str, str]


_SHORTEST_END = 10
"""Cells of the last part on the left below which neither of its ends would tell anything."""

_BETWEEN = 2


class StatusLine(Widget):
    """Two runs of parts, pushed apart; the left one is cut first when the terminal is narrow.

    Its last part, the id or the host, is cut in the middle, as both ends tell it apart, or left out.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left: tuple[Part, ...] = ()
        self._right: tuple[Part, ...] = ()

    def show(self, left: Sequence[Part], right: Sequence[Part]) -> None:
        """Show parts of (harmless text, style); nothing is painted when nothing differs."""
        if (tuple(left), tuple(right)) != (self._left, self._right):
            self._left, self._right = tuple(left), tuple(right)
            self.refresh()

    def mask_changed(self) -> None:
        self.refresh()

    def render(self) -> Content:
        total = self.size.width
        masked = [("masked", "bold reverse"), ("  ", "")] if mask.is_on() else []
        right = Content.assemble(*masked, *self._right)
        room = total - right.cell_length - _BETWEEN
        if room < 0:
            return right.truncate(total, ellipsis=True)
        left = self._fit_left(room).truncate(room, ellipsis=True, pad=True)
        return Content.assemble(left, " " * _BETWEEN, right)

    def _fit_left(self, room: int) -> Content:
        if not self._left:
            return Content("")
        *before, (last, style) = self._left
        start = Content.assemble(*before)
        end = room - start.cell_length
        if end >= _SHORTEST_END and last.isascii():
            last = fit_middle(Plain(last), end)
        elif start.cell_length and end < min(len(last), _SHORTEST_END):
            # A few letters of it would only look odd, and so would what sets it apart.
            return start.rstrip(" ·")
        return Content.assemble(start, (last, style))
