"""Python's collector of cyclic garbage, kept from stopping the screen in the middle of a key."""

from __future__ import annotations

import gc

from textual._styles_cache import StylesCache

_THRESHOLDS = (100_000, 20, 100)


def tame() -> None:
    """Call once when the start is over: what is there by then is never looked through again.

    By default a collection walks all of Textual's objects every few frames: the slowest of a hundred Page Downs
    took 100 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()


class Sweeper:
    """Call every second or so: collects between the keys rather than in the middle of one.

    Mostly the young objects. What outlives that is old, and a closed screen is garbage of that kind: once
    `stayed` objects have grown old, all are looked through, and where more than `many` are in use, those are put
    aside for good. They go with their last reference all the same, as batches do; without that, a list of 100,000
    batches would hold the screen up for 0.2 s each time.
    """

    def __init__(self, *, piled_up: int = 10_000, stayed: int = 50_000, many: int = 100_000) -> None:
        """`piled_up` young objects are worth looking through; some 2 ms."""
        self._piled_up = piled_up
        self._most_stayed = stayed
        self._many = many
        self._stayed = 0

    def __call__(self) -> None:
        young = gc.get_count()[0]
        if young <= self._piled_up:
            return
        self._stayed += max(young - gc.collect(1), 0)
        if self._stayed > self._most_stayed:
            # It holds the painted lines of the last thousand widgets, of closed screens too.
            StylesCache.get_inner_outer.cache_clear()
            gc.collect()
            self._stayed = 0
            if len(gc.get_objects()) > self._many:
                gc.freeze()
