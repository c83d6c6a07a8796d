"""Which pages to ask for, and how long to wait: the live side of the catalog, free of any screen."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import anyio

from batch_tui.api.errors import APIStatusError, BatchAPIError, NotFoundError
from batch_tui.monitor.catalog import NO_CHANGES, Changes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from batch_tui.api.client import AsyncBatchClient
    from batch_tui.api.models import MessageBatch
    from batch_tui.api.pages import AsyncPage
    from batch_tui.monitor.catalog import BatchCatalog

LARGEST_PAGE = 1000
"""The API's `limit` (batches-api.md §4)."""
_SMALLEST_PAGE = 20
_LIFETIME = timedelta(hours=25)
"""A batch ends within 24 h of its creation, so an older one never needs asking again."""
_FEW = 2
"""Up to so many unfinished batches beyond the first page are asked for one by one."""
_MANY = 2000
"""Someone who scrolled past so many rows is served the largest pages."""
_MOST_MISSING = 20
"""How many vanished batches one poll looks up one by one."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between polls."""

    hurried: float = 2.0
    """After something changed or the user did something."""
    running: float = 10.0
    """While batches run and nothing moves; the server's own hint (batches-api.md §0.6)."""
    idle: float = 30.0
    """When every known batch has ended."""
    offline: float = 60.0
    """The longest wait between tries while the API does not answer."""


@dataclass(frozen=True, slots=True)
class PollState:
    """What the status line says of the polling."""

    last_success: datetime | None = None
    error: BatchAPIError | None = None
    failures: int = 0
    paused: bool = False
    asking: bool = False
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OlderState:
    """What the last row of the list says of the pages below it."""

    loading: bool = False
    complete: bool = False
    error: BatchAPIError | None = None


class Publish(Protocol):
    """Called at every step with what changed; how the polling stands is in `Poller.state`."""

    def __call__(self, changes: Changes, /) -> None: ...


