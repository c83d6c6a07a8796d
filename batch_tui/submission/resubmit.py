"""Only the requests that failed, taken from the input of their batch; no network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from batch_tui.submission.errors import LinkError
from batch_tui.submission.journal import custom_ids_digest
from batch_tui.submission.request_file import iter_requests, numbered_requests

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from batch_tui.api.params import MessageBatchIndividualRequest
    from batch_tui.submission.journal import SubmissionJournal
    from batch_tui.submission.linked_input import LinkedInputs

Kind: TypeAlias = Literal["succeeded", "errored", "canceled", "expired", "unknown", "unreadable"]
FAILED: frozenset[Kind] = frozenset({"errored", "expired", "canceled"})
REFUSED = "invalid_request_error"
"""The category of an error that the same request meets again (batches-api.md §5)."""
_NAMED = 20


class NamedRow(Protocol):
    """A row that may say which request it answers."""

    @property
    def custom_id(self) -> str | None: ...


class ResultRows(Protocol):
    """What is asked of a batch's results (`ResultsFile` has it); this room does not know the other."""

    def rows(self, chosen: Kind, /) -> Sequence[int]: ...
    def row(self, number: int, /) -> NamedRow: ...
    def kind(self, row: int, /) -> Kind: ...
    def doubled_custom_ids(self) -> Mapping[str, Sequence[int]]: ...


@dataclass(frozen=True, slots=True)
class ResubmitSummary:
    """How failed rows and input go together, in numbers of custom_ids.

    `wanted` failed; of those `matched` are in the input and `missing` are not (`examples` names up to 20).
    """

    wanted: int
    matched: int
    missing: int
    examples: tuple[str, ...]


class RequestsToResubmit:
    """The failed requests of an input file, read from it anew each time this is iterated."""

    def __init__(self, input_path: Path, wanted: frozenset[str]) -> None:
        self.input_path = input_path
        self.wanted = wanted

    def __iter__(self) -> Iterator[MessageBatchIndividualRequest]:
        """Requests in the order of the input, each custom_id once; raises RequestFileError for a bad line."""
        left = set(self.wanted)
        for _, request in numbered_requests(self.input_path):
            if request["custom_id"] in left:
                left.remove(request["custom_id"])
                yield request

    def summary(self) -> ResubmitSummary:
        """Read the input once and count."""
        found = {request["custom_id"] for request in self}
        missing = sorted(self.wanted - found)
        return ResubmitSummary(len(self.wanted), len(found), len(missing), tuple(missing[:_NAMED]))


def failed_rows(
    results: ResultRows, kinds: Collection[Kind] = FAILED, among: Collection[int] | None = None
) -> dict[str, int]:
    """The custom_ids whose result is of one of `kinds`, each with a row that says so; `among` these rows, or all.

    A custom_id that the file has several times is left out if any of its rows is of another kind: it may
    have been answered and paid for.
    """
    failed: dict[str, int] = {}
    for kind in kinds:
        rows = list(results.rows(kind)) if among is None else [row for row in among if results.kind(row) == kind]
        failed.update((name, row) for row in rows if (name := results.row(row).custom_id) is not None)
    for custom_id, places in results.doubled_custom_ids().items():
        if any(results.kind(row) not in kinds for row in places):
            failed.pop(custom_id, None)
    return failed


def input_of(batch_id: str, links: LinkedInputs, journal: SubmissionJournal) -> Path | None:
    """The file a batch was made from, as it was then: what is linked, or else what the journal tells; None if neither.

    Raises LinkError for a file that is another by now or cannot be read, RequestFileError and JournalError.
    """
    linked = links.of(batch_id)
    if linked is None:
        return _sent_from(journal, batch_id)
    if (problem := linked.problem()) is not None:
        raise LinkError(problem)
    return linked.path


def _sent_from(journal: SubmissionJournal, batch_id: str) -> Path | None:
    made = journal.made(batch_id)
    if made is None or made.input_path is None:
        return None
    file = made.input_path
    try:
        changed = made.input_changed()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise LinkError(
            f"{file}, from which {batch_id} was made, cannot be read: {reason}. I links the input anew."
        ) from error
    if made.input_stamp is None:
        # Written by an earlier version, which noted no more than this.
        changed = custom_ids_digest(request["custom_id"] for request in iter_requests(file)) != made.digest
    if changed:
        raise LinkError(f"{file} was changed since {batch_id} was made from it. I links the input anew.")
    return file
