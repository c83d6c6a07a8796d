"""The loaded batches under a tab and a filter, in an order of choice, kept up to date at the cost of what changed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, TypeAlias

from batch_tui.monitor.batch_notes import NO_NOTES
from batch_tui.monitor.batch_order import NEWEST_FIRST, BatchOrder
from batch_tui.monitor.conditions import (
    RESULTS_KEPT,
    TAB_CONDITIONS,
    BatchFilter,
    HasName,
    HasTag,
    HasText,
    IsExpiring,
    Tab,
)
from batch_tui.monitor.news import News

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.batch_notes import BatchNotes
    from batch_tui.monitor.catalog import BatchCatalog

_Place: TypeAlias = tuple[int, float, str, float]
"""A `Rank`, then the age: what a row is found by."""


class Selection:
    """The loaded batches under a tab and a filter, in an order, as they were at the last `take_up`.

    The order sticks: a batch that changes moves to where it belongs then, every other keeps its neighbours. Rows
    are found by the batch's id.
    """

    def __init__(self, tab: Tab, wanted: BatchFilter, order: BatchOrder = NEWEST_FIRST) -> None:
        self.tab: Tab = tab
        self.wanted = wanted
        self.order = order
        self._all = BatchFilter(TAB_CONDITIONS[tab] + wanted.conditions)
        by_name = any(isinstance(one, HasText | HasName | HasTag) for one in self._all.conditions)
        by_saved = any(isinstance(one, IsExpiring) for one in self._all.conditions)
        self._news = News(
            self._all.edges | ({RESULTS_KEPT} if order.column == "results" else frozenset()),
            uses_saved=by_saved or order.uses_saved,
            uses_names=by_name or order.uses_names,
        )
        self._batches: dict[str, MessageBatch] = {}
        self._place_of: dict[str, _Place] = {}
        # Side by side, ascending by place; among equal places in the order of the catalog.
        self._places: list[_Place] = []
        self._ids: list[str] = []
        self._catalog: BatchCatalog | None = None
        self._known: tuple[datetime, Collection[str], Mapping[str, BatchNotes]] | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked of a batch at all."""
        return bool(self._all)

    @property
    def as_listed(self) -> bool:
        """Whether it would show the whole catalog in its own order, so that the catalog can be shown instead."""
        return not self._all and self.order.as_listed

    def take_up(
        self,
        catalog: BatchCatalog,
        now: datetime,
        saved: Collection[str],
        names: Mapping[str, BatchNotes] = NO_NOTES,
    ) -> None:
        """Look at what moved since the last time; the first time at every batch of the catalog."""
        if self.as_listed:
            return
        moved = self._news.take(catalog, now, saved, names)
        self._catalog, self._known = catalog, (now, saved, names)
        if moved is None:
            self._take_all(self._all.keep(catalog, now, saved, names))
            return
        changed = [batch_id for batch_id in moved if batch_id in self._batches]
        for batch_id in changed:
            self._take_out(batch_id)
        found = [one for one in map(catalog.get, moved) if one is not None]
        for batch in self._all.keep(found, now, saved, names):
            self._insert(catalog, batch)

    def searched_all(self, catalog: BatchCatalog, now: datetime) -> bool:
        """Whether no batch that is not loaded could match."""
        if catalog.complete:
            return True
        reach = self._all.reach
        return reach is not None and len(catalog) > 0 and now - catalog.at(len(catalog) - 1).created_at > reach

    def __len__(self) -> int:
        return len(self._ids)

    def at(self, place: int) -> MessageBatch:
        """The batch at a place as it was at the last look; it may have changed or gone since."""
        return self._batches[self._ids[place]]

    def index_of(self, batch_id: str) -> int | None:
        """The place of a batch, or None."""
        place = self._place_of.get(batch_id)
        if place is None:
            return None
        return self._ids.index(batch_id, bisect_left(self._places, place))

    def nearest(self, batch: MessageBatch) -> int:
        """The place of a batch, or of the match that comes next below it."""
        place = self.index_of(batch.id)
        if place is None:
            place = 0 if self._known is None else bisect_left(self._places, self._where(batch))
        return max(0, min(place, len(self._ids) - 1))

    def _where(self, batch: MessageBatch) -> _Place:
        assert self._known is not None  # `take_up` set it
        now, saved, names = self._known
        return (*self.order.rank(batch, now, saved, names), -batch.created_at.timestamp())

    def _take_all(self, batches: list[MessageBatch]) -> None:
        self._batches = {one.id: one for one in batches}
        self._place_of = {one.id: self._where(one) for one in batches}
        # Stable: equal places stay in the order of the catalog.
        self._ids = sorted(self._place_of, key=self._place_of.__getitem__)
        self._places = [self._place_of[batch_id] for batch_id in self._ids]

    def _take_out(self, batch_id: str) -> None:
        row = self.index_of(batch_id)
        assert row is not None  # it is one of `_batches`
        del self._ids[row], self._places[row]
        del self._batches[batch_id], self._place_of[batch_id]

    def _insert(self, catalog: BatchCatalog, batch: MessageBatch) -> None:
        place = self._where(batch)
        row = bisect_left(self._places, place)
        equals = bisect_right(self._places, place, lo=row)
        if row < equals:
            at = catalog.index_of(batch.id) or 0
            while row < equals and (catalog.index_of(self._ids[row]) or 0) < at:
                row += 1
        self._ids.insert(row, batch.id)
        self._places.insert(row, place)
        self._batches[batch.id] = batch
        self._place_of[batch.id] = place
