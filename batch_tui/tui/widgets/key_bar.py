"""The line at the bottom: the keys of this screen, those that matter most first, and always the way to help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.content import Content
from textual.messages import Update
from textual.style import Style
from textual.widget import Widget

from batch_tui.tui.key_names import in_usual_order
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from textual.binding import Binding

_HELP = "app.help"
_FIRST = (
    *("results.open", "results.search", "results.query", "results.next_error", "results.summary"),
    *("record.close", "record.next_tab", "results.export"),
)
"""Of keys that come from several classes, those that a narrow terminal shows."""
_LAST = (
    *("batch.resubmit", "batch.mark", "batch.sort", "batch.save", "batch.copy", "batch.new", "batch.name"),
    *("results.resubmit", "results.sort", "results.values", "results.mark", "results.copy"),
)
"""Keys for now and then: shown where the others leave room."""
_PLACES = {binding_id: place for place, binding_id in enumerate(_FIRST)} | {
    binding_id: len(_FIRST) + place for place, binding_id in enumerate(_LAST, 1)
}


@runtime_checkable
class SaysWhyNot(Protocol):
    """A screen that can tell why an action is of no use now."""

    def why_not(self, action: str) -> str | None:
        """A sentence, or None when the action can be done."""


@runtime_checkable
class NamesKeys(Protocol):
    """A screen on which a key does one thing or another."""

    def key_name(self, action: str) -> str | None:
        """What the key of an action does now; None: what it always does."""


class KeyBar(Widget):
    """Built from the active bindings alone; keys that would only explain why they cannot are dimmed."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = Content("")
        self._known: tuple[int, list[tuple[Binding, str, bool]]] = (0, [])

    def on_mount(self) -> None:
        # Link colours would hide which keys are of no use.
        self.auto_links = False
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.look_again())

    def on_resize(self) -> None:
        self.look_again()

    def look_again(self) -> None:
        """Show the keys as they are now; does nothing when nothing differs, or before there is room for any."""
        if not self.size.width:
            return
        screen = self.screen
        active = in_usual_order(screen.active_bindings.values())
        bindings = [one.binding for one in active if one.binding.show]
        unique = {binding.id or binding.action: binding for binding in reversed(bindings)}
        says_why = screen if isinstance(screen, SaysWhyNot) else None
        names = screen if isinstance(screen, NamesKeys) else None
        keys = [
            (
                binding,
                (names and names.key_name(binding.action)) or binding.description,
                says_why is not None and says_why.why_not(binding.action) is not None,
            )
            for binding in reversed(unique.values())
        ]
        keys.sort(key=lambda key: _PLACES.get(key[0].id or "", len(_FIRST)))
        if 2 * sum(useless for *_, useless in keys) > len(keys):
            # There is nothing to act on: what can be done all the same would have no room.
            keys.sort(key=lambda key: key[2])
        if (self.size.width, keys) != self._known:
            self._known = self.size.width, keys
            self._shown = self._labels()
            self.refresh()
            # Now rather than when this widget is idle: what set this off is about to be painted, and takes it along.
            screen.post_message(Update(self))

    def render(self) -> Content:
        return self._shown

    def _labels(self) -> Content:
        width, keys = self._known
        shown: list[Content] = []
        helps = [self._label(*key) for key in keys if key[0].id == _HELP]
        room = width - 1 - sum(label.cell_length for label in helps)
        for binding, name, useless in keys:
            if binding.id == _HELP:
                continue
            label = self._label(binding, name, useless)
            if label.cell_length > room:
                break
            shown.append(label)
            room -= label.cell_length
        return Content.assemble(" ", *shown, *helps)

    def _label(self, binding: Binding, name: str, useless: bool) -> Content:
        key = self.app.get_key_display(binding)
        click = Style.from_meta({"@click": f"app.simulate_key('{binding.key}')"})
        key_style = TONES["faint"] if useless else "bold"
        text_style = TONES["faint"] if useless else TONES["muted"]
        label = Content.assemble((key, key_style), " ", (name, text_style))
        return Content.assemble(label.stylize(click), "  ")
