"""Requests are read from a file, never from a pipe: once each to be checked, noted, sent and linked."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def why_not_read_again(path: Path) -> str | None:
    """Why a file cannot be read a second time, as a sentence; None if it can. Raises OSError."""
    mode = path.stat().st_mode
    # A directory is told as one by whoever opens it.
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return (
        f"{path} is not a regular file. Requests are read more than once, and a pipe gives them only once: "
        "write them to a file first."
    )
