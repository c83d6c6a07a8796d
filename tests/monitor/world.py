"""A simulated workspace, a poller that watches it, and a clock that only tests move."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

import anyio

from batch_tui.api import AsyncBatchClient
from batch_tui.monitor.catalog import BatchCatalog, Changes
from batch_tui.monitor.poller import Pace, Poller, PollState
from batch_tui.simulator import ManualClock, Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

PREFIX = "/v1/messages/batches"
PACE = Pace(hurried=2, running=10, idle=30, offline=60)


class Patience:
    """The poller's sleep: notes how long, and lasts until the test lets the time pass."""

    def __init__(self, clock: ManualClock) -> None:
        self.waits: list[float] = []
        self._clock = clock
        self._slept = anyio.Event()
        self._over = anyio.Event()

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._slept.set()
        self._slept = anyio.Event()
        await self._over.wait()

    async def asleep(self, times: int) -> None:
        """Return once the poller went to sleep for that many times in all."""
        with anyio.fail_after(20):
            while len(self.waits) < times:
                await self._slept.wait()

    def pass_time(self) -> None:
        """Let the time of the present sleep pass."""
        self._clock.advance(seconds=self.waits[-1])
        self._over.set()
        self._over = anyio.Event()


class Watch:
    """A poller of some address with a catalog of its own."""

    def __init__(self, url: str, clock: ManualClock, *, page_size: int = 100, pace: Pace = PACE, **clocks: Any) -> None:
        self.patience = Patience(clock)
        self.client = AsyncBatchClient("test-key", base_url=url, environ={}, now=clock)
        self.catalog = BatchCatalog(clock)
        self.published: list[tuple[PollState, Changes]] = []
        self.poller = Poller(
            self.client,
            self.catalog,
            now=clock,
            sleep=self.patience.sleep,
            jitter=lambda: 1.0,
            pace=pace,
            page_size=page_size,
            **clocks,
        )

    def ids(self) -> list[str]:
        """What the catalog holds, in its order."""
        return [batch.id for batch in self.catalog]

    def publish(self, changes: Changes) -> None:
        self.published.append((self.poller.state, changes))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Patience]:
        """The poller at work, until the block ends."""
        async with anyio.create_task_group() as group:
            group.start_soon(self.poller.run, self.publish)
            yield self.patience
            group.cancel_scope.cancel()


class World:
    """A simulator on loopback and a Watch of it."""

    def __init__(self, *, batches: int = 0, live: bool = False, **watch: Any) -> None:
        self.clock = ManualClock()
        self.simulator = Simulator(now=self.clock, batches=batches, live=live)
        self._watch = watch
        self._seen = 0

    async def __aenter__(self) -> Self:
        self.simulator.__enter__()
        self.watch = Watch(self.simulator.url, self.clock, **self._watch)
        self.poller, self.catalog = self.watch.poller, self.watch.catalog
        self.batches = self.watch.client.messages.batches
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.watch.client.close()
        self.simulator.__exit__(kind, error, trace)

    def asked(self) -> list[str]:
        """What was asked since the last time, as method and the rest of the path."""
        new = self.simulator.request_count - self._seen
        self._seen += new
        served = self.simulator.requests()[-new:] if new else []
        return [f"{one.method} {one.path.removeprefix(PREFIX)}" for one in served]

    async def create(self, count: int = 1, *, size: int = 1) -> list[str]:
        """Create batches; their ids, newest first. 20 requests take some 8 to 15 s, 300 over 22 s."""
        params = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
        requests = [{"custom_id": f"r{number}", "params": params} for number in range(size)]
        made = [(await self.batches.create(requests=requests)).id for _ in range(count)]
        self.asked()
        return made[::-1]

    async def delete(self, *batch_ids: str) -> None:
        """Delete batches behind the poller's back."""
        for batch_id in batch_ids:
            await self.batches.delete(batch_id)
        self.asked()

    async def truth(self) -> list[str]:
        """Every id the server has, in its order."""
        found = [batch.id async for batch in self.batches.list(limit=1000)]
        self.asked()
        return found
