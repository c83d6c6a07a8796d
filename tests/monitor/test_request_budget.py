"""The rate that polling, paging and actions share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import anyio
import pytest

from batch_tui.api.calls import CallRecord, RateLimit
from batch_tui.monitor.request_budget import RequestBudget
from tests.monitor.virtual_time import VirtualTime

if TYPE_CHECKING:
    from batch_tui.monitor.request_budget import Purpose


def call(
    status: int | None = 200, attempt: int = 0, rate_limit: RateLimit | None = None, date: datetime | None = None
) -> CallRecord:
    return CallRecord("GET", "/v1/messages/batches", status, 0.1, None, None, attempt, date, rate_limit=rate_limit)


class Users:
    """Tasks that take turns, and when each was granted."""

    def __init__(self, per_minute: int) -> None:
        self.time = VirtualTime()
        self.budget = RequestBudget(per_minute, monotonic=self.time.monotonic, sleep=self.time.sleep)
        self.granted: list[tuple[float, str]] = []

    async def take(self, purpose: Purpose, times: int = 1) -> None:
        for _ in range(times):
            await self.budget.turn(purpose)
            self.granted.append((self.time.seconds, purpose))

    def most_in_a_minute(self) -> int:
        times = [moment for moment, _ in self.granted]
        return max(sum(1 for other in times if moment <= other < moment + 60) for moment in times)


@pytest.mark.parametrize("per_minute", [1, 7, 60])
async def test_no_minute_sees_more_than_the_set_rate(per_minute: int) -> None:
    users = Users(per_minute)
    async with anyio.create_task_group() as group:
        for purpose in ("page", "action", "poll", "action"):
            group.start_soon(users.take, purpose, 100)
        await users.time.pass_time(20 * 60)
        group.cancel_scope.cancel()
    assert users.most_in_a_minute() <= per_minute
    assert len(users.granted) >= min(400, 18 * per_minute), "and it is used"


async def test_what_the_user_asked_for_goes_first_and_never_waits_for_pages() -> None:
    users = Users(20)
    async with anyio.create_task_group() as group:
        group.start_soon(users.take, "page", 60)
        await users.time.pass_time(30)
        assert len(users.granted) == 16, "two are kept for actions, and two for polls"
        group.start_soon(users.take, "action", 2)
        await users.time.pass_time(1)
        assert [purpose for _, purpose in users.granted[16:]] == ["action", "action"]
        group.cancel_scope.cancel()


async def test_the_more_urgent_goes_first_however_late_it_came() -> None:
    users = Users(1)
    await users.take("action")
    async with anyio.create_task_group() as group:
        # But for a poll that is due, since there was none for long.
        purposes: tuple[Purpose, ...] = ("page", "poll", "action")
        for purpose in purposes:
            group.start_soon(users.take, purpose)
            await users.time.pass_time(1)
        await users.time.pass_time(200)
    assert [purpose for _, purpose in users.granted[1:]] == ["poll", "action", "page"]


async def test_however_many_actions_there_are_a_poll_goes_each_half_minute() -> None:
    """Else an end would go unnoticed while many batches are deleted."""
    for per_minute in (6, 12, 40, 300):
        users = Users(per_minute)
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(users.take, "action", 10_000)
            group.start_soon(users.take, "poll", 10_000)
            group.start_soon(users.take, "page", 10_000)
            await users.time.pass_time(600)
            group.cancel_scope.cancel()
        polls = [0.0, *(moment for moment, purpose in users.granted if purpose == "poll"), 600.0]
        assert max(later - earlier for earlier, later in pairwise(polls)) <= 60, per_minute
        actions = sum(1 for _, purpose in users.granted if purpose == "action")
        assert actions >= 0.5 * 9 * per_minute, (per_minute, actions)
        assert users.most_in_a_minute() <= per_minute


@pytest.mark.parametrize("per_minute", [6, 9, 12])
async def test_an_action_finds_room_in_a_small_budget_too(per_minute: int) -> None:
    users = Users(per_minute)
    async with anyio.create_task_group() as group:
        group.start_soon(users.take, "poll", 100)
        group.start_soon(users.take, "page", 100)
        await users.time.pass_time(20)
        before = len(users.granted)
        group.start_soon(users.take, "action", 2)
        await users.time.pass_time(1)
        assert [purpose for _, purpose in users.granted[before:]] == ["action", "action"]
        group.cancel_scope.cancel()


async def test_what_the_server_has_left_counts_until_it_says_it_has_all_again() -> None:
    users = Users(300)
    date = datetime(2026, 11, 26, tzinfo=UTC)
    for _ in range(8):
        await users.take("poll")
    users.budget.note(call(rate_limit=RateLimit(50, 0, date + timedelta(seconds=3)), date=date))
    assert users.budget.per_minute == 8
    async with anyio.create_task_group() as group:
        group.start_soon(users.take, "action")
        await users.time.pass_time(2)
        assert len(users.granted) == 8
        assert users.budget.waits is None or users.budget.waits.seconds <= 3
        await users.time.pass_time(2)
        assert len(users.granted) == 9
    assert users.budget.per_minute == 40, "the limit itself holds on"


async def test_it_tells_who_has_to_wait_how_long() -> None:
    users = Users(12)
    assert users.budget.waits is None
    for _ in range(12):
        users.budget.note(call(attempt=1))
    await users.time.pass_time(20)
    async with anyio.create_task_group() as group:
        group.start_soon(users.take, "poll")
        await users.time.pass_time(1)
        wait = users.budget.waits
        assert wait is not None
        assert (round(wait.seconds), wait.per_minute) == (39, 12)
        await users.time.pass_time(60)
        assert len(users.granted) == 1
    assert users.budget.waits is None


async def test_whoever_gives_up_waiting_holds_nobody_up() -> None:
    users = Users(1)
    await users.take("action")
    async with anyio.create_task_group() as group:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await users.take("action")
        group.start_soon(users.take, "action")
        await users.time.pass_time(61)
    assert len(users.granted) == 2
    assert users.budget.last_minute == 1


async def test_the_limit_that_the_server_states_lowers_the_rate() -> None:
    users = Users(300)
    users.budget.note(call(rate_limit=RateLimit(50, None, None)))
    assert users.budget.per_minute == 40
    users.budget.note(call(rate_limit=RateLimit(1000, 12, None)))
    assert users.budget.per_minute == 12
    users.budget.note(call(rate_limit=RateLimit(1000, 0, None)))
    assert users.budget.per_minute == 6, "polling goes on, slowly"
    users.budget.note(call(rate_limit=RateLimit(4000, 3999, None)))
    assert users.budget.per_minute == 300, "it never raises it"


async def test_what_the_server_stated_long_ago_counts_no_more() -> None:
    users = Users(300)
    users.budget.note(call(rate_limit=RateLimit(50, 1, None)))
    await users.time.pass_time(301)
    assert users.budget.per_minute == 300


async def test_a_storm_of_429_halves_the_rate_and_success_brings_it_back() -> None:
    users = Users(320)
    rates = []
    for _ in range(8):
        users.budget.note(call(429))
        rates.append(users.budget.per_minute)
    assert rates == [160, 80, 40, 20, 10, 6, 6, 6]
    users.budget.note(call(500))
    users.budget.note(call(None))
    assert users.budget.per_minute == 6
    for _ in range(50):
        users.budget.note(call())
    assert users.budget.per_minute == 320


async def test_a_repeated_attempt_counts_though_nobody_took_a_turn_for_it() -> None:
    users = Users(10)
    users.budget.note(call(attempt=1))
    users.budget.note(call(attempt=0))
    assert users.budget.last_minute == 1


async def test_no_rate_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        RequestBudget(0)
