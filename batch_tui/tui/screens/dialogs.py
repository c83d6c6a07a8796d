"""Questions asked before something that cannot be undone; they hold ids, never rows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from batch_tui.tui.batch_rows import results_of
from batch_tui.tui.text import ago, duration, join, plain, plural
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.text import Plain

_DEAF_SECONDS = 0.3
"""Keys typed before a person can have read the question are not an answer to it."""


Answer = Literal["", "yes", "also"]
"""No, yes, or yes and what the dialog offers besides."""


class ConfirmDialog(ModalScreen[Answer]):
    """Asks one question; the safe answer has the focus, so Enter changes nothing."""

    AUTO_FOCUS = "#keep"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('yes')", "Yes", id="dialog.yes"),
        Binding("x", "answer('also')", "Yes, and more", show=False, id="dialog.also"),
        Binding("n,escape,q", "answer('')", "No", id="dialog.no"),
        Binding("left,right,h,l", "app.focus_next", "Other button", show=False, id="dialog.other"),
    ]

    def __init__(
        self,
        title: Plain,
        facts: Sequence[Content],
        *,
        yes: str,
        no: str,
        also: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._title = title
        self._facts = facts
        self._yes = yes
        self._no = no
        self._also = also
        self._monotonic = monotonic
        self._opened_at = monotonic()

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Content.styled(self._title, "bold"), id="dialog-title", markup=False)
            for fact in self._facts:
                yield Static(fact, classes="dialog-fact", markup=False)
            if self._also is not None:
                yield Static(Content.styled(f"x {self._also}", TONES["muted"]), classes="dialog-fact", markup=False)
            with Horizontal(id="dialog-buttons"):
                yield Button(Content(f"{self._no} (n)"), id="keep")
                yield Button(Content(f"{self._yes} (y)"), id="go", variant="error")

    def on_mount(self) -> None:
        self._opened_at = self._monotonic()

    def action_answer(self, answer: Answer) -> None:
        if answer == "also" and self._also is None:
            return
        if self._monotonic() - self._opened_at >= _DEAF_SECONDS:
            self.dismiss(answer)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_answer("yes" if event.button.id == "go" else "")


def cancel_dialog(batch: MessageBatch, context: AppContext, monotonic: Callable[[], float]) -> ConfirmDialog:
    """Asks whether to cancel, and says what that will do."""
    waiting = batch.request_counts.processing
    spent = duration(context.now() - batch.created_at)
    facts = [
        Content(plain(batch.id)),
        Content.styled(
            join(plural(batch.request_counts.total, "request"), plain(f", running for {spent}")),
            TONES["muted"],
        ),
        Content(
            f"Up to {plural(waiting, 'request')} may still finish and be billed; the rest are canceled, "
            "unbilled. What finished keeps its results. This cannot be undone."
        ),
    ]
    return ConfirmDialog(
        plain("Cancel this batch?"), facts, yes="Cancel the batch", no="Keep it running", monotonic=monotonic
    )


def delete_dialog(batch: MessageBatch, context: AppContext, monotonic: Callable[[], float]) -> ConfirmDialog:
    """Asks whether to delete, and says what will be lost."""
    ended = ago(batch.ended_at or batch.created_at, context.now())
    saved = context.monitor.saved.get(batch.id)
    if saved is not None:
        whole = "A copy" if saved.verified else "A copy, not verified as complete,"
        fate = Content(f"{whole} of its results stays on this machine: o lists what is saved, and deletes it.")
    elif batch.archived_at is not None or results_of(batch, context)[0] == "gone":
        fate = Content("Its results are gone already; the entry in the list goes too.")
    else:
        fate = Content.styled("Its results are not saved on this machine: they will be gone.", TONES["error"])
    facts = [
        Content(plain(batch.id)),
        Content.styled(join(plural(batch.request_counts.total, "request"), plain(f", ended {ended}")), TONES["muted"]),
        fate,
        Content("The API cannot bring it back."),
    ]
    also = None if saved is None else "deletes the batch and the copy on this machine"
    title = plain("Delete this batch?")
    return ConfirmDialog(title, facts, yes="Delete the batch", no="Keep it", also=also, monotonic=monotonic)


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


def overwrite_dialog(path: Plain, monotonic: Callable[[], float]) -> ConfirmDialog:
    """Asks whether a file of the user's may be replaced."""
    facts = [Content(path), Content("What is in it now will be gone.")]
    return ConfirmDialog(plain("Replace this file?"), facts, yes="Replace it", no="Keep it", monotonic=monotonic)


def why_not_cancel(batch: MessageBatch | None) -> str | None:
    """Why a batch cannot be canceled, or None."""
    if batch is None:
        return "There is no batch under the cursor."
    if batch.processing_status == "ended":
        return "This batch has ended: there is nothing left to cancel. D deletes it."
    if batch.processing_status == "canceling":
        return "This batch is being canceled already; it ends once its running requests finish."
    return None


def why_not_delete(batch: MessageBatch | None) -> str | None:
    """Why a batch cannot be deleted, or None."""
    if batch is None:
        return "There is no batch under the cursor."
    if batch.processing_status == "canceling":
        return "The API deletes only ended batches: wait until this one has finished canceling."
    if batch.processing_status != "ended":
        return "The API deletes only ended batches: cancel this one first (c)."
    return None


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
