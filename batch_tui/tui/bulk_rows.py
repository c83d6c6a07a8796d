"""The batches of a plan as rows of a table: what will happen to each, what is going on, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_tui.tui import mask
from batch_tui.tui.batch_rows import called, requests_of, status_of
from batch_tui.tui.text import Plain, fit, plain
from batch_tui.tui.widgets.table_rows import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.action_plan import ActionPlan
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.jobs import Job, Outcome

COLUMNS = (
    Column("batch", "BATCH", 18, grow=1, least=9),
    Column("status", "STATUS", 11),
    Column("requests", "REQUESTS", 8, right=True, drop=1),
    Column("fate", "WHAT HAPPENS", 28, grow=2, least=10),
)

_SIGNS: Final[dict[str, tuple[str, str]]] = {
    "information": ("✓", "success"),
    "warning": ("✓", "warning"),
    "error": ("!", "error"),
}
"""What stands before how a batch came out, and its colour."""


class BulkRows:
    """A RowSource over a plan, and over its job once there is one; keys are batch ids."""

    def __init__(self, plan: ActionPlan, context: AppContext, job: Job | None = None) -> None:
        self._shared = context
        self._job = job
        self._ids = [*(one.batch_id for one in plan.todo), *(one.batch_id for one in plan.left_out)]
        # As they stood when the question was asked: a deleted batch is in no catalog.
        self._batches = {batch_id: context.catalog.get(batch_id) for batch_id in self._ids}
        self._planned = {one.batch_id: one for one in plan.todo}
        self._reasons = {one.batch_id: one.reason for one in plan.left_out}
        self._places = {batch_id: place for place, batch_id in enumerate(self._ids)}
        self._cells: dict[str, Callable[[str, MessageBatch | None, int], Cell]] = {
            "batch": lambda batch_id, _, cells: called(batch_id, context, cells),
            "status": self._status,
            "requests": lambda _, batch, __: Cell.of(requests_of(batch) if batch else Plain("")),
            "fate": self._fate,
        }

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def last(self) -> int:
        return max(0, len(self) - 1)

    def key(self, row: int) -> str:
        return self._ids[row]

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)

    def nearest(self, key: str) -> int:
        return self._places.get(key, 0)

    def version(self, row: int) -> Hashable:
        key = self.key(row)
        monitor = self._shared.monitor
        outcome = None if self._job is None else self._job.outcomes.get(key)
        pending = monitor.pending.get(key)
        tick = 0 if pending is None else int(self._shared.now().timestamp())
        doing = pending, pending is not None and self._shared.budget.holds_up("action")
        return self._shared.catalog.version(key), doing, outcome is not None, tick

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        key = self.key(row)
        # In a report what was deleted is shown as it was, in a question what is there.
        batch = self._shared.catalog.get(key) or (None if self._job is None else self._batches[key])
        return [self._cells[column](key, batch, cells) for column, cells in widths]

    def _status(self, _: str, batch: MessageBatch | None, __: int) -> Cell:
        return Cell.of(Plain("gone"), "muted") if batch is None else Cell((status_of(batch),))

    def _fate(self, batch_id: str, batch: MessageBatch | None, cells: int) -> Cell:
        if batch_id in self._reasons and batch is None:
            return Cell.of(fit(Plain("– nothing: it is not there any more"), cells), "muted")
        if batch_id in self._reasons:
            return Cell.of(fit(plain(f"– stays: {self._reasons[batch_id]}"), cells), "muted")
        outcome = None if self._job is None else self._job.outcomes.get(batch_id)
        if outcome is not None:
            return self._came_out(batch_id, cells)
        pending = self._shared.monitor.pending.get(batch_id)
        if self._job is not None and pending is not None:
            held_up = self._shared.budget.holds_up("action")
            return Cell.of(fit(pending.words(self._shared.now(), held_up=held_up), cells), "running")
        planned = self._planned[batch_id]
        return Cell.of(fit(planned.words, cells), "error" if planned.loses else "text")

    def _came_out(self, batch_id: str, cells: int) -> Cell:
        assert self._job is not None  # only a job has outcomes
        outcome = self._job.outcomes[batch_id]
        sign, tone = ("–", "muted") if outcome.kept else _SIGNS[outcome.severity]
        said = outcome.in_row or self.said(batch_id, outcome)
        return Cell.of(fit(plain(f"{sign} {said}"), cells), tone)

    def said(self, batch_id: str, outcome: Outcome) -> Plain:
        """How a batch came out, in a sentence."""
        return mask.without_name(outcome.sentence, self._shared.monitor.notes.get(batch_id))
