"""What screens and threads say of sending failed requests again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual.message import Message

from batch_tui.tui.messages import BatchIntent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_tui.api.models import MessageBatch
    from batch_tui.submission.linked_input import LinkedInput
    from batch_tui.submission.sending import InDoubt, Sent
    from batch_tui.tui.resubmit_work import ResubmitPlan, Sending


class ResubmitRequested(BatchIntent):
    """Make a new batch of the failed requests of the batch, after asking."""

    def __init__(self, batch_id: str, rows: Sequence[int] | None = None, among: str = "") -> None:
        """`rows`: only those that failed among these, which are called so ("marked", "shown")."""
        super().__init__(batch_id)
        self.rows = rows
        self.among = among


class ResubmitPlanned(Message):
    """It is known what would be sent."""

    def __init__(self, wish: ResubmitRequested, plan: ResubmitPlan) -> None:
        super().__init__()
        self.wish = wish
        self.plan = plan


class ResubmitNeedsInput(Message):
    """Nobody knows the file of requests, or it cannot be used: `problem` says why."""

    def __init__(self, wish: ResubmitRequested, problem: str | None, typed: str = "") -> None:
        super().__init__()
        self.wish = wish
        self.problem = problem
        self.typed = typed


class ResubmitSaid(Message):
    """A sentence for the user."""

    def __init__(self, sentence: str, severity: Literal["information", "warning", "error"] = "warning") -> None:
        super().__init__()
        self.sentence = sentence
        self.severity = severity


class ResubmitMade(Message):
    """The new batch is there; `earlier`: an attempt before this one made it, and nothing was sent now."""

    def __init__(self, batch: MessageBatch, *, earlier: bool, new: bool = False) -> None:
        """`new`: it is not made of a part of another one."""
        super().__init__()
        self.new = new
        self.batch = batch
        self.earlier = earlier


class ResubmitEnded(Message):
    """The sending is over: with a batch, in doubt, or with the sentence why there is none."""

    def __init__(self, order: Sending, outcome: Sent | InDoubt | str, linked: LinkedInput | None = None) -> None:
        super().__init__()
        self.order = order
        self.outcome = outcome
        self.linked = linked
