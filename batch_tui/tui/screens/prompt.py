"""Asks for one line of text and takes it only when it makes sense."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from batch_tui.tui import mask
from batch_tui.tui.key_names import key_for
from batch_tui.tui.screens.floating import FloatingScreen, Hint
from batch_tui.tui.text import plain
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.suggester import Suggester

    from batch_tui.tui.text import Plain


class PromptDialog(FloatingScreen[str | None]):
    """One line; `problem_with` gives a sentence for what cannot be taken, and the line stays open with it."""

    AUTO_FOCUS = "#prompt-text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="prompt.close"),
        # Before the usual meaning of tab: there is nowhere else to go.
        Binding("tab", "complete", "Complete", id="prompt.complete", show=False, priority=True),
    ]

    def __init__(
        self,
        title: Plain,
        hint: Plain,
        *,
        value: str = "",
        verb: str = "goes on",
        problem: str | None = None,
        problem_with: Callable[[str], str | None] = lambda _: None,
        suggester: Suggester | None = None,
        written: bool = False,
    ) -> None:
        """`problem` is what was wrong with the value that stands there; `suggester` completes it on tab.

        A problem can have several lines.
        `written`: what is typed is hidden where what people wrote is.
        """
        super().__init__()
        self._title = title
        self._hint = hint
        self._value = value
        self._verb = verb
        self._problem = problem
        self._problem_with = problem_with
        self._suggester = suggester
        self._written = written

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Content.styled(self._title, "bold"), id="dialog-title", markup=False)
            yield Input(
                self._value,
                id="prompt-text",
                select_on_focus=False,
                compact=True,
                suggester=self._suggester,
                password=self._written and mask.is_on(),
            )
            hint = Content.styled(self._hint, TONES["muted"]) if self._problem is None else _refusal(self._problem)
            yield Static(hint, id="prompt-hint", markup=False)
            close = key_for("prompt.close", "esc")
            yield Hint(
                f"enter {self._verb} · {close} leaves everything as it is", f"enter {self._verb} · {close} closes"
            )

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = self.app.animation_level != "none"

    def action_complete(self) -> None:
        """Take what is suggested, as going right at the end does."""
        edit = self.query_one(Input)
        if edit.cursor_at_end:
            edit.action_cursor_right()

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        problem = self._problem_with(text)
        if problem is None:
            self.dismiss(text)
        else:
            self.query_one("#prompt-hint", Static).update(_refusal(problem))


def _refusal(problem: str) -> Content:
    """What is wrong, each of several problems on a line of its own."""
    return Content.styled("\n".join(map(plain, problem.split("\n"))), TONES["error"])
