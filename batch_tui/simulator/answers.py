"""Result lines of the batches nobody posted, computed from (seed, batch, position) one at a time."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from batch_tui.simulator import hostile
from batch_tui.simulator.draws import Shuffle, entropy, key_of, token
from batch_tui.simulator.templates import (
    CUSTOM_ID,
    KINDS_OF_WORK,
    MODEL,
    ORDINAL,
    TOOL_ID,
    hostile_lines,
    plain_lines,
    unusual_lines,
    with_holes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.simulator.lifecycle import Outcome


class Lines(Protocol):
    """The results file of one batch, as numbered lines."""

    def __len__(self) -> int:
        """One line per request."""

    def line(self, position: int, /) -> bytes:
        """The line at `position`, without a line end."""


class _Failure(NamedTuple):
    """A kind of errored line; validation failures carry no worker's request id."""

    type: str
    message: str
    by_worker: bool = False


_NO_CREDIT = _Failure(
    "invalid_request_error",
    "Your credit balance is too low to access the Anthropic API. "
    "Please go to Plans & Billing to upgrade or purchase credits.",
    True,
)
_FAILURES = (
    _NO_CREDIT,
    _Failure("overloaded_error", "Overloaded", True),
    _Failure("api_error", "Internal server error", True),
    _Failure("invalid_request_error", f"prompt is too long: 2{ORDINAL} tokens > 200000 maximum"),
    _Failure(
        "invalid_request_error",
        "Unable to download the file. Please verify the URL and try again.",
        True,
    ),
    _Failure("invalid_request_error", "Could not process image", True),
    _Failure(
        "invalid_request_error",
        "messages.0.content.0.image.source.base64.data: The file format is invalid or unsupported",
    ),
    _Failure("invalid_request_error", "messages: at least one message is required"),
    _Failure(
        "invalid_request_error",
        "The request timed out while trying to download the file. Please try again later.",
        True,
    ),
    _Failure("timeout_error", "Request timed out", True),
    _Failure("rate_limit_error", "Number of concurrent web searches has exceeded your limit", True),
    *(_Failure("invalid_request_error", message) for message in hostile.ERROR_MESSAGES),
)
# What makes every request of a batch fail at once.
_FATAL = (
    _NO_CREDIT,
    _Failure("not_found_error", "model: claude-sonnet-4-20250514"),
    _Failure(
        "invalid_request_error",
        f"max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens for {MODEL}",
    ),
    _Failure("invalid_request_error", "`stream=True` is not supported in the Message Batches API"),
)
_MODELS = (
    (b"claude-opus-5-5",),
    (b"claude-sonnet-5-5",),
    (b"claude-haiku-5-5",),
    (b"claude-haiku-4-5-20251001",),
    (b"claude-sonnet-4-5-20250929", b"claude-sonnet-5"),
    (b"claude-opus-5", b"claude-haiku-5-5"),
    (b"claude-fable-5-1",),
    (b"claude-fable-5-2", b"claude-opus-4-8"),
)


def _scrambled(number: int) -> bytes:
    # Multiplying by an odd number keeps 64-bit numbers distinct.
    return b"%016x" % (number * 0x9E3779B97F4A7C15 % 2**64)


_CUSTOM_IDS: tuple[Callable[[int], bytes], ...] = (
    lambda number: b"ticket-%06d" % number,
    lambda number: b"doc_%d" % number,
    lambda number: b"row-%d" % (number + 1),
    lambda number: b"eval-arith-%05d_v2" % number,
    lambda number: b"2026-10_customer_%d" % (4_000 + number * 3),
    _scrambled,
)

_HOSTILE_BELOW = 8
_UNUSUAL_BELOW = 16


@lru_cache(maxsize=64)
def _failure_line(failure: _Failure) -> bytes:
    error = {
        "details": None if failure.type == "api_error" else {"error_visibility": "user_facing"},
        "type": failure.type,
        "message": failure.message,
    }
    worker = f"workerreq_01{TOOL_ID}" if failure.by_worker else None
    result = {"type": "errored", "error": {"type": "error", "error": error, "request_id": worker}}
    return with_holes({"custom_id": CUSTOM_ID, "result": result}, escaped=True)


class AnswerLines:
    """The results file of a computed batch.

    Which request succeeded is a seeded shuffle, so kinds and numbers agree with `outcome`
    exactly without any list of them; the order of the lines is another.
    """

    def __init__(self, seed: int, key: bytes, outcome: Outcome) -> None:
        traits = entropy(key_of(key, "traits"), 0)
        self._key = key_of(key, "lines")
        self._count = outcome.succeeded + outcome.errored + outcome.canceled + outcome.expired
        self._below = (
            outcome.succeeded,
            outcome.succeeded + outcome.errored,
            outcome.succeeded + outcome.errored + outcome.canceled,
        )
        self._order = Shuffle(self._count, key_of(key, "order"))
        self._turn = Shuffle(self._count, key_of(key, "turn"))
        self._plain = plain_lines(seed, traits[0] % len(KINDS_OF_WORK))
        self._unusual = unusual_lines(seed)
        self._hostile = hostile_lines(seed)
        self._unusual_below = _UNUSUAL_BELOW if traits[1] < 128 else _HOSTILE_BELOW
        self._models = _MODELS[traits[2] % len(_MODELS)]
        self._custom_id = _CUSTOM_IDS[traits[3] % len(_CUSTOM_IDS)]
        self._input = 60 + traits[4] * 9
        # All of a batch failing has one cause; single failures have a few.
        if outcome.errored and outcome.errored == self._count:
            failures = [_FATAL[traits[5] % len(_FATAL)]]
        else:
            places = [traits[6 + n] % len(_FAILURES) for n in range(2 + traits[5] % 4)]
            failures = [_FAILURES[place] for place in places]
        self._failures = [_failure_line(failure) for failure in failures]

    def __len__(self) -> int:
        return self._count

    def line(self, position: int) -> bytes:
        """The line at `position`, without a line end."""
        number = self._order(position)
        turn = self._turn(number)
        custom_id = self._custom_id(number)
        succeeded, errored, canceled = self._below
        if turn >= errored:
            kind = b"canceled" if turn < canceled else b"expired"
            return b'{"custom_id":"%b","result":{"type":"%b"}}' % (custom_id, kind)
        chance = entropy(self._key, number)
        names = token(chance)
        holes = {
            b"cid": custom_id,
            b"model": self._models[chance[3] % len(self._models)],
            b"mid": names[8:30],
            b"tid": names[30:52],
            b"n": 10_000 + number,
            b"amount": 100 + (chance[4] << 8 | chance[5]),
            b"in": self._input + chance[6],
        }
        if turn >= succeeded:
            # Early failures in the list are the frequent ones.
            place = chance[1] * chance[2] * len(self._failures) >> 16
            return self._failures[place] % holes
        if chance[0] >= self._unusual_below:
            pool = self._plain
        else:
            pool = self._hostile if chance[0] < _HOSTILE_BELOW else self._unusual
        return pool[chance[1] % len(pool)] % holes
