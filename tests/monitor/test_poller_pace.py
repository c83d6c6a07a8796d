"""How long the poller waits, and what wakes it."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from batch_tui.api import APIConnectionError
from batch_tui.monitor.catalog import NO_CHANGES, Changes
from batch_tui.monitor.poller import Pace
from batch_tui.simulator import ManualClock
from tests.monitor.list_server import ListServer, made
from tests.monitor.world import PACE, Watch, World

CHANGED = Changes(updated=("a",))


async def test_waits_grow_while_nothing_moves_and_shrink_when_something_does() -> None:
    """To the pace of a running batch, then to that of an idle list."""
    async with World() as world, world.watch.running() as patience:
        for number in range(1, 15):
            await patience.asleep(number)
            if number == 13:
                await world.create()
            patience.pass_time()
        waits = patience.waits
        assert waits[:4] == sorted(waits[:4])
        assert waits[0] == pytest.approx(2.6)
        assert waits[12] == PACE.idle
        assert waits[13] == PACE.hurried
        for number in range(15, 24):
            await patience.asleep(number)
            if world.catalog.unfinished:
                assert patience.waits[-1] <= PACE.running
            patience.pass_time()


async def test_running_batches_are_asked_about_at_least_every_ten_seconds() -> None:
    """The server's own hint."""
    async with World() as world:
        await world.create(size=300)
        await world.poller.poll()
        for _ in range(20):
            await world.poller.poll()
        assert world.poller.wait_seconds(NO_CHANGES) == PACE.running
        assert world.poller.wait_seconds(CHANGED) == PACE.hurried


async def test_a_user_who_wants_it_faster_is_never_slowed_down() -> None:
    """Not even by the wait after a change."""
    async with World(pace=Pace(running=1)) as world:
        await world.create(size=300)
        await world.poller.poll()
        assert world.poller.wait_seconds(CHANGED) == 1
        assert world.poller.wait_seconds(NO_CHANGES) == 1


async def test_failures_wait_twice_as_long_each_time_and_success_is_prompt() -> None:
    """Up to a minute."""
    async with World(batches=5) as world:
        world.simulator.arm(status=500, count=7)
        async with world.watch.running() as patience:
            for number in range(1, 9):
                await patience.asleep(number)
                patience.pass_time()
            assert patience.waits[:7] == [2, 4, 8, 16, 32, 60, 60]
            assert patience.waits[7] == PACE.hurried
        assert world.poller.state.failures == 0


