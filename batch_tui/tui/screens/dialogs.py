"""Questions asked before something that cannot be undone; they hold ids, never rows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from batch_tui.monitor.conditions import RESULTS_KEPT
from batch_tui.tui.batch_rows import results_of
from batch_tui.tui.key_names import key_for
from batch_tui.tui.mask_key import MASK_KEY
from batch_tui.tui.screens.floating import LOW, SLIM, FloatingScreen
from batch_tui.tui.text import later, plain
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.context import AppContext, OpenResults
    from batch_tui.tui.text import Plain

_DEAF_SECONDS = 0.3
"""Keys typed before a person can have read the question are not an answer to it."""

_ASKED_AND_ANSWERED = 5
"""Lines of border, a title of two lines, and the buttons beside each other."""
_LEFT_EMPTY = 4
"""Lines of padding, and below the title and the facts, where there is room."""

Answer = Literal["", "yes", "also", "saved"]
"""No, yes, or yes and what the dialog offers besides: the local copy too, or only after saving results."""

_OFFER_KEYS: dict[Answer, str] = {"also": "x", "saved": "s"}


class ConfirmDialog(FloatingScreen[Answer]):
    """Asks one question; the safe answer has the focus, so Enter changes nothing."""

    AUTO_FOCUS = "#keep"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('yes')", "Yes", id="dialog.yes"),
        Binding("x", "answer('also')", "Yes, and more", show=False, id="dialog.also"),
        Binding("s", "answer('saved')", "Yes, saved first", show=False, id="dialog.saved"),
        Binding("n,escape,q", "answer('')", "No", id="dialog.no"),
        Binding("left,right,h,l,tab,shift+tab", "other", "Other button", show=False, id="dialog.other"),
        Binding("down,j", "read(1)", "Read on", show=False, id="dialog.down"),
        Binding("up,k", "read(-1)", "Read back", show=False, id="dialog.up"),
        MASK_KEY,
    ]

    def __init__(
        self,
        title: Plain,
        facts: Sequence[Content],
        *,
        yes: str,
        no: str,
        offers: Mapping[Answer, str] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`offers`: what the keys of the answers besides yes and no do."""
        super().__init__()
        self._title = title
        self._facts = facts
        self._yes = yes
        self._no = no
        self._offers = offers or {}
        self._monotonic = monotonic
        self._opened_at = monotonic()

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Content.styled(self._title, "bold"), id="dialog-title", markup=False)
            with VerticalScroll(id="dialog-facts", can_focus=False):
                yield from self._said()
            with Horizontal(id="dialog-buttons"):
                yield Button(id="keep")
                yield Button(id="go", variant="error")

    def _said(self) -> Iterator[Static]:
        """What stands between the title and the answers."""
        for fact in self._facts:
            yield Static(fact, classes="dialog-fact", markup=False)
        for answer, does in self._offers.items():
            offer = Content.assemble(
                (key_for(f"dialog.{answer}", _OFFER_KEYS[answer]), TONES["accent"]),
                (f"  {does}", TONES["text"]),
            )
            yield Static(offer, classes="dialog-fact", markup=False)

    def on_mount(self) -> None:
        self._opened_at = self._monotonic()
        self._show_answers()

    def ask_anew(
        self, title: Plain, facts: Sequence[Content], *, yes: str, no: str, offers: Mapping[Answer, str]
    ) -> None:
        """Ask something else, because what the question was about has changed; without `yes` there is only `no`.

        Where the answers mean something else now, those given before a person can have read it do not count.
        """
        if (title, yes, no, offers) != (self._title, self._yes, self._no, self._offers):
            self._opened_at = self._monotonic()
            self.query_one("#keep").focus()
        self._title, self._facts, self._yes, self._no, self._offers = title, facts, yes, no, offers
        self.query_one("#dialog-title", Static).update(Content.styled(title, "bold"))
        below = self.query_one("#dialog-facts")
        below.remove_children()
        below.mount(*self._said())
        self._show_answers()

    def _show_answers(self) -> None:
        keep, go = self.query_one("#keep", Button), self.query_one("#go", Button)
        keep.label = Content(f"{self._no} ({key_for('dialog.no', 'n')})")
        go.label = Content(f"{self._yes} ({key_for('dialog.yes', 'y')})")
        go.display = bool(self._yes)

    def on_resize(self, event: Resize) -> None:
        # What it asks and the answers stay in view on the smallest screen; what is between can be scrolled.
        taken = _ASKED_AND_ANSWERED + (event.size.width < SLIM) + (0 if event.size.height < LOW else _LEFT_EMPTY)
        self.query_one("#dialog-facts").styles.max_height = max(event.size.height - taken, 1)

    def action_read(self, lines: int) -> None:
        self.query_one("#dialog-facts", VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_answer(self, answer: Answer) -> None:
        if (answer == "yes" and not self._yes) or (answer in _OFFER_KEYS and answer not in self._offers):
            return
        if not self._is_deaf():
            self.dismiss(answer)

    def action_other(self) -> None:
        # A step to the other button counts as a key: with it, enter would say yes.
        if not self._is_deaf():
            self.focus_next()

    def _is_deaf(self) -> bool:
        return self._monotonic() - self._opened_at < _DEAF_SECONDS

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_answer("yes" if event.button.id == "go" else "")


def quit_dialog(left: Plain, monotonic: Callable[[], float]) -> ConfirmDialog:
    """Asks whether to leave while confirmed actions are under way."""
    facts = [Content(f"{left} still to be canceled or deleted: what was not asked yet stays as it is.")]
    return ConfirmDialog(plain("Quit now?"), facts, yes="Quit", no="Stay", monotonic=monotonic)


def delete_copy_dialog(batch_id: str, listed: bool, monotonic: Callable[[], float]) -> ConfirmDialog:
    """Asks whether to delete stored results, and says whether they can be had again."""
    fate = (
        Content("The API still has these results: they can be fetched again.")
        if listed
        else Content.styled("The API has them no more: this is the only copy known here.", TONES["error"])
    )
    title = plain("Delete these results from this machine?")
    return ConfirmDialog(
        title, [Content(plain(batch_id)), fate], yes="Delete the copy", no="Keep it", monotonic=monotonic
    )


def can_be_had_again(opened: OpenResults, batch: MessageBatch | None, context: AppContext) -> bool:
    """Whether these are stored results that are not what the batch promised, and the API still has them."""
    if batch is None or opened.deleted or opened.progress.state != "complete" or opened.progress.verified:
        return False
    kept = "created_at" in batch.unread or later(batch.created_at, RESULTS_KEPT) > context.now()
    return batch.archived_at is None and kept


def fetch_again_dialog(batch_id: str, monotonic: Callable[[], float]) -> ConfirmDialog:
    """Asks whether stored results that do not agree with their batch are to be replaced."""
    facts = [
        Content(plain(batch_id)),
        Content(
            "The copy on this machine does not agree with the batch. It stays until they are here, and is replaced."
        ),
    ]
    title = plain("Fetch these results anew?")
    return ConfirmDialog(title, facts, yes="Fetch them anew", no="Keep the copy", monotonic=monotonic)


def overwrite_dialog(path: Plain, monotonic: Callable[[], float]) -> ConfirmDialog:
    """Asks whether a file of the user's may be replaced."""
    facts = [Content(path), Content("What is in it now will be gone.")]
    return ConfirmDialog(plain("Replace this file?"), facts, yes="Replace it", no="Keep it", monotonic=monotonic)


def why_no_results(batch: MessageBatch | None, context: AppContext, *, saved: bool = False) -> str | None:
    """Why there are no results to look at, or None."""
    if saved:
        return None
    if batch is None:
        return "There is no batch under the cursor."
    if batch.id in context.monitor.saved:
        return None
    if batch.processing_status != "ended":
        return "No results yet: the API gives them once the whole batch has ended."
    if results_of(batch, context)[0] == "gone":
        return "Results are gone: the API keeps them for 29 days, and none are saved on this machine."
    return None


def why_not_resubmit(batch: MessageBatch | None, context: AppContext) -> str | None:
    """Why nothing of a batch can be sent again, or None."""
    if batch is None:
        return "There is no batch under the cursor."
    if batch.processing_status != "ended":
        return "This batch has not ended: what failed is known only then."
    counts = batch.request_counts
    if "request_counts" not in batch.unread and not counts.errored + counts.expired + counts.canceled:
        return "No request of this batch failed: there is nothing to send again."
    return why_no_results(batch, context)
