"""Our client and the official SDK side by side: the same script, the same conduct, but for the differences listed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.api import samples
from tests.api.conftest import START
from tests.api.peers import Scenario, Seen
from tests.api.scripted_server import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.api.peers import Peers

CREATE: dict[str, Any] = {"requests": [samples.REQUEST]}
BY_ID: dict[str, Any] = {"message_batch_id": samples.ID}
ARGUMENTS = {"create": CREATE, "list": {}, "retrieve": BY_ID, "cancel": BY_ID, "delete": BY_ID}
LONGEST_WAIT = 60.0
ENDLESS = 4_294_967.0
"""Seconds; the official client's own cap."""


class Difference(NamedTuple):
    """Where ours is meant to act otherwise: `ours` makes of what the SDK was seen to do what ours must do."""

    reason: str
    applies: Callable[[Scenario, Seen], bool]
    ours: Callable[[Scenario, Seen], Seen]


def attempt_in_doubt(scenario: Scenario) -> int | None:
    """Which attempt of a create leaves it unknown whether there is a batch now."""
    if scenario.method != "create":
        return None
    for number, reply in enumerate(scenario.replies):
        lost = reply.silent or reply.promised
        busy = b'"rate_limit_error"' in reply.body or b'"overloaded_error"' in reply.body
        unclear = not busy if reply.status in (429, 503, 529) else reply.status in (408, 499) or reply.status >= 500
        if lost or unclear:
            return number
    return None


def until_doubt(scenario: Scenario, seen: Seen) -> Seen:
    last = attempt_in_doubt(scenario)
    assert last is not None
    return Seen(seen.requests[: last + 1], seen.delays[:last], (), "CreateUncertain")


def is_create_refused_for_good(scenario: Scenario, seen: Seen) -> bool:
    """A refusal that the official client repeats: a conflict, or whatever comes with `x-should-retry: true`."""
    final = 400 <= scenario.replies[0].status < 500 and scenario.replies[0].status != 429
    return scenario.method == "create" and final and attempt_in_doubt(scenario) is None and len(seen.requests) > 1


DIFFERENCES = {
    "a create in doubt is not sent again": Difference(
        "The server may have acted: a second batch would be made, and billed. The error says how to look for it.",
        lambda scenario, _: attempt_in_doubt(scenario) is not None,
        until_doubt,
    ),
    "a create refused for good is told": Difference(
        "A conflict is a refusal of this batch, as any other 4xx is; only an API that says it is busy is asked again, "
        "and `x-should-retry: true` says that a retry is worth while, not that nothing happened.",
        is_create_refused_for_good,
        lambda _, seen: replace(seen, requests=seen.requests[:1], delays=()),
    ),
    "long waits are capped": Difference(
        "Nobody wants a program that sleeps for hours without a word: after 60 s it is tried again, and in the end "
        "`retry_after` of the error tells the whole wait.",
        lambda _, seen: any(LONGEST_WAIT < delay < ENDLESS for delay in seen.delays),
        lambda _, seen: replace(seen, delays=tuple(min(delay, LONGEST_WAIT) for delay in seen.delays)),
    ),
    "an infinite wait is none": Difference(
        "A number that is none says nothing, so the usual pause applies instead of 49 days.",
        lambda _, seen: ENDLESS in seen.delays,
        lambda _, seen: replace(seen, delays=(0.5 * 0.9375, 0.9375)),
    ),
    "a retry-after-ms that is no number leaves retry-after to decide": Difference(
        "NaN is as malformed as a word, for which the official client does the same.",
        lambda scenario, seen: bool(seen.delays) and scenario.replies[0].headers.get("retry-after-ms") == "nan",
        lambda _, seen: replace(seen, delays=tuple(3.0 for _ in seen.delays)),
    ),
    "one class for each status": Difference(
        "The API adds error codes at any time: they are `error_code`, not a class each.",
        lambda _, seen: seen.error == "EnforcedSpendLimitReachedError",
        lambda _, seen: replace(seen, error="RateLimitError"),
    ),
}


async def differing(peers: Peers, scenarios: Sequence[Scenario]) -> set[str]:
    """The wanted differences that were met; fails on any other one."""
    met: set[str] = set()
    unwanted = []
    for scenario in scenarios:
        expected, did = await peers.both(scenario)
        for name, difference in DIFFERENCES.items():
            if difference.applies(scenario, expected):
                expected = difference.ours(scenario, expected)
                met.add(name)
        if did != expected:
            unwanted.append(f"{scenario.name}\n  expected {expected}\n  ours     {did}")
    assert not unwanted, "\n".join([f"{len(unwanted)} of {len(scenarios)}", *unwanted[:5]])
    return met


