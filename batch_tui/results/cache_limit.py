"""Keeps what is stored within a size: the least recently used goes first, never what is pinned or in use."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from batch_tui.results.errors import disk_error

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from batch_tui.results.store import ResultsStore, StoredResults


def keep_within(stores: Iterable[ResultsStore], limit: int) -> list[StoredResults]:
    """Drop stored results until all of them together have at most `limit` bytes; gives what was dropped.

    Unfinished downloads are left alone. Less is dropped when the rest is pinned or in use. Raises
    ResultsStoreError.
    """
    stored = [(one, store) for store in stores for one in store.all_stored()]
    total = sum(one.size for one, _ in stored)
    dropped: list[StoredResults] = []
    for one, store in sorted(stored, key=lambda pair: pair[0].used_at):
        if total <= limit:
            break
        if one.pinned or in_use(one.path):
            continue
        store.delete(one.batch_id)
        dropped.append(one)
        total -= one.size
    return dropped


def in_use(path: Path) -> bool:
    """Whether some process has these results open. Raises ResultsStoreError."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise disk_error("look at", path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
