"""Rows that say something: a text or a regular expression in what records hold, over a file of any size."""

from __future__ import annotations

import os
import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import re2

from batch_tui.results.errors import disk_error, shrunk_error
from batch_tui.results.raw_pattern import RawPattern, raw_literal, raw_regex, variants
from batch_tui.results.result_line import UNREADABLE, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_tui.results.results_file import ResultsFile

BLOCK = 2**18
"""Bytes looked through in one step: what fits the processor's cache. A MB at a time takes twice as long to read."""

_SPANS = 50
_LONGEST_ESCAPE = 11
"""Bytes of an escaped surrogate pair before its last one."""
_BACKSLASH, _COLON, _CURLY_OPEN = b"\\:{"
_QUICK_KEYS = frozenset({b'"text"', b'"thinking"', b'"custom_id"', b'"message"', b'"model"', b'"id"', b'"stop_reason"'})
_NEVER = frozenset({"type", "role", "signature", "data", "encrypted_content", "encrypted_index", "encrypted_stdout"})
"""Fields that hold names of kinds or ciphers, which nobody looks for; nor is what `usage` holds."""
_NEVER_RAW = frozenset(name.encode() for name in _NEVER)


class PatternError(ValueError):
    """What was typed is no regular expression; the text says why."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What one step of a scan found: matching rows, ascending; every row before `upto` has been looked at."""

    rows: array[int]
    upto: int


class _Finder(Protocol):
    """A compiled pattern: Python's or RE2's."""

    def search(self, text: Any, /) -> Any: ...
    def finditer(self, text: Any, /) -> Any: ...


@dataclass(frozen=True)
class SearchPattern:
    """What is looked for. A capital letter in it makes case matter."""

    text: str
    regex: bool
    case_sensitive: bool
    _shown: _Finder = field(repr=False, compare=False)
    _told: Callable[[Any], object] = field(repr=False, compare=False)
    """Its `search`, over texts, or, of a regular expression, over their UTF-8: that spares counting characters."""
    _raw: RawPattern | None = field(repr=False, compare=False)

    @classmethod
    def of(cls, text: str, *, regex: bool = False) -> SearchPattern:
        """A text as it is, or a regular expression of RE2. Raises PatternError."""
        if not text:
            raise PatternError("Type what to look for.")
        case_sensitive = _has_capital(text, regex)
        any_case = not case_sensitive
        if regex:
            options = _options()
            options.case_sensitive = case_sensitive
            shown: _Finder = _compile(text, options)
            told = re2.compile(text.encode(), options).search
            return cls(text, True, case_sensitive, shown, told, raw_regex(text, any_case=any_case))
        source = "".join(
            f"[{''.join(map(re.escape, sorted(variants(one))))}]" if any_case else re.escape(one) for one in text
        )
        plain = re.compile(source)
        return cls(text, False, case_sensitive, plain, plain.search, raw_literal(text, any_case=any_case))

    def matches(self, shown: str) -> bool:
        """Whether a text holds what is looked for."""
        # RE2 has no UTF-8 for lone surrogates.
        return self._told(shown.encode("utf-8", "replace") if self.regex else shown) is not None

    def matches_bytes(self, utf8: bytes) -> bool:
        """The same of a text in UTF-8; False where it is none."""
        try:
            shown = utf8.decode()
        except UnicodeDecodeError:
            return False
        return self._told(utf8 if self.regex else shown) is not None

    def spans(self, shown: str) -> list[tuple[int, int]]:
        """Where in a text it is, as starts and ends; the first 50 places."""
        found: list[tuple[int, int]] = []
        for match in self._shown.finditer(_sayable(shown) if self.regex else shown):
            if match.end() > match.start():
                found.append((match.start(), match.end()))
            if len(found) == _SPANS:
                break
        return found

    def found_in(self, line: bytes) -> bool:
        """Whether a line of a results file says it."""
        value, _ = parse(line)
        if value is None:
            return self.matches(line.decode("utf-8", "replace"))
        return any(self.matches(text) for text in _texts(value))

    @property
    def raw(self) -> RawPattern | None:
        """What it looks like in a line of the file; None if every line has to be read."""
        return self._raw


