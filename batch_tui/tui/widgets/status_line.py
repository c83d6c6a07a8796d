"""The line at the top of a screen: what this is on the left, how fresh it is on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from batch_tui.tui import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

Part = tuple[str, str]


class StatusLine(Widget):
    """Two runs of parts, pushed apart; the left one is cut first when the terminal is narrow."""

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
        left = Content.assemble(*self._left)
        room = total - right.cell_length - 1
        if room < 0:
            return right.truncate(total, ellipsis=True)
        left = left.truncate(room, ellipsis=True, pad=True)
        return Content.assemble(left, " ", right)
