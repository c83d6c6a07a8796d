"""Keys that arrive in one read with the key that opens a line go into that line, not to what had the focus before."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from textual import events
from textual.app import App

from batch_tui.tui.widgets.filter_line import FilterInput

if TYPE_CHECKING:
    from textual.widget import Widget

_REMEMBERED = 256
"""Keys under way at once: more than anybody types, and what is pasted comes as one event."""


class LateKeysApp(App[str]):
    """Textual gives a key to whatever has the focus when it is read, and runs bindings only later."""

    def __init__(self) -> None:
        super().__init__()
        self._under_way: deque[tuple[events.Key, Widget | None]] = deque(maxlen=_REMEMBERED)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._under_way.append((event, self.focused))
        await super().on_event(event)

    async def _on_key(self, event: events.Key) -> None:
        """Give a key that nothing on its way wanted to the line that was opened meanwhile, if one was."""
        focused = self.focused
        if isinstance(focused, FilterInput) and self._was_meant_for(event) is not focused:
            again = events.Key(event.key, event.character)
            self._under_way.append((again, focused))
            focused._forward_event(again)
            # Textual calls the handler of each class in turn: without this the next one would run bindings.
            event.prevent_default()

    def _was_meant_for(self, event: events.Key) -> Widget | None:
        return next((widget for key, widget in self._under_way if key is event), self.focused)
