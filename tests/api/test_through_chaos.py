"""Our client through every trouble of the simulator: what it gives is right, or it says that it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from batch_tui.api import APIError, BatchClient, CreateUncertain, TruncatedResults
from batch_tui.simulator import ManualClock, Simulator
from tests.api import samples
from tests.api.conftest import EitherClient, VirtualTime, take, take_until_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PAST = 12
TROUBLES = ["flaky:0.3", "lag", "cut", "slow", "dirty:0.3", "proxy:0.3", "stuck", "expired", "flaky,cut,proxy,lag"]
Rows = dict[str, Any]


class MovingTime(VirtualTime):
    """Whoever sleeps moves the simulated clock."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._clock.advance(seconds=seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


@pytest.fixture(scope="module")
def fair() -> Iterator[dict[str, Rows]]:
    """The rows of every past batch, small ones only, without any trouble."""
    with Simulator(now=ManualClock(), batches=PAST, live=False) as url, BatchClient("k", base_url=url) as client:
        batches = [
            one for one in client.messages.batches.list() if one.results_url and one.request_counts.total < 3_000
        ]
        assert len(batches) > 3
        yield {one.id: {row.custom_id: row for row in client.messages.batches.results(one.id)} for one in batches}


class Troubled(NamedTuple):
    """A patient client, and the simulator that it asks."""

    client: EitherClient
    clock: ManualClock
    chaos: str


@pytest.fixture(params=TROUBLES)
async def troubled(request: pytest.FixtureRequest, kind: str) -> AsyncIterator[Troubled]:
    """A simulator of the same past in some trouble."""
    clock = ManualClock()

    async def at_once(_seconds: float) -> None:
        """Trickling takes no time."""

    with Simulator(now=clock, batches=PAST, live=False, chaos=[request.param], sleep=at_once) as url:
        client = EitherClient(kind, MovingTime(clock), base_url=url, max_retries=12)
        yield Troubled(client, clock, request.param)
        await client.close()


async def answered(client: EitherClient, method: str, **named: Any) -> Any:
    """As a patient program would; a log-in page or a redirect of a proxy passes, too."""
    for _ in range(40):
        try:
            answer = await client.call(method, **named)
            return await take(answer) if method == "list" else answer
        except APIError:
            continue
    raise AssertionError(f"{method} never succeeded")


async def test_what_comes_through_is_right(troubled: Troubled, fair: dict[str, Rows]) -> None:
    """Whatever happened on the way: no row that was not sent, none changed, and in the end all of them."""
    for batch_id, expected in fair.items():
        for _ in range(40):
            rows, error = await take_until_error(await answered(troubled.client, "results", message_batch_id=batch_id))
            known = {row.custom_id: row for row in rows if row.result.type != "unreadable"}
            # Dirt goes into texts as well, as separators of Unicode.
            for custom_id, row in known.items():
                assert row.result.type == expected[custom_id].result.type
                assert row == expected[custom_id] or "dirty" in troubled.chaos
            assert error is None or isinstance(error, TruncatedResults)
            assert error is None or error.rows_read == len(rows)
            if error is None and known.keys() == expected.keys():
                break
        else:
            raise AssertionError(f"{batch_id} never came whole")


async def test_nothing_is_created_twice(troubled: Troubled) -> None:
    """Doubt is resolved by looking, and then there are as many batches as were asked for."""
    client, clock = troubled.client, troubled.clock
    past = {batch.id for batch in await answered(client, "list", limit=1000)}
    ids: list[str] = []
    for size in range(1, 9):
        # Of different sizes, to be told apart by.
        requests = [{**samples.REQUEST, "custom_id": f"r{place}"} for place in range(size)]
        while len(ids) < size:
            try:
                ids.append((await client.call("create", requests=requests)).id)
            except CreateUncertain as doubt:
                # A new batch may be missing from the list at first.
                clock.advance(seconds=30)
                found = await answered(client, "find_created", error=doubt)
                assert len(found) <= 1
                ids += [batch.id for batch in found]
            except APIError:
                # A refusal: certainly not made.
                continue
    clock.advance(seconds=30)
    made = {batch.id: batch.request_counts.total for batch in await answered(client, "list", limit=1000)}
    assert {batch_id: size for batch_id, size in made.items() if batch_id not in past} == {
        batch_id: size for size, batch_id in enumerate(ids, 1)
    }
