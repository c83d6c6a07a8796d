"""When a call is sent again, and after how long: the policy, and the attempt generator that a client drives.

Nothing here sends or sleeps. `attempts` yields `Send` or `Wait`; the driver does it, and hands back an
`Outcome` after each `Send`.
"""

from __future__ import annotations

import email.utils
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, TypeVar

import msgspec

from batch_tui.api.errors import APIError, APIResponseValidationError, APIStatusError, CreateUncertain

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from batch_tui.api.calls import Call

T = TypeVar("T")

TURNED_AWAY = (429, 503, 529)
"""Statuses of a server that is too busy for the request."""


class Send(msgspec.Struct, frozen=True):
    """Send the call now; `number` counts attempts from 0."""

    number: int


class Wait(msgspec.Struct, frozen=True):
    """Sleep this long before going on."""

    seconds: float


class Outcome(msgspec.Struct, frozen=True):
    """What became of one attempt: an answer (with or without error), or no answer (`status` None)."""

    error: APIError | None
    """None: success."""
    status: int | None = None
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Lower-case names; empty without an answer."""
    body: bytes = b""
    """Whole body; empty for a success that is streamed."""
    reached: bool = True
    """False only if the server certainly never had the request."""
    hopeless: bool = False
    """True if the same request can only fail the same way (an illegal header, an unknown scheme)."""
    renewable: bool = False
    """True if the server refused a credential that can be renewed before the next attempt."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently a call is repeated.

    Delays are in seconds. The backoff after n retries is min(first_delay * 2**n, longest_delay), shortened by
    up to `spread` of itself; a wait the server asks for replaces it, capped at `longest_retry_after`.
    """

    max_retries: int = 2
    first_delay: float = 0.5
    longest_delay: float = 8.0
    spread: float = 0.25
    longest_retry_after: float = 60.0

    def __post_init__(self) -> None:
        if not isinstance(self.max_retries, int) or isinstance(self.max_retries, bool):
            raise TypeError(f"max_retries must be a whole number (0 for none), not {self.max_retries!r}.")
        if self.max_retries < 0:
            raise ValueError(f"max_retries must be 0 or more, not {self.max_retries}.")

    def delay(self, retries: int, asked: float | None, jitter: Callable[[], float]) -> float:
        """Seconds to wait when `retries` were already made; `asked` is the server's own wish, if any."""
        if asked is not None:
            return min(asked, self.longest_retry_after)
        # 2**n of a large n is not a float any more, and the cap is reached long before.
        backoff = min(self.first_delay * 2.0 ** min(retries, 64), self.longest_delay)
        return backoff * (1 - self.spread * jitter())


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the server asks to wait, or None when it does not say, or says nothing usable.

    `retry-after-ms` wins over `retry-after`, which is seconds or an HTTP date. A malformed `retry-after-ms`
    falls through to the other; a zero or a time gone by is no wish at all.
    """
    milliseconds = _finite(headers.get("retry-after-ms"))
    text = headers.get("retry-after")
    if milliseconds is not None:
        seconds: float | None = milliseconds / 1000
    else:
        seconds = _finite(text)
        if seconds is None and text:
            moment = http_date(text)
            seconds = (moment - now).total_seconds() if moment else None
    return seconds if seconds is not None and seconds > 0 else None


def http_date(text: str | None) -> datetime | None:
    """An HTTP date as an aware datetime; None if there is none, or it cannot be read."""
    if not text:
        return None
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _finite(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def worth_repeating(outcome: Outcome, *, creates: bool) -> bool:
    """Whether to send the same call again; one that creates only if that cannot make a second batch."""
    if outcome.status is None:
        return not outcome.hopeless and not (creates and outcome.reached)
    wish = outcome.headers.get("x-should-retry")
    if creates:
        # The wish can only forbid here: "worth trying again" is not "nothing happened".
        return wish != "false" and outcome.status in TURNED_AWAY and certainly_not_acted(outcome)
    if wish in ("true", "false"):
        return wish == "true"
    return outcome.status in (408, 409, 429) or outcome.status >= 500


def certainly_not_acted(outcome: Outcome) -> bool:
    """Whether the server certainly did nothing, so that even a create may be sent again, or given up.

    Being too busy counts only in the API's own words: a gateway's 503 may come after it passed the request on.
    """
    if outcome.status is None:
        return not outcome.reached
    if outcome.status in TURNED_AWAY:
        return _says_it_is_busy(outcome.error)
    # A refusal. 408 and 499 come from gateways that do not know what happened behind them.
    return 300 <= outcome.status < 500 and outcome.status not in (408, 499)


def _says_it_is_busy(error: APIError | None) -> bool:
    """Whether an answer is the API's error that turns a request away before it is looked at."""
    if not isinstance(error, APIStatusError) or not isinstance(error.body, dict):
        return False
    return error.body.get("type") == "error" and error.type in ("rate_limit_error", "overloaded_error")


def attempts(
    call: Call[T], policy: RetryPolicy, *, jitter: Callable[[], float], now: Callable[[], datetime]
) -> Generator[Send | Wait, Outcome | None, T]:
    """Yield what to do next until the call has succeeded; return its parsed answer.

    Raises the error of the last attempt, or CreateUncertain where a batch may have been created unseen. A
    call that creates is sent again only after an attempt that certainly did nothing. The first refusal of a
    credential that can be renewed is followed by one more attempt at once, which counts as no retry.
    """
    renewed = 0
    for made in count():
        sent_at = now()
        outcome = yield Send(made)
        assert outcome is not None, "the driver owes an outcome for every Send"
        error = outcome.error
        if error is None:
            try:
                return call.parse(outcome)
            except APIResponseValidationError as unreadable:
                if call.creates is None:
                    raise
                raise CreateUncertain(
                    sent_at=sent_at, lost_at=now(), count=call.creates, cause=unreadable
                ) from unreadable
        if call.creates is not None and not certainly_not_acted(outcome):
            raise CreateUncertain(sent_at=sent_at, lost_at=now(), count=call.creates, cause=error) from error
        if outcome.renewable and not renewed:
            renewed = 1
            continue
        retries = made - renewed
        if retries >= policy.max_retries or not worth_repeating(outcome, creates=call.creates is not None):
            raise error
        asked = error.retry_after if isinstance(error, APIStatusError) else None
        yield Wait(policy.delay(retries, asked, jitter))
    raise AssertionError("count() does not end")
