"""Confirmed actions while they are carried out, and how each of their batches came out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from batch_tui.tui.text import Plain, number, plural

if TYPE_CHECKING:
    from datetime import datetime

    from batch_tui.monitor.catalog import Changes
    from batch_tui.tui.action_plan import ActionPlan
    from batch_tui.tui.said import Severity

Fate = Literal[
    "deleted",
    "being canceled",
    "ended already",
    "gone already",
    "refused",
    "without an answer",
    "not saved, so not deleted",
    "without their copy, so not deleted",
    "canceled, not deleted",
    "left as they were",
]
"""What became of a batch, in the words of a report of many; in this order."""


class Outcome(msgspec.Struct, frozen=True):
    """What an action changed, and the sentence for the user."""

    changes: Changes
    sentence: Plain
    fate: Fate
    in_row: Plain = Plain("")
    """The sentence without the name of the batch, for where that stands beside it; empty where it has none."""
    title: str = ""
    severity: Severity = "information"
    kept: bool = False
    """The user stopped it before it was asked for."""


class Job(msgspec.Struct, eq=False):
    """A confirmed plan while it is carried out."""

    plan: ActionPlan
    undo_until: datetime | None = None
    """Until then stopping it leaves every batch as it was; None when it starts at once."""
    with_copies: bool = False
    """What is saved of the batches on this machine goes with them."""
    outcomes: dict[str, Outcome] = msgspec.field(default_factory=dict)
    canceled: set[str] = msgspec.field(default_factory=set)
    """Those to be deleted that were canceled first."""
    stopped: bool = False
    finished: bool = False

    @property
    def bad(self) -> int:
        """How many batches came out badly."""
        return sum(1 for one in self.outcomes.values() if one.severity == "error")

    @property
    def left(self) -> int:
        """How many batches have no outcome yet."""
        return len(self.plan.todo) - len(self.outcomes)


def said_of(job: Job) -> Plain:
    """How a job came out, in one line."""
    done: Fate = "deleted" if job.plan.action == "delete" else "being canceled"
    amounts = Counter(one.fate for one in job.outcomes.values())
    others = [f"{number(amounts[fate])} {fate}" for fate in get_args(Fate) if fate != done and amounts[fate]]
    return Plain(" · ".join([f"{plural(amounts[done], 'batch', 'batches')} {done}", *others]))