def _has_capital(text: str, regex: bool) -> bool:
    # The letter of an escape such as \S or \pL is none of the user's capitals.
    plain = re.sub(r"\\(?:p\{\^?\w+\}|[pP]?.)", "", text) if regex else text
    return any(one.isupper() for one in plain)


def _options() -> Any:
    options = re2.Options()
    # It would write into the middle of the screen.
    options.log_errors = False
    return options


def _compile(source: str, options: Any) -> _Finder:
    try:
        compiled: _Finder = re2.compile(source, options)
    except (re2.error, UnicodeEncodeError) as error:
        said = error.args[0] if error.args and isinstance(error.args[0], bytes) else str(error).encode()
        reason = said.decode("utf-8", "replace")
        raise PatternError(f"{source!r} is no regular expression (RE2): {reason}.") from error
    return compiled


def _sayable(text: str) -> str:
    """The text as RE2 can take it: it has no UTF-8 for lone surrogates."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def search(
    file: ResultsFile,
    pattern: SearchPattern,
    *,
    start: int = 0,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[Slice]:
    """Look through the rows from `start` to the last one there is by then; gives a step at least every megabyte.

    Found is what the strings of a record hold (answers, thinking, tool inputs and results, errors, ids), each for
    itself and as decoded text; an unreadable line is searched as it is. Not found are names of fields and kinds,
    and ciphers. Raises ResultsStoreError when the file cannot be read any more.
    """
    row = start
    judge = _Judge(pattern)
    while row < len(file) and not (should_stop is not None and should_stop()):
        stop = _end_of_block(file, row)
        first, last = file.index.span(row)[0], file.index.span(stop - 1)[1]
        try:
            block = os.pread(file.descriptor, last - first, first)
        except OSError as error:
            raise disk_error("read", file.path, error) from error
        if len(block) < last - first:
            raise shrunk_error(file.path)
        found = array("I", judge.rows(file, block, row, stop))
        row = stop
        yield Slice(found, row)


def _end_of_block(file: ResultsFile, row: int) -> int:
    rows = len(file)
    starts, limit = file.index.starts, file.index.starts[row] + BLOCK
    return max(row + 1, bisect_right(starts, limit, row, rows) - 1) if starts[rows - 1] > limit else rows


class _Judge:
    """Finds candidates in raw bytes, and decides by what the line says."""

    def __init__(self, pattern: SearchPattern) -> None:
        self._pattern = pattern
        raw = pattern.raw
        self._exact = raw is not None and raw.exact
        self._local = raw is not None and raw.local
        self._scanners = [] if raw is None else _scanners(raw)

    def rows(self, file: ResultsFile, block: bytes, first: int, stop: int) -> list[int]:
        """The rows of a block of whole lines, from the first one to before `stop`, that say it; ascending."""
        starts, base = file.index.starts, file.index.starts[first]
        kinds, found_in = file.index.kinds, self._pattern.found_in
        if self._scanners:
            decided = self._by_candidates(starts, block, first, stop)
            # Where quotes and backslashes stand for themselves, raw bytes look different.
            unread = kinds.find(UNREADABLE, first, stop)
            rows = []
            while unread >= 0:
                rows.append(unread)
                unread = kinds.find(UNREADABLE, unread + 1, stop)
        else:
            decided, rows = {}, list(range(first, stop))
        for row in rows:
            end = starts[row + 1] - base if row + 1 < stop else len(block)
            decided[row] = found_in(_line(block, starts[row] - base, end))
        return sorted(row for row, says in decided.items() if says)

    def _by_candidates(self, starts: array[int], block: bytes, first: int, stop: int) -> dict[int, bool]:
        """Whether those rows say it in which the raw bytes look like it."""
        base, size = starts[first], len(block)
        decided: dict[int, bool] = {}
        for scan in self._scanners:
            row, position = first, 0
            while position < size and (span := scan(block, position)) is not None:
                place, end = span
                row = bisect_right(starts, base + place, row, stop) - 1
                begin = starts[row] - base
                position = starts[row + 1] - base if row + 1 < stop else size
                if row not in decided:
                    decided[row] = self._surely_says(block, begin, place, end) or self._pattern.found_in(
                        _line(block, begin, position)
                    )
        return decided

    def _surely_says(self, block: bytes, line: int, begin: int, end: int) -> bool:
        """Whether what was found between `begin` and `end` is meant, told from the string around it alone."""
        quote = _opening_quote(block, line, begin, end)
        if quote is None or self._exact:
            return quote is not None
        if self._local and b"\\" not in (found := block[begin:end]) and self._pattern.matches_bytes(found):
            return True
        text = _string_from(block, quote, end)
        return text is not None and self._pattern.matches(text)


def _line(block: bytes, begin: int, end: int) -> bytes:
    stop = block.find(b"\n", begin, end)
    return block[begin : end if stop < 0 else stop]


def _scanners(raw: RawPattern) -> list[Callable[[bytes, int], tuple[int, int] | None]]:
    """For each source of a pattern, what gives its next place from a position on."""
    literal = raw.literal
    if literal is not None and len(literal) == 1:

        def find(block: bytes, position: int) -> tuple[int, int] | None:
            place = block.find(literal, position)
            return None if place < 0 else (place, place + 1)

        return [find]
    # Also for plain text: it finds 180 MB in 25 ms where bytes.find takes 100, and lets other threads run.
    options = _options()
    options.encoding = re2.Options.Encoding.LATIN1
    return [partial(_scan, re2.compile(source, options).search) for source in raw.sources]


def _scan(search: Callable[[bytes, int], Any], block: bytes, position: int) -> tuple[int, int] | None:
    match = search(block, position)
    return None if match is None else match.span()


def _opening_quote(block: bytes, line: int, begin: int, end: int) -> int | None:
    """Where the string begins that a place lies in, if that is a field which is always searched."""
    before = begin - _LONGEST_ESCAPE
    if block[line] != _CURLY_OPEN or block.find(b"\\", before if before > line else line, begin) >= 0:
        return None
    found = block[begin:end]
    if b'"' in found and b'"' in found.replace(b'\\"', b""):
        return None
    quote = block.rfind(b'"', line, begin)
    while quote > line and block[quote - 1] == _BACKSLASH:
        # Perhaps escaped: what counts is the quote that opens the string.
        quote = block.rfind(b'"', line, quote - 1)
    if quote <= line or block[quote - 1] != _COLON:
        return None
    # A name without its opening quote, if it is the first thing on the line, is none that is known.
    key = block[block.rfind(b'"', line, quote - 2) : quote - 1]
    if key in _QUICK_KEYS:
        return quote
    # Any other name will do unless it is hidden, or what it belongs to may be.
    plain = key[1:-1] not in _NEVER_RAW and b"\\" not in key
    return quote if plain and block.rfind(b'"usage"', line, begin) < 0 else None


def _string_from(block: bytes, quote: int, end: int) -> str | None:
    """The text of the string that begins at a quote and goes beyond `end`."""
    close = block.find(b'"', end)
    while close > 0 and block[close - 1] == _BACKSLASH:
        close = block.find(b'"', close + 1)
    try:
        return msgspec.json.decode(block[quote : close + 1], type=str)
    except ValueError:
        return None


def _is_hidden(key: str, value: object) -> bool:
    return key == "usage" if isinstance(value, dict) else key in _NEVER and isinstance(value, str)


def _texts(value: object) -> Iterator[str]:
    """Every string of a record that is searched."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend(each for key, each in one.items() if not _is_hidden(key, each))
            if isinstance(error := one.get("type"), str) and "message" in one and error.endswith("error"):
                yield error
        elif isinstance(one, list):
            waiting.extend(one)
