"""The look below what is loaded: a request per thousand batches, down to where results are gone, and never for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from batch_tui.api import AsyncBatchClient
from batch_tui.api.errors import BatchAPIError
from batch_tui.monitor.conditions import IsExpiring
from batch_tui.monitor.expiry_walk import leaving_below
from batch_tui.monitor.request_budget import RequestBudget
from batch_tui.simulator import ManualClock, Simulator

SPAN = timedelta(days=4)


async def test_everything_that_leaves_is_found_and_nothing_older_is_asked_for() -> None:
    clock, waits = ManualClock(), []
    budget = RequestBudget()

    async def turn() -> None:
        await budget.turn("page")

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    with Simulator(now=clock, batches=3_500, live=False) as simulator:
        async with AsyncBatchClient("k", base_url=simulator.url, environ={}) as client:
            everything = [batch async for batch in client.messages.batches.list(limit=1000)]
            expected = IsExpiring(SPAN).keep(everything, clock(), {})
            saved = {expected[0].id}
            before = simulator.request_count
            found = await leaving_below(client, everything[99].id, SPAN, clock(), saved, turn=turn, sleep=sleep)
            assert [batch.id for batch in found] == [batch.id for batch in expected[1:]]
            asked = simulator.request_count - before
            reach = sum(1 for batch in everything[100:] if clock() - batch.created_at <= timedelta(days=29))
            assert asked == min(reach // 1000 + 1, 4)
            assert budget.last_minute == asked, "it shares the rate with polling and actions"
            assert waits == [2.0] * (asked - 1)


async def test_trouble_is_raised_for_the_caller_to_try_later() -> None:
    async def turn() -> None:
        """There is room."""

    with Simulator(batches=5, api_key="another") as simulator:
        async with AsyncBatchClient("k", base_url=simulator.url, environ={}) as client:
            with pytest.raises(BatchAPIError):
                await leaving_below(client, "msgbatch_x", SPAN, ManualClock()(), {}, turn=turn)
