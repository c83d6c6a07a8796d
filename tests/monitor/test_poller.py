"""What one poll asks for, and that the catalog then holds what the server has."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api import (
    APIConnectionError,
    APIResponseValidationError,
    AsyncBatchClient,
    AuthenticationError,
    BatchAPIError,
    CredentialsError,
    InternalServerError,
    RateLimitError,
)
from batch_tui.monitor.catalog import NO_CHANGES, BatchCatalog
from batch_tui.monitor.poller import Poller
from batch_tui.simulator import ManualClock
from tests.monitor.list_server import ListServer, made
from tests.monitor.world import Watch, World

if TYPE_CHECKING:
    from collections.abc import Mapping


async def test_the_first_poll_is_one_request_where_that_covers_all_that_runs() -> None:
    """The page reaches batches too old to be running."""
    async with World(batches=240, live=True) as world:
        changes = await world.poller.poll()
        assert world.asked() == ["GET ?limit=100"]
        truth = await world.truth()
        assert world.watch.ids() == list(changes.added) == truth[:100]
        assert len(world.catalog.unfinished) == 7
        assert not world.catalog.complete


async def test_the_first_poll_goes_on_to_whatever_may_still_run() -> None:
    """With the largest page there is; what is older than any running batch is left for later."""
    async with World(batches=1_500, page_size=20) as world:
        await world.create(130)
        world.asked()
        await world.poller.poll()
        first, second = world.asked()
        assert first == "GET ?limit=20"
        assert second == f"GET ?after_id={world.watch.ids()[19]}&limit=1000"
        assert len(world.catalog.unfinished) == 130
        assert world.watch.ids() == (await world.truth())[:1_020]


async def test_an_empty_workspace_is_complete_at_once() -> None:
    """One request says so."""
    async with World() as world:
        assert await world.poller.poll() == NO_CHANGES
        assert world.asked() == ["GET ?limit=100"]
        assert world.catalog.complete
        assert world.poller.older.complete
        assert world.poller.state.last_success == world.clock()


async def test_one_list_request_watches_fifty_running_among_a_thousand() -> None:
    """Not one retrieve each: the budget of design.md §7."""
    async with World() as world:
        running = await world.create(50, size=300)
        await world.create(950)
        await world.poller.poll()
        assert len(world.asked()) == 2
        world.clock.advance(seconds=16)
        changes = await world.poller.poll()
        assert world.asked() == ["GET ?limit=1000"]
        assert len(changes.ended) == 950
        assert world.catalog.unfinished == set(running)
        assert await world.poller.poll() == NO_CHANGES
        assert world.asked() == ["GET ?limit=1000"]
        world.clock.advance(seconds=20)
        changes = await world.poller.poll()
        assert world.asked() == ["GET ?limit=1000"]
        assert set(changes.ended) == set(running)
        assert not world.catalog.unfinished
        await world.poller.poll()
        assert world.asked() == ["GET ?limit=20"]


async def test_new_batches_appear_and_ended_ones_are_noticed() -> None:
    """With what changed, for whoever draws it."""
    async with World(batches=30) as world:
        await world.poller.poll()
        new = await world.create(2)
        changes = await world.poller.poll()
        assert set(changes.added) == set(new)
        assert world.watch.ids()[:2] == new
        world.clock.advance(seconds=20)
        changes = await world.poller.poll()
        assert set(changes.ended) == set(changes.updated) == set(new)


async def test_a_batch_deleted_elsewhere_goes_once_a_retrieve_says_404() -> None:
    """A list without it is not enough."""
    async with World(batches=30) as world:
        await world.poller.poll()
        gone = world.watch.ids()[3]
        await world.delete(gone)
        changes = await world.poller.poll()
        assert world.asked() == ["GET ?limit=20", f"GET /{gone}"]
        assert changes.removed == (gone,)
        assert world.watch.ids() == await world.truth()


async def test_a_batch_that_a_lagging_list_leaves_out_stays() -> None:
    """The retrieve still knows it."""
    server = ListServer([made(f"b{number}", number) for number in range(5)])
    async with server:
        watch = Watch(server.url, ManualClock())
        await watch.poller.poll()
        server.unlisted.add("b2")
        assert await watch.poller.poll() == NO_CHANGES
        assert server.asked[-1] == "/b2"
        assert watch.ids() == ["b0", "b1", "b2", "b3", "b4"]
        await watch.client.close()


async def test_more_new_batches_than_a_page_holds_leave_no_gap() -> None:
    """The walk from the top goes on until it meets what was listed before."""
    async with World(batches=40) as world:
        await world.poller.poll()
        world.asked()
        await world.create(70)
        await world.poller.poll()
        assert len(world.asked()) == 2
        assert world.watch.ids() == await world.truth()


async def test_more_new_batches_than_the_largest_page_are_listed_upwards_from_what_was_known() -> None:
    """The page nearest to the cursor comes first, so a walk that is cut short is gone on with."""
    async with ListServer([made(f"b{number}", number) for number in range(10)]) as server:
        watch = Watch(server.url, ManualClock())
        await watch.poller.poll()
        server.batches[:0] = [made(f"n{number}", number - 5000) for number in range(2_500)]
        server.asked.clear()
        server.refuse_after = 2
        await watch.poller.poll()
        assert watch.poller.state.error is not None
        assert len(watch.catalog) == 20 + 1_000 + 10
        server.refuse_after = None
        await watch.poller.poll()
        assert server.asked[1] == "?before_id=b0&limit=1000"
        assert server.asked[-2:] == ["?before_id=n1500&limit=1000", "?before_id=n500&limit=1000"]
        assert watch.ids() == [one["id"] for one in server.batches]
        await watch.client.close()


async def test_a_server_that_ignores_the_cursor_leaves_no_gap() -> None:
    """Some proxies drop what they do not know; then the walk goes down from the top."""
    async with ListServer([made(f"b{number}", number) for number in range(10)]) as server:
        watch = Watch(server.url, ManualClock())
        await watch.poller.poll()
        server.ignores_before = True
        server.batches[:0] = [made(f"n{number}", number - 5000) for number in range(1_500)]
        await watch.poller.poll()
        assert watch.ids() == [one["id"] for one in server.batches]
        await watch.client.close()


async def test_a_404_for_a_batch_far_down_never_drops_its_row() -> None:
    """Transient 404s happen; only a page that must hold it, and does not, proves it gone."""
    batches = [made(f"b{n}", n, status="in_progress" if n == 1200 else "ended") for n in range(1_300)]
    async with ListServer(batches) as server:
        watch = Watch(server.url, ManualClock())
        await watch.poller.poll()
        server.not_found.add("b1200")
        server.asked.clear()
        assert await watch.poller.poll() == NO_CHANGES
        assert server.asked == ["?limit=1000", "/b1200", "?after_id=b1199&limit=20"]
        assert "b1200" in watch.catalog
        server.not_found.clear()
        del server.batches[1200]
        changes = await watch.poller.poll()
        assert changes.removed == ("b1200",)
        await watch.client.close()


async def test_a_young_batch_goes_only_when_two_polls_agree() -> None:
    """List and retrieve may both lag after a create."""
    async with World(batches=30) as world:
        await world.poller.poll()
        (own,) = await world.create()
        world.catalog.merge([await world.batches.retrieve(own)])
        world.clock.advance(seconds=20)
        await world.delete(own)
        assert await world.poller.poll() == NO_CHANGES
        assert (await world.poller.poll()).removed == (own,)


async def test_what_a_front_end_doubts_is_settled_by_the_next_poll() -> None:
    """A 404 for a cancel or delete: the batch may be there all the same."""
    async with World(batches=400) as world:
        await world.poller.poll()
        while len(world.catalog) < 300:
            await world.poller.load_older()
        there, gone = world.watch.ids()[200], world.watch.ids()[250]
        await world.delete(gone)
        world.poller.doubt(there)
        world.poller.doubt(gone)
        world.poller.doubt("never heard of")
        assert (await world.poller.poll()).removed == (gone,)
        assert there in world.catalog
        world.asked()
        await world.poller.poll()
        assert world.asked() == ["GET ?limit=20"], "and then nothing is doubted any more"


async def test_the_first_batches_of_an_empty_workspace_leave_no_gap() -> None:
    """More than a small page of them arrive between two polls."""
    async with World() as world:
        await world.poller.poll()
        await world.create(45)
        await world.poller.poll()
        assert world.watch.ids() == await world.truth()


async def test_a_batch_of_our_own_does_not_hide_others_made_meanwhile() -> None:
    """It is known before any list showed it, so meeting it proves nothing."""
    async with World(batches=40) as world:
        await world.poller.poll()
        await world.create(40)
        (own,) = await world.create()
        world.catalog.merge([await world.batches.retrieve(own)])
        await world.poller.poll()
        assert world.watch.ids() == await world.truth()


async def test_a_walk_cut_short_is_finished_by_the_next_poll() -> None:
    """The first page came, the second did not: the rows between are not forgotten."""
    async with World(batches=40) as world:
        await world.poller.poll()
        await world.create(70)
        world.simulator.arm(path="before_id", status=500)
        changes = await world.poller.poll()
        assert isinstance(world.poller.state.error, InternalServerError)
        assert len(changes.added) == 20, "what did arrive is reported, or the screen would never hear of it"
        changes = await world.poller.poll()
        assert len(changes.added) == 50
        assert world.watch.ids() == await world.truth()


async def test_the_walk_stops_even_if_all_that_was_known_at_the_top_is_gone() -> None:
    """It stops by time, so it does not end up loading the whole history."""
    async with World(batches=3_000, page_size=20) as world:
        await world.poller.poll()
        await world.delete(*world.watch.ids())
        await world.create(25)
        await world.poller.poll()
        listed = [one for one in world.asked() if "limit" in one]
        # Upwards from what is gone was refused.
        assert ["before_id" in one for one in listed] == [False, True, False]
        assert world.watch.ids() == (await world.truth())[: len(world.catalog)]


async def test_the_first_walk_goes_on_after_trouble_below_and_around_a_deleted_bottom() -> None:
    """A cursor that no longer exists must not end the polling for good."""
    async with World(page_size=20) as world:
        await world.create(30)
        world.clock.advance(seconds=20)
        world.simulator.arm(path="after_id", status=500)
        await world.poller.poll()
        assert len(world.catalog) == 20
        await world.create(5)
        await world.delete(*world.watch.ids()[-4:])
        await world.poller.poll()
        assert world.poller.state.error is None
        # So young that a 404 may be the lag of a replica: the next poll makes sure.
        await world.poller.poll()
        assert world.watch.ids() == await world.truth()


@pytest.mark.parametrize("running", [1, 2, 3, 4])
async def test_running_batches_far_down_are_all_asked_for(running: int) -> None:
    """One or two by name, more of them by page, however deep they lie."""
    depths = [1_200, 1_250, 2_600, 3_700][:running]
    batches = [made(f"b{n}", n, status="in_progress" if n in depths else "ended") for n in range(4_000)]
    async with ListServer(batches) as server:
        watch = Watch(server.url, ManualClock())
        await watch.poller.poll()
        assert watch.catalog.unfinished == {f"b{depth}" for depth in depths}
        server.batches[:] = [{**one, "processing_status": "ended"} for one in batches]
        before = len(server.asked)
        changes = await watch.poller.poll()
        assert set(changes.ended) == {f"b{depth}" for depth in depths}
        assert len(server.asked) - before == {1: 2, 2: 3, 3: 3, 4: 4}[running]
        await watch.client.close()


async def test_a_server_that_never_says_whether_there_is_more_is_asked_until_a_page_is_empty() -> None:
    """Silence is not the end, or all that lies below would count as missing."""
    async with ListServer([made(f"b{number}", 60 * number) for number in range(50)]) as server:
        server.says_more = False
        watch = Watch(server.url, ManualClock(), page_size=20)
        await watch.poller.poll()
        assert len(watch.catalog) == 50
        assert await watch.poller.poll() == NO_CHANGES
        assert not any(target.startswith("/b") for target in server.asked)
        assert watch.catalog.complete
        await watch.client.close()


FAULTS: list[tuple[Mapping[str, Any], type[BatchAPIError]]] = [
    ({"status": 500}, InternalServerError),
    ({"status": 529}, InternalServerError),
    ({"status": 429, "retry_after": 7.0}, RateLimitError),
    ({"status": 401}, AuthenticationError),
    ({"html": True}, InternalServerError),
    ({"html": True, "status": 200}, APIResponseValidationError),
    ({"lose_response": True}, APIConnectionError),
]


@pytest.mark.parametrize(("fault", "kind"), FAULTS, ids=lambda value: str(value)[:40])
async def test_trouble_is_kept_never_raised_and_over_with_the_next_answer(
    fault: Mapping[str, Any], kind: type[BatchAPIError]
) -> None:
    """One request, no hidden retries; what was known stays on screen."""
    async with World(batches=30) as world:
        await world.poller.poll()
        success, ids = world.poller.state.last_success, world.watch.ids()
        world.asked()
        world.clock.advance(seconds=5)
        world.simulator.arm(**fault, count=2)
        assert await world.poller.poll() == NO_CHANGES
        assert await world.poller.poll() == NO_CHANGES
        state = world.poller.state
        assert isinstance(state.error, kind)
        assert (state.failures, state.last_success) == (2, success)
        assert world.asked() == ["GET ?limit=20"] * 2
        assert world.watch.ids() == ids
        await world.poller.poll()
        state = world.poller.state
        assert (state.error, state.failures, state.last_success) == (None, 0, world.clock())


async def test_nobody_listening_is_kept_too() -> None:
    """Connection refused."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    watch = Watch(f"http://127.0.0.1:{port}", ManualClock())
    assert await watch.poller.poll() == NO_CHANGES
    assert isinstance(watch.poller.state.error, APIConnectionError)
    await watch.client.close()


