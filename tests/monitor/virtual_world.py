"""A poller, and a user beside it, that live in virtual time against a server on loopback."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from batch_tui.api import AsyncBatchClient
from batch_tui.monitor.catalog import BatchCatalog, Changes
from batch_tui.monitor.poller import Poller
from batch_tui.monitor.request_budget import RequestBudget

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from batch_tui.api.calls import CallRecord
    from batch_tui.monitor.pace import Pace
    from batch_tui.monitor.request_budget import Purpose
    from tests.monitor.virtual_time import VirtualTime


class CountedBudget(RequestBudget):
    """A budget that notes when each request was made, and how many were under way at once."""

    def __init__(self, per_minute: int, time: VirtualTime) -> None:
        super().__init__(per_minute, monotonic=time.monotonic, sleep=time.sleep)
        self._time = time
        self.made: list[tuple[float, Purpose]] = []
        self.in_flight = 0
        self.most_in_flight = 0

    async def turn(self, purpose: Purpose, *, held_up: Callable[[], None] | None = None) -> None:
        await super().turn(purpose, held_up=held_up)
        self.made.append((self._time.seconds, purpose))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def note(self, call: CallRecord) -> None:
        self.in_flight -= 1
        super().note(call)

    def most_in_a_minute(self) -> int:
        times = [moment for moment, _ in self.made]
        return max((sum(1 for other in times if moment <= other < moment + 60) for moment in times), default=0)


class VirtualWorld:
    """Everything that watches one address."""

    def __init__(
        self, url: str, time: VirtualTime, *, per_minute: int = 100_000, pace: Pace | None = None, page_size: int = 100
    ) -> None:
        self.time = time
        self.budget = CountedBudget(per_minute, time)
        self.client = AsyncBatchClient(
            "test-key", base_url=url, environ={}, now=time.now, max_retries=0, on_call=self.budget.note
        )
        self.batches = self.client.messages.batches
        self.catalog = BatchCatalog(time.now)
        self.ended: dict[str, datetime] = {}
        """When the end of each batch was noticed."""
        self.poller = Poller(
            self.client,
            self.catalog,
            now=time.now,
            sleep=time.sleep,
            jitter=lambda: 0.5,
            pace=pace,
            page_size=page_size,
            budget=self.budget,
            wall=time.wall,
            monotonic=time.monotonic,
            pulse=time.pulse,
        )

    def _publish(self, changes: Changes) -> None:
        for batch_id in changes.ended:
            self.ended[batch_id] = self.time.now()

    async def pass_time(self, seconds: float) -> None:
        await self.time.pass_time(seconds, lambda: self.budget.in_flight == 0)

    def requests(self, since: float = 0.0) -> list[float]:
        """When requests were made."""
        return [moment for moment, _ in self.budget.made if moment >= since]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(self.poller.run, self._publish)
            yield
            group.cancel_scope.cancel()
        await self.client.close()
