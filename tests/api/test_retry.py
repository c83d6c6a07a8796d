"""The retry rules, on a clock that nobody waits for."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from batch_tui.api import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    ConflictError,
    CreateUncertain,
    RetryPolicy,
    calls,
)
from batch_tui.api.errors import error_from_response
from batch_tui.api.retry import Outcome, Send, Wait, attempts, http_date, retry_after
from tests.api import samples
from tests.api.conftest import START, VirtualTime

DATE = format_datetime(START + timedelta(seconds=30), usegmt=True)
PAST = format_datetime(START - timedelta(seconds=30), usegmt=True)
FINE = Outcome(None, 200, {}, calls.ENCODER.encode(samples.batch()).encode())


def refused(status: int, body: str = "", /, **headers: str) -> Outcome:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    error = error_from_response(status, named, body.encode(), retry_after=retry_after(named, START))
    return Outcome(error, status, named)


def busy(status: int = 529, category: str = "overloaded_error", **headers: str) -> Outcome:
    """The API's own word that it takes nothing now."""
    return refused(status, json.dumps({"type": "error", "error": {"type": category, "message": "Busy."}}), **headers)


def lost(*, reached: bool = True, hopeless: bool = False) -> Outcome:
    return Outcome(APIConnectionError("Lost."), reached=reached, hopeless=hopeless)


def drive(call: calls.Call[Any], policy: RetryPolicy, *outcomes: Outcome) -> tuple[list[float], int, Any]:
    """What was slept, how often it was sent, and the value or error of it; the last outcome repeats."""
    time = VirtualTime()
    script = list(outcomes)
    sent = 0
    flow = attempts(call, policy, jitter=lambda: 0.0, now=time.now)
    answer: Outcome | None = None
    try:
        while True:
            step = flow.send(answer)
            answer = None
            if isinstance(step, Wait):
                time.sleep(step.seconds)
            else:
                assert step == Send(sent)
                sent += 1
                answer = script.pop(0) if len(script) > 1 else script[0]
    except StopIteration as finished:
        return time.slept, sent, finished.value
    except APIError as error:
        return time.slept, sent, error


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "100"}, 100.0),
        ({"retry-after": DATE}, 30.0),
        ({"retry-after": PAST}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
        ({"retry-after-ms": "0", "retry-after": "9"}, None),
        ({"retry-after-ms": "-1"}, None),
    ],
)
def test_wait_the_server_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, START) == seconds


@pytest.mark.parametrize(
    ("retries", "longest", "shortest"),
    [(0, 0.5, 0.375), (1, 1.0, 0.75), (2, 2.0, 1.5), (3, 4.0, 3.0), (4, 8.0, 6.0), (5, 8.0, 6.0), (9999, 8.0, 6.0)],
)
def test_backoff(retries: int, longest: float, shortest: float) -> None:
    policy = RetryPolicy()
    assert policy.delay(retries, None, lambda: 0.0) == longest
    assert policy.delay(retries, None, lambda: 1.0) == shortest


def test_a_wish_is_capped_and_not_spread() -> None:
    assert RetryPolicy().delay(0, 3.0, lambda: 1.0) == 3.0
    assert RetryPolicy().delay(0, 600.0, lambda: 1.0) == 60.0
    assert RetryPolicy(longest_retry_after=900).delay(0, 600.0, lambda: 1.0) == 600.0


@pytest.mark.parametrize("value", [None, 1.5, "2", True])
def test_max_retries_must_be_a_whole_number(value: Any) -> None:
    with pytest.raises(TypeError, match="max_retries"):
        RetryPolicy(max_retries=value)


def test_max_retries_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match="max_retries"):
        RetryPolicy(max_retries=-1)


REPEATED = [lost(), lost(reached=False), *(refused(status) for status in (408, 409, 429, 500, 501, 503, 529))]
FINAL = [lost(hopeless=True), *(refused(status) for status in (302, 400, 401, 403, 404, 413, 422))]


@pytest.mark.parametrize("outcome", REPEATED, ids=lambda o: f"{o.status}-{o.reached}")
def test_harmless_calls_are_repeated(outcome: Outcome) -> None:
    slept, sent, error = drive(calls.retrieve("b"), RetryPolicy(), outcome)
    assert (slept, sent) == ([0.5, 1.0], 3)
    assert error is outcome.error
    slept, sent, batch = drive(calls.cancel("b"), RetryPolicy(), outcome, FINE)
    assert (slept, sent, batch.id) == ([0.5], 2, samples.ID)
    assert drive(calls.delete("b"), RetryPolicy(max_retries=0), outcome)[:2] == ([], 1)