async def test_clients_that_fail_together_do_not_come_back_together() -> None:
    """Chance shortens the wait by up to a quarter."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    watch = Watch(f"http://127.0.0.1:{port}", ManualClock())
    watch.poller._jitter = lambda: 0.0
    await watch.poller.poll()
    assert watch.poller.wait_seconds(NO_CHANGES) == pytest.approx(1.5)
    await watch.client.close()


@pytest.mark.parametrize(("asked", "waited"), [("45", 45), ("1", 2), ("86400", 3600), ("1e300", 3600), ("soon", 2)])
async def test_the_servers_wish_is_honoured_within_reason(asked: str, waited: float) -> None:
    """A broken header must not stop the dashboard for ever."""
    async with ListServer([]) as server:
        server.reply = 429, {"retry-after": asked}, b"{}"
        watch = Watch(server.url, ManualClock())
        async with watch.running() as patience:
            await patience.asleep(1)
            assert patience.waits == [waited]
            assert watch.poller.state.next_at == ManualClock()() + timedelta(seconds=waited)
        await watch.client.close()


async def test_a_weekend_offline_or_without_news_is_survived() -> None:
    """The waits are powers, and powers grow beyond what a float can hold."""
    async with World() as world:
        await world.poller.poll()
        world.poller._quiet_polls = 20_000
        assert world.poller.wait_seconds(NO_CHANGES) == PACE.idle
        world.poller.state = replace(world.poller.state, error=APIConnectionError("offline"), failures=20_000)
        assert world.poller.wait_seconds(NO_CHANGES) == PACE.offline


async def test_every_poll_is_told_when_it_starts_and_when_it_is_done() -> None:
    """The status line says "asking", then when it will ask next."""
    async with World(batches=3) as world, world.watch.running() as patience:
        await patience.asleep(1)
        (starting, nothing), (done, changes) = world.watch.published
        assert (starting.asking, starting.next_at, nothing) == (True, None, NO_CHANGES)
        assert not done.asking
        assert done.last_success == world.clock()
        assert done.next_at == world.clock() + timedelta(seconds=patience.waits[0])
        assert len(changes.added) == 3


async def test_paused_asks_nothing_and_going_on_asks_at_once() -> None:
    """However much time passes."""
    async with World(batches=3) as world, world.watch.running() as patience:
        await patience.asleep(1)
        world.asked()
        world.poller.set_paused(True)
        assert world.poller.state.paused
        assert world.poller.state.next_at is None
        world.clock.advance(hours=1)
        await anyio.wait_all_tasks_blocked()
        assert world.asked() == []
        world.poller.set_paused(False)
        await patience.asleep(2)
        assert len(world.asked()) == 1
        assert not world.poller.state.paused


async def test_asking_while_paused_asks_once() -> None:
    """And stays paused."""
    async with World(batches=3) as world:
        world.poller.set_paused(True)
        async with world.watch.running() as patience:
            await anyio.wait_all_tasks_blocked()
            assert world.asked() == []
            for times in (1, 2):
                world.poller.hurry()
                await patience.asleep(times)
                patience.pass_time()
                await anyio.wait_all_tasks_blocked()
                assert len(world.asked()) == 1
                assert world.poller.state.paused
                assert world.poller.state.next_at is None


async def test_pausing_takes_back_a_wish_not_yet_served() -> None:
    """The last word counts."""
    async with World(batches=3) as world, world.watch.running() as patience:
        await patience.asleep(1)
        world.asked()
        world.poller.hurry()
        world.poller.set_paused(True)
        await anyio.wait_all_tasks_blocked()
        assert world.asked() == []


async def test_hurry_ends_a_wait_and_keeps_the_pace_quick() -> None:
    """The user did something."""
    async with World(batches=3) as world, world.watch.running() as patience:
        for number in range(1, 12):
            await patience.asleep(number)
            patience.pass_time()
        await patience.asleep(12)
        assert patience.waits[-1] > 20
        world.asked()
        world.poller.hurry()
        await patience.asleep(13)
        assert len(world.asked()) == 1
        assert patience.waits[-1] < 3


async def test_two_polls_are_never_in_flight() -> None:
    """Wishes made during a poll are one more poll after it."""
    async with ListServer([made("b", 1)]) as server:
        watch = Watch(server.url, ManualClock())
        server.gate = anyio.Event()
        async with watch.running() as patience:
            await server.arrived.wait()
            for _ in range(5):
                watch.poller.hurry()
                await anyio.wait_all_tasks_blocked()
            assert len(server.asked) == 1
            server.gate.set()
            await patience.asleep(2)
            assert len(server.asked) == 2
        assert server.most_at_once == 1
        await watch.client.close()


async def test_pausing_during_a_poll_lets_it_finish_and_stops_there() -> None:
    """Its answer is still shown."""
    async with ListServer([made("b", 1)]) as server:
        watch = Watch(server.url, ManualClock())
        server.gate = anyio.Event()
        async with watch.running() as patience:
            await server.arrived.wait()
            watch.poller.set_paused(True)
            server.gate.set()
            await patience.asleep(1)
            await anyio.wait_all_tasks_blocked()
            assert len(server.asked) == 1
            assert len(watch.catalog) == 1
            assert (watch.poller.state.asking, watch.poller.state.next_at) == (False, None)
        await watch.client.close()
