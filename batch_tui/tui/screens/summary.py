"""The totals of a results file, over the results they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from batch_tui.tui.key_names import key_for
from batch_tui.tui.mask_key import MASK_KEY
from batch_tui.tui.screens.floating import FloatingScreen
from batch_tui.tui.text import fit_middle, plain
from batch_tui.tui.widgets.text_pane import TextPane
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.wrapping import wrap_hanging

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType


class SummaryScreen(FloatingScreen[None]):
    """A page that scrolls; made from texts with tones."""

    AUTO_FOCUS = "#summary-page"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,i", "dismiss", "Close", id="summary.close"),
        MASK_KEY,
    ]

    def __init__(self, batch_id: str, page: Callable[[], Sequence[tuple[str, str]]], note: str) -> None:
        super().__init__()
        self._batch_id = batch_id
        self._page = page
        self._note = note

    def compose(self) -> ComposeResult:
        with Vertical(id="summary"):
            yield Static(Content.styled(f"Summary of {fit_middle(plain(self._batch_id), 40)}", "bold"), markup=False)
            yield Static(Content.styled(plain(self._note), TONES["warning"]), id="summary-note", markup=False)
            yield TextPane(id="summary-page")
            yield Static(Content.styled(f"{key_for('summary.close', 'esc')} closes", TONES["muted"]), markup=False)

    def on_mount(self) -> None:
        self.query_one("#summary-note").display = bool(self._note)

    def on_resize(self) -> None:
        self.call_after_refresh(self.mask_changed)

    def mask_changed(self) -> None:
        pane = self.query_one(TextPane)
        pane.show(wrap_hanging(self._page(), max(pane.size.width - 1, 20)), keep_place=True)
