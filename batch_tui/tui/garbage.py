"""Python's collector of cyclic garbage, kept from stopping the screen in the middle of a key."""

from __future__ import annotations

import gc

_THRESHOLDS = (100_000, 20, 100)
_PILED_UP = 10_000
"""Young objects that are worth looking through; some 2 ms."""


def tame() -> None:
    """Call once when the start is over: what is there by then is never looked through again.

    By default a collection walks all of Textual's objects every few frames: the slowest of a hundred Page Downs
    took 100 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


def sweep() -> None:
    """Call every second or so: collects what is young between the keys rather than in the middle of one."""
    if gc.get_count()[0] > _PILED_UP:
        gc.collect(1)
