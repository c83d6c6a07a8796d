"""Time that passes only when everybody sleeps: hours of waiting take as long as the work in between."""

from __future__ import annotations

import heapq
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

if TYPE_CHECKING:
    from collections.abc import Callable

_TURNS = 40
"""`anyio.wait_all_tasks_blocked` would do, but it looks only ten times a second."""

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


class VirtualTime:
    """Seconds since `START`; `sleep` is the sleep of whoever lives in it, and `pass_time` lets them wake in order."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.asleep = 0.0
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self._numbers = count()

    def now(self) -> datetime:
        """What time it is, for the server too."""
        return START + timedelta(seconds=self.wall())

    def monotonic(self) -> float:
        return self.seconds

    def wall(self) -> float:
        """The machine's other clock; `asleep` seconds ahead, as if the machine had slept so long."""
        return self.seconds + self.asleep

    async def pulse(self) -> None:
        await self.sleep(5)

    async def sleep(self, seconds: float) -> None:
        woken = anyio.Event()
        entry = (self.seconds + seconds, next(self._numbers), woken)
        heapq.heappush(self._sleepers, entry)
        try:
            await woken.wait()
        finally:
            if entry in self._sleepers:
                self._sleepers.remove(entry)
                heapq.heapify(self._sleepers)

    @property
    def sleepers(self) -> int:
        return len(self._sleepers)

    async def pass_time(self, seconds: float, settled: Callable[[], bool] = lambda: True) -> None:
        """Wake sleepers one after the other until so much time is over.

        `settled` says whether nothing is under way outside of this loop, such as a request on a socket.
        """
        end = self.seconds + seconds
        while True:
            await _quiet(settled)
            if not self._sleepers or self._sleepers[0][0] > end:
                self.seconds = end
                return
            due, _, woken = heapq.heappop(self._sleepers)
            self.seconds = max(self.seconds, due)
            woken.set()


async def _quiet(settled: Callable[[], bool]) -> None:
    """Let everybody run until all of them sleep. Some turns of the loop are enough for what needs no socket."""
    with anyio.fail_after(30):
        for _ in range(_TURNS):
            await anyio.lowlevel.checkpoint()
        while not settled():
            await anyio.sleep(0.0002)
            if settled():
                for _ in range(_TURNS):
                    await anyio.lowlevel.checkpoint()
