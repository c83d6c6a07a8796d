"""Which pages to ask for, and how long to wait: the live side of the catalog, free of any screen."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import anyio

from batch_tui.api.errors import APIResponseValidationError, APIStatusError, BatchAPIError, NotFoundError
from batch_tui.monitor.catalog import NO_CHANGES, Changes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

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
"""How many vanished batches one page looks up one by one."""
_NOTHING_BELOW = "The API says that there are older batches, but gave none that were not listed already."
_MOST_PATIENT = 3600.0
"""The longest wait a server may ask for, in seconds: a broken header must not stop the polling for good."""
_STEEPEST = 64
"""Powers of waiting times end here: far beyond every ceiling, and still a float."""


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
    error: Exception | None = None
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
        # Everything newer was listed down to here without a gap; None before the first page.
        self._listed_to: datetime | None = None
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
        """Ask once and merge the answer; trouble is kept in `state`, never raised.

        What was merged before the trouble is in the changes all the same.
        """
        steps: list[Changes] = []
        try:
            await self._refresh(steps)
        except BatchAPIError as error:
            self.state = replace(self.state, error=error, failures=self.state.failures + 1)
            return sum(steps, NO_CHANGES)
        changes = sum(steps, NO_CHANGES)
        self.state = replace(self.state, error=None, failures=0, last_success=self._now())
        self._quiet_polls = 0 if changes else self._quiet_polls + 1
        return changes

    def wait_seconds(self, changes: Changes) -> float:
        """How long to wait before the next poll."""
        pace, state = self._pace, self.state
        if state.error is not None:
            backoff = min(pace.hurried * 2.0 ** min(state.failures - 1, _STEEPEST), pace.offline)
            asked = state.error.retry_after if isinstance(state.error, APIStatusError) else None
            return max(min(asked or 0.0, _MOST_PATIENT), backoff * (0.75 + 0.25 * self._jitter()))
        quiet = 0 if changes else min(self._quiet_polls, _STEEPEST)
        return min(pace.hurried * 1.3**quiet, pace.running if self._catalog.unfinished else pace.idle)

    def hurry(self) -> None:
        """Poll now, and quickly for a while: the user did something or asked for it."""
        self._quiet_polls = 0
        self._asked_for = True
        self._wake.set()

    def set_paused(self, paused: bool) -> None:
        """Stop or continue polling; continuing polls at once."""
        self.state = replace(self.state, paused=paused, next_at=None)
        if paused:
            self._asked_for = False
            self._wake.set()
        else:
            self.hurry()

    async def load_older(self) -> Changes:
        """Fetch the page below the oldest batch known; trouble is kept in `older`, never raised."""
        if self.older.loading or self._catalog.complete or not len(self._catalog):
            return NO_CHANGES
        self.older = OlderState(loading=True)
        steps: list[Changes] = []
        size = len(self._catalog)
        try:
            await self._list_below_bottom(LARGEST_PAGE if size > _MANY else self._page_size, steps)
            if len(self._catalog) == size and not self._catalog.complete:
                # Asking again by itself would ask for ever.
                raise APIResponseValidationError(_NOTHING_BELOW, status_code=200)
        except BatchAPIError as error:
            # The last page may have come all the same, and only a look-up after it failed.
            self.older = OlderState(error=None if self._catalog.complete else error, complete=self._catalog.complete)
        else:
            self.older = OlderState(complete=self._catalog.complete)
        return sum(steps, NO_CHANGES)

    async def _refresh(self, steps: list[Changes]) -> None:
        """One page from the top, and more only for unfinished batches that lie beyond it."""
        reach = await self._list_newest(steps)
        while beyond := self._unfinished_from(reach):
            if len(beyond) <= _FEW or not reach:
                await self._look_up(beyond[:_MOST_MISSING], steps)
                break
            above, reach = reach, await self._list_below(reach - 1, LARGEST_PAGE, steps)
            if reach <= above:
                break
        while self._may_be_unfinished_below():
            size = len(self._catalog)
            await self._list_below_bottom(LARGEST_PAGE, steps)
            if len(self._catalog) == size:
                break

    def _unfinished_from(self, reach: int) -> list[str]:
        return [each for each in self._catalog.unfinished if (self._catalog.index_of(each) or 0) >= reach]

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

    async def _list_newest(self, steps: list[Changes]) -> int:
        """Merge pages from the top down to what was listed before; returns how many rows they reached.

        Meeting a known batch would prove nothing: it may be one that the user has just created.
        """
        page = await self._client.messages.batches.list(
            limit=self._page_size if self._listed_to is None else self._head_size()
        )
        top = page.data[0].created_at if page.data else datetime.min.replace(tzinfo=UTC)
        reach = await self._take_in(page, steps)
        if self._listed_to is not None:
            while page.data and not _is_last(page) and page.data[-1].created_at > self._listed_to:
                last = page.data[-1]
                page = await self._client.messages.batches.list(limit=LARGEST_PAGE, after_id=last.id)
                reach = await self._take_in(page, steps, below=last)
        self._listed_to = top
        return reach

    async def _list_below(self, position: int, limit: int, steps: list[Changes]) -> int:
        """Merge the page below the batch at that position; returns how many rows it reached."""
        cursor = self._catalog.at(position)
        page = await self._client.messages.batches.list(limit=limit, after_id=cursor.id)
        return await self._take_in(page, steps, below=cursor)

    async def _list_below_bottom(self, limit: int, steps: list[Changes]) -> None:
        """Merge the page below the oldest batch known.

        A cursor that was deleted meanwhile is refused; then the walk starts further up, twice as far each time.
        """
        back = 0
        while size := len(self._catalog):
            position = max(size - 1 - back, 0)
            try:
                await self._list_below(position, min(limit + back, LARGEST_PAGE), steps)
                return
            except APIStatusError as error:
                if error.status_code not in (400, 404) or position == 0:
                    raise
            back = 2 * back + 1

    async def _take_in(
        self, page: AsyncPage[MessageBatch], steps: list[Changes], *, below: MessageBatch | None = None
    ) -> int:
        """Merge a page, asked for `below` a batch or from the top; returns how many rows it reached."""
        oldest = _is_last(page)
        # With its cursor the page also speaks of what lay between the two.
        span = page.data if below is None else [below, *page.data]
        vanished = self._catalog.missing_from(span, newest=page.query.after_id is None, oldest=oldest)
        steps.append(self._catalog.merge(page.data))
        if oldest:
            self._catalog.complete = True
            self.older = OlderState(complete=True)
        await self._look_up(vanished[:_MOST_MISSING], steps)
        if oldest:
            return len(self._catalog)
        positions = (self._catalog.index_of(batch.id) for batch in reversed(page.data))
        return next((position + 1 for position in positions if position is not None), 0)

    async def _look_up(self, batch_ids: Sequence[str], steps: list[Changes]) -> None:
        """A batch missing from a page is gone only if a retrieve says so too: lists may lag."""
        for batch_id in batch_ids:
            try:
                steps.append(self._catalog.merge([await self._client.messages.batches.retrieve(batch_id)]))
            except NotFoundError:
                steps.append(self._catalog.remove(batch_id, for_good=False))

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


def _is_last(page: AsyncPage[MessageBatch]) -> bool:
    """Whether nothing older exists; a server that does not say is asked until a page is empty."""
    return page.has_more is False or (page.has_more is None and not page.data)
