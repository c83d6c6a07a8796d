"""The poller through hours of trouble, in virtual time: what it asks, when, and that nothing is lost."""

from __future__ import annotations

import gc
import random
import tracemalloc
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from batch_tui.api import BatchAPIError
from batch_tui.monitor.pace import Pace
from batch_tui.simulator import Simulator
from tests.monitor.list_server import ListServer, made
from tests.monitor.virtual_time import VirtualTime
from tests.monitor.virtual_world import VirtualWorld

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.api.models import MessageBatch

HOUR = 3600.0
EMPTY = b'{"data": [], "has_more": false}'
PARAMS: dict[str, Any] = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


def requests(count: int) -> list[dict[str, Any]]:
    return [{"custom_id": f"r{number}", "params": PARAMS} for number in range(count)]


@pytest.mark.parametrize("slower", [0, 3])
@pytest.mark.parametrize("focused", [True, False])
async def test_an_ended_batch_never_goes_unnoticed_for_over_a_minute(slower: int, focused: bool) -> None:
    """However slow the user set it, and though nobody looks."""
    time = VirtualTime()
    with Simulator(now=time.now, batches=40, live=True) as simulator:
        world = VirtualWorld(simulator.url, time)
        world.poller.set_focused(focused)
        for _ in range(slower):
            world.poller.slower()
        async with world.running():
            await world.pass_time(HOUR)
            assert len(world.ended) >= 3
            for batch_id, noticed in world.ended.items():
                batch = world.catalog.get(batch_id)
                assert batch is not None
                assert batch.ended_at is not None
                assert noticed - batch.ended_at <= timedelta(minutes=1)
    assert world.budget.most_in_flight == 1
    assert len(world.requests()) == len({moment for moment, _ in world.budget.made}), "one request for each poll"


@pytest.mark.parametrize(
    ("reply", "most", "least_apart"),
    [
        # Doubling up to a minute, an eighth less by chance.
        ((500, {}, b""), 75, 1.7),
        ((200, {"content-type": "text/html"}, b"<html>Sign in</html>"), 75, 1.7),
        ((429, {}, b"{}"), 75, 1.7),
        ((429, {"retry-after": "90"}, b"{}"), 41, 90.0),
        ((401, {"x-should-retry": "false"}, b"{}"), 72, 50.0),
    ],
    ids=["500", "proxy", "429", "429 with a wish", "hopeless"],
)
async def test_an_hour_of_trouble_is_asked_about_ever_more_rarely_and_over_within_a_minute(
    reply: tuple[int, dict[str, str], bytes], most: int, least_apart: float
) -> None:
    time = VirtualTime()
    async with ListServer([made("b", 30)]) as server:
        world = VirtualWorld(server.url, time)
        async with world.running():
            await world.pass_time(10)
            began = time.seconds
            known = list(world.catalog)
            server.reply = reply
            await world.pass_time(HOUR)
            asked = world.requests(began)
            assert len(asked) <= most
            assert min(later - earlier for earlier, later in pairwise(asked[1:])) > least_apart - 0.001
            assert list(world.catalog) == known
            assert world.poller.state.error is not None
            server.reply = None
            over = time.seconds
            while world.poller.state.error is not None:
                await world.pass_time(1)
            recovered = time.seconds
            assert recovered - over <= max(60.0, least_apart)
            # And quick again: what happened meanwhile is of interest.
            await world.pass_time(10)
            assert len(world.requests(recovered)) >= 2
    assert world.budget.most_in_flight == 1


async def test_a_machine_that_slept_knows_the_truth_at_once() -> None:
    time = VirtualTime()
    async with ListServer([made("b", 30, status="in_progress")]) as server:
        world = VirtualWorld(server.url, time, pace=Pace(running=50))
        async with world.running():
            await world.pass_time(600)
            server.batches[:] = [made("b", 30)]
            time.asleep += 8 * HOUR
            await world.pass_time(6)
            assert "b" in world.ended
            # The network may not be back: the first tries follow quickly.
            server.reply = 503, {}, b""
            time.asleep += HOUR
            slept = time.seconds
            await world.pass_time(25)
            assert len(world.requests(slept)) >= 4


async def test_a_clock_that_is_set_back_stops_nothing() -> None:
    time = VirtualTime()
    async with ListServer([made("b", 30)]) as server:
        world = VirtualWorld(server.url, time)
        async with world.running():
            await world.pass_time(100)
            time.asleep -= 90 * 86400
            back = time.seconds
            await world.pass_time(100)
            assert 3 <= len(world.requests(back)) <= 20


