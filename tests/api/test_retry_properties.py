"""What holds of retries whatever the server does, on a clock that nobody waits for."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from batch_tui.api import APIConnectionError, APIError, CreateUncertain, RetryPolicy, calls
from batch_tui.api.errors import error_from_response
from batch_tui.api.retry import Outcome, Send, Wait, attempts, certainly_not_acted, retry_after
from tests.api import samples
from tests.api.conftest import START

FINE = Outcome(None, 200, {}, calls.ENCODER.encode(samples.batch()).encode())
HEADER_VALUE = st.one_of(
    st.text(max_size=30),
    st.floats().map(str),
    st.integers(-(10**9), 10**9).map(str),
    st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT")),
)
HEADERS = st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), HEADER_VALUE)
POLICY = st.builds(
    RetryPolicy,
    max_retries=st.integers(0, 5),
    first_delay=st.floats(0, 10),
    longest_delay=st.floats(0, 100),
    spread=st.floats(0, 1),
    longest_retry_after=st.floats(0, 1000),
)


def _refused(
    status: int, headers: dict[str, str], should_retry: str | None, body: bytes, *, renewable: bool
) -> Outcome:
    named = headers if should_retry is None else {**headers, "x-should-retry": should_retry}
    error = error_from_response(status, named, body, retry_after=retry_after(named, START))
    return Outcome(error, status, named, renewable=renewable and status == 401)


OUTCOME = st.one_of(
    st.builds(
        lambda reached, hopeless: Outcome(APIConnectionError("Lost."), reached=reached, hopeless=hopeless),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(
        _refused,
        st.sampled_from([302, 400, 401, 404, 408, 409, 429, 499, 500, 501, 503, 504, 529, 599]),
        HEADERS,
        st.sampled_from([None, "true", "false", "maybe"]),
        st.sampled_from([b"", b"<html>", b'{"type":"error","error":{"type":"overloaded_error","message":"Busy."}}']),
        renewable=st.booleans(),
    ),
    st.just(FINE),
    st.just(Outcome(None, 200, {}, b"<html>")),
)


def drive(
    call: calls.Call[Any], policy: RetryPolicy, script: list[Outcome], jitter: float
) -> tuple[list[Outcome], list[float], Any]:
    """What came of each attempt, what was waited between them, and the value or the error."""
    flow = attempts(call, policy, jitter=lambda: jitter, now=lambda: START)
    seen: list[Outcome] = []
    waits: list[float] = []
    answer: Outcome | None = None
    try:
        while True:
            step = flow.send(answer)
            answer = None
            if isinstance(step, Wait):
                waits.append(step.seconds)
            else:
                assert step == Send(len(seen))
                answer = script[len(seen) % len(script)]
                seen.append(answer)
    except StopIteration as finished:
        return seen, waits, finished.value
    except APIError as error:
        return seen, waits, error


SCRIPT = st.lists(OUTCOME, min_size=1, max_size=8)
UNIT = st.floats(0, 1, exclude_max=True)


@given(HEADERS)
@example({"retry-after-ms": "5e-324"})
def test_any_wish_is_a_positive_number_of_seconds_or_none(headers: dict[str, str]) -> None:
    wish = retry_after(headers, START)
    assert wish is None or (wish > 0 and math.isfinite(wish))


@given(POLICY, st.integers(0, 10**6), st.one_of(st.none(), st.floats(0, 1e12, exclude_min=True)), UNIT)
def test_a_wait_is_never_longer_than_the_policy_allows(
    policy: RetryPolicy, retries: int, asked: float | None, jitter: float
) -> None:
    delay = policy.delay(retries, asked, lambda: jitter)
    assert 0 <= delay <= (policy.longest_delay if asked is None else policy.longest_retry_after)


@given(SCRIPT, POLICY, UNIT)
def test_attempts_are_bounded_and_every_retry_is_waited_for(
    script: list[Outcome], policy: RetryPolicy, jitter: float
) -> None:
    seen, waits, end = drive(calls.retrieve("b"), policy, script, jitter)
    renewals = 1 if any(outcome.renewable for outcome in seen[:-1]) else 0
    assert len(seen) <= 1 + policy.max_retries + renewals
    assert len(waits) == len(seen) - 1 - renewals
    assert all(0 <= wait <= max(policy.longest_delay, policy.longest_retry_after) for wait in waits)
    assert all(outcome.error is not None for outcome in seen[:-1])
    if isinstance(end, APIError) and seen[-1].error is not None:
        assert end is seen[-1].error


@given(SCRIPT, POLICY, UNIT)
def test_a_create_is_never_sent_again_after_it_may_have_acted(
    script: list[Outcome], policy: RetryPolicy, jitter: float
) -> None:
    seen, _, end = drive(calls.create([samples.REQUEST]), policy, script, jitter)
    assert all(certainly_not_acted(outcome) for outcome in seen[:-1])
    last = seen[-1]
    in_doubt = not certainly_not_acted(last) if last.error else last is not FINE
    assert isinstance(end, CreateUncertain) == in_doubt
