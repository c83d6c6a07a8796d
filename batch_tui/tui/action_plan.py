"""What an action will do to each of some batches: decided and shown before anything is asked of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from batch_tui.tui.batch_rows import results_of
from batch_tui.tui.key_names import key_for
from batch_tui.tui.text import Plain, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.context import AppContext

Action = Literal["cancel", "delete"]
Stage = Literal["undoable", "waiting", "saving", "ending", "asking"]
"""Where a confirmed action on one batch stands; `undoable` until its undo window closes."""


class Pending(msgspec.Struct, frozen=True):
    """An action on one batch that was confirmed and is not done."""

    action: Action
    stage: Stage
    until: datetime | None = None
    """The end of the undo window, while there is one."""
    ends_first: bool = False
    """The batch is not deleted at the end of that window, but only once it has ended."""

    def words(self, now: datetime, *, held_up: bool) -> Plain:
        """What is going on, for a row of the list; `held_up`: the rate limit lets no action go now."""
        match self.stage:
            case "undoable":
                seconds = 0 if self.until is None else max(0, round((self.until - now).total_seconds()))
                what = "starts" if self.ends_first else "gone"
                return Plain(f"{what} in {seconds}s · {_keeps_it()}")
            case "waiting":
                what = "waits: rate limit" if held_up else "waits for its turn"
                return Plain(f"{self.action} {what} · {_keeps_it()}")
            case "saving":
                return Plain("saving its results, then deleting")
            case "ending":
                return Plain(f"deleted once ended · {_keeps_it()}")
            case "asking":
                return Plain("canceling…" if self.action == "cancel" else "deleting…")

    @property
    def why_not_again(self) -> str:
        """Why nothing else is begun with the batch, and what can be done instead."""
        undo = key_for("batch.undo", "u")
        match self.stage:
            case "undoable":
                return f"This batch is about to be deleted; {undo} keeps it."
            case "waiting":
                return f"The {self.action} of this batch waits for its turn; {undo} calls it off."
            case "saving":
                return f"The results of this batch are being saved, then it is deleted; {undo} calls the delete off."
            case "ending":
                return f"This batch is deleted once it has ended; {undo} calls that off, its cancel stands."
            case "asking":
                return "The API is being asked about this batch already."


def _keeps_it() -> str:
    return f"{key_for('batch.undo', 'u')} keeps it"


class Planned(msgspec.Struct, frozen=True):
    """One batch of a plan, named by its id, and what happens to it, step by step."""

    batch_id: str
    action: Action
    ends_first: bool = False
    """Cancel it where that was not asked yet, wait for its end, and only then delete it."""
    saves_first: bool = False
    """Receive its results whole before it is deleted; without them it stays."""
    loses: bool = False
    """Results that are on no disk of this machine go with it."""
    keeps: bool = False
    """A copy of its results is on this machine, and is to be there still when it is deleted."""

    @property
    def words(self) -> Plain:
        """The steps in words."""
        if self.action == "cancel":
            return Plain("cancel")
        steps = ["cancel"] * self.ends_first + ["save results"] * self.saves_first + ["delete"]
        return Plain(", then ".join(steps) + (" with its results" if self.loses else ""))


class LeftOut(msgspec.Struct, frozen=True):
    """A batch that was marked and stays as it is, with the reason."""

    batch_id: str
    reason: str


class ActionPlan(msgspec.Struct, frozen=True):
    """Which batches an action is for, and which of those chosen are left out."""

    action: Action
    todo: tuple[Planned, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def losing(self) -> int:
        """How many batches take results with them that are saved nowhere here."""
        return sum(one.loses for one in self.todo)


def plan_cancel(batch_ids: Iterable[str], context: AppContext) -> ActionPlan:
    """Cancel those that run."""
    return _plan("cancel", ((batch_id, Planned(batch_id, "cancel")) for batch_id in batch_ids), context)


def plan_delete(
    batch_ids: Iterable[str], context: AppContext, *, ends_first: bool = False, saves_first: bool = False
) -> ActionPlan:
    """Delete those that have ended; with `ends_first` the others too, once they have."""
    wanted: list[tuple[str, Planned]] = []
    for batch_id in batch_ids:
        batch = context.catalog.get(batch_id)
        runs = batch is not None and batch.processing_status != "ended"
        savable = batch is not None and (has_unsaved_results(batch, context) or runs)
        one = Planned(
            batch_id,
            "delete",
            ends_first=ends_first and runs,
            saves_first=saves_first and savable,
            loses=not saves_first and savable,
            keeps=batch_id in context.monitor.saved,
        )
        wanted.append((batch_id, one))
    return _plan("delete", wanted, context)


def as_it_stands(plan: ActionPlan, context: AppContext) -> ActionPlan:
    """A plan without the batches for which it cannot be carried out any more; never with others than before."""
    todo: list[Planned] = []
    left_out = list(plan.left_out)
    for one in plan.todo:
        reason, batch = _why_not(one, context), context.catalog.get(one.batch_id)
        if reason is not None:
            left_out.append(LeftOut(one.batch_id, reason))
        else:
            runs = batch is not None and batch.processing_status != "ended"
            todo.append(replace(one, ends_first=one.ends_first and runs))
    return ActionPlan(plan.action, tuple(todo), tuple(left_out))


def _plan(action: Action, wanted: Iterable[tuple[str, Planned]], context: AppContext) -> ActionPlan:
    todo: list[Planned] = []
    left_out: list[LeftOut] = []
    for batch_id, one in wanted:
        reason = _why_not(one, context)
        if reason is None:
            todo.append(one)
        else:
            left_out.append(LeftOut(batch_id, reason))
    return ActionPlan(action, tuple(todo), tuple(left_out))


def _why_not(one: Planned, context: AppContext) -> str | None:
    batch = context.catalog.get(one.batch_id)
    if batch is None:
        return "It is not in the list any more."
    if (pending := context.monitor.pending.get(one.batch_id)) is not None:
        return pending.why_not_again
    if one.action == "cancel":
        return why_not_cancel(batch)
    return None if one.ends_first or batch.processing_status == "ended" else "It has not ended."


def has_unsaved_results(batch: MessageBatch, context: AppContext) -> bool:
    """Whether an ended batch still has results at the API that are not whole on this machine."""
    saved = context.monitor.saved.get(batch.id)
    if batch.processing_status != "ended" or (saved is not None and saved.verified):
        return False
    return batch.archived_at is None and results_of(batch, context)[0] != "gone"


def why_not_save(batch: MessageBatch, context: AppContext) -> str | None:
    """Why there are no results to save, or None."""
    if batch.processing_status != "ended":
        return "No results yet: the API gives them once the whole batch has ended."
    if has_unsaved_results(batch, context):
        return None
    return "These results are saved already." if batch.id in context.monitor.saved else "These results are gone."


def why_not_cancel(batch: MessageBatch | None) -> str | None:
    """Why a batch cannot be canceled, or None."""
    if batch is None:
        return "There is no batch under the cursor."
    if batch.processing_status == "ended":
        return f"This batch has ended: there is nothing left to cancel. {key_for('batch.delete', 'D')} deletes it."
    if batch.processing_status == "canceling":
        return "This batch is being canceled already; it ends once its running requests finish."
    return None


def may_finish(batches: Sequence[MessageBatch]) -> Plain:
    """For how many requests of these a cancel may come too late, as far as the API gave their counts."""
    known = [batch for batch in batches if "request_counts" not in batch.unread]
    how_many = "An unknown number of requests"
    if known:
        others = len(batches) - len(known)
        beside = f", and an unknown number in {plural(others, 'batch', 'batches')}," if others else ""
        how_many = f"Up to {plural(sum(one.request_counts.processing for one in known), 'request')}{beside}"
    return Plain(f"{how_many} may still finish and be billed")


def first_reason(plan: ActionPlan) -> str:
    """Why nothing of a plan can be done: one sentence for one batch or for many."""
    if len(plan.left_out) == 1:
        return plan.left_out[0].reason
    return f"None of the {plural(len(plan.left_out), 'marked batch', 'marked batches')} can be {_PAST[plan.action]}."


_PAST = {"cancel": "canceled", "delete": "deleted"}
