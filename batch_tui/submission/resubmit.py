"""Only the requests that failed, taken from the input of their batch; no network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from batch_tui.submission.request_file import numbered_requests

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from batch_tui.api.params import MessageBatchIndividualRequest

Kind: TypeAlias = Literal["succeeded", "errored", "canceled", "expired", "unknown", "unreadable"]
FAILED: frozenset[Kind] = frozenset({"errored", "expired", "canceled"})
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


def requests_to_resubmit(input_path: Path, results: ResultRows, kinds: Collection[Kind] = FAILED) -> RequestsToResubmit:
    """The requests whose result is of one of `kinds`, by default those that failed.

    A custom_id that the file has several times is left out if any of its rows is of another kind: it may
    have been answered and paid for.
    """
    wanted: set[str] = set()
    for kind in kinds:
        rows = list(results.rows(kind))
        wanted.update(name for row in rows if (name := results.row(row).custom_id) is not None)
    for custom_id, places in results.doubled_custom_ids().items():
        if any(results.kind(row) not in kinds for row in places):
            wanted.discard(custom_id)
    return RequestsToResubmit(input_path, frozenset(wanted))
