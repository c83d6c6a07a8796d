"""Has the C library give the memory of large blocks back: a line of results can be many megabytes long."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_LARGE: Final = 2**20
_KEPT_FREE: Final = 4 * 2**20


@cache
def give_back_large_blocks() -> bool:
    """Blocks of a megabyte and more go back as soon as they are free; False where the C library has no such switch.

    By itself glibc takes blocks of up to 32 MB from its heaps once one as large was freed, and a heap goes back only
    from its top: after some lines of 20 MB, 60 to 100 MB stayed in use that nobody used. Ordinary lines cost as much
    time as before.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGE) and mallopt(_TRIM_THRESHOLD, _KEPT_FREE))
