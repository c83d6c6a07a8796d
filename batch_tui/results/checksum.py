"""The checksum of a whole stored file, which tells of changes where size, times and samples do not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_ONCE = 2**18


def checksum_of(descriptor: int, *, should_stop: Callable[[], bool] = lambda: False) -> int | None:
    """The checksum of an open file (a third of a second per GB), or None when told to stop. Raises OSError.

    Against accidents and editors, not against forgery: who can write the file can write what is noted of it.
    Other threads run meanwhile.
    """
    position = checksum = 0
    while chunk := os.pread(descriptor, _AT_ONCE, position):
        if should_stop():
            return None
        checksum = crc32(chunk, checksum)
        position += len(chunk)
    return checksum
