"""What a thread does to send failed requests again: find them and their file; and to send anything once."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from batch_tui.api.errors import BadRequestError, BatchAPIError
from batch_tui.results.errors import ResultsStoreError
from batch_tui.submission.errors import LinkError
from batch_tui.submission.journal import JournalError, SubmissionJournal, custom_ids_digest
from batch_tui.submission.request_file import RequestFileError
from batch_tui.submission.resubmit import REFUSED, RequestsToResubmit, failed_rows, input_of
from batch_tui.submission.sending import BatchSender, InDoubt
from batch_tui.tui import mask
from batch_tui.tui.resubmit_messages import (
    ResubmitEnded,
    ResubmitMade,
    ResubmitNeedsInput,
    ResubmitPlanned,
    ResubmitSaid,
)
from batch_tui.tui.text import number, plain
from batch_tui.tui.trouble import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from textual.message import Message

    from batch_tui.api.client import BatchClient
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.submission.journal import Submission
    from batch_tui.submission.linked_input import LinkedInput, LinkedInputs
    from batch_tui.submission.sending import Made, Sent
    from batch_tui.tui.connection import Submissions
    from batch_tui.tui.resubmit_messages import ResubmitRequested

_ADVICE = (" I links it anew.", " I links the input anew.")
"""How a sentence about a link ends; where the file is asked for at once, that goes without saying."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the failed requests: their custom_ids, and how many there are of each kind and model."""

    custom_ids: frozenset[str]
    kinds: Mapping[str, int]
    models: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.custom_ids)

    def __add__(self, other: Part) -> Part:
        kinds = Counter(self.kinds) + Counter(other.kinds)
        return Part(self.custom_ids | other.custom_ids, kinds, Counter(self.models) + Counter(other.models))


@dataclass(frozen=True, slots=True)
class ResubmitPlan:
    """What can be sent again of a batch, as it was found; the strings are untrusted."""

    batch_id: str
    among: str
    """What the rows that were asked about are called; empty for all of them."""
    file: Path
    stamp: tuple[int, int]
    """Size and time of modification of the file then."""
    usual: Part
    """Those that may succeed when they are sent again."""
    refused: Part
    """Those that the API refused for what they ask: the same will be refused again."""
    missing: int
    """How many failed and are not in the file."""
    examples: tuple[str, ...]
    """custom_ids of some that are missing."""
    earlier: Submission | None = None
    """When just these were sent before."""

    @property
    def proposed(self) -> Part:
        """What is sent unless the user wants more."""
        return self.usual if len(self.usual) else self.refused


@dataclass(frozen=True, slots=True)
class Order:
    """What the user agreed to send; `again` even though an earlier attempt may have made a batch."""

    plan: ResubmitPlan
    part: Part
    again: bool = False

    key = ("batch.resubmit", "R")
    """The action that sends it, and its usual key."""

    @property
    def count(self) -> int:
        """How many requests it has."""
        return len(self.part)

    def send(self, way: Post) -> Outcome:
        """Send them once, and link their part of the file to the batch. Raises as BatchSender does."""
        file, only = self.plan.file, self.part.custom_ids
        if stamp_of(file) != self.plan.stamp:
            raise RequestFileError(f"{file} was changed after the question.")
        requests = RequestsToResubmit(file, only)
        outcome = sender_of(way).send(lambda: requests, file, again=self.again)
        return outcome, link_to(outcome, file, self.plan.stamp, way, only)

    def despite_doubt(self) -> Order:
        """The same, to be sent even though an earlier attempt may have made a batch."""
        return replace(self, again=True)


def plan_resubmit(
    wish: ResubmitRequested,
    results: ResultsFile,
    inputs: LinkedInputs,
    submissions: Submissions,
    should_stop: Callable[[], bool],
) -> Message | None:
    """Find what failed and the file it was sent from, and say what comes next; None when told to stop."""
    try:
        failed = failed_rows(results, among=wish.rows)
        if not failed:
            return ResubmitSaid(_nothing_failed(wish), "information")
        reasons: dict[str, str] = {}
        for custom_id, row in failed.items():
            if should_stop():
                return None
            kind = results.kind(row)
            reasons[custom_id] = results.error_type(row) if kind == "errored" else kind
        file = input_of(wish.batch_id, inputs, SubmissionJournal(submissions.directory))
    except (LinkError, RequestFileError) as error:
        return ResubmitNeedsInput(wish, _without_advice(error))
    except (ResultsStoreError, JournalError) as error:
        return ResubmitSaid(str(error), "error")
    if file is None:
        return ResubmitNeedsInput(wish, None)
    try:
        plan = _plan(wish, file, reasons, should_stop)
    except RequestFileError as error:
        return ResubmitNeedsInput(wish, str(error), str(file))
    if plan is None:
        return None
    if not len(plan.proposed):
        many = f"None of the {number(len(failed))} requests that failed is in {file}."
        problem = many if len(failed) > 1 else f"The request that failed is not in {file}."
        return ResubmitNeedsInput(wish, problem, str(file))
    try:
        digest = custom_ids_digest(plan.proposed.custom_ids)
        made = SubmissionJournal(submissions.directory).sent_before(digest, submissions.origin)
        return ResubmitPlanned(wish, replace(plan, earlier=made[-1] if made else None))
    except JournalError as error:
        return ResubmitSaid(str(error), "error")