class Poller:
    """Keeps a catalog in step with the API: one list request covers new, changed and vanished batches."""

    def __init__(
        self,
        client: AsyncBatchClient,
        catalog: BatchCatalog,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        jitter: Callable[[], float] = random.random,
        pace: Pace | None = None,
        page_size: int = 100,
    ) -> None:
        # Its own back-off is the retry; a hidden one beneath would only delay the truth on screen.
        self._client = client.with_options(max_retries=0)
        self._catalog = catalog
        self._now = now
        self._sleep = sleep
        self._jitter = jitter
        self._pace = pace or Pace()
        self._page_size = page_size
        self._wake = anyio.Event()
        self._quiet_polls = 0
        self._listed_once = False
        self._asked_for = False
        self.state = PollState()
        self.older = OlderState()

    async def run(self, publish: Publish) -> None:
        """Poll for ever; `publish` is called when a poll starts and when it is done."""
        while True:
            if self.state.paused and not self._asked_for:
                await self._wait(None)
                continue
            self._asked_for = False
            self._wake = anyio.Event()
            self.state = replace(self.state, asking=True, next_at=None)
            publish(NO_CHANGES)
            changes = await self.poll()
            wait = self.wait_seconds(changes)
            next_at = None if self.state.paused else self._now() + timedelta(seconds=wait)
            self.state = replace(self.state, asking=False, next_at=next_at)
            publish(changes)
            await self._wait(wait)

    async def poll(self) -> Changes:
        """Ask once and merge the answer; trouble is kept in `state`, never raised."""
        try:
            changes = await self._refresh()
        except BatchAPIError as error:
            self.state = replace(self.state, error=error, failures=self.state.failures + 1)
            return NO_CHANGES
        self.state = replace(self.state, error=None, failures=0, last_success=self._now())
        self._quiet_polls = 0 if changes else self._quiet_polls + 1
        return changes

    def wait_seconds(self, changes: Changes) -> float:
        """How long to wait before the next poll."""
        pace, state = self._pace, self.state
        if state.error is not None:
            backoff = min(pace.hurried * 2.0 ** (state.failures - 1), pace.offline)
            asked = state.error.retry_after if isinstance(state.error, APIStatusError) else None
            return max(asked or 0.0, backoff * (0.75 + 0.25 * self._jitter()))
        if changes:
            return pace.hurried
        ceiling = pace.running if self._catalog.unfinished else pace.idle
        return min(pace.hurried * 1.3**self._quiet_polls, ceiling)

    def hurry(self) -> None:
        """Poll now, and quickly for a while: the user did something or asked for it."""
        self._quiet_polls = 0
        self._asked_for = True
        self._wake.set()

    def set_paused(self, paused: bool) -> None:
        """Stop or continue polling; continuing polls at once."""
        self.state = replace(self.state, paused=paused, next_at=None)
        if paused:
            self._wake.set()
        else:
            self.hurry()

    async def load_older(self) -> Changes:
        """Fetch the page below the oldest batch known; trouble is kept in `older`, never raised."""
        if self.older.loading or self._catalog.complete or not len(self._catalog):
            return NO_CHANGES
        self.older = OlderState(loading=True)
        try:
            changes = await self._next_page()
        except BatchAPIError as error:
            self.older = OlderState(error=error)
            return NO_CHANGES
        self.older = OlderState(complete=self._catalog.complete)
        return changes

    async def _next_page(self) -> Changes:
        # A cursor that was deleted meanwhile is refused, so step back to a neighbour that may still exist.
        bottom = len(self._catalog) - 1
        limit = LARGEST_PAGE if bottom > _MANY else self._page_size
        for position in range(bottom, max(bottom - 3, 0), -1):
            cursor = self._catalog.at(position).id
            try:
                return await self._list_below(cursor, limit)
            except APIStatusError as error:
                if error.status_code not in (400, 404):
                    raise
        return await self._list_below(self._catalog.at(0).id, limit)

    async def _refresh(self) -> Changes:
        """One page from the top, and more only for unfinished batches that lie beyond it."""
        limit = self._head_size() if self._listed_once else self._page_size
        changes, reach = await self._list_newest(limit)
        self._listed_once = True
        beyond = [each for each in self._catalog.unfinished if (self._catalog.index_of(each) or 0) >= reach]
        if len(beyond) <= _FEW:
            changes += await self._look_up(beyond)
        else:
            changes += await self._list_below(self._catalog.at(reach - 1).id, LARGEST_PAGE)
        while self._may_be_unfinished_below():
            size = len(self._catalog)
            changes += await self._list_below(self._catalog.at(size - 1).id, LARGEST_PAGE)
            if len(self._catalog) == size:
                break
        return changes

    def _head_size(self) -> int:
        """A page that reaches the oldest unfinished batch, with room for new ones above it."""
        oldest = self._catalog.oldest_unfinished()
        wanted = _SMALLEST_PAGE if oldest is None else oldest + _SMALLEST_PAGE
        return min(wanted, LARGEST_PAGE)

    def _may_be_unfinished_below(self) -> bool:
        size = len(self._catalog)
        if not size or self._catalog.complete:
            return False
        return self._now() - self._catalog.at(size - 1).created_at < _LIFETIME

    async def _list_newest(self, limit: int) -> tuple[Changes, int]:
        """Merge pages from the top until they meet what was known; also says how many rows they reached."""
        met_known = len(self._catalog) == 0
        page = await self._client.messages.batches.list(limit=limit)
        newest, changes = True, NO_CHANGES
        while True:
            met_known = met_known or any(batch.id in self._catalog for batch in page.data)
            changes += await self._take_in(page, newest=newest)
            if met_known or not page.has_more or not page.data:
                break
            newest = False
            page = await self._client.messages.batches.list(limit=LARGEST_PAGE, after_id=page.data[-1].id)
        bottom = self._catalog.index_of(page.data[-1].id) if page.data else None
        return changes, len(self._catalog) if bottom is None or not page.has_more else bottom + 1

    async def _list_below(self, after_id: str, limit: int) -> Changes:
        page = await self._client.messages.batches.list(limit=limit, after_id=after_id)
        return await self._take_in(page, newest=False)

    async def _take_in(self, page: AsyncPage[MessageBatch], *, newest: bool) -> Changes:
        oldest = not page.has_more
        vanished = self._catalog.missing_from(page.data, newest=newest, oldest=oldest)
        changes = self._catalog.merge(page.data)
        if oldest:
            self._catalog.complete = True
            self.older = OlderState(complete=True)
        return changes + await self._look_up(vanished[:_MOST_MISSING])

    async def _look_up(self, batch_ids: Sequence[str]) -> Changes:
        """A batch missing from a page is gone only if a retrieve says so too: lists may lag."""
        changes = NO_CHANGES
        for batch_id in batch_ids:
            try:
                changes += self._catalog.merge([await self._client.messages.batches.retrieve(batch_id)])
            except NotFoundError:
                changes += self._catalog.remove(batch_id, for_good=False)
        return changes

    async def _wait(self, seconds: float | None) -> None:
        """Sleep, unless woken; for ever without a number."""
        async with anyio.create_task_group() as group:
            if seconds is not None:
                group.start_soon(self._sleep_then_wake, seconds)
            await self._wake.wait()
            group.cancel_scope.cancel()
        self._wake = anyio.Event()

    async def _sleep_then_wake(self, seconds: float) -> None:
        await self._sleep(seconds)
        self._wake.set()
