"""Whether a results file holds what its batch promised: a readable line per request, each custom_id once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from batch_tui.results.checksum import checksum_of
from batch_tui.results.errors import disk_error
from batch_tui.results.line_facts import NO_CUSTOM_ID
from batch_tui.results.result_line import UNREADABLE, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.store import ResultsStore, StoredResults

_OUTCOMES: tuple[Kind, ...] = ("succeeded", "errored", "canceled", "expired")
_NAMED = 3
_CHANGED = "The copy on this machine does not say any more what was stored: something changed it, or the disk did."
_NAMELESS = bytes(bool(flag & NO_CUSTOM_ID) for flag in range(256))


class RequestCounts(Protocol):
    """The counts a batch reports (`MessageBatchRequestCounts`)."""

    @property
    def processing(self) -> int: ...
    @property
    def succeeded(self) -> int: ...
    @property
    def errored(self) -> int: ...
    @property
    def canceled(self) -> int: ...
    @property
    def expired(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Completeness:
    """The verdict, and one sentence for each thing that stands against it; numbers count rows.

    `verified` is True only if the expected number is known and nothing stands against it.
    """

    verified: bool
    sentences: tuple[str, ...]
    rows: int
    expected: int | None
    missing: int = 0
    extra: int = 0
    doubled: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class InputMatch:
    """How the custom_ids of an input and those of a results file go together.

    `asked` in the input, of which `answered` have a result; a sentence for each way in which they differ.
    """

    asked: int
    answered: int
    sentences: tuple[str, ...]


class _Named(Struct, gc=False):
    custom_id: str


_named = msgspec.json.Decoder(_Named)


def check_completeness(
    results: ResultsFile,
    expected: RequestCounts | int | None,
    *,
    custom_ids: Collection[str] | None = None,
) -> Completeness:
    """Compare a whole results file with its batch's counts (or their sum) and, where known, its input's ids.

    Reads only the lines whose custom_id may be doubled, and all of them when `custom_ids` are given.
    """
    rows = len(results)
    total = expected if expected is None or isinstance(expected, int) else _total(expected)
    missing = extra = 0
    if total is None:
        sentences = ["The batch's request counts are not known, so there is nothing to compare with."]
    else:
        missing, extra = max(0, total - rows), max(0, rows - total)
        sentences = list(_against_counts(results, expected, total, missing, extra))
    unreadable = results.index.kind_counts[UNREADABLE]
    if unreadable:
        sentences.append(f"{_lines(unreadable)} cannot be read.")
    nameless = bytes(results.index.flags[:rows]).translate(_NAMELESS).count(1) - unreadable
    if nameless > 0:
        sentences.append(f"{_lines(nameless)} without a custom_id.")
    twice = results.doubled_custom_ids()
    doubled = sum(len(places) - 1 for places in twice.values())
    if doubled:
        sentences.append(
            f"{_lines(doubled)} {'repeats' if doubled == 1 else 'repeat'} a custom_id: {_some(list(twice))}."
        )
    if custom_ids is not None:
        match = match_input(results, custom_ids)
        sentences.extend(match.sentences if match is not None else ())
    return Completeness(not sentences, tuple(sentences), rows, total, missing, extra, doubled, unreadable)


class _Counts(Struct, gc=False):
    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0


def remembered_counts(stored: StoredResults) -> RequestCounts | None:
    """The counts that the batch reported when its results were stored, or None where they are not remembered."""
    try:
        return msgspec.convert((stored.batch or {}).get("request_counts"), _Counts)
    except msgspec.ValidationError:
        return None


def check_stored(
    store: ResultsStore, stored: StoredResults, results: ResultsFile, expected: RequestCounts | int | None
) -> Completeness:
    """Check stored results once more, and have the store remember the verdict unless something else wrote to them.

    What was verified needs no counts for that: as many lines as there were have to be there.
    """
    known = stored.rows if stored.verified and expected is None else expected
    verdict = check_completeness(results, known)
    if verdict.verified != stored.verified and stored.doubt is None:
        store.remember_verdict(stored.batch_id, verified=verdict.verified)
    return verdict


def looked_through(
    store: ResultsStore, stored: StoredResults, results: ResultsFile, should_stop: Callable[[], bool] = lambda: False
) -> StoredResults | None:
    """What is stored, with a doubt where the file does not come to what was noted of it; None when told to stop.

    Reads all of it; where something changed it, the store remembers. Raises ResultsStoreError.
    """
    if stored.checksum is None or stored.doubt is not None:
        return stored
    try:
        checksum = checksum_of(results.descriptor, should_stop=should_stop)
    except OSError as error:
        raise disk_error("read", stored.path, error) from error
    if checksum is None or checksum == stored.checksum:
        return None if checksum is None else stored
    store.remember_verdict(stored.batch_id, verified=False)
    return replace(stored, verified=False, doubt=_CHANGED)


def _total(counts: RequestCounts) -> int:
    return counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired


def _against_counts(
    results: ResultsFile, expected: RequestCounts | int | None, total: int, missing: int, extra: int
) -> Iterator[str]:
    rows = len(results)
    if missing:
        yield f"{_lines(missing)} missing: the batch has {_requests(total)}, the file {_lines(rows)}."
    if extra:
        yield f"{_lines(extra)} too many: the batch has {_requests(total)}, the file {_lines(rows)}."
    if expected is None or isinstance(expected, int):
        return
    if expected.processing:
        yield f"{expected.processing:,} requests were still processing when the batch was last asked about."
        return
    found = results.counts()
    for outcome in _OUTCOMES:
        promised: int = getattr(expected, outcome)
        if found[outcome] != promised:
            yield f"The batch counts {promised:,} {outcome}, the file {found[outcome]:,}."
    if found["unknown"]:
        yield f"{_lines(found['unknown'])} of a kind this version does not know."


def match_input(
    results: ResultsFile, custom_ids: Collection[str], *, should_stop: Callable[[], bool] = lambda: False
) -> InputMatch | None:
    """Compare the custom_ids of all rows with those of the input; None when told to stop.

    Reads every line. Raises ResultsStoreError when the file lost some.
    """
    wanted, found = set(custom_ids), set()
    for row in range(len(results)):
        if should_stop():
            return None
        name = _custom_id(results, row)
        if name is not None:
            found.add(name)
    sentences = []
    if unanswered := wanted - found:
        sentences.append(f"{_requests(len(unanswered))} of the input without a result: {_some(sorted(unanswered))}.")
    if unasked := found - wanted:
        told = f"{_lines(len(unasked))} for custom_ids that the input does not have: {_some(sorted(unasked))}."
        sentences.append(told)
    return InputMatch(len(wanted), len(wanted & found), tuple(sentences))


def custom_ids_of(results: ResultsFile) -> Iterator[str]:
    """The custom_ids of all rows that have one; reads every line. Raises ResultsStoreError when the file lost some."""
    return (name for row in range(len(results)) if (name := _custom_id(results, row)) is not None)


def _custom_id(results: ResultsFile, row: int) -> str | None:
    try:
        return _named.decode(results.line(row)).custom_id
    except (ValueError, RecursionError):
        return results.row(row).custom_id


def _lines(number: int) -> str:
    return f"{number:,} line" if number == 1 else f"{number:,} lines"


def _requests(number: int) -> str:
    return f"{number:,} request" if number == 1 else f"{number:,} requests"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
