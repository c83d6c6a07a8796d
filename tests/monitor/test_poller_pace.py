"""How long the poller waits, and what wakes it."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import anyio
import pytest
from msgspec.structs import replace

from batch_tui.api import APIConnectionError, APIError
from batch_tui.monitor.catalog import NO_CHANGES, Changes
from batch_tui.monitor.pace import Pace, PollPace
from batch_tui.simulator import ManualClock
from tests.monitor.list_server import ListServer, made
from tests.monitor.world import PACE, Watch, World

if TYPE_CHECKING:
    from batch_tui.monitor.poller import Poller

CHANGED = Changes(updated=("a",))


class Seconds:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Pulse:
    """The heartbeat at which clocks are compared, beaten by the test."""

    def __init__(self) -> None:
        self._beat = anyio.Event()

    async def __call__(self) -> None:
        await self._beat.wait()

    async def beat(self) -> None:
        await anyio.wait_all_tasks_blocked()
        self._beat.set()
        self._beat = anyio.Event()
        await anyio.wait_all_tasks_blocked()


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
    watch.poller._pace = PollPace(PACE, lambda: 0.0)
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
        world.poller._pace.quiet_polls = 20_000
        assert world.poller.wait_seconds(NO_CHANGES) == PACE.idle
        for error, longest in ((APIError("odd"), PACE.offline), (APIConnectionError("offline"), PACE.looking)):
            world.poller.state = replace(world.poller.state, error=error, failures=20_000)
            assert world.poller.wait_seconds(NO_CHANGES) == longest


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


def quiet(poller: Poller, polls: int = 40) -> float:
    """The wait after so many polls without news."""
    poller._pace.quiet_polls = polls
    return poller.wait_seconds(NO_CHANGES)


async def test_nobody_looking_means_longer_waits_but_never_over_a_minute() -> None:
    async with World() as world:
        await world.create(size=300)
        await world.poller.poll()
        assert quiet(world.poller) == PACE.running
        world.poller.set_focused(False)
        assert quiet(world.poller) == 3 * PACE.running
        for _ in range(10):
            world.poller.slower()
            assert quiet(world.poller) <= 50
        world.poller.set_focused(True)
        assert quiet(world.poller) <= 50


async def test_the_user_sets_the_pace_within_a_floor_and_a_ceiling() -> None:
    async with World() as world:
        await world.create(size=300)
        await world.poller.poll()
        assert [world.poller.faster() for _ in range(5)] == [5, 2.5, 1.25, 1.25, 1.25]
        assert [world.poller.slower() for _ in range(7)] == [2.5, 5, 10, 20, 40, 50, 50]
        # Quick after a change all the same.
        assert world.poller.wait_seconds(CHANGED) == PACE.hurried


async def test_a_new_pace_holds_for_the_wait_under_way() -> None:
    """Whoever presses a key does not want to wait for the old one to end."""
    async with World(batches=3) as world, world.watch.running() as patience:
        for number in range(1, 14):
            await patience.asleep(number)
            if number < 13:
                patience.pass_time()
        assert patience.waits[-1] == PACE.idle
        world.asked()
        world.poller.faster()
        await patience.asleep(14)
        assert patience.waits[-1] == pytest.approx(PACE.idle / 2, abs=2)
        assert world.asked() == []


async def test_looking_again_at_old_data_asks_at_once() -> None:
    async with World(batches=3) as world:
        seconds = Seconds()
        watch = Watch(world.simulator.url, world.clock, monotonic=seconds)
        async with watch.running() as patience:
            watch.poller.set_focused(False)
            await patience.asleep(1)
            world.asked()
            seconds.now += 1
            watch.poller.set_focused(True)
            await anyio.wait_all_tasks_blocked()
            assert world.asked() == [], "a second old is not old"
            watch.poller.set_focused(False)
            seconds.now += 20
            asleep = len(patience.waits)
            watch.poller.set_focused(True)
            await patience.asleep(asleep + 1)
            assert len(world.asked()) == 1
        await watch.client.close()


@pytest.mark.parametrize(("asked", "waited"), [("10", 10), ("1", 2), ("86400", 3600)])
async def test_the_servers_wish_beside_a_success_is_honoured(asked: str, waited: float) -> None:
    """As it comes with the retrieve of a running batch."""
    async with ListServer([]) as server:
        server.reply = 200, {"retry-after": asked}, b'{"data": [], "has_more": false}'
        watch = Watch(server.url, ManualClock(), pace=Pace(hurried=2, idle=2))
        async with watch.running() as patience:
            await patience.asleep(1)
            assert patience.waits == [waited]
            server.reply = 200, {}, b'{"data": [], "has_more": false}'
            patience.pass_time()
            await patience.asleep(2)
            assert patience.waits[1] == 2, "a wish holds once"
        await watch.client.close()


async def test_what_the_server_calls_hopeless_is_tried_rarely_at_once() -> None:
    """`x-should-retry: false`; without it the waits grow."""
    async with ListServer([]) as server:
        for headers, waited in (({"x-should-retry": "false"}, 60), ({"x-should-retry": "true"}, 2), ({}, 2)):
            server.reply = 401, headers, b"{}"
            watch = Watch(server.url, ManualClock())
            await watch.poller.poll()
            assert watch.poller.wait_seconds(NO_CHANGES) == waited
            await watch.client.close()


async def test_an_unreachable_api_is_tried_more_often_and_at_once_when_another_call_came_through() -> None:
    async with ListServer([]) as server:
        url = server.url
    watch = Watch(url, ManualClock())
    async with watch.running() as patience:
        for number in range(1, 8):
            await patience.asleep(number)
            if number < 7:
                patience.pass_time()
        # At a walking pace for who looks; for who does not, there is less hurry.
        assert patience.waits == [2, 4, 5, 5, 5, 5, 5]
        watch.poller.set_focused(False)
        assert watch.poller.wait_seconds(NO_CHANGES) == PACE.unreachable
        watch.poller.set_focused(True)
        watch.poller.reached()
        await patience.asleep(8)
        # That it came through proved nothing, until the wait has passed by itself once more.
        watch.poller.reached()
        await anyio.wait_all_tasks_blocked()
        assert len(patience.waits) == 8
        patience.pass_time()
        await patience.asleep(9)
        watch.poller.reached()
        await patience.asleep(10)
    await watch.client.close()


@pytest.mark.parametrize(
    ("status", "headers", "tries"),
    [(503, {}, 2), (503, {"retry-after": "30"}, 1), (429, {}, 1)],
    ids=["trouble", "asked to wait", "too many requests"],
)
async def test_another_call_that_came_through_ends_no_wait_that_was_asked_for(
    status: int, headers: dict[str, str], tries: int
) -> None:
    async with ListServer([]) as server:
        server.reply = status, headers, b"{}"
        watch = Watch(server.url, ManualClock())
        async with watch.running() as patience:
            await patience.asleep(1)
            watch.poller.reached()
            if tries > 1:
                await patience.asleep(tries)
            await anyio.wait_all_tasks_blocked()
            assert len(patience.waits) == tries
        await watch.client.close()


async def test_waking_from_sleep_asks_at_once_whatever_the_wait() -> None:
    """The machine slept: its wall clock went on, the one that waits are measured by did not."""
    async with World(batches=3) as world:
        wall, monotonic, pulse = Seconds(), Seconds(), Pulse()
        watch = Watch(world.simulator.url, world.clock, wall=wall, monotonic=monotonic, pulse=pulse)
        async with watch.running() as patience:
            await patience.asleep(1)
            for gone in (5.0, 20.0):
                wall.now += gone
                monotonic.now += gone
                await pulse.beat()
            assert len(patience.waits) == 1
            wall.now += 8 * 3600
            await pulse.beat()
            await patience.asleep(2)
            # A clock that is set back moves no deadline, and is asked about once.
            wall.now -= 86400
            await pulse.beat()
            await patience.asleep(3)
            await pulse.beat()
            assert len(patience.waits) == 3
        await watch.client.close()


async def test_an_older_page_that_came_ends_a_wait_for_the_api() -> None:
    async with World(batches=300) as world:
        await world.poller.poll()
        world.simulator.arm(status=500, count=1)
        async with world.watch.running() as patience:
            await patience.asleep(1)
            assert world.poller.state.error is not None
            await world.poller.load_older()
            await patience.asleep(2)
            assert world.poller.state.error is None
