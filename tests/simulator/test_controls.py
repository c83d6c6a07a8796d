"""The simulator's own endpoints: what there is, and its clock under `/__sim__/clock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulator.wire_client import BATCHES, ask, request_of

if TYPE_CHECKING:
    from batch_tui.simulator import ManualClock, Simulator

CLOCK = "/__sim__/clock"


def test_its_endpoints_are_told(quiet: Simulator) -> None:
    """All that are listed are there, and say no more than that a body is wrong."""
    listed = ask(quiet.url, "GET", "/__sim__/", headers={}).json
    assert len(listed) == 6
    assert "lists_behind" in listed["POST /__sim__/faults"]
    for endpoint in listed:
        method, path = endpoint.split()
        assert ask(quiet.url, method, path, headers={}).status == (400 if method == "POST" else 200)


def test_the_clock_is_told_and_moved_on(quiet: Simulator, clock: ManualClock) -> None:
    """Without a key, without showing in the log; batches follow it, and the clock given still counts."""
    assert ask(quiet.url, "GET", CLOCK, headers={}).json == {"now": "2026-11-22T12:00:00.000000+00:00"}
    assert quiet.request_count == 0
    made = ask(quiet.url, "POST", BATCHES, {"requests": [request_of("a")]}).json
    moved = ask(quiet.url, "POST", CLOCK, {"advance": 20.5}, headers={})
    assert moved.json == {"now": "2026-11-22T12:00:20.500000+00:00"}
    after = ask(quiet.url, "GET", f"{BATCHES}/{made['id']}")
    assert after.json["processing_status"] == "ended"
    assert after.headers["date"] == "Sun, 22 Nov 2026 12:00:20 GMT"
    clock.advance(seconds=10)
    quiet.advance(30)
    assert ask(quiet.url, "GET", CLOCK).json["now"] == "2026-11-22T12:01:00.500000+00:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"advance": -1},
        {"advance": "10"},
        {"advance": 1e300},
        {"advance": True},
        {"advance": 1, "back": 2},
        b"",
        b"[",
    ],
)
def test_what_is_wrong_is_said(quiet: Simulator, wrong: object) -> None:
    """400 with a sentence; the clock stays where it was."""
    answer = ask(quiet.url, "POST", CLOCK, wrong)
    assert answer.status == 400
    assert answer.json["error"]
    assert ask(quiet.url, "GET", CLOCK).json == {"now": "2026-11-22T12:00:00.000000+00:00"}


def test_the_clock_has_an_end(quiet: Simulator) -> None:
    """A century in all, so that no answer leaves the calendar."""
    century = 100 * 365 * 86_400
    assert ask(quiet.url, "POST", CLOCK, {"advance": century}).status == 200
    assert ask(quiet.url, "GET", BATCHES).status == 200
    answer = ask(quiet.url, "POST", CLOCK, {"advance": 1})
    assert (answer.status, str(century) in answer.json["error"]) == (400, True)
