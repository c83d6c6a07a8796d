"""What screens and threads say of sending a file of requests as a new batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from batch_tui.tui.new_batch_work import FilePlan


class NewBatchRequested(Message):
    """Make a new batch of a file of requests, after asking which and whether."""


class FileChecked(Message):
    """The file can be sent."""

    def __init__(self, plan: FilePlan) -> None:
        super().__init__()
        self.plan = plan


class FileRefused(Message):
    """The file cannot be sent: `problem` says why, in one line or one for each problem."""

    def __init__(self, typed: str, problem: str, *, quotes: bool = False) -> None:
        """`quotes`: it may quote what is in the file."""
        super().__init__()
        self.typed = typed
        self.problem = problem
        self.quotes = quotes
