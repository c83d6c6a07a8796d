"""When to ask again: the live side of the catalog, free of any screen."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

import anyio
import msgspec
from msgspec.structs import replace

from batch_tui.api.errors import APIResponseValidationError, BatchAPIError, RateLimitError
from batch_tui.monitor.catalog import NO_CHANGES, Changes
from batch_tui.monitor.listing import LARGEST_PAGE, Listing
from batch_tui.monitor.pace import Pace as Pace
from batch_tui.monitor.pace import PollPace
from batch_tui.monitor.request_budget import RequestBudget

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batch_tui.api.calls import CallRecord
    from batch_tui.api.client import AsyncBatchClient
    from batch_tui.monitor.catalog import BatchCatalog

_MANY = 2000
"""Someone who scrolled past so many rows is served the largest pages."""
_NOTHING_BELOW = "The API says that there are older batches, but gave none that were not listed already."
_PULSE = 5.0
_JUMP = 30.0
"""Seconds by which the two clocks must part for the machine to have slept, or its clock to have been set."""


class PollState(msgspec.Struct, frozen=True):
    """What the status line says of the polling."""

    last_success: datetime | None = None
    error: Exception | None = None
    failures: int = 0
    paused: bool = False
    asking: bool = False
    next_at: datetime | None = None
    nameless: int = 0
    """How many batches the last answers had that cannot be shown, for they have no id."""


class OlderState(msgspec.Struct, frozen=True):
    """What the last row of the list says of the pages below it."""

    loading: bool = False
    complete: bool = False
    error: BatchAPIError | None = None


class Publish(Protocol):
    """Called at every step with what changed; how the polling stands is in `Poller.state`."""

    def __call__(self, changes: Changes, /) -> None: ...


async def _pulse() -> None:
    await anyio.sleep(_PULSE)


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
        budget: RequestBudget | None = None,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        pulse: Callable[[], Awaitable[None]] = _pulse,
    ) -> None:
        """`now` dates what the status line shows; `wall` and `monotonic` are the machine's two clocks, in seconds.

        They are compared after each `pulse`: where they part, the machine has slept.
        """
        # Its own back-off is the retry; a hidden one beneath would only delay the truth on screen.
        polling = client.with_options(max_retries=0, also_on_call=self._note)
        paging = client.with_options(max_retries=0, also_on_call=self._note_other)
        if budget is None:
            budget = RequestBudget(monotonic=monotonic)
        self._catalog = catalog
        self._now = now
        self._sleep = sleep
        self._pace = PollPace(pace or Pace(), jitter)
        self._hurried = (pace or Pace()).hurried
        self._page_size = page_size
        self._wall, self._monotonic, self._pulse = wall, monotonic, pulse
        self._doubted: set[str] = set()
        listing = partial(Listing, catalog=catalog, now=now, page_size=page_size, doubted=self._doubted)
        self._listing = listing(polling, turn=partial(budget.turn, "poll"))
        self._older_listing = listing(paging, turn=partial(budget.turn, "page"))
        self._wake = anyio.Event()
        self._asked_for = False
        self._retime = False
        self._nudged = False
        self._polled_at = 0.0
        self._wished: float | None = None
        self._hopeless = False
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
            self._polled_at = self._monotonic()
            wait = self.wait_seconds(changes)
            self.state = replace(self.state, asking=False, next_at=self._next_at(wait))
            publish(changes)
            await self._wait(wait)
            while self._retime and not self._asked_for and not self.state.paused:
                self._retime = False
                wait = self.wait_seconds(changes) - (self._monotonic() - self._polled_at)
                self.state = replace(self.state, next_at=self._next_at(max(wait, 0.0)))
                publish(NO_CHANGES)
                if wait > 0:
                    await self._wait(wait)
            self._retime = False

    async def poll(self) -> Changes:
        """Ask once and merge the answer; trouble is kept in `state`, never raised.

        What was merged before the trouble is in the changes all the same.
        """
        steps: list[Changes] = []
        self._wished, self._hopeless = None, False
        try:
            await self._listing.refresh(steps)
        except BatchAPIError as error:
            self.state = replace(self.state, error=error, failures=self.state.failures + 1)
            return sum(steps, NO_CHANGES)
        finally:
            self._note_end()
        changes = sum(steps, NO_CHANGES)
        # After trouble as after a change: what happened meanwhile is of interest.
        moved = bool(changes) or self.state.failures > 0
        self._pace.quiet_polls = 0 if moved else self._pace.quiet_polls + 1
        self.state = replace(
            self.state, error=None, failures=0, last_success=self._now(), nameless=self._listing.nameless
        )
        return changes

    def wait_seconds(self, changes: Changes) -> float:
        """How long to wait before the next poll."""
        state = self.state
        if state.error is not None:
            return self._pace.after_failure(state.error, state.failures, asked=self._wished, hopeless=self._hopeless)
        unfinished = bool(self._catalog.unfinished)
        return self._pace.after_answer(changed=bool(changes), unfinished=unfinished, asked=self._wished)

    @property
    def interval(self) -> float:
        """Seconds between polls when nothing moves."""
        return self._pace.steady(unfinished=bool(self._catalog.unfinished))

    def hurry(self) -> None:
        """Poll now, and quickly for a while: the user did something or asked for it."""
        self._pace.quiet_polls = 0
        self._asked_for = True
        self._wake.set()

    def faster(self) -> float:
        """Halve the waits from now on; returns the new `interval`."""
        self._pace.faster()
        return self._paced_anew()

    def slower(self) -> float:
        """Double the waits from now on; returns the new `interval`."""
        self._pace.slower()
        return self._paced_anew()

    def set_focused(self, focused: bool) -> None:
        """The terminal is looked at, or not: unseen, the waits are longer; seen again, old data are asked for anew."""
        if focused == self._pace.focused:
            return
        self._pace.focused = focused
        if focused and self._monotonic() - self._polled_at >= self._hurried:
            self._wake.set()
        else:
            self._paced_anew()

    def set_paused(self, paused: bool) -> None:
        """Stop or continue polling; continuing polls at once."""
        self.state = replace(self.state, paused=paused, next_at=None)
        if paused:
            self._asked_for = False
            self._wake.set()
        else:
            self.hurry()

    def reached(self) -> None:
        """What the user asked for was done by the API: if polling backs off, try again at once.

        Not where the API asked for patience, and only once for each wait: if that poll fails too, it proved nothing.
        """
        patient = bool(self._wished) or isinstance(self.state.error, RateLimitError)
        if self.state.error is not None and not (self.state.asking or patient or self._nudged):
            self._nudged = True
            self._wake.set()

    def doubt(self, batch_id: str) -> None:
        """A call on this batch got a 404: the next poll finds out whether it is gone."""
        if batch_id in self._catalog:
            self._doubted.add(batch_id)
            self.hurry()

    async def load_older(self) -> Changes:
        """Fetch the page below the oldest batch known; trouble is kept in `older`, never raised."""
        if self.older.loading or self._catalog.complete or not len(self._catalog):
            return NO_CHANGES
        self.older = OlderState(loading=True)
        steps: list[Changes] = []
        size = len(self._catalog)
        try:
            await self._older_listing.list_below_bottom(LARGEST_PAGE if size > _MANY else self._page_size, steps)
            if len(self._catalog) == size and not self._catalog.complete:
                # Asking again by itself would ask for ever.
                raise APIResponseValidationError(_NOTHING_BELOW, status_code=200)
        except BatchAPIError as error:
            # The last page may have come all the same, and only a look-up after it failed.
            self.older = OlderState(error=None if self._catalog.complete else error, complete=self._catalog.complete)
        else:
            self.older = OlderState(complete=self._catalog.complete)
        return sum(steps, NO_CHANGES)

    def _note(self, call: CallRecord) -> None:
        """What the server wished for beside its answer; the longest wish of a poll counts."""
        if call.retry_after is not None:
            self._wished = max(call.retry_after, self._wished or 0.0)
        self._hopeless = call.should_retry is False and call.status is not None and call.status >= 400

    def _note_other(self, call: CallRecord) -> None:
        """A page that came shows that the API can be reached."""
        if call.status is not None and call.status < 400:
            self.reached()

    def _note_end(self) -> None:
        if self._catalog.complete and not self.older.complete:
            self.older = OlderState(complete=True)

    def _paced_anew(self) -> float:
        self._retime = True
        self._wake.set()
        return self.interval

    def _next_at(self, wait: float) -> datetime | None:
        return None if self.state.paused else self._now() + timedelta(seconds=wait)

    async def _wait(self, seconds: float | None) -> None:
        """Sleep, unless woken; for ever without a number."""
        async with anyio.create_task_group() as group:
            if seconds is not None:
                group.start_soon(self._sleep_then_wake, seconds)
                group.start_soon(self._wake_after_jump)
            await self._wake.wait()
            group.cancel_scope.cancel()
        self._wake = anyio.Event()

    async def _sleep_then_wake(self, seconds: float) -> None:
        await self._sleep(seconds)
        self._nudged = False
        self._wake.set()

    async def _wake_after_jump(self) -> None:
        """While the machine sleeps so does our sleep, and all that is known grows old: then ask at once."""
        wall, monotonic = self._wall(), self._monotonic()
        while True:
            await self._pulse()
            if abs((self._wall() - wall) - (self._monotonic() - monotonic)) > _JUMP:
                self._wake.set()
                return
