"""What rows to show, as people type it: one grammar for the results screen and the command line."""

from __future__ import annotations

import json
import re
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from batch_tui.results.json_path import JsonPath, JsonPathError
from batch_tui.results.line_index import TOKEN_COLUMNS
from batch_tui.results.result_line import KINDS
from batch_tui.results.row_conditions import (
    CustomIdIs,
    ErrorSays,
    IndexNot,
    IsSuspicious,
    KindIs,
    LineIsWithin,
    MayHaveCustomId,
    NameIs,
    Not,
    PathIs,
    Says,
    TokensAre,
    number_of,
)
from batch_tui.results.search import PatternError, SearchPattern, Slice, search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_tui.results.result_line import Kind
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.row_conditions import IndexCondition, ReadingCondition

QUERY_HELP: Final = (
    ("type:errored,expired", "kinds; also canceled, succeeded, unreadable"),
    ("is:suspicious", "succeeded, but cut, refused, empty or not JSON"),
    ("stop:max_tokens", "the stop reason"),
    ("model:haiku", "part of the model's name"),
    ("id:req-12  id=req-12", "part of the custom_id; all of it"),
    ("error~credit  error=api_error", "words in an error; its type, or all of it"),
    ('text~"two words"  text~/re+gex/', "what the answer says"),
    ("out>3000  in<=2k", "tokens; also cache, thinking"),
    ("line:100..200", "lines of the file"),
    (".label=positive  .score>0.5", "a field of answers that are JSON"),
    ("message.id=msg_1  error.type~auth", "any field of the record"),
    ("word", "anything the record says"),
    ("-type:succeeded", "a minus in front turns it round"),
)
"""Examples and what they find, in the order they are best learned."""

_TOKENS = {
    "in": ("input_tokens",),
    "input": ("input_tokens",),
    "out": ("output_tokens",),
    "output": ("output_tokens",),
    "thinking": ("thinking_tokens",),
    "cache": ("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens"),
}
_AT_ONCE = frozenset({"type", "is", "stop", "model", "line"})
_SPOKEN = frozenset({"error", "text", "id", "model", "stop"})
_KEYS = ("type", "is", "stop", "model", "id", "error", "text", "line", *_TOKENS)
_TOKEN = re.compile(
    r"""\s*(?P<not>[-!])?"""
    r"""(?:(?P<key>(?:\["(?:[^"\\]|\\.)*"\]|[^\s"=:~<>!/])(?:\["(?:[^"\\]|\\.)*"\]|[^\s"=:~<>!])*)"""
    r"""(?P<operator>!=|<=|>=|[=:~<>]))?"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"?|/(?:[^/\\]|\\.)*/(?=\s|$)|\S*)"""
)
_INDEX_CHUNK = 20_000
_READ_CHUNK = 200


class QueryError(ValueError):
    """What was typed is no query; the text says which part, and what would be right."""


@dataclass(frozen=True)
class RowQuery:
    """Conditions that must all be fulfilled; without any, every row is found."""

    text: str
    at_once: tuple[IndexCondition, ...]
    reading: tuple[ReadingCondition, ...]
    saying: tuple[tuple[SearchPattern, bool], ...]
    """Words looked for anywhere, and whether they must not be there."""

    @classmethod
    def parse(cls, text: str) -> RowQuery:
        """Read a query. Raises QueryError."""
        at_once: list[IndexCondition] = []
        reading: list[ReadingCondition] = []
        saying: list[tuple[SearchPattern, bool]] = []
        position = 0
        while position < len(text.rstrip()):
            token = _TOKEN.match(text, position)
            assert token is not None  # it matches anything
            position = token.end()
            negated, key, operator = token["not"] is not None, token["key"], token["operator"]
            try:
                value, regex = _value(token["value"])
                if key is None:
                    saying.append((SearchPattern.of(value, regex=regex), negated))
                    continue
                found_at_once, found_reading = _conditions(key, operator, value, regex)
            except (PatternError, JsonPathError, ValueError) as error:
                raise QueryError(f"{token[0].strip()}: {error}") from error
            if negated and found_at_once and found_reading:
                # Both together say one thing; what only narrows cannot be turned round.
                found_at_once = []
            at_once += [IndexNot(one) if negated else one for one in found_at_once]
            reading += [Not(one) if negated else one for one in found_reading]
        return cls(text.strip(), tuple(at_once), tuple(reading), tuple(saying))

    def scan(
        self, file: ResultsFile, *, start: int = 0, should_stop: Callable[[], bool] | None = None
    ) -> Iterator[Slice]:
        """Look through the rows from `start` to the last one there is by then, in steps of bounded work.

        Raises ResultsStoreError when the file cannot be read any more.
        """
        if self._leads:
            steps = search(file, self.saying[0][0], start=start, should_stop=should_stop)
        else:
            steps = _chunks(file, start)
        for step in steps:
            if should_stop is not None and should_stop():
                return
            rows: list[int] = list(step.rows)
            for condition in self.at_once:
                rows = condition.keep(file.index, rows)
            for place in range(0, len(rows), _READ_CHUNK):
                if should_stop is not None and should_stop():
                    return
                part = rows[place : place + _READ_CHUNK]
                if place + _READ_CHUNK < len(rows):
                    yield Slice(self._read(file, part), part[-1] + 1)
                else:
                    yield Slice(self._read(file, part), step.upto)
            if not rows:
                yield Slice(array("I"), step.upto)

    @property
    def _leads(self) -> bool:
        """Whether the search for a word goes first, since nothing cheaper narrows the rows."""
        return bool(self.saying) and not self.saying[0][1] and not self.at_once

    def _read(self, file: ResultsFile, rows: list[int]) -> array[int]:
        """Those of these rows that fulfil what needs reading."""
        saying = self.saying[1:] if self._leads else self.saying
        kept = array("I")
        for row in rows:
            if self.reading:
                record = file.read(row)
                if not all(condition.fulfilled(record) for condition in self.reading):
                    continue
            if all(pattern.found_in(file.line(row)) != negated for pattern, negated in saying):
                kept.append(row)
        return kept


