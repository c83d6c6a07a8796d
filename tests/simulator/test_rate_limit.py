"""The limit of requests per minute: counting down, refusing, refilling."""

from __future__ import annotations

import pytest

from batch_tui.simulator import ManualClock, Simulator
from tests.simulator.wire_client import BATCHES, HEADERS, Answer, ask


def _allowance(answer: Answer) -> tuple[str, str, str]:
    names = ("limit", "remaining", "reset")
    limit, remaining, reset = (answer.headers[f"anthropic-ratelimit-requests-{name}"] for name in names)
    return limit, remaining, reset


def test_the_bucket_empties_and_refills(clock: ManualClock) -> None:
    """Six at once, then one every ten seconds."""
    with Simulator(now=clock, batches=1, live=False, requests_per_minute=6) as simulator:
        for left in range(5, -1, -1):
            answer = ask(simulator.url, "GET", BATCHES)
            assert answer.status == 200
            assert _allowance(answer)[:2] == ("6", str(left))
        assert _allowance(answer)[2] == "2026-11-22T12:01:00Z"
        refused = ask(simulator.url, "GET", BATCHES)
        assert refused.status == 429
        assert refused.json["error"]["type"] == "rate_limit_error"
        assert refused.headers["retry-after"] == "10"
        assert _allowance(refused)[:2] == ("6", "0")
        assert "x-should-retry" not in refused.headers
        clock.advance(seconds=9.5)
        assert ask(simulator.url, "GET", BATCHES).headers["retry-after"] == "1"
        clock.advance(seconds=0.5)
        assert ask(simulator.url, "GET", BATCHES).status == 200
        assert ask(simulator.url, "GET", BATCHES).status == 429
        clock.advance(minutes=5)
        assert _allowance(ask(simulator.url, "GET", BATCHES))[1] == "5"


def test_waiting_as_long_as_told_is_enough(clock: ManualClock) -> None:
    """For limits that do not divide a minute."""
    with Simulator(now=clock, batches=1, live=False, requests_per_minute=7) as simulator:
        served = 0
        for _ in range(30):
            answer = ask(simulator.url, "GET", BATCHES)
            if answer.status == 429:
                clock.advance(seconds=int(answer.headers["retry-after"]))
                answer = ask(simulator.url, "GET", BATCHES)
            assert answer.status == 200
            served += 1
        assert served == 30


def test_strangers_and_controls_use_nothing_up(clock: ManualClock) -> None:
    """The limit belongs to the organisation of the key."""
    with Simulator(now=clock, batches=1, live=False, requests_per_minute=1, api_key="test-key") as simulator:
        for _ in range(3):
            assert ask(simulator.url, "GET", BATCHES, headers=HEADERS | {"x-api-key": "test-other"}).status == 401
            assert ask(simulator.url, "GET", "/__sim__/clock", headers={}).status == 200
        assert ask(simulator.url, "GET", BATCHES).status == 200
        assert ask(simulator.url, "GET", BATCHES).status == 429


def test_a_limit_below_one_is_refused() -> None:
    """With the name of the argument."""
    with pytest.raises(ValueError, match="requests_per_minute"):
        Simulator(requests_per_minute=0)
