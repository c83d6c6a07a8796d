"""Small files of the user's own that several dashboards share: changed one at a time, and replaced whole."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class LaterVersionError(Exception):
    """A later batch-tui wrote the file, so that this one cannot tell what all of it means."""


def read_object(path: Path, version: int) -> dict[str, Any]:
    """The JSON object in the file. Raises OSError, ValueError or RecursionError, and LaterVersionError."""
    held: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    said = held.get("version")
    if isinstance(said, int) and said > version:
        raise LaterVersionError
    return held


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Keep every other dashboard from changing the file meanwhile; its directory (0700) is made if need be.

    Blocks until it is our turn. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def replace_whole(path: Path, content: bytes) -> None:
    """Put a new content (0600) in place of the file, or leave the old one as it is. Raises OSError."""
    temporary = path.with_name(f"{path.name}.new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        # A name that points at nothing after a power cut would be worse than the old content.
        os.fsync(file.fileno())
    temporary.replace(path)
