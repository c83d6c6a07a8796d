"""Asks what the user calls a batch: name, tags and a note, all of them kept on this machine only."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from batch_tui.monitor.batch_notes import LONGEST_NAME, LONGEST_NOTE, BatchNotes, read_tags
from batch_tui.tui.key_names import key_for
from batch_tui.tui.screens.floating import FloatingScreen, Hint
from batch_tui.tui.text import plain
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

_LONGEST_TAGS = 200


class NameDialog(FloatingScreen[BatchNotes | None]):
    """Three lines; answers with what stands there then, or None to leave everything as it is."""

    AUTO_FOCUS = "#name-name"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="name.close"),
        Binding("down", "app.focus_next", "Next line", show=False, id="name.next"),
        Binding("up", "app.focus_previous", "Previous line", show=False, id="name.previous"),
    ]

    def __init__(self, batch_id: str, notes: BatchNotes, problem: str | None = None) -> None:
        """`problem` is why what stands there could not be kept."""
        super().__init__()
        self._batch_id = batch_id
        self._notes = notes
        self._problem = problem

    def compose(self) -> ComposeResult:
        notes = self._notes
        tags = " ".join(f"#{tag}" for tag in notes.tags)
        with Vertical(id="dialog"):
            yield Static(Content.styled("Name this batch", "bold"), id="dialog-title", markup=False)
            yield Static(Content.styled(plain(self._batch_id), TONES["muted"]), classes="name-whose", markup=False)
            for label, part, text, longest, example in (
                ("name", "name", notes.name, LONGEST_NAME, "shown in place of the id"),
                ("tags", "tags", tags, _LONGEST_TAGS, "words, such as eval nightly; tag:eval finds them"),
                ("note", "note", notes.note, LONGEST_NOTE, "for yourself"),
            ):
                yield Static(Content.styled(label, TONES["accent"]), markup=False)
                yield Input(
                    plain(text),
                    placeholder=example,
                    max_length=longest,
                    select_on_focus=False,
                    compact=True,
                    id=f"name-{part}",
                    classes="name-line",
                )
            leave = key_for("name.close", "esc")
            if self._problem is not None:
                yield Static(Content.styled(plain(self._problem), TONES["error"]), id="name-problem", markup=False)
            yield Hint(
                f"enter keeps it, on this machine only · ↑ ↓ the other lines · {leave} leaves it as it was",
                f"enter keeps it · {leave} leaves it",
                id="name-hint",
            )

    def on_mount(self) -> None:
        for line in self.query(Input):
            line.cursor_blink = self.app.animation_level != "none"
            line.cursor_position = len(line.value)

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        name, tags, note = (
            " ".join(plain(self.query_one(f"#name-{part}", Input).value).split()) for part in ("name", "tags", "note")
        )
        self.dismiss(BatchNotes(name, read_tags(tags), note))
