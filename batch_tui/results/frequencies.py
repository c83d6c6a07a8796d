"""How often each value of a column occurs, with the query that finds its rows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from batch_tui.results.error_groups import mask
from batch_tui.results.json_path import MISSING, JsonPath, show
from batch_tui.results.result_line import ERRORED, KINDS, SUCCEEDED, error_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_tui.results.results_file import ResultsFile

SubjectName = Literal["kind", "stop", "model", "error"]
Subject: TypeAlias = SubjectName | JsonPath

OTHER = "(other)"
_MOST = 10_000
_LONGEST = 500
_EVERY = 256


@dataclass(frozen=True, slots=True)
class Frequency:
    """A value (None: there is none), its rows, and a RowQuery that finds them, or None where none can say it."""

    value: str | None
    count: int
    query: str | None


def frequencies(
    file: ResultsFile,
    rows: Sequence[int],
    subject: Subject,
    *,
    should_stop: Callable[[], bool] | None = None,
) -> list[Frequency]:
    """The values of these rows, most frequent first.

    At most 10,000 different values are told apart; the rest is "(other)". Errors that differ only in numbers and
    ids count as one.
    """
    value_of = _value_of(file, subject)
    counts: Counter[str | None] = Counter()
    for place, row in enumerate(rows):
        if should_stop is not None and place % _EVERY == 0 and should_stop():
            break
        value = value_of(row)
        if value is _NOT_ASKED:
            continue
        known = value in counts or len(counts) < _MOST
        counts[value if known else OTHER] += 1
    return [Frequency(value, count, _query(subject, value)) for value, count in counts.most_common()]


class _NotAsked(Enum):
    """What stands for a row that has no value of that subject."""

    ROW = auto()


_NOT_ASKED: Final = _NotAsked.ROW


def _value_of(file: ResultsFile, subject: Subject) -> Callable[[int], str | _NotAsked | None]:
    index = file.index
    if isinstance(subject, JsonPath):

        def extracted(row: int) -> str | _NotAsked | None:
            value = subject.value(file.read(row).value)
            return None if value is MISSING else show(value)[:_LONGEST]

        return extracted
    if subject == "kind":
        return lambda row: KINDS[index.kinds[row]]
    if subject == "error":

        def masked(row: int) -> str | _NotAsked | None:
            if index.kinds[row] != ERRORED:
                return _NOT_ASKED
            kind, message = error_of(file.read(row).value)
            return f"{kind}: {mask(message)}"

        return masked
    numbers, table = (
        (index.stop_numbers, index.stop_reasons) if subject == "stop" else (index.model_numbers, index.models)
    )
    return lambda row: table.names[numbers[row]] if index.kinds[row] == SUCCEEDED else _NOT_ASKED


def _query(subject: Subject, value: str | None) -> str | None:
    if value is None or value == OTHER:
        return None
    if subject == "kind":
        return f"type:{value}"
    if subject != "error" and len(value) >= _LONGEST:
        # Perhaps only the beginning of it; masked messages are all there is to compare with.
        return None
    name = subject.quoted if isinstance(subject, JsonPath) else subject
    return f"{name}={json.dumps(value, ensure_ascii=False)}"