async def test_loading_everything_shares_the_rate_with_polling_and_actions() -> None:
    """Scrolling to the end of a long list must not cost the user the limit of the key, nor a cancel its turn."""
    time = VirtualTime()
    async with ListServer([made(f"b{number}", 60 * number) for number in range(4_000)]) as server:
        world = VirtualWorld(server.url, time, per_minute=20)
        async with world.running():
            await world.pass_time(5)

            async def load_all() -> None:
                while not world.catalog.complete:
                    await world.poller.load_older()

            async with anyio.create_task_group() as group:
                group.start_soon(load_all)
                await world.pass_time(30)
                pressed = time.seconds
                await world.budget.turn("action")
                assert time.seconds == pressed, "what the user asked for did not wait"
                await world.batches.retrieve("b1")
                await world.pass_time(HOUR / 3)
            assert len(world.catalog) == 4_000
    assert world.budget.most_in_a_minute() <= 20


class User:
    """Creates, cancels and deletes at random, and never gives up; its answers are merged as those of the app."""

    def __init__(self, world: VirtualWorld) -> None:
        self._world = world
        self._draw = random.Random(7)
        self.done = 0
        self._doubted: str | None = None

    async def live(self) -> None:
        while True:
            await self._world.time.sleep(self._draw.uniform(5, 40))
            await self._world.budget.turn("action")
            try:
                await self._act()
            except BatchAPIError:
                # It may have been carried out all the same: the poller finds out.
                if self._doubted is not None:
                    self._world.poller.doubt(self._doubted)
                continue
            self.done += 1

    async def _act(self) -> None:
        catalog, batches = self._world.catalog, self._world.batches
        known = list(catalog)[:60]
        choice = self._draw.random()
        self._doubted = None
        running = [one for one in known if one.processing_status == "in_progress"]
        ended = [one for one in known if one.processing_status == "ended"]
        if choice < 0.4 or not known:
            catalog.merge([await batches.create(requests=requests(self._draw.randint(1, 40)))])
        elif choice < 0.6 and running:
            catalog.merge([await batches.cancel(self._draw.choice(running).id)])
        elif ended:
            self._doubted = gone = self._draw.choice(ended).id
            await batches.delete(gone)
            catalog.remove(gone, for_good=True)
        else:
            catalog.merge([await batches.retrieve(known[0].id)])


def armed(**fields: Any) -> Callable[[Simulator], None]:
    def arm(simulator: Simulator) -> None:
        simulator.disarm()
        simulator.arm(count=1_000_000, **fields)

    return arm


CHAOS: tuple[Callable[[Simulator], None], ...] = (
    armed(name="flaky:0.4"),
    armed(name="lag:0.7"),
    armed(name="proxy:0.5"),
    armed(status=429, retry_after=20.0),
    armed(status=500),
    armed(reset="before"),
    armed(name="flaky:0.9"),
    armed(name="lag"),
)


async def test_an_hour_of_chaos_loses_nothing_and_leaves_nothing_behind() -> None:
    """Every fault in turn, eight minutes each, while a user creates, cancels and deletes."""
    time = VirtualTime()
    with Simulator(now=time.now, batches=300, live=True) as simulator:
        world = VirtualWorld(simulator.url, time)
        user = User(world)
        async with world.running():
            await world.pass_time(10)
            while not world.catalog.complete:
                await world.poller.load_older()
            tracemalloc.start()
            sizes = []
            async with anyio.create_task_group() as group:
                group.start_soon(user.live)
                for trouble in CHAOS:
                    trouble(simulator)
                    await world.pass_time(8 * 60)
                    sizes.append(ours_in_memory())
                group.cancel_scope.cancel()
            tracemalloc.stop()
            simulator.disarm()
            await world.pass_time(3 * 60)
            world.poller.set_paused(True)
            await world.poller.poll()
            truth = [batch async for batch in world.batches.list(limit=1000)]
            assert [told(batch) for batch in world.catalog] == [told(batch) for batch in truth]
    assert user.done > 40
    assert max(sizes[4:]) - sizes[2] < 200_000, f"bytes held by the monitor and the client: {sizes}"


def told(batch: MessageBatch) -> dict[str, Any]:
    """What a poll keeps up to date. That results are archived after 29 days is known without asking."""
    return batch.model_dump(exclude={"archived_at", "results_url"})


def ours_in_memory() -> int:
    """Bytes held by what the monitor and the client made."""
    # What goes in circles is not held, only not collected yet.
    gc.collect()
    snapshot = tracemalloc.take_snapshot()
    rooms = [tracemalloc.Filter(True, f"*/batch_tui/{room}/*") for room in ("monitor", "api")]
    return sum(one.size for one in snapshot.filter_traces(rooms).statistics("filename"))
