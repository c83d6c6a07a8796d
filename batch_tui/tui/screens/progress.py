"""A job that takes a while: how far it has come, and a key that stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from batch_tui.tui.key_names import key_for
from batch_tui.tui.screens.floating import FloatingScreen
from batch_tui.tui.text import Plain, number
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

_BAR = 40


class ProgressDialog(FloatingScreen[bool]):
    """Shown until the job has ended; answers True when the user stops it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(True)", "Stop", id="progress.stop")]

    def __init__(self, what: Plain, total: int, hint: str = "") -> None:
        super().__init__()
        self._hint = hint or f"{key_for('progress.stop', 'esc')} stops; nothing is left behind then"
        self._what = what
        self._total = max(total, 1)
        self._over = False

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Content.styled(self._what, "bold"), id="dialog-title", markup=False)
            yield Static(id="progress-bar", markup=False)
            yield Static(Content.styled(self._hint, TONES["muted"]), markup=False)

    def end(self) -> None:
        """The job has ended; below another screen, go as soon as that one has gone."""
        self._over = True
        # Below a modal screen it counts as current too.
        if self.is_active:
            self.dismiss(False)

    def on_screen_resume(self) -> None:
        if self._over and self.is_active:
            self.dismiss(False)

    def on_mount(self) -> None:
        self.show(0)

    def show(self, done: int) -> None:
        """So much of the total is done."""
        filled = _BAR * min(done, self._total) // self._total
        bar = Content.assemble(
            ("━" * filled, TONES["running"]),
            ("─" * (_BAR - filled), TONES["faint"]),
            (f"  {number(done)} of {number(self._total)}", TONES["muted"]),
        )
        self.query_one("#progress-bar", Static).update(bar)
