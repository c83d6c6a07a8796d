"""What the toasts said since the start: they go by themselves, and nobody looks all day."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

    from batch_tui.tui.text import Plain

Severity = Literal["information", "warning", "error"]


class Message(msgspec.Struct, frozen=True):
    """One toast."""

    at: datetime
    severity: Severity
    sentence: Plain


class SaidLog:
    """The last `limit` messages."""

    def __init__(self, limit: int = 500) -> None:
        self._messages: deque[Message] = deque(maxlen=limit)
        self.total = 0
        """How many there were since the start."""

    def note(self, message: Message) -> None:
        """Take a message down."""
        self._messages.append(message)
        self.total += 1

    def entries(self) -> tuple[Message, ...]:
        """Those kept, oldest first."""
        return tuple(self._messages)
