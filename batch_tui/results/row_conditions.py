"""The conditions a row query is made of: some look only at the index, others read the line."""

from __future__ import annotations

from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any, Final, Protocol

from batch_tui.results.error_groups import mask
from batch_tui.results.json_path import MISSING, JsonPath, show
from batch_tui.results.line_facts import UNTOLD, custom_id_code
from batch_tui.results.result_line import ERRORED, KINDS, SUCCEEDED, error_of
from batch_tui.results.result_row import answer_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.results.line_index import LineIndex
    from batch_tui.results.result_line import Kind
    from batch_tui.results.results_file import Record
    from batch_tui.results.search import SearchPattern

COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


class IndexCondition(Protocol):
    """A condition answered without reading: rows in, rows out."""

    def keep(self, index: LineIndex, rows: list[int]) -> list[int]:
        """Those of these rows that fulfil it."""


class ReadingCondition(Protocol):
    """A condition that needs the record."""

    def fulfilled(self, record: Record) -> bool:
        """Whether the record fulfils it."""


@dataclass(frozen=True, slots=True)
class KindIs:
    kinds: frozenset[Kind]

    def keep(self, index: LineIndex, rows: list[int]) -> list[int]:
        wanted, kinds = {KINDS.index(kind) for kind in self.kinds}, index.kinds
        return [row for row in rows if kinds[row] in wanted]


@dataclass(frozen=True, slots=True)
class IsSuspicious:
    def keep(self, index: LineIndex, rows: list[int]) -> list[int]:
        return [row for row in rows if index.is_suspicious(row)]


@dataclass(frozen=True, slots=True)
class NameIs:
    """The stop reason or the model of a success; `whole` wants all of the name, otherwise a part in any case."""

    field: str
    text: str
    whole: bool

    def keep(self, index: LineIndex, rows: list[int]) -> list[int]:
        stop = self.field == "stop"
        numbers, names = (
            (index.stop_numbers, index.stop_reasons.names) if stop else (index.model_numbers, index.models.names)
        )
        part = self.text.lower()
        wanted = {
            place
            for place, name in enumerate(names)
            if name is not None and (name == self.text if self.whole else part in name.lower())
        }
        kinds = index.kinds
        return [row for row in rows if numbers[row] in wanted and kinds[row] == SUCCEEDED]


@dataclass(frozen=True, slots=True)
class TokensAre:
    """A token count of a success, compared with a number."""

    columns: tuple[int, ...]
    comparison: str
    number: float

    def keep(self, index: LineIndex, rows: list[int]) -> list[int]:
        holds, number, kinds = COMPARISONS[self.comparison], self.number, index.kinds
        columns, flags = [index.token_columns[place] for place in self.columns], index.flags
        if len(columns) == 1:
            (column,) = columns
            return [
                row
                for row in rows
                if kinds[row] == SUCCEEDED
                and holds(told := column[row], number)
                # What a line does not say fulfils nothing.
                and (told or not flags[row] & UNTOLD)
            ]
        return [
            row for row in rows if kinds[row] == SUCCEEDED and holds(sum(column[row] for column in columns), number)
        ]


@dataclass(frozen=True, slots=True)
class LineIsWithin:
    """Line numbers as people count them, from 1."""

    first: int
    last: int

    def keep(self, index: LineIndex, rows: list[int]) -> list[int]:
        return [row for row in rows if self.first <= row + 1 <= self.last]


@dataclass(frozen=True, slots=True)
class MayHaveCustomId:
    """Narrows to rows whose custom_id has the same code; goes with CustomIdIs, which reads them."""

    custom_id: str

    def keep(self, index: LineIndex, rows: list[int]) -> list[int]:
        code, codes = custom_id_code(self.custom_id), index.custom_id_codes
        return [row for row in rows if codes[row] == code]


@dataclass(frozen=True, slots=True)
class IndexNot:
    condition: IndexCondition

    def keep(self, index: LineIndex, rows: list[int]) -> list[int]:
        left_out = set(self.condition.keep(index, rows))
        return [row for row in rows if row not in left_out]


@dataclass(frozen=True, slots=True)
class CustomIdIs:
    text: str
    whole: bool

    def fulfilled(self, record: Record) -> bool:
        custom_id = record.custom_id
        if custom_id is None:
            return False
        return custom_id == self.text if self.whole else self.text.lower() in custom_id.lower()


@dataclass(frozen=True, slots=True)
class Says:
    """A pattern in the answer's text."""

    pattern: SearchPattern

    def fulfilled(self, record: Record) -> bool:
        return record.kind == "succeeded" and self.pattern.matches(answer_text(record.value))


@dataclass(frozen=True, slots=True)
class ErrorSays:
    """A pattern in type or message of an error; `is_group` instead wants its whole type, or type and masked message."""

    pattern: SearchPattern | None
    is_group: str | None = None

    def fulfilled(self, record: Record) -> bool:
        if KINDS.index(record.kind) != ERRORED:
            return False
        kind, message = error_of(record.value)
        if self.pattern is None:
            return self.is_group in (kind, f"{kind}: {mask(message)}")
        return self.pattern.matches(f"{kind}: {message}")


@dataclass(frozen=True, slots=True)
class PathIs:
    """The value at a path, compared with what was typed: as a number where both are, else as text."""

    path: JsonPath
    comparison: str
    text: str
    pattern: SearchPattern | None = None

    def fulfilled(self, record: Record) -> bool:
        value = self.path.value(record.value)
        if value is MISSING:
            return self.comparison == "!="
        if self.pattern is not None:
            return self.pattern.matches(show(value))
        holds = COMPARISONS[self.comparison]
        number = number_of(self.text)
        if number is not None and isinstance(value, int | float) and not isinstance(value, bool):
            return holds(value, number)
        if self.comparison in ("=", "!="):
            return holds(show(value), self.text)
        # An order between a number and a word means nothing.
        return isinstance(value, str) and number is None and holds(value, self.text)


@dataclass(frozen=True, slots=True)
class Not:
    condition: ReadingCondition

    def fulfilled(self, record: Record) -> bool:
        return not self.condition.fulfilled(record)


def number_of(text: str) -> float | None:
    """A number as people type it: 3000, 1.5, 3k, 2M; None for anything else."""
    factor = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    digits = text[:-1] if factor > 1 else text
    digits = digits.replace("_", "").replace(",", "")
    try:
        # Whole numbers as they are: ids of many digits are none that a float can hold.
        number = int(digits) if digits.removeprefix("-").isdecimal() else float(digits)
    except ValueError:
        return None
    return number * factor if number == number and abs(number) != float("inf") else None