@pytest.mark.parametrize("outcome", FINAL, ids=lambda o: f"{o.status}")
def test_final_answers_are_not_repeated(outcome: Outcome) -> None:
    slept, sent, error = drive(calls.retrieve("b"), RetryPolicy(), outcome)
    assert (slept, sent) == ([], 1)
    assert error is outcome.error


def test_x_should_retry_overrides_the_status() -> None:
    assert drive(calls.retrieve("b"), RetryPolicy(), refused(400, x_should_retry="true"))[1] == 3
    assert drive(calls.retrieve("b"), RetryPolicy(), refused(500, x_should_retry="false"))[1] == 1


def test_the_servers_wish_replaces_the_backoff() -> None:
    slept, _, _ = drive(calls.retrieve("b"), RetryPolicy(), refused(429, retry_after="7"), refused(529))
    assert slept == [7.0, 1.0]


def test_an_unreadable_success_is_not_repeated() -> None:
    _, sent, error = drive(calls.retrieve("b"), RetryPolicy(), Outcome(None, 200, {}, b"<html>"))
    assert sent == 1
    assert isinstance(error, APIResponseValidationError)


CREATE = calls.create([samples.REQUEST, samples.REQUEST])


@pytest.mark.parametrize(
    "outcome",
    [lost(reached=False), busy(429, "rate_limit_error"), busy(503), busy(529), busy(529, x_should_retry="true")],
    ids=lambda o: f"{o.status}",
)
def test_create_is_sent_again_when_nothing_can_have_happened(outcome: Outcome) -> None:
    slept, sent, batch = drive(CREATE, RetryPolicy(), outcome, FINE)
    assert (slept, sent, batch.id) == ([0.5], 2, samples.ID)
    _, sent, error = drive(CREATE, RetryPolicy(), outcome)
    assert sent == 3
    assert error is outcome.error


@pytest.mark.parametrize(
    "outcome",
    [
        lost(),
        Outcome(APITimeoutError("Late.")),
        *(refused(status) for status in (408, 499, 500, 501, 502, 504, 520)),
        refused(500, x_should_retry="false"),
        *(refused(status, x_should_retry="true") for status in (408, 500, 503, 504)),
        # A gateway in front of the API may say so after it passed the request on.
        *(refused(status) for status in (429, 503, 529)),
        refused(503, "<html><title>503 Service Temporarily Unavailable</title></html>"),
        refused(529, '{"error":{"type":"overloaded_error","message":"Busy."}}'),
        busy(503, "api_error"),
        Outcome(None, 200, {}, b"<html>"),
        Outcome(None, 200, {}, b'{"id":'),
    ],
    ids=lambda o: f"{o.status}",
)
def test_create_in_doubt_is_never_sent_again(outcome: Outcome) -> None:
    slept, sent, error = drive(CREATE, RetryPolicy(max_retries=5), busy(), outcome)
    assert (slept, sent) == ([0.5], 2)
    assert isinstance(error, CreateUncertain)
    assert error.sent_at == START + timedelta(seconds=0.5)
    assert error.count == 2
    assert outcome.error is None or error.cause is outcome.error


@pytest.mark.parametrize(
    "outcome",
    [
        *(refused(status) for status in (307, 400, 401, 404, 409, 413)),
        refused(400, x_should_retry="true"),
        busy(x_should_retry="false"),
        lost(reached=False, hopeless=True),
    ],
)
def test_a_create_refused_keeps_its_own_error(outcome: Outcome) -> None:
    _, sent, error = drive(CREATE, RetryPolicy(), outcome)
    assert sent == 1
    assert error is outcome.error


def test_conflict_on_create_is_a_refusal() -> None:
    assert isinstance(drive(CREATE, RetryPolicy(), refused(409))[2], ConflictError)


@pytest.mark.parametrize("text", [None, "", "soon", "Mon, 99 Foo 2026"])
def test_unreadable_dates_are_no_dates(text: str | None) -> None:
    assert http_date(text) is None


def test_dates_are_aware() -> None:
    assert http_date("Sun, 22 Nov 2026 12:00:00 -0000") == START
    assert http_date(format_datetime(START, usegmt=True)) == START
