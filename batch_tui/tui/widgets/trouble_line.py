"""One sentence of trouble below the status line; takes no room while there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from batch_tui.tui.text import Plain


class TroubleLine(Static):
    """Shows a sentence, or nothing."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._said: tuple[Plain | None, str] = (None, "error")

    def say(self, sentence: Plain | None, tone: str = "error") -> None:
        """Show a sentence in a tone, or hide the line."""
        if (sentence, tone) != self._said:
            self._said = (sentence, tone)
            self.update(Content("") if sentence is None else Content.styled(sentence, TONES[tone]))
            self.display = sentence is not None
