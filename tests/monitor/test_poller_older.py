"""Loading what lies below the oldest row."""

from __future__ import annotations

import anyio
import pytest

from batch_tui.api import BadRequestError, InternalServerError
from batch_tui.monitor.catalog import NO_CHANGES
from batch_tui.monitor.poller import OlderState
from batch_tui.simulator import ManualClock
from tests.monitor.list_server import ListServer, made
from tests.monitor.world import Watch, World


async def test_the_walk_ends_with_everything_and_says_so() -> None:
    """After that it asks nothing more."""
    async with World(batches=250) as world:
        await world.poller.poll()
        world.asked()
        assert len((await world.poller.load_older()).added) == 100
        assert world.poller.older == OlderState()
        assert len((await world.poller.load_older()).added) == 50
        assert world.poller.older == OlderState(complete=True)
        assert world.catalog.complete
        assert len(world.asked()) == 2
        assert await world.poller.load_older() == NO_CHANGES
        assert world.asked() == []
        assert world.watch.ids() == await world.truth()


async def test_nothing_is_below_nothing() -> None:
    """Before the first page there is no place to go on from."""
    async with World(batches=5) as world:
        assert await world.poller.load_older() == NO_CHANGES
        assert world.asked() == []


async def test_a_failed_page_is_told_and_asked_for_again() -> None:
    """The poll's own state is another matter."""
    async with World(batches=150) as world:
        await world.poller.poll()
        world.simulator.arm(status=500)
        assert await world.poller.load_older() == NO_CHANGES
        assert isinstance(world.poller.older.error, InternalServerError)
        assert not world.poller.older.loading
        assert world.poller.state.error is None
        assert len((await world.poller.load_older()).added) == 50
        assert world.poller.older == OlderState(complete=True)


@pytest.mark.parametrize("deleted", [1, 2, 5, 15, 99])
async def test_a_deleted_bottom_is_stepped_around(deleted: int) -> None:
    """Its cursor is refused, so the walk starts further up; nothing is left out, and no ghosts stay."""
    async with World(batches=250) as world:
        await world.poller.poll()
        gone = world.watch.ids()[-deleted:]
        await world.delete(*gone)
        for _ in range(12):
            await world.poller.load_older()
            if world.catalog.complete:
                break
        assert world.poller.older == OlderState(complete=True)
        truth = await world.truth()
        shown = world.watch.ids()
        assert [each for each in shown if each in truth] == truth
        assert len(shown) - len(truth) == max(0, deleted - 20), "one page looks up twenty"


async def test_batches_deleted_below_the_last_page_are_noticed() -> None:
    """The end of the list came without them."""
    async with World(batches=130) as world:
        await world.poller.poll()
        gone = world.watch.ids()[-3:-1]
        await world.delete(*gone)
        await world.poller.load_older()
        kept = world.watch.ids()
        assert kept[-1] == (await world.truth())[-1]
        assert len(kept) == 130


async def test_a_failed_look_up_on_the_last_page_does_not_offer_a_page_that_is_not_there() -> None:
    """Everything was listed; a retry would have nothing to ask for."""
    async with World(batches=130) as world:
        await world.poller.poll()
        await world.delete(world.watch.ids()[-2])
        world.simulator.arm(path="/msgbatch_", status=500)
        before = len(world.catalog)
        # The page below the newest row covers the deleted one and the end.
        world.catalog.remove(world.watch.ids()[-1], for_good=False)
        changes = await world.poller.load_older()
        assert len(changes.added) == 31
        assert len(world.catalog) == before + 30
        assert world.poller.older == OlderState(complete=True)


async def test_a_refusal_that_is_not_about_the_cursor_is_told() -> None:
    """After a few tries, not one for each row."""
    async with World(batches=250) as world:
        await world.poller.poll()
        world.asked()
        world.simulator.arm(status=400, count=1_000)
        await world.poller.load_older()
        assert isinstance(world.poller.older.error, BadRequestError)
        assert len(world.asked()) < 12
        assert len(world.catalog) == 100


async def test_the_page_is_asked_for_once_however_often_it_is_wanted() -> None:
    """Scrolling asks on every row."""
    async with ListServer([made(f"b{number}", 3_600 * number) for number in range(60)]) as server:
        watch = Watch(server.url, ManualClock(), page_size=30)
        await watch.poller.poll()
        server.asked.clear()
        server.gate, server.arrived = anyio.Event(), anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(watch.poller.load_older)
            await server.arrived.wait()
            assert watch.poller.older.loading
            assert await watch.poller.load_older() == NO_CHANGES
            server.gate.set()
        assert server.asked == ["?after_id=b29&limit=30"]
        assert len(watch.catalog) == 60
        await watch.client.close()


async def test_batches_that_vanish_while_an_older_page_is_on_its_way_do_no_harm() -> None:
    """The cursor is refused, and the row above it is not there any more either."""
    async with ListServer([made(f"b{number}", 3_600 * number) for number in range(60)]) as server:
        watch = Watch(server.url, ManualClock(), page_size=30)
        await watch.poller.poll()
        server.batches[:] = server.batches[40:]
        server.gate, server.arrived = anyio.Event(), anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(watch.poller.load_older)
            await server.arrived.wait()
            for batch_id in watch.ids():
                watch.catalog.remove(batch_id, for_good=True)
            server.gate.set()
        assert not watch.poller.older.loading
        await watch.client.close()


async def test_who_scrolled_far_gets_the_largest_pages() -> None:
    """A hundred thousand rows are a hundred requests, not a thousand."""
    async with ListServer([made(f"b{number}", 60 * number) for number in range(3_500)]) as server:
        watch = Watch(server.url, ManualClock())
        await watch.poller.poll()
        while len(watch.catalog) < 2_100:
            await watch.poller.load_older()
        server.asked.clear()
        await watch.poller.load_older()
        assert server.asked[0].endswith("limit=1000")
        await watch.client.close()
