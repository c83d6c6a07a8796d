"""Asks for one line of text and takes it only when it makes sense."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from batch_tui.tui.text import plain
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batch_tui.tui.text import Plain


class PromptDialog(ModalScreen[str | None]):
    """One line; `problem_with` gives a sentence for what cannot be taken, and the line stays open with it."""

    AUTO_FOCUS = "#prompt-text"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="prompt.close")]

    def __init__(
        self,
        title: Plain,
        hint: Plain,
        *,
        value: str = "",
        verb: str = "goes on",
        problem_with: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._value = value
        self._verb = verb
        self._problem_with = problem_with

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Content.styled(self._title, "bold"), id="dialog-title", markup=False)
            yield Input(self._value, id="prompt-text", select_on_focus=False)
            yield Static(Content.styled(self._hint, TONES["muted"]), id="prompt-hint", markup=False)
            yield Static(
                Content.styled(f"enter {self._verb} · esc leaves everything as it is", TONES["muted"]), markup=False
            )

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = self.app.animation_level != "none"

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        problem = self._problem_with(text)
        if problem is None:
            self.dismiss(text)
        else:
            self.query_one("#prompt-hint", Static).update(Content.styled(plain(problem), TONES["error"]))
