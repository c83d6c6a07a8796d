"""What can be done with one batch, the same on every screen that shows one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.screen import Screen

from batch_tui.tui.action_plan import first_reason, plan_cancel, plan_delete
from batch_tui.tui.messages import (
    ActionRequested,
    DetailRequested,
    NameRequested,
    ResultsRequested,
    SaveRequested,
    WatchRequested,
)
from batch_tui.tui.resubmit_messages import ResubmitRequested
from batch_tui.tui.screens.dialogs import why_no_results, why_not_resubmit
from batch_tui.tui.text import Plain, fit, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.binding import ActiveBinding, BindingType

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.action_plan import Action
    from batch_tui.tui.context import AppContext

_TOO_MANY_TO_JUDGE = 200
"""Marks beyond which a key is not dimmed at every movement; pressing it still says why it cannot."""
_LONGEST_SAID = 60
CHANGING: Final = ("cancel", "delete", "resubmit", "new_batch")
"""Actions that change something at the API."""
_AFTER_CHANGES: Final = ("app.undo", "app.job")
"""Actions on what such actions began."""
READ_ONLY: Final = "Nothing is canceled, deleted or sent: batch-tui is read-only, by --read-only or the config file."


def without_changes(bindings: Mapping[str, ActiveBinding]) -> dict[str, ActiveBinding]:
    """What is offered where nothing may be changed."""
    return {key: one for key, one in bindings.items() if one.binding.action not in (*CHANGING, *_AFTER_CHANGES)}


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
        Binding("D", "delete", "Delete", id="batch.delete", tooltip="Delete this batch, after asking"),
        Binding(
            "R",
            "resubmit",
            "Resubmit failed",
            id="batch.resubmit",
            tooltip="Send what failed again, after asking",
        ),
        Binding(
            "u",
            "app.undo",
            "Undo delete",
            show=False,
            id="batch.undo",
            tooltip="Keep what was confirmed and is not sent yet",
        ),
        Binding(
            "b",
            "app.job",
            "Bulk job: show, stop",
            show=False,
            id="batch.job",
            tooltip="What is being canceled or deleted, or how it went",
        ),
        Binding("m", "watch", "Notify me", show=False, id="batch.watch", tooltip="Tell me when it ends (♪), or not"),
        Binding("w", "save", "Save results", id="batch.save", tooltip="Save its results on this machine"),
        Binding("t", "name", "Name", id="batch.name", tooltip="Name, tags and a note of your own"),
        Binding("y", "copy", "Copy", id="batch.copy", tooltip="Copy its id, JSON, results_url, or a command"),
    ]

    NOT_HERE: ClassVar[frozenset[str]] = frozenset()
    """Actions that make no sense on this screen."""
    NO_BATCH: ClassVar[str] = "There is no batch under the cursor."
    """Why nothing can be done while there is none in hand."""

    def __init__(self, context: AppContext, *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._shared = context

    def action_open_detail(self) -> None:
        batch = self.batch_in_hand()
        if batch is not None:
            self.post_message(DetailRequested(batch.id))

    def batch_in_hand(self) -> MessageBatch | None:
        """The batch the keys act on."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A screen that has no use for an action does not offer it."""
        return action not in self.NOT_HERE

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """What may not be done is not offered, though its key says why."""
        return without_changes(super().active_bindings) if self._shared.read_only else super().active_bindings

    def batches_in_hand(self) -> Sequence[str]:
        """The ids that cancel and delete are for: what is marked, or else the batch in hand."""
        batch = self.batch_in_hand()
        return [] if batch is None else [batch.id]

    def action_open_results(self) -> None:
        batch, reason = self.batch_in_hand(), self.why_not("open_results")
        if reason is not None:
            self.notify(reason, timeout=4)
        elif batch is not None:
            self.post_message(ResultsRequested(batch.id))

    def action_cancel(self) -> None:
        self._act("cancel")

    def action_delete(self) -> None:
        self._act("delete")

    def action_resubmit(self) -> None:
        batch, reason = self.batch_in_hand(), self.why_not("resubmit")
        if reason is not None:
            self.notify(reason, timeout=4)
        elif batch is not None:
            self.post_message(ResubmitRequested(batch.id))

    def action_watch(self) -> None:
        if batch_ids := self._some_in_hand():
            self.post_message(WatchRequested(batch_ids))

    def action_save(self) -> None:
        if batch_ids := self._some_in_hand():
            self.post_message(SaveRequested(batch_ids))

    def _some_in_hand(self) -> Sequence[str]:
        """What is in hand; says so where nothing is."""
        batch_ids = self.batches_in_hand()
        if not batch_ids:
            self.notify(self.NO_BATCH, timeout=4)
        return batch_ids

    def action_name(self) -> None:
        batch = self.batch_in_hand()
        if batch is None:
            self.notify(self.NO_BATCH, timeout=4)
        else:
            self.post_message(NameRequested(batch.id))

    def action_copy(self) -> None:
        batch = self.batch_in_hand()
        if batch is None:
            self.notify(self.NO_BATCH, timeout=4)
            return
        from batch_tui.tui.batch_copies import copied, copy_choices
        from batch_tui.tui.screens.menu import MenuDialog

        def chosen(form: str | None) -> None:
            if form is not None:
                text = copied(form, batch, self._shared.base_url)
                self.app.copy_to_clipboard(text)
                said = fit(plain(text), _LONGEST_SAID)
                self.notify(f"Copied {said}", timeout=3)

        self.app.push_screen(MenuDialog(Plain("Copy of this batch"), copy_choices(batch)), chosen)

    def _act(self, action: Action) -> None:
        reason = self.why_not(action)
        if reason is not None:
            self.notify(reason, timeout=4)
        else:
            self.post_message(ActionRequested(action, self.batches_in_hand()))

    def why_not(self, action: str) -> str | None:
        """Why an action is of no use for what is in hand, or None."""
        if self._shared.read_only and action in CHANGING:
            return READ_ONLY
        if action in ("save", "name", "copy"):
            useful = self.batch_in_hand() is not None or (action == "save" and self.batches_in_hand())
            return None if useful else self.NO_BATCH
        if action not in ("open_results", "resubmit", "cancel", "delete"):
            return None
        if not self.batches_in_hand() or (self.batch_in_hand() is None and action in ("open_results", "resubmit")):
            return self.NO_BATCH
        if action == "open_results":
            return why_no_results(self.batch_in_hand(), self._shared)
        if action == "resubmit":
            return why_not_resubmit(self.batch_in_hand(), self._shared)
        batch_ids = self.batches_in_hand()
        if len(batch_ids) > _TOO_MANY_TO_JUDGE:
            return None
        plan = (
            plan_cancel(batch_ids, self._shared)
            if action == "cancel"
            else plan_delete(batch_ids, self._shared, ends_first=True)
        )
        return None if plan.todo else first_reason(plan)
