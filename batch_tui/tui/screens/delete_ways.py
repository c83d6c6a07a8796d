"""How to delete several batches: a menu that follows what becomes of them while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.tui.action_plan import plan_delete
from batch_tui.tui.screens.menu import Choice, MenuDialog
from batch_tui.tui.text import Plain, number, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_tui.tui.action_plan import ActionPlan
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.messages import Update


class DeleteWays(MenuDialog):
    """What about those that run, and the results that are saved nowhere? Answers with a way for `plan_way`."""

    def __init__(self, batch_ids: Sequence[str], context: AppContext) -> None:
        super().__init__(_title(batch_ids, context), ways_to_delete(batch_ids, context))
        self._batch_ids = batch_ids
        self._shared = context

    def on_mount(self) -> None:
        super().on_mount()
        self._shared.updates.subscribe(self, self._follow)

    def _follow(self, _: Update) -> None:
        self.offer_anew(_title(self._batch_ids, self._shared), ways_to_delete(self._batch_ids, self._shared))


def _title(batch_ids: Sequence[str], context: AppContext) -> Plain:
    left = len(plan_delete(batch_ids, context, ends_first=True).todo)
    if not left:
        return Plain("Nothing is left to delete")
    of = "" if left == len(batch_ids) else f"{number(left)} of "
    return Plain(f"Delete {of}{plural(len(batch_ids), 'marked batch', 'marked batches')}: how?")


def ways_to_delete(batch_ids: Sequence[str], context: AppContext) -> list[Choice]:
    """The ways in which these can be deleted as they stand."""
    now, saving = plan_delete(batch_ids, context), plan_delete(batch_ids, context, saves_first=True)
    unfinished = sum(one.ends_first for one in plan_delete(batch_ids, context, ends_first=True).todo)
    choices: list[Choice] = []
    if saving.todo and now.losing:
        label = f"save the results of {number(now.losing)} here, then delete {_ended(saving)}"
        choices.append(Choice("s", Plain(label), "save"))
    if now.todo:
        note = f"{number(now.losing)} with results" if now.losing else ""
        choices.append(Choice("d", Plain(f"delete {_ended(now)}"), "delete", note))
    if unfinished:
        label = f"cancel {number(unfinished)} unfinished, and delete all once ended"
        choices.append(Choice("c", Plain(label), "end"))
        choices.append(Choice("x", Plain("the same, saving results before each delete"), "end and save"))
    return choices


def plan_way(way: str, batch_ids: Sequence[str], context: AppContext) -> ActionPlan:
    """What is done to these in the way that was chosen."""
    return plan_delete(batch_ids, context, ends_first=way.startswith("end"), saves_first=way.endswith("save"))


def _ended(plan: ActionPlan) -> str:
    return plural(len(plan.todo), "ended batch", "ended batches")
