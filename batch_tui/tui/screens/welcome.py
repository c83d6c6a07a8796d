"""What a newcomer without a key sees: what to set, and how to look around without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from batch_tui.tui.key_names import key_for
from batch_tui.tui.messages import SavedListRequested
from batch_tui.tui.text import plain
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.status_line import StatusLine
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class WelcomeScreen(Screen[None]):
    """Says why the dashboard cannot start, and offers the demo."""

    CSS_PATH = "later.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "d,enter",
            "app.start_demo",
            "Start the demo",
            id="app.demo",
            tooltip="A local simulator with made-up batches; no key, no cost",
        ),
        Binding("o", "saved", "Saved results", id="welcome.saved", tooltip="Results saved on this machine"),
    ]

    def __init__(self, reason: str) -> None:
        super().__init__()
        self._reason = reason

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        with VerticalScroll(id="welcome"):
            yield Static(self._text(), id="welcome-text", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(StatusLine).show([(" batch-tui", TONES["accent"])], [("no credentials ", TONES["warning"])])

    def action_saved(self) -> None:
        self.post_message(SavedListRequested())

    def _text(self) -> Content:
        def code(text: str) -> Content:
            return Content.styled(f"    {text}", "bold $text-success")

        return Content("\n").join(
            [
                Content.styled("Watch, cancel, delete and browse Claude Message Batches.", "bold"),
                Content(""),
                Content.styled(plain(self._reason), TONES["warning"]),
                Content(""),
                Content("To see your own batches, set a key of the workspace they live in, and start again:"),
                code("export ANTHROPIC_API_KEY=…"),
                code("batch-tui"),
                Content.styled(
                    "An access token goes into ANTHROPIC_AUTH_TOKEN instead; a login of `ant auth login` is found by "
                    "itself. Keys stay in the environment: no option takes one, and none is written down.",
                    TONES["muted"],
                ),
                Content(""),
                Content(f"To look around first, press {key_for('app.demo', 'd')}, or start"),
                code("batch-tui demo"),
                Content.styled(
                    "It shows made-up batches served by a simulator on this machine: no key, no network, no cost.",
                    TONES["muted"],
                ),
            ]
        )
