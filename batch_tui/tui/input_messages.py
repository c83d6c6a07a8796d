"""What screens and threads say of linked inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.message import Message

from batch_tui.tui.messages import BatchIntent

if TYPE_CHECKING:
    from textual.screen import Screen

    from batch_tui.results.completeness import InputMatch
    from batch_tui.submission.linked_input import LinkedInput


class InputWanted(BatchIntent):
    """Look up which input is linked to the batch; answered with an InputUpdate where there is one."""


class LinkInputRequested(BatchIntent):
    """Link the batch to the file of requests it was made from, after asking which."""


class InputRead(Message):
    """The input of a batch as it was found; `fresh`: the user linked it just now."""

    def __init__(self, linked: LinkedInput, problem: str | None, *, fresh: bool) -> None:
        super().__init__()
        self.linked = linked
        self.problem = problem
        self.fresh = fresh


class InputUnlinked(Message):
    """A batch has no linked input any more."""

    def __init__(self, batch_id: str) -> None:
        super().__init__()
        self.batch_id = batch_id


class InputRefused(Message):
    """A file could not be linked; `typed` is what the user gave, on the screen `over`."""

    def __init__(self, batch_id: str, typed: str, problem: str, over: Screen[Any]) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.typed = typed
        self.problem = problem
        self.over = over


class InputMatched(Message):
    """The input was compared with the results; `fresh`: the user linked it just now."""

    def __init__(self, linked: LinkedInput, match: InputMatch, *, fresh: bool) -> None:
        super().__init__()
        self.linked = linked
        self.match = match
        self.fresh = fresh
