"""What a text or a regular expression looks like in raw JSON: a pattern of bytes that misses no match.

The pattern may match more than is meant; `exact` says whether a match that lies within one JSON string, and
does not begin inside an escape, is one for sure. `local` says whether what stands around a match has no say.
"""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import dataclass

# Python's own parser of regular expressions, stable since 3.11 under this name; anything it gives that is not
# known below makes the caller read every row instead.
from re import _constants as sre  # type: ignore[attr-defined]  # typeshed leaves it out
from re import _parser  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any

# What JSON writers escape although they need not: Go and PHP do so for HTML, some for slashes.
_SOMETIMES_ESCAPED = frozenset("<>&'/")
# One character: an escape (two for one beyond the basic plane), a byte of ASCII, or up to four of UTF-8, valid or not.
_ANY = rb"(?:(?:\\u[0-9a-fA-F]{4}){1,2}|\\[^u\n]|[^\\\"\n\x80-\xff]|[\x80-\xff]{1,4})"
_SPACE = rb"(?: |\\[tnfr]|\\u00(?:0[9aAcCdD]|20))"
# Where Python and RE2 read the same letters differently.
_AMBIGUOUS = ("[[:", "{,", "[[", "&&", "--", "~~", "||", "(?<", "(?P=", "(?(", "\\N", "\\Z", "(?x", "(?a", "(?L", "(?u")


_MOST_BRANCHES = 4


@dataclass(frozen=True, slots=True)
class RawPattern:
    """RE2 sources over bytes, any of which may match; `literal` is set when the only one is these bytes."""

    sources: tuple[bytes, ...]
    exact: bool
    local: bool = True
    literal: bytes | None = None


def variants(character: str) -> frozenset[str]:
    """A character in either case, as far as that is one character."""
    return frozenset(one for one in (character, character.lower(), character.upper()) if len(one) == 1)


def raw_literal(text: str, *, any_case: bool) -> RawPattern:
    """The pattern of a text that is to be found as it is, or in any case."""
    forms = [_forms(variants(one) if any_case else frozenset(one)) for one in text]
    plain = b"".join(next(iter(form)) for form in forms) if all(len(form) == 1 for form in forms) else None
    return RawPattern((b"".join(map(_either, forms)),), exact=True, literal=plain)


def raw_regex(source: str, *, any_case: bool) -> RawPattern | None:
    """The pattern of a regular expression; None if it cannot be said in raw bytes for sure."""
    if any(part in source for part in _AMBIGUOUS):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = _parser.parse(source)
    except (re.error, Warning, RecursionError, OverflowError):
        return None
    if tree.state.flags & (re.VERBOSE | re.MULTILINE | re.DOTALL):
        return None
    writer = _Writer(any_case or bool(tree.state.flags & re.IGNORECASE))
    branches = _branches(tree)
    try:
        sources = tuple(map(writer.sequence, branches)) if branches else (writer.sequence(tree),)
    except _Unsayable:
        return None
    return RawPattern(sources, exact=writer.exact, local=writer.local) if all(sources) else None


def _branches(tree: Any) -> list[Any]:
    """The branches of an expression, where RE2 is faster with one after the other than with all at once.

    It looks for letters that every match begins with by several bytes at a time: 180 MB in 30 ms where several
    branches at once take 300.
    """
    if len(tree) != 1 or tree[0][0] is not sre.BRANCH:
        return []
    branches: list[Any] = tree[0][1][1]
    leading = (all(operator is sre.LITERAL for operator, _ in branch[:2]) for branch in branches)
    return branches if len(branches) <= _MOST_BRANCHES and all(leading) else []


class _Unsayable(Exception):
    """This part of a regular expression has no form in raw bytes that surely misses nothing."""


