"""Which pages to ask for so that a catalog agrees with the API, and what they prove: new, changed, and gone batches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from batch_tui.api.errors import APIStatusError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from batch_tui.api.client import AsyncBatchClient
    from batch_tui.api.models import MessageBatch
    from batch_tui.api.salvage import Listed
    from batch_tui.monitor.catalog import BatchCatalog, Changes

LARGEST_PAGE = 1000
"""The API's `limit` (batches-api.md §4)."""
_SMALLEST_PAGE = 20
_LIFETIME = timedelta(hours=25)
"""A batch ends within 24 h of its creation, so an older one never needs asking again."""
_YOUNG = timedelta(minutes=2)
"""A batch may be unknown to lists and retrieves for a minute after its creation (batches-api.md §0.10)."""
_FEW = 2
"""Up to so many unfinished batches beyond the first page are asked for one by one."""
_LATE_AGAIN = timedelta(minutes=5)
"""How often one of those that should have ended long since is asked for."""
_LASTING = frozenset({"created_at", "expires_at", "processing_status"})
"""What is still true of a batch when an answer does not tell it, or next to it."""
_MOST_MISSING = 20
"""How many vanished batches one page looks up one by one."""


class Listing:
    """Walks the list for one catalog; `turn` is awaited before each request, errors of the API go through.

    What was merged is added to `steps` at once, so that it is known whatever comes after.
    """

    def __init__(
        self,
        client: AsyncBatchClient,
        catalog: BatchCatalog,
        *,
        now: Callable[[], datetime],
        turn: Callable[[], Awaitable[None]],
        page_size: int,
        doubted: set[str],
    ) -> None:
        """`doubted` are batches of which a 404 was heard while no page proved them gone."""
        self._client = client
        self._catalog = catalog
        self._now = now
        self._turn = turn
        self._page_size = page_size
        # Everything newer was listed down to here without a gap; None before the first page.
        self._listed_to: datetime | None = None
        self._listed_top: MessageBatch | None = None
        self._doubted = doubted
        # Older than any batch that runs should be, and unfinished all the same: when each was last asked for.
        self._late: dict[str, datetime] = {}
        self.nameless = 0
        """How many batches the last refresh came by that have no id."""

    async def refresh(self, steps: list[Changes]) -> None:
        """One page from the top, and more only for unfinished or doubted batches that lie beyond it."""
        self.nameless = 0
        reach = await self._list_newest(steps)
        while beyond := self._unfinished_from(reach):
            if len(beyond) <= _FEW or not reach:
                await self._look_up(beyond[:_MOST_MISSING], steps)
                break
            above, reach = reach, await self._list_below(reach - 1, LARGEST_PAGE, steps)
            if reach <= above:
                break
        for batch_id in tuple(self._doubted):
            await self._look_around(batch_id, reach, steps)
        while self._may_be_unfinished_below():
            size = len(self._catalog)
            await self.list_below_bottom(LARGEST_PAGE, steps)
            if len(self._catalog) == size:
                break
        await self._look_up_late(reach, steps)

    async def list_below_bottom(self, limit: int, steps: list[Changes]) -> None:
        """Merge the page below the oldest batch known."""
        await self._list_below_near(lambda: len(self._catalog) - 1, limit, steps)

    def _unfinished_from(self, reach: int) -> list[str]:
        """Those beyond so many rows that may end any time; those that should have long since are asked for rarely."""
        unfinished = self._catalog.unfinished
        return [each for each in unfinished if self._position(each) >= reach and each not in self._late]

    def _position(self, batch_id: str) -> int:
        return self._catalog.index_of(batch_id) or 0

    async def _look_up_late(self, reach: int, steps: list[Changes]) -> None:
        """Ask for one of the late ones that no page reached, the one that was not asked for the longest."""
        now = self._now()
        beyond = [each for each in self._late if self._position(each) >= reach]
        due = min(beyond, key=self._late.__getitem__, default=None)
        if due is not None and now - self._late[due] >= _LATE_AGAIN:
            self._late[due] = now
            await self._look_up([due], steps)
        # All others were asked for just now: whoever slept for days sees first what ended meanwhile.
        unfinished = ((each, self._catalog.get(each)) for each in self._catalog.unfinished)
        late = [each for each, one in unfinished if one is not None and now - one.created_at > _LIFETIME]
        self._late = {each: self._late.get(each, now) for each in late}

    def _head_size(self) -> int:
        """A page that reaches the oldest batch that may end, with room for new ones above it."""
        places = [self._position(each) for each in self._catalog.unfinished if each not in self._late]
        oldest = max(places, default=None)
        wanted = _SMALLEST_PAGE if oldest is None else oldest + _SMALLEST_PAGE
        return min(wanted, LARGEST_PAGE)

    def _may_be_unfinished_below(self) -> bool:
        size = len(self._catalog)
        if not size or self._catalog.complete:
            return False
        return self._now() - self._catalog.at(size - 1).created_at < _LIFETIME

    async def _list(self, limit: int, *, after_id: str | None = None, before_id: str | None = None) -> Listed:
        # Not at the top: they bring what only requests need, long after the first paint.
        from batch_tui.api.not_given import NOT_GIVEN
        from batch_tui.api.pages import PageQuery
        from batch_tui.api.salvage import list_page

        await self._turn()
        query = PageQuery(before_id, after_id, limit)
        page = (await self._client.fetch(list_page(query), NOT_GIVEN)).value
        self.nameless += page.nameless
        for place, batch in enumerate(page.data):
            if batch.unread:
                page.data[place] = as_known(batch, self._catalog)
        return page

    async def _list_newest(self, steps: list[Changes]) -> int:
        """Merge pages from the top down to what was listed before; returns how many rows they reached.

        Meeting a known batch would prove nothing: it may be one that the user has just created.
        """
        page = await self._list(self._page_size if self._listed_to is None else self._head_size())
        reach = await self._take_in(page, steps)
        if self._leaves_a_gap(page):
            reach = await self._fill_gap(page, steps)
        self._listed_top = page.data[0] if page.data else None
        self._listed_to = page.data[0].created_at if page.data else datetime.min.replace(tzinfo=UTC)
        return reach

    def _leaves_a_gap(self, page: Listed) -> bool:
        """Whether there may be batches between this page and what was listed before."""
        if self._listed_to is None or not page.data or _is_last(page):
            return False
        return page.data[-1].created_at > self._listed_to

    async def _fill_gap(self, top: Listed, steps: list[Changes]) -> int:
        """More new batches than a page holds: list upwards from what is known, else down from the top.

        Upwards, a walk that is cut short has not been in vain: the next one starts where it ended.
        """
        try:
            while (known := self._listed_top) is not None:
                page = await self._list(LARGEST_PAGE, before_id=known.id)
                if _may_be_another_page(page, top, known):
                    break
                vanished = self._catalog.missing_from([*page.data, known], newest=False, oldest=False)
                self._merge(page.data, steps)
                await self._look_up_missing(vanished, steps)
                if page.data:
                    self._listed_top, self._listed_to = page.data[0], page.data[0].created_at
                met = not page.data or page.data[0].created_at >= top.data[-1].created_at
                if met or page.has_more is False:
                    return (self._catalog.index_of(known.id) or 0) + 1
        except APIStatusError as error:
            if error.status_code not in (400, 404):
                raise
        page, reach = top, 0
        while self._leaves_a_gap(page):
            last = page.data[-1]
            page = await self._list(LARGEST_PAGE, after_id=last.id)
            reach = await self._take_in(page, steps, below=last)
        return reach

    async def _list_below(self, position: int, limit: int, steps: list[Changes]) -> int:
        """Merge the page below the batch at that position; returns how many rows it reached."""
        cursor = self._catalog.at(position)
        page = await self._list(limit, after_id=cursor.id)
        return await self._take_in(page, steps, below=cursor)

    async def _list_below_near(self, start: Callable[[], int], limit: int, steps: list[Changes]) -> None:
        """Merge a page that reaches below the batch at the position `start` gives.

        A cursor that was deleted meanwhile is refused; then the walk starts further up, twice as far each time.
        """
        back = 0
        while len(self._catalog):
            position = max(start() - back, 0)
            try:
                await self._list_below(position, min(limit + back, LARGEST_PAGE), steps)
                return
            except APIStatusError as error:
                if error.status_code not in (400, 404) or position == 0:
                    raise
            back = 2 * back + 1

    def _merge(self, batches: Sequence[MessageBatch], steps: list[Changes]) -> None:
        steps.append(self._catalog.merge(batches))
        self._doubted.difference_update(batch.id for batch in batches)

    async def _take_in(self, page: Listed, steps: list[Changes], *, below: MessageBatch | None = None) -> int:
        """Merge a page, asked for `below` a batch or from the top; returns how many rows it reached."""
        oldest = _is_last(page)
        # With its cursor the page also speaks of what lay between the two.
        span = page.data if below is None else [below, *page.data]
        vanished = self._catalog.missing_from(span, newest=page.query.after_id is None, oldest=oldest)
        self._merge(page.data, steps)
        if oldest:
            self._catalog.complete = True
        await self._look_up_missing(vanished, steps)
        if oldest:
            return len(self._catalog)
        positions = (self._catalog.index_of(batch.id) for batch in reversed(page.data))
        return next((position + 1 for position in positions if position is not None), 0)

    async def _look_up_missing(self, batch_ids: Sequence[str], steps: list[Changes]) -> None:
        """A batch missing from a page is gone only if a retrieve says so too: lists may lag."""
        for batch_id in batch_ids[:_MOST_MISSING]:
            batch = self._catalog.get(batch_id)
            if await self._is_there(batch_id, steps) or batch is None:
                continue
            if self._now() - batch.created_at < _YOUNG and batch_id not in self._doubted:
                # Neither may know it yet; the next poll asks again.
                self._doubted.add(batch_id)
                continue
            self._doubted.discard(batch_id)
            steps.append(self._catalog.remove(batch_id, for_good=False))

    async def _look_up(self, batch_ids: Sequence[str], steps: list[Changes]) -> None:
        """Ask for batches by name; a 404 alone proves nothing, so those are looked for in the list."""
        for batch_id in batch_ids:
            if not await self._is_there(batch_id, steps):
                self._doubted.add(batch_id)

    async def _look_around(self, batch_id: str, reach: int, steps: list[Changes]) -> None:
        """List the place where a doubted batch must stand, unless the pages that reached so far covered it."""
        position = self._catalog.index_of(batch_id)
        if position is None:
            self._doubted.discard(batch_id)
        elif position >= reach and position > 0:
            await self._list_below_near(lambda: (self._catalog.index_of(batch_id) or 1) - 1, _SMALLEST_PAGE, steps)

    async def _is_there(self, batch_id: str, steps: list[Changes]) -> bool:
        # Not at the top: it brings what only requests need, long after the first paint.
        from batch_tui.api.not_given import NOT_GIVEN
        from batch_tui.api.salvage import retrieve

        try:
            call = retrieve(batch_id)
        except ValueError:
            # A list may name what nobody can ask about.
            return False
        await self._turn()
        try:
            batch = (await self._client.fetch(call, NOT_GIVEN)).value
        except NotFoundError:
            return False
        self._merge([as_known(batch, self._catalog)], steps)
        return True


def as_known(batch: MessageBatch, catalog: BatchCatalog) -> MessageBatch:
    """A batch, with what is known from before of when it was made and how far it is where that cannot be read."""
    known = catalog.get(batch.id) if batch.unread else None
    if known is None:
        return batch
    better = {each: getattr(known, each) for each in batch.unread & _LASTING - known.unread}
    held = {each: getattr(known, each) for each in batch.unread & known.unread & _LASTING}
    return batch.model_copy(update=better | held).read_without(batch.unread - better.keys())


def _may_be_another_page(page: Listed, top: Listed, known: MessageBatch) -> bool:
    """Whether a page asked for above a known batch looks as if the server had not understood that."""
    if any(batch.created_at < known.created_at for batch in page.data):
        return True
    # Up to the newest there is, and still more in that direction: rather the top of the list once again.
    return bool(page.data) and page.has_more is not False and page.data[0].created_at >= top.data[0].created_at


def _is_last(page: Listed) -> bool:
    """Whether nothing older exists; a server that does not say is asked until a page is empty."""
    return page.has_more is False or (page.has_more is None and not page.data)
