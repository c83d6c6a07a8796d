"""A batch's life as a pure function of its plan, a cancel request and the clock."""

from __future__ import annotations

from typing import Literal

import msgspec

from batch_tui.simulator.clock import DAY, SECOND

Status = Literal["in_progress", "canceling", "ended"]

WINDOW = DAY
"""Processing stops this long after creation."""
RETENTION = 29 * DAY
"""Results are kept this long after creation."""

_QUEUED_SHARE = 0.05
_IN_FLIGHT_SHARE = 0.08


class Plan(msgspec.Struct, frozen=True, gc=False):
    """What is settled about one batch when it is created; instants in microseconds since 1970.

    `succeeded`, `errored` and `expired` are the counts it ends with if nobody cancels it.
    `cancel_at` is a cancel request that belongs to its story; `wind_down` is how long
    canceling takes.
    """

    key: bytes
    created: int
    ends: int
    succeeded: int
    errored: int
    expired: int = 0
    cancel_at: int | None = None
    wind_down: int = 8 * SECOND

    @property
    def total(self) -> int:
        """The number of requests, the same at every moment."""
        return self.succeeded + self.errored + self.expired


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """How a batch ends: four counts and the instant."""

    succeeded: int
    errored: int
    canceled: int
    expired: int
    at: int


class Standing(msgspec.Struct, frozen=True, gc=False):
    """What the API says of a batch at one instant."""

    status: Status
    processing: int
    succeeded: int
    errored: int
    canceled: int
    expired: int
    ended_at: int | None
    cancel_initiated_at: int | None
    archived_at: int | None

    @property
    def has_results(self) -> bool:
        """Whether results can be downloaded now."""
        return self.ended_at is not None and self.archived_at is None


def _progress(plan: Plan, at: int, end: int) -> float:
    """The share of the requests handled at `at`; nothing happens in the first twentieth."""
    elapsed = (at - plan.created) / max(1, end - plan.created)
    return min(1.0, max(0.0, (elapsed - _QUEUED_SHARE) / (1 - _QUEUED_SHARE)))


def outcome(plan: Plan, cancel_at: int | None) -> Outcome:
    """How the batch ends when cancel is asked for at `cancel_at` (None: never)."""
    if cancel_at is None or cancel_at >= plan.ends:
        return Outcome(plan.succeeded, plan.errored, 0, plan.expired, plan.ends)
    reached = _progress(plan, cancel_at, plan.ends)
    sendable = plan.succeeded + plan.errored
    # Requests already running when cancel arrives still finish.
    done = int(sendable * (reached + (1 - reached) * _IN_FLIGHT_SHARE))
    if sendable >= 10:
        done = min(sendable - 1, max(1, done))
    # Never fewer than counts that move had shown by then.
    errored = max(plan.errored * done // sendable, int(plan.errored * reached)) if sendable else 0
    at = min(plan.ends, cancel_at + plan.wind_down)
    return Outcome(done - errored, errored, plan.total - done, 0, at)


def _handled(plan: Plan, end: Outcome, asked: int | None, now: int) -> tuple[int, int]:
    """How many requests have succeeded and errored by `now`; a cancel changes the pace, not what was done."""
    reached = _progress(plan, now if asked is None else asked, plan.ends)
    succeeded, errored = int(plan.succeeded * reached), int(plan.errored * reached)
    if asked is None:
        return succeeded, errored
    wound = (now - asked) / max(1, end.at - asked)
    return succeeded + int((end.succeeded - succeeded) * wound), errored + int((end.errored - errored) * wound)


def standing(plan: Plan, cancel_at: int | None, now: int, *, gradual: bool) -> Standing:
    """The batch at `now`.

    Outcome counts stay 0 until the end, as documented; with `gradual` they move before it.
    """
    end = outcome(plan, cancel_at)
    asked = cancel_at if cancel_at is not None and cancel_at <= now else None
    if now >= end.at:
        archive = plan.created + RETENTION
        return Standing(
            "ended",
            0,
            end.succeeded,
            end.errored,
            end.canceled,
            end.expired,
            end.at,
            cancel_at,
            archive if now >= archive else None,
        )
    succeeded, errored = _handled(plan, end, asked, now) if gradual else (0, 0)
    return Standing(
        "in_progress" if asked is None else "canceling",
        plan.total - succeeded - errored,
        succeeded,
        errored,
        0,
        0,
        None,
        asked,
        None,
    )