class _Writer:
    """Turns a parsed regular expression into one over raw JSON."""

    def __init__(self, any_case: bool) -> None:
        self._any_case = any_case
        self.exact = True
        self.local = True

    def sequence(self, tree: Any) -> bytes:
        return b"".join(self._part(operator, argument) for operator, argument in tree)

    def _part(self, operator: Any, argument: Any) -> bytes:
        if operator is sre.LITERAL:
            return _either(self._literal(argument))
        if operator is sre.BRANCH:
            return b"(?:" + b"|".join(self.sequence(each) for each in argument[1]) + b")"
        if operator is sre.SUBPATTERN:
            _, added, removed, tree = argument
            if added or removed:
                raise _Unsayable
            return b"(?:" + self.sequence(tree) + b")"
        if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, tree = argument
            times = b"%d," % least if most is sre.MAXREPEAT else b"%d,%d" % (least, most)
            return b"(?:" + self.sequence(tree) + b"){" + times + b"}"
        if operator is sre.IN:
            return self._class(argument)
        if operator in (sre.ANY, sre.NOT_LITERAL):
            self.exact = False
            return _ANY
        if operator is sre.AT:
            # Anchors and word borders match nothing; without them more is found, which is looked at again.
            self.exact = self.local = False
            return b""
        raise _Unsayable

    def _literal(self, code: int) -> frozenset[bytes]:
        character = chr(code)
        return _forms(variants(character) if self._any_case else frozenset(character))

    def _class(self, members: Any) -> bytes:
        if members[0][0] is sre.NEGATE:
            self.exact = False
            return _ANY
        parts: list[bytes] = []
        for operator, argument in members:
            if operator is sre.LITERAL:
                parts.append(_either(self._literal(argument)))
            elif operator is sre.RANGE:
                parts.append(self._range(*argument))
            elif operator is sre.CATEGORY and argument is sre.CATEGORY_DIGIT:
                parts.append(b"[0-9]")
            elif operator is sre.CATEGORY and argument is sre.CATEGORY_WORD:
                parts.append(b"[0-9A-Za-z_]")
            elif operator is sre.CATEGORY and argument is sre.CATEGORY_SPACE:
                parts.append(_SPACE)
            else:
                self.exact = False
                return _ANY
        return b"(?:" + b"|".join(parts) + b")"

    def _range(self, first: int, last: int) -> bytes:
        span = {chr(code) for code in range(first, min(last, 0x7F) + 1)}
        if last > 0x7E or any(len(_forms(frozenset(one))) > 1 for one in span):
            self.exact = False
            return _ANY
        if self._any_case:
            span |= {other for one in span for other in variants(one) if other.isascii()}
        return b"[" + b"".join(re.escape(one.encode()) for one in sorted(span)) + b"]"


def _either(forms: frozenset[bytes]) -> bytes:
    if len(forms) > 1 and all(len(form) == 1 for form in forms):
        return b"[" + b"".join(re.escape(form) for form in sorted(forms)) + b"]"
    escaped = [_escape(form) for form in sorted(forms)]
    return escaped[0] if len(escaped) == 1 else b"(?:" + b"|".join(escaped) + b")"


def _escape(form: bytes) -> bytes:
    # Python's re.escape leaves bytes beyond ASCII as they are, which is what RE2 wants in Latin-1.
    return re.escape(form)


def _forms(characters: frozenset[str]) -> frozenset[bytes]:
    """How these characters may stand in a JSON string."""
    return frozenset(form for one in characters for form in _forms_of(one))


def _forms_of(character: str) -> set[bytes]:
    code = ord(character)
    forms: set[bytes] = set()
    if code >= 0x20 and character not in '"\\':
        forms.add(character.encode("utf-8", "surrogatepass"))
    if code >= 0x20 and code < 0x7F and character not in '"\\' and character not in _SOMETIMES_ESCAPED:
        return forms
    if code < 0x20 and character != "\n":
        # JSON forbids it, some writers do it, and such lines are read all the same.
        forms.add(character.encode())
    short = json.dumps(character)[1:-1].encode()
    if len(short) == 2 and short.startswith(b"\\"):
        forms.add(short)
    if character == "/":
        forms.add(b"\\/")
    units = character.encode("utf-16-be", "surrogatepass")
    # Hexadecimal digits in either case, all small or all capital, as writers do.
    for digits in ("%04x", "%04X"):
        pairs = (units[place] << 8 | units[place + 1] for place in range(0, len(units), 2))
        forms.add(b"".join(b"\\u" + (digits % unit).encode() for unit in pairs))
    return forms
