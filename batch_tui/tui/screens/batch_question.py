"""Whether to cancel or delete one batch: the question follows what becomes of the batch while it is open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
from textual.content import Content

from batch_tui.tui import mask
from batch_tui.tui.action_plan import (
    ActionPlan,
    first_reason,
    has_unsaved_results,
    may_finish,
    plan_cancel,
    plan_delete,
)
from batch_tui.tui.batch_rows import unread_words
from batch_tui.tui.key_names import key_for
from batch_tui.tui.screens.dialogs import Answer, ConfirmDialog
from batch_tui.tui.text import Plain, ago, duration, join, plain, plural
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.action_plan import Action
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.messages import Update


class _Question(msgspec.Struct, frozen=True):
    plan: ActionPlan
    """What a yes means."""
    title: Plain
    facts: Sequence[Content]
    yes: str
    no: str
    offers: dict[Answer, str]


class BatchQuestion(ConfirmDialog):
    """Asks about one batch, by its id; what a yes means is in `plan`, as it stands by then."""

    def __init__(self, action: Action, batch_id: str, context: AppContext, monotonic: Callable[[], float]) -> None:
        self._ask = partial(_about_cancel if action == "cancel" else _about_delete, batch_id, context)
        self._asked = asked = self._ask()
        super().__init__(asked.title, asked.facts, yes=asked.yes, no=asked.no, offers=asked.offers, monotonic=monotonic)
        self._shared = context

    @property
    def plan(self) -> ActionPlan:
        """What is shown as about to happen."""
        return self._asked.plan

    def on_mount(self) -> None:
        self._shared.updates.subscribe(self, self._follow)

    def _follow(self, _: Update) -> None:
        before, self._asked = self._asked, self._ask()
        asked = self._asked
        if (asked.title, asked.yes, asked.offers) != (before.title, before.yes, before.offers) or not _same(
            asked.facts, before.facts
        ):
            self.ask_anew(asked.title, asked.facts, yes=asked.yes, no=asked.no, offers=asked.offers)


def _same(facts: Sequence[Content], others: Sequence[Content]) -> bool:
    return len(facts) == len(others) and all(one.is_same(other) for one, other in zip(facts, others, strict=True))


def _names(batch_id: str, context: AppContext) -> Content:
    """The id, and before it what the user calls the batch."""
    notes = mask.noted(context.monitor.notes.get(batch_id))
    name = Content.assemble((plain(notes.name), "bold"), "\n") if notes and notes.name else Content("")
    return Content.assemble(name, plain(batch_id))


def _about(batch: MessageBatch, context: AppContext) -> list[Content]:
    """Which batch it is, how large, and how it stands; what of that cannot be read is said, not guessed."""
    unread, now = batch.unread, context.now()
    size = Plain("number of requests unknown")
    if "request_counts" not in unread:
        size = plural(batch.request_counts.total, "request")
    state = ", running" if "created_at" in unread else f", running for {duration(now - batch.created_at)}"
    if "processing_status" in unread:
        state = ""
    elif batch.processing_status == "ended":
        state = ", ended" if batch.ended_at is None else f", ended {ago(batch.ended_at, now)}"
    facts = [_names(batch.id, context), Content.styled(join(size, plain(state)), TONES["muted"])]
    return [*facts, Content.styled(unread_words(batch), TONES["warning"])] if unread else facts


def _nothing_to_do(plan: ActionPlan, batch_id: str, context: AppContext) -> _Question:
    """There is nothing left to ask."""
    if batch_id in context.catalog:
        title, said = Plain("Nothing is left to do"), plain(first_reason(plan))
    else:
        title = Plain("This batch is gone")
        said = Plain("It was deleted elsewhere, or belongs to another workspace: nothing will be asked of the API.")
    return _Question(plan, title, [_names(batch_id, context), Content(said)], "", "Close", {})


def _about_cancel(batch_id: str, context: AppContext) -> _Question:
    """Whether to cancel, and what that will do."""
    plan, batch = plan_cancel([batch_id], context), context.catalog.get(batch_id)
    if batch is None or not plan.todo:
        return _nothing_to_do(plan, batch_id, context)
    facts = [
        *_about(batch, context),
        Content(
            f"{may_finish([batch])}; the rest are canceled, unbilled. "
            "What finished keeps its results. This cannot be undone."
        ),
    ]
    return _Question(plan, Plain("Cancel this batch?"), facts, "Cancel the batch", "Keep it running", {})


def _about_delete(batch_id: str, context: AppContext) -> _Question:
    """Whether to delete, and what will be lost; one that runs is canceled first."""
    plan, batch = plan_delete([batch_id], context, ends_first=True), context.catalog.get(batch_id)
    if batch is None or not plan.todo:
        return _nothing_to_do(plan, batch_id, context)
    saved = context.monitor.saved.get(batch_id)
    offers: dict[Answer, str] = {}
    if batch.processing_status != "ended":
        fate = Content.styled("What results it ends with are gone as soon as it is deleted.", TONES["error"])
        offers["saved"] = "the same, but saves those results on this machine before it deletes"
    else:
        fate, offers = _fate_of_results(batch, context)
    after = [fate, Content("The API cannot bring it back.")]
    title, yes = "Delete this batch?", "Delete the batch"
    if batch.processing_status == "in_progress":
        title, yes = "Cancel this batch, and delete it once it has ended?", "Cancel and delete"
        after.insert(0, Content(f"{may_finish([batch])}. It is deleted if batch-tui is open by then."))
    elif batch.processing_status != "ended":
        title = "Delete this batch once it has ended?"
        unknown = "processing_status" in batch.unread
        state = "Whether it has ended cannot be read." if unknown else f"It is {plain(batch.processing_status)}."
        after.insert(0, Content(f"{state} It is deleted if batch-tui is open when it has ended."))
    if saved is not None:
        offers["also"] = "deletes the batch and the copy on this machine"
    return _Question(plan, Plain(title), [*_about(batch, context), *after], yes, "Keep it", offers)


def _fate_of_results(batch: MessageBatch, context: AppContext) -> tuple[Content, dict[Answer, str]]:
    """What becomes of the results of an ended batch, and what is offered besides."""
    saved = context.monitor.saved.get(batch.id)
    if saved is not None:
        whole = "A copy" if saved.verified else "A copy, not verified as complete,"
        lists = key_for("batch.saved", "o")
        return Content(
            f"{whole} of its results stays on this machine: {lists} lists what is saved, and deletes it."
        ), {}
    if not has_unsaved_results(batch, context):
        return Content("Its results are gone already; the entry in the list goes too."), {}
    lost = Content.styled("Its results are not saved on this machine: they will be gone.", TONES["error"])
    return lost, {"saved": "saves the results on this machine, and deletes once they are complete"}