async def test_a_missing_key_is_kept_too() -> None:
    """The sentence says what to set."""
    async with AsyncBatchClient(base_url="http://127.0.0.1:9", environ={}) as client:
        poller = Poller(client, BatchCatalog(), now=ManualClock())
        await poller.poll()
        assert isinstance(poller.state.error, CredentialsError)


async def test_a_failed_look_up_does_not_lose_what_the_page_said() -> None:
    """The page was merged, so its changes are reported whatever came after."""
    async with World(batches=30) as world:
        await world.poller.poll()
        await world.delete(world.watch.ids()[3])
        (new,) = await world.create()
        world.simulator.arm(path="/msgbatch_", status=500)
        assert (await world.poller.poll()).added == (new,)
        assert world.poller.state.failures == 1


async def test_a_batch_that_never_ends_is_asked_for_now_and_then_alone() -> None:
    """It would have every poll list a thousand rows, for ever."""
    clock = ManualClock()
    stuck = made("stuck", 30 * 3600, status="canceling")
    async with ListServer([*(made(f"b{number}", 60 * number) for number in range(300)), stuck]) as server:
        watch = Watch(server.url, clock)
        for _ in range(3):
            await watch.poller.load_older()
            await watch.poller.poll()
        assert "stuck" in watch.catalog.unfinished
        server.asked.clear()
        for _ in range(10):
            await watch.poller.poll()
            clock.advance(seconds=30)
        assert server.asked.count("/stuck") <= 1
        assert all(one in ("/stuck", "?limit=20") for one in server.asked)
        stuck["processing_status"], stuck["ended_at"] = "ended", stuck["created_at"]
        clock.advance(minutes=5)
        assert (await watch.poller.poll()).ended == ("stuck",)
        await watch.client.close()
