"""A machine that has no further thread to give."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def refuse(patch: pytest.MonkeyPatch, *names: str) -> None:
    """No thread of these names can be had."""
    start = threading.Thread.start

    def refuse_some(self: threading.Thread) -> None:
        if self.name in names:
            raise RuntimeError("can't start new thread")
        start(self)

    patch.setattr(threading.Thread, "start", refuse_some)