def envelope(status: int, **headers: str) -> Reply:
    """A refusal as the API words it; header names are written with underscores. The connection ends with it."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    category = {429: "rate_limit_error", 503: "overloaded_error", 529: "overloaded_error"}.get(status, "some_error")
    error = {"type": category, "message": f"Refused with {status}.", "details": {"error_code": "some_code"}}
    body = json.dumps({"type": "error", "error": error, "request_id": "req_body"}).encode()
    # A new connection for each request, so that a closing one is never taken for a fault of the server.
    kept = {"content-type": "application/json", "connection": "close", "request-id": "req_1"}
    return Reply(status, body, {**kept, **named}, ending="close")


STATUSES = (400, 401, 402, 403, 404, 408, 409, 412, 413, 418, 422, 429, 431, 499, 500, 501, 502, 503, 504, 529, 599)


def after(wait: timedelta) -> str:
    return format_datetime(START + wait, usegmt=True)


WAITS: list[dict[str, str]] = [
    {"retry_after": "2"},
    {"retry_after": "2.5"},
    {"retry_after": "0"},
    {"retry_after": "-3"},
    {"retry_after": "soon"},
    {"retry_after": ""},
    {"retry_after": "59.9"},
    {"retry_after": "61"},
    {"retry_after": "86400"},
    {"retry_after": "inf"},
    {"retry_after": "nan"},
    {"retry_after": after(timedelta(seconds=20))},
    {"retry_after": after(timedelta(seconds=-20))},
    {"retry_after": after(timedelta(hours=2))},
    {"retry_after_ms": "1500"},
    {"retry_after_ms": "1500", "retry_after": "7"},
    {"retry_after_ms": "soon", "retry_after": "7"},
    {"retry_after_ms": "-5", "retry_after": "7"},
    {"retry_after_ms": "0", "retry_after": "7"},
    {"retry_after_ms": "nan", "retry_after": "3"},
    {"retry_after_ms": "90000"},
]
WISHES: list[dict[str, str]] = [
    {},
    {"x_should_retry": "true"},
    {"x_should_retry": "false"},
    {"x_should_retry": "maybe"},
    {"x_should_retry": "true", "retry_after": "4"},
    {"x_should_retry": "false", "retry_after": "4"},
]


OF_WAITS = {
    "long waits are capped",
    "an infinite wait is none",
    "a retry-after-ms that is no number leaves retry-after to decide",
}
OF_CREATES = {"a create in doubt is not sent again", "a create refused for good is told"}


def refusals(method: str, statuses: Sequence[int], headers: Sequence[dict[str, str]]) -> list[Scenario]:
    return [
        Scenario(f"{method} {status} {given}", method, ARGUMENTS[method], [envelope(status, **given)] * 3)
        for status in statuses
        for given in headers
    ]


@pytest.mark.parametrize(("method", "differences"), [("retrieve", OF_WAITS), ("create", OF_WAITS | OF_CREATES)])
async def test_every_refusal_with_every_header(peers: Peers, method: str, differences: set[str]) -> None:
    # What it is asked to wait matters only where a client tries again.
    scenarios = refusals(method, STATUSES, WISHES) + refusals(method, (408, 409, 429, 500, 529), WAITS)
    assert await differing(peers, scenarios) == differences


@pytest.mark.parametrize("method", ["list", "cancel", "delete"])
async def test_every_refusal_of_the_other_calls(peers: Peers, method: str) -> None:
    assert await differing(peers, refusals(method, STATUSES, [{}])) == set()


BODIES = {
    "nothing": b"",
    "text": b"no healthy upstream\n",
    "page": b"<html><head><title>502 Bad Gateway</title></head></html>",
    "broken JSON": b'{"type":"error","err',
    "a list": b"[1, 2]",
    "a number": b"5",
    "another object": b'{"detail": "no"}',
    "a word for the error": b'{"type":"error","error":"no"}',
    "no message": b'{"type":"error","error":{"type":"api_error"}}',
    "details without code": b'{"type":"error","error":{"type":"api_error","message":"m","details":{"x":1}}}',
    "spend limit": b'{"type":"error","error":{"type":"rate_limit_error","message":"You have reached your limits",'
    b'"details":{"error_code":"enforced_spend_limit_reached"}},"request_id":"req_body"}',
}


@pytest.mark.parametrize(
    ("method", "differences"),
    [
        ("retrieve", {"one class for each status"}),
        ("create", {"one class for each status", "a create in doubt is not sent again"}),
    ],
)
async def test_every_body_of_a_refusal(peers: Peers, method: str, differences: set[str]) -> None:
    scenarios = [
        Scenario(f"{method} {status} {name}", method, ARGUMENTS[method], [replace(envelope(status), body=body)] * 3)
        for status in (400, 429, 500, 529)
        for name, body in BODIES.items()
    ]
    assert await differing(peers, scenarios) == differences


def faults() -> dict[str, list[Reply]]:
    good = json.dumps(samples.batch()).encode()
    kept = {"content-type": "application/json", "connection": "close", "request-id": "req_1"}
    whole = Reply(200, good, kept, ending="close")
    return {
        "reset before the answer": [Reply(silent=True, ending="reset")] * 3,
        "closed before the answer": [Reply(silent=True, ending="close")] * 3,
        "cut in the body": [Reply(200, good[:50], kept, promised=len(good), ending="close")] * 3,
        "lost, then answered": [Reply(silent=True, ending="close"), whole],
        "lost, then refused": [Reply(silent=True, ending="close"), envelope(404)],
        "busy, then lost, then answered": [envelope(529, retry_after="3"), Reply(silent=True, ending="close"), whole],
        "busy, then answered": [envelope(429, retry_after="3"), whole],
    }


@pytest.mark.parametrize("method", ["retrieve", "cancel", "create"])
async def test_every_fault_of_the_line(peers: Peers, method: str) -> None:
    scenarios = [Scenario(name, method, ARGUMENTS[method], replies) for name, replies in faults().items()]
    met = await differing(peers, scenarios)
    assert met == ({"a create in doubt is not sent again"} if method == "create" else set())


@pytest.mark.parametrize("method", ["retrieve", "list", "delete", "create"])
async def test_silence(peers: Peers, method: str) -> None:
    """Both wait as long as they are told, and try as often."""
    named = {**ARGUMENTS[method], "timeout": 0.1}
    scenario = Scenario(method, method, named, [Reply(silent=True, ending="hold")] * 3)
    assert await differing(peers, [scenario]) == (
        {"a create in doubt is not sent again"} if method == "create" else set()
    )
