"""How many of the loaded batches stand under each tab, kept up to date at the cost of what changed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from batch_tui.monitor.conditions import EXPIRING_WITHIN, RESULTS_KEPT, TABS, HasFailures, IsExpiring, Tab
from batch_tui.monitor.news import News

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.catalog import BatchCatalog

_FAILURES = HasFailures()
_EXPIRING = IsExpiring(EXPIRING_WITHIN)


class TabCounts:
    """`counts` by tab, as they were at the last `take_up`."""

    def __init__(self) -> None:
        self.counts: dict[Tab, int] = dict.fromkeys(TABS, 0)
        self._news = News(_EXPIRING.edges, uses_saved=True, uses_names=False)
        self._failed: set[str] = set()
        self._expiring: set[str] = set()

    def take_up(self, catalog: BatchCatalog, now: datetime, saved: Collection[str]) -> None:
        """Look at what moved since the last time; the first time at every batch."""
        moved = self._news.take(catalog, now, saved, {})
        if moved is None:
            batches = list(catalog)
            self._failed = {one.id for one in _FAILURES.keep(batches, now, saved)}
            self._expiring = {one.id for one in _EXPIRING.keep(_of_leaving_age(batches, now), now, saved)}
        else:
            found = [one for one in map(catalog.get, moved) if one is not None]
            self._failed -= moved
            self._failed.update(one.id for one in _FAILURES.keep(found, now, saved))
            self._expiring -= moved
            self._expiring.update(one.id for one in _EXPIRING.keep(found, now, saved))
        running = len(catalog.unfinished)
        self.counts = {
            "all": len(catalog),
            "running": running,
            "ended": len(catalog) - running,
            "with failures": len(self._failed),
            "expiring": len(self._expiring),
        }


def count_tabs(catalog: BatchCatalog, now: datetime, saved: Collection[str]) -> dict[Tab, int]:
    """How many batches stand under each tab, counted anew; who counts again and again keeps a `TabCounts`."""
    tabs = TabCounts()
    tabs.take_up(catalog, now, saved)
    return tabs.counts


def _of_leaving_age(batches: list[MessageBatch], now: datetime) -> list[MessageBatch]:
    """Of batches that stand newest first, those of an age at which they may be expiring."""
    first = bisect_left(batches, -(now - (RESULTS_KEPT - EXPIRING_WITHIN)).timestamp(), key=_age)
    last = bisect_right(batches, -(now - RESULTS_KEPT).timestamp(), key=_age)
    return batches[first:last]


def _age(batch: MessageBatch) -> float:
    return -batch.created_at.timestamp()
