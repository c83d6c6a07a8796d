"""The log of requests: what it keeps, and above all what it does not."""

from __future__ import annotations

import threading

import anyio.lowlevel
import anyio.to_thread
import pytest

from batch_tui.api import AsyncBatchClient, BatchClient
from batch_tui.api.calls import CallRecord, RateLimit
from batch_tui.api.errors import BatchAPIError
from batch_tui.monitor.activity_log import ActivityLog
from batch_tui.simulator import ManualClock, Simulator
from tests.monitor.batches import NOON
from tests.monitor.list_server import ListServer


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def call(**changes: object) -> CallRecord:
    made: dict[str, object] = {
        "method": "GET",
        "path": "/v1/messages/batches",
        "status": 200,
        "seconds": 0.25,
        "request_id": "req_1",
        "error": None,
        "attempt": 0,
        "server_date": None,
        **changes,
    }
    return CallRecord(**made)  # type: ignore[arg-type]  # named as its fields


def test_every_attempt_of_a_client_is_a_line() -> None:
    clock = ManualClock()
    log = ActivityLog(clock)
    with Simulator(now=clock, batches=3) as simulator:
        simulator.arm(status=529, count=1)
        with BatchClient(
            "sk-secret", base_url=simulator.url, environ={}, sleep=lambda _: None, on_call=log.note
        ) as client:
            listed = client.messages.batches.list(limit=2, extra_query={"token": "private"})
            client.messages.batches.list(limit=1, after_id=listed.data[0].id)
    failed, repeated, second = log.entries()
    assert (failed.status, failed.failure, failed.attempt) == (529, "overloaded_error", 0)
    assert (repeated.status, repeated.failure, repeated.attempt) == (200, None, 1)
    assert (repeated.method, repeated.path, repeated.query) == ("GET", "/v1/messages/batches", (("limit", "2"),))
    assert second.query == (("after_id", listed.data[0].id), ("limit", "1"))
    assert second.request_id is not None
    assert second.at == clock()
    assert second.milliseconds >= 0
    assert "sk-secret" not in repr(log.entries())
    assert "private" not in repr(log.entries())


async def test_what_a_body_says_never_gets_into_the_log() -> None:
    log = ActivityLog(lambda: NOON)
    body = b'{"type":"error","error":{"type":"invalid_request_error","message":"The prompt TOPSECRET is bad"}}'
    async with ListServer([]) as server:
        server.reply = 400, {"x-should-retry": "false", "retry-after": "7"}, body
        async with AsyncBatchClient("k", base_url=server.url, environ={}, on_call=log.note) as client:
            with pytest.raises(BatchAPIError, match="TOPSECRET"):
                await client.messages.batches.list()
    (entry,) = log.entries()
    assert entry.failure == "invalid_request_error"
    assert "TOPSECRET" not in repr(entry)


async def test_no_answer_has_a_reason_instead_of_a_status() -> None:
    log = ActivityLog(lambda: NOON)
    async with ListServer([]) as server:
        url = server.url
    async with AsyncBatchClient("k", base_url=url, environ={}, max_retries=0, on_call=log.note) as client:
        with pytest.raises(BatchAPIError):
            await client.messages.batches.list()
    (entry,) = log.entries()
    assert (entry.status, entry.failure) == (None, "connection failed")


async def test_what_the_server_asks_for_is_recorded_as_numbers() -> None:
    calls: list[CallRecord] = []
    headers = {
        "retry-after": "10",
        "x-should-retry": "false",
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "3",
        "anthropic-ratelimit-requests-reset": NOON.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    nothing = b'{"data": [], "has_more": false}'
    async with (
        ListServer([]) as server,
        AsyncBatchClient("k", base_url=server.url, environ={}, on_call=calls.append) as client,
    ):
        server.reply = 200, headers, nothing
        await client.messages.batches.list()
        server.reply = 200, {"anthropic-ratelimit-requests-limit": "many"}, nothing
        await client.messages.batches.list()
    assert calls[0].retry_after == 10
    assert calls[0].should_retry is False
    assert calls[0].rate_limit == RateLimit(50, 3, NOON)
    assert calls[1].rate_limit is None


def test_it_is_bounded_and_counts_the_last_minute() -> None:
    seconds = Seconds()
    log = ActivityLog(lambda: NOON, monotonic=seconds, limit=5)
    for _ in range(20):
        log.note(call())
        seconds.now += 6
    assert len(log.entries()) == 5
    assert log.total == 20
    # The newest is 6 s old, the tenth 60 s.
    assert log.last_minute() == 9
    seconds.now += 53
    assert log.last_minute() == 1


def test_long_text_is_cut() -> None:
    log = ActivityLog(lambda: NOON)
    log.note(call(path="/" + "x" * 10_000, request_id="r" * 10_000, query=(("after_id", "c" * 10_000),)))
    assert len(repr(log.entries()[0])) < 1000


async def test_threads_may_write_while_the_screen_reads() -> None:
    """Downloads run in threads."""
    log = ActivityLog(lambda: NOON, limit=50)
    started = threading.Barrier(4)

    def write() -> None:
        started.wait()
        for _ in range(500):
            log.note(call())

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(anyio.to_thread.run_sync, write)
        while log.total < 2000:
            assert len(log.entries()) <= 50
            await anyio.lowlevel.checkpoint()
    assert log.last_minute() == 2000
