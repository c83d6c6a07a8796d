"""What can be done with one batch, the same on every screen that shows one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.screen import Screen

from batch_tui.tui.messages import (
    BatchIntent,
    CancelRequested,
    DeleteRequested,
    DetailRequested,
    ResultsRequested,
    WatchRequested,
)
from batch_tui.tui.screens.dialogs import why_no_results, why_not_cancel, why_not_delete
from batch_tui.tui.text import plain

if TYPE_CHECKING:
    from textual.binding import BindingType

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.context import AppContext


class BatchActionsScreen(Screen[None]):
    """A screen with a batch in hand; keys that are of no use for it say why instead of doing nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,l",
            "open_detail",
            "Detail",
            key_display="enter",
            id="batch.detail",
            tooltip="Everything known of this batch",
        ),
        Binding("v", "open_results", "Results", id="batch.results", tooltip="Browse the results of this batch"),
        Binding("c", "cancel", "Cancel", id="batch.cancel", tooltip="Cancel this batch, after asking"),
        Binding("D", "delete", "Delete", id="batch.delete", tooltip="Delete this ended batch, after asking"),
        Binding("m", "watch", "Notify me", show=False, id="batch.watch", tooltip="Tell me when it ends (♪), or not"),
        Binding("y", "copy_id", "Copy id", id="batch.copy", show=False, tooltip="Copy the id of this batch"),
    ]

    NOT_HERE: ClassVar[frozenset[str]] = frozenset()
    """Actions that make no sense on this screen."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._shared = context

    def action_open_detail(self) -> None:
        batch = self.batch_in_hand()
        if batch is not None:
            self.post_message(DetailRequested(batch.id))

    def batch_in_hand(self) -> MessageBatch | None:
        """The batch the keys act on."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A screen that has no use for an action does not offer it, nor does any what may not be done."""
        return action not in self.NOT_HERE and not (self._shared.read_only and action in ("cancel", "delete"))

    def action_open_results(self) -> None:
        self._act("open_results", ResultsRequested)

    def action_cancel(self) -> None:
        self._act("cancel", CancelRequested)

    def action_delete(self) -> None:
        self._act("delete", DeleteRequested)

    def action_watch(self) -> None:
        batch = self.batch_in_hand()
        if batch is not None:
            self.post_message(WatchRequested([batch.id]))

    def action_copy_id(self) -> None:
        batch = self.batch_in_hand()
        if batch is not None:
            self.app.copy_to_clipboard(plain(batch.id))
            self.notify(f"Copied {plain(batch.id)}", markup=False, timeout=2)

    def _act(self, action: str, intent: type[BatchIntent]) -> None:
        batch, reason = self.batch_in_hand(), self.why_not(action)
        if reason is not None:
            self.notify(reason, markup=False, timeout=4)
        elif batch is not None:
            self.post_message(intent(batch.id))

    def why_not(self, action: str) -> str | None:
        """Why an action is of no use for the batch in hand, or None."""
        match action:
            case "cancel":
                return why_not_cancel(self.batch_in_hand())
            case "delete":
                return why_not_delete(self.batch_in_hand())
            case "open_results":
                return why_no_results(self.batch_in_hand(), self._shared)
        return None
