"""What floats over a screen: every question, menu and prompt; it fits itself to small terminals."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from batch_tui.tui.widgets.tones import TONES

Answered = TypeVar("Answered")

SLIM = 60
"""Columns below which answers stand below each other."""
LOW = 18
"""Rows below which nothing is left empty for looks."""


class FloatingScreen(ModalScreen[Answered], Generic[Answered]):
    """A modal screen whose question and answers are in view on the smallest terminal."""

    CSS_PATH = "later.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (SLIM, "-broad")]  # noqa: RUF012  (Textual's `ClassVar[…] | None` is none to mypy)
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]  # noqa: RUF012  (Textual's `ClassVar[…] | None` is none to mypy)


class Hint(Static):
    """What the keys do, in fewer words where there are few columns."""

    def __init__(self, said: str, short: str, *, id: str | None = None) -> None:
        super().__init__(Content.styled(said, TONES["muted"]), id=id, markup=False)
        self._said, self._short = said, short
        self._shortened = False

    def say(self, said: str, short: str) -> None:
        """Say something else from now on."""
        self._said, self._short = said, short
        self._show()

    def on_resize(self) -> None:
        shortened = self.screen.size.width < SLIM
        if shortened != self._shortened:
            self._shortened = shortened
            self._show()

    def _show(self) -> None:
        self.update(Content.styled(self._short if self._shortened else self._said, TONES["muted"]))