def _chunks(file: ResultsFile, start: int) -> Iterator[Slice]:
    while start < (end := len(file)):
        stop = min(start + _INDEX_CHUNK, end)
        yield Slice(array("I", range(start, stop)), stop)
        start = stop


def _value(typed: str) -> tuple[str, bool]:
    """What was typed behind the operator, and whether it is a regular expression."""
    if typed.startswith('"'):
        if len(typed) < 2 or not typed.endswith('"'):
            raise ValueError('the closing " is missing.')
        try:
            return str(json.loads(typed, strict=False)), False
        except ValueError:
            return typed[1:-1], False
    if len(typed) > 1 and typed.startswith("/") and typed.endswith("/"):
        return typed[1:-1].replace("\\/", "/"), True
    return typed, False


def _conditions(
    key: str, operator: str, value: str, regex: bool
) -> tuple[list[IndexCondition], list[ReadingCondition]]:
    name = {"kind": "type"}.get(key.lower(), key.lower())
    if key.startswith(".") or "." in key or "[" in key:
        return [], [_path(key, operator, value, regex)]
    if name not in _KEYS:
        raise QueryError(
            f"there is no {key}. There are {', '.join(_KEYS)}; .field, usage.…, error.… and message.… for any field."
        )
    if not value:
        raise ValueError(f"something is missing after {operator}.")
    if name in _TOKENS:
        return [_tokens(name, operator, value)], []
    if operator not in "=:~" or (operator == "~" and name not in _SPOKEN):
        raise ValueError(f"{name} goes with : or =.")
    whole = operator == "="
    if name in _AT_ONCE:
        return [_at_once(name, value, whole)], []
    if name == "id":
        return ([MayHaveCustomId(value)] if whole else []), [CustomIdIs(value, whole)]
    if name == "error" and whole:
        return [KindIs(frozenset({"errored"}))], [ErrorSays(None, value)]
    pattern = SearchPattern.of(value, regex=regex)
    if name == "error":
        return [KindIs(frozenset({"errored"}))], [ErrorSays(pattern)]
    return [KindIs(frozenset({"succeeded"}))], [Says(pattern)]


def _at_once(name: str, value: str, whole: bool) -> IndexCondition:
    """The conditions that the index alone can answer."""
    match name:
        case "type":
            return KindIs(frozenset(_kind(one) for one in value.split(",")))
        case "is":
            if not "suspicious".startswith(value.lower()):
                raise ValueError("only is:suspicious can be asked.")
            return IsSuspicious()
        case "line":
            return _lines(value)
    return NameIs(name, value, whole)


def _path(key: str, operator: str, value: str, regex: bool) -> PathIs:
    pattern = SearchPattern.of(value, regex=regex) if operator == "~" or regex else None
    return PathIs(JsonPath.parse(key), "=" if operator in ":~" else operator, value, pattern)


def _kind(text: str) -> Kind:
    found = [kind for kind in KINDS if text and kind.startswith(text.lower())]
    if len(found) != 1:
        raise ValueError(f"{text!r} is no kind of result. There are {', '.join(KINDS)}.")
    return found[0]


def _tokens(name: str, operator: str, value: str) -> TokensAre:
    number = number_of(value)
    if number is None or operator == "~":
        raise ValueError(f"{name} is compared with a number of tokens, as {name}>3000 or {name}<=2k.")
    columns = tuple(TOKEN_COLUMNS.index(column) for column in _TOKENS[name])
    return TokensAre(columns, "=" if operator == ":" else operator, number)


def _lines(value: str) -> LineIsWithin:
    first, dots, last = value.replace(",", "").partition("..")
    try:
        start = int(first) if first else 1
        end = int(last) if last else (2**63 if dots else start)
    except ValueError:
        raise ValueError("lines are numbers, as line:100 or line:100..200.") from None
    return LineIsWithin(start, end)