def _nothing_failed(wish: ResubmitRequested) -> str:
    if wish.among:
        return f"None of the {wish.among} rows failed: there is nothing to send again."
    return "No request of this batch failed: there is nothing to send again."


def _without_advice(error: Exception) -> str:
    said = str(error)
    for advice in _ADVICE:
        said = said.removesuffix(advice)
    return said


def _plan(
    wish: ResubmitRequested, file: Path, reasons: Mapping[str, str], should_stop: Callable[[], bool]
) -> ResubmitPlan | None:
    stamp = stamp_of(file)
    parts = {refused: (set[str](), Counter[str](), Counter[str]()) for refused in (False, True)}
    for request in RequestsToResubmit(file, frozenset(reasons)):
        if should_stop():
            return None
        custom_id, model = request["custom_id"], request["params"].get("model")
        reason = reasons[custom_id]
        custom_ids, kinds, models = parts[reason == REFUSED]
        custom_ids.add(custom_id)
        kinds[reason if reason in ("expired", "canceled") else "errored"] += 1
        models[model if isinstance(model, str) else "no model"] += 1
    usual, refused = (Part(frozenset(parts[one][0]), *parts[one][1:]) for one in (False, True))
    missing = sorted(set(reasons) - usual.custom_ids - refused.custom_ids)
    return ResubmitPlan(wish.batch_id, wish.among, file, stamp, usual, refused, len(missing), tuple(missing[:3]))


def stamp_of(file: Path) -> tuple[int, int]:
    """Size and time of modification. Raises RequestFileError."""
    try:
        found = file.stat()
    except OSError as error:
        raise RequestFileError(f"{file} cannot be read: {error.strerror or error}.") from error
    return found.st_size, found.st_mtime_ns


@dataclass(frozen=True, slots=True)
class Post:
    """How to send: with which client, noted where, and who hears of it. `sleep` is None for the usual one."""

    client: BatchClient
    submissions: Submissions
    inputs: LinkedInputs
    host: str
    post: Callable[[Message], object]
    sleep: Callable[[float], object] | None = None


Outcome: TypeAlias = "tuple[Sent | InDoubt, LinkedInput | None]"
"""How sending came out, and the link to the file where there is one."""


class Sending(Protocol):
    """Something that the user agreed to send."""

    @property
    def key(self) -> tuple[str, str]:
        """The action that sends it, and its usual key."""

    @property
    def count(self) -> int:
        """How many requests it has."""

    def send(self, way: Post) -> Outcome:
        """Send it once, and link its file. Raises as BatchSender does."""

    def despite_doubt(self) -> Sending:
        """The same, to be sent even though an earlier attempt may have made a batch."""


def send_order(order: Sending, way: Post) -> None:
    """Send what was agreed to once, and post how it went; everything is told, nothing raised."""
    try:
        outcome, linked = order.send(way)
    except (JournalError, RequestFileError) as error:
        way.post(ResubmitEnded(order, f"No batch was made. {error}"))
    except BatchAPIError as error:
        way.post(ResubmitEnded(order, f"No batch was made. {_told(error, way)}"))
    except Exception as error:  # noqa: BLE001  (else it would count as being sent for ever, and its key do nothing)
        said = f"{describe(error, host=way.host)} Whether a batch was made is not known."
        way.post(ResubmitEnded(order, said))
    else:
        way.post(ResubmitEnded(order, outcome, linked))


def _told(error: BatchAPIError, way: Post) -> str:
    """What the API said; why it refused a request may quote that."""
    said = str(describe(error, host=way.host))
    quoted = error.message.rstrip(".") if isinstance(error, BadRequestError) else ""
    return said.replace(quoted, mask.written(plain(quoted))) if quoted and mask.is_on() else said


def sender_of(way: Post, *, new: bool = False) -> BatchSender:
    """What sends once, and tells of the batch as soon as it is there; `new`: it is all of a file."""

    def tell(made: Made) -> None:
        way.post(ResubmitMade(made.batch, earlier=made.earlier is not None, new=new))

    return BatchSender(
        way.client,
        SubmissionJournal(way.submissions.directory),
        origin=way.submissions.origin,
        access=way.submissions.access,
        explain=lambda error: _told(error, way),
        say=lambda sentence: way.post(ResubmitSaid(sentence)),
        tell=tell,
        sleep=way.sleep or time.sleep,
    )


def link_to(
    outcome: Sent | InDoubt, file: Path, stamp: tuple[int, int], way: Post, only: frozenset[str] | None = None
) -> LinkedInput | None:
    """Link the new batch to the file, or to its part of it; it is there whether this succeeds or not."""
    if isinstance(outcome, InDoubt):
        return None
    try:
        if stamp_of(file) != stamp:
            raise LinkError(f"{file} was changed since it was sent.")
        return way.inputs.link(outcome.batch.id, file, only=only)
    except (LinkError, RequestFileError) as error:
        way.post(ResubmitSaid(f"The batch was made, but its input was not linked to it: {_without_advice(error)}"))
        return None
