"""Keys wait for what the keys before them set off, so that fast ones go where slow ones would have gone."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual import events
from textual.binding import Binding

from batch_tui.tui import key_names
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.toasts import ToastsApp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.dom import DOMNode
    from textual.screen import Screen
    from textual.timer import Timer

_PATIENCE: Final = 2.0
"""Seconds a key waits at most: far longer than any screen takes to open, and a handler that hangs locks nobody out."""

_QUIET_ROUNDS: Final = 2
"""The first finds all queues empty, the second that nothing taken from one of them was still being worked on."""


class _Aftermath:
    """What one key set off."""

    def __init__(self) -> None:
        self.quiet_rounds = 0
        self.timer: Timer | None = None


class LateKeysApp(ToastsApp):
    """Textual hands a key to what has the focus when it is read; what the key before it opens has that only later.

    So one key at a time is handed out. A callback then follows it from the focus up to the app, through the queues
    that the key and all it causes go through, and again until nothing moves there; then it is the next key's turn.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[tuple[events.Key | events.Paste, Screen[Any]]] = deque()
        """Keys, each with the screen that was on top when it was read."""
        self._aftermath: _Aftermath | None = None

    def get_key_display(self, binding: Binding) -> str:
        """As Textual calls keys, but enter by its name: its sign is small, and our sentences say enter."""
        return "enter" if binding.key == "enter" else super().get_key_display(binding)

    def use_keys(self, keymap: Mapping[str, str]) -> None:
        """Put the user's own keys on actions, by their ids; screens and sentences call them so from now on."""
        self.set_keymap(keymap)
        first = {action_id: keys.partition(",")[0] for action_id, keys in keymap.items()}
        key_names.use({action_id: self.get_key_display(Binding(key, "")) for action_id, key in first.items()})

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._aftermath is None:
            await self._hand_out(event)
        else:
            self._waiting.append((event, self.screen))
            self._lose_patience_with(self._aftermath)

    async def _hand_out(self, event: events.Key | events.Paste) -> None:
        self._aftermath = aftermath = _Aftermath()
        await super().on_event(event)
        self._follow(aftermath)
        if self._waiting:
            self._lose_patience_with(aftermath)

    def _way(self) -> tuple[DOMNode, ...]:
        return tuple((self.focused or self.screen).ancestors_with_self)

    def _follow(self, aftermath: _Aftermath) -> None:
        self._pass_on(aftermath, self._way(), 0)

    def _pass_on(self, aftermath: _Aftermath, way: tuple[DOMNode, ...], place: int) -> None:
        """Go on behind what waits at the next node that still takes messages; at the end of the way, look back."""
        for at, node in enumerate(way[place:], place):
            step = self._look_back if node is self else partial(self._pass_on, place=at + 1)
            if node.call_later(step, aftermath, way):
                return

    async def _look_back(self, aftermath: _Aftermath, way: tuple[DOMNode, ...]) -> None:
        if aftermath is not self._aftermath:
            return
        quiet = way == self._way() and not any(node.message_queue_size for node in way)
        aftermath.quiet_rounds = aftermath.quiet_rounds + 1 if quiet else 0
        if aftermath.quiet_rounds < _QUIET_ROUNDS:
            self._follow(aftermath)
        else:
            await self._go_on(aftermath)

    def _lose_patience_with(self, aftermath: _Aftermath) -> None:
        if aftermath.timer is None:
            aftermath.timer = self.set_timer(_PATIENCE, partial(self.call_later, self._go_on, aftermath))

    async def _go_on(self, aftermath: _Aftermath) -> None:
        if aftermath is not self._aftermath:
            return
        self._aftermath = None
        if aftermath.timer is not None:
            aftermath.timer.stop()
        while self._waiting and self._aftermath is None:
            event, read_on = self._waiting.popleft()
            # What was typed before a question was on screen is no answer to it.
            if not isinstance(self.screen, ConfirmDialog) or read_on is self.screen:
                await self._hand_out(event)
