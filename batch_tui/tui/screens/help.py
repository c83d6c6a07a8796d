"""The keys of a screen, listed from its bindings, so that nothing is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from batch_tui.tui.text import plain
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.binding import ActiveBinding, BindingType

_GROUPS = {
    "batch": "Batch",
    "results": "Results",
    "record": "Record",
    "table": "Moving",
    "app": "Everywhere",
}
"""First part of a binding's id, and the heading it stands under."""


class HelpScreen(ModalScreen[None]):
    """A list of keys over the screen they belong to."""

    AUTO_FOCUS = "#help-scroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close", id="help.close"),
        Binding("j", "scroll(1)", "Down", show=False, id="help.down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="help.up"),
    ]

    def __init__(self, title: str, bindings: Iterable[ActiveBinding]) -> None:
        super().__init__()
        self._title = title
        self._active = list(bindings)

    def compose(self) -> ComposeResult:
        with Vertical(id="help"):
            yield Static(Content.styled(plain(self._title), "bold"), id="help-title", markup=False)
            with VerticalScroll(id="help-scroll"):
                yield Static(self._listing(), id="help-keys", markup=False)
            yield Static(
                Content.styled("esc closes · every action is also in the palette (:)", TONES["muted"]),
                markup=False,
            )

    def action_scroll(self, direction: int) -> None:
        self.query_one("#help-scroll").scroll_relative(y=direction, animate=False)

    def _listing(self) -> Content:
        keys: dict[str, list[str]] = {}
        about: dict[str, tuple[str, str]] = {}
        for active in self._active:
            binding = active.binding
            name = binding.id or ""
            if name.partition(".")[0] not in _GROUPS:
                continue
            keys.setdefault(name, []).append(self.app.get_key_display(binding))
            about[name] = (binding.description, binding.tooltip)
        parts: list[Content] = []
        for group, heading in _GROUPS.items():
            names = [name for name in keys if name.startswith(f"{group}.")]
            if not names:
                continue
            if parts:
                parts.append(Content(""))
            parts.append(Content.styled(heading, TONES["accent"]))
            for name in names:
                description, tooltip = about[name]
                shown = " ".join(dict.fromkeys(keys[name]))
                text = tooltip or description
                parts.append(Content.assemble((f"  {shown:<16}", "bold"), (text, TONES["muted"])))
        return Content("\n").join(parts)
