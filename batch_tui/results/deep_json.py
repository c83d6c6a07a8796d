"""JSON that is nested deeper than Python's own readers and writers go: read and written without recursion."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEEPEST: Final = 200_000
"""Levels that are read: each takes up to 300 bytes, so a line of brackets alone cannot fill the memory."""

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<sign>[\[\]{},:])|(?P<quote>\")"
    r"|(?P<float>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+))"
    r"|(?P<int>-?(?:0|[1-9][0-9]*))|(?P<name>null|true|false|NaN|-?Infinity))"
)
_NAMED: Final[dict[str, object]] = {
    "null": None,
    "true": True,
    "false": False,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
_END = re.compile(r"[ \t\r\n]*\Z")


# It reads one value at a place and says where that ends: what a decoder asks for each string.
_string_at = json.JSONDecoder(strict=False).raw_decode


class TooDeep(ValueError):
    """The value has more than DEEPEST levels."""


class _Reader:
    """A value as far as it is read: the objects and arrays that are open, and what may come next."""

    def __init__(self, number: Callable[[str], object]) -> None:
        self._number = number
        self._open: list[dict[str, object] | list[object]] = []
        self._keys: list[str] = []
        """The keys whose values are being read, of the open objects alone."""
        self._next = "value"
        self.value: object = None

    def read(self, text: str) -> object:
        place = 0
        while self._next != "nothing":
            token = _TOKEN.match(text, place)
            if token is None:
                raise json.JSONDecodeError("Expecting value", text, place)
            place = token.end()
            if token["quote"] is not None:
                said, place = _string_at(text, place - 1)
                taken = self._key(said) if self._next in ("key", "key or end") else self._scalar(said)
            elif token["sign"] is not None:
                taken = self._sign(token["sign"])
            else:
                taken = self._scalar(self._plain(token))
            if not taken:
                raise json.JSONDecodeError(f"Expecting {self._next}", text, token.start())
        if _END.match(text, place) is None:
            raise json.JSONDecodeError("Extra data", text, place)
        return self.value

    def _plain(self, token: re.Match[str]) -> object:
        if token["int"] is not None:
            return self._number(token["int"])
        return float(token["float"]) if token["float"] is not None else _NAMED[token["name"]]

    def _key(self, said: str) -> bool:
        self._keys.append(said)
        self._next = "colon"
        return True

    def _scalar(self, value: object) -> bool:
        if self._next not in ("value", "value or end"):
            return False
        self._put(value)
        self._next = "comma or end" if self._open else "nothing"
        return True

    def _put(self, value: object) -> None:
        if not self._open:
            self.value = value
        elif isinstance(around := self._open[-1], dict):
            around[self._keys.pop()] = value
        else:
            around.append(value)

    def _sign(self, sign: str) -> bool:
        match sign:
            case ":":
                fits, self._next = self._next == "colon", "value"
            case ",":
                fits = self._next == "comma or end"
                self._next = "key" if self._open and isinstance(self._open[-1], dict) else "value"
            case "{" | "[":
                fits = self._next in ("value", "value or end")
                if fits:
                    self._enter({} if sign == "{" else [])
            case _:
                wanted = dict if sign == "}" else list
                fits = self._next in ("comma or end", f"{'key' if wanted is dict else 'value'} or end")
                fits = fits and isinstance(self._open.pop(), wanted)
                self._next = "comma or end" if self._open else "nothing"
        return fits

    def _enter(self, value: dict[str, object] | list[object]) -> None:
        if len(self._open) == DEEPEST:
            raise TooDeep(f"more than {DEEPEST:,} levels")
        self._put(value)
        self._open.append(value)
        self._next = "key or end" if isinstance(value, dict) else "value or end"


def read_deep(text: str, number: Callable[[str], object] = int) -> object:
    """The value that a text says, read as `json.loads` does with `strict=False`; raises ValueError.

    `number` makes integers of their digits.
    """
    return _Reader(number).read(text)


def read_json(text: str, type: Any = Any) -> object:
    """The value of strict JSON at any depth, of a type that may spare reading all of it; raises ValueError."""
    try:
        return msgspec.json.decode(text, type=type)
    except RecursionError:
        return read_deep(text)


def compact_json(value: object) -> str:
    """A value as JSON on one line, however deep it is; raises ValueError for integers of many thousand digits."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return "".join(_pieces(value))


class _Sign(str):
    """A part of what is written, among the values that wait for it."""


def _pieces(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, _Sign):
            yield one
        elif isinstance(one, dict) and one:
            yield "{"
            waiting.append(_Sign("}"))
            for place, (key, member) in enumerate(reversed(one.items())):
                # What is put there first is written last.
                waiting += [_Sign(",")] if place else []
                waiting += [member, _Sign(f"{json.dumps(key, ensure_ascii=False)}:")]
        elif isinstance(one, list) and one:
            yield "["
            waiting.append(_Sign("]"))
            for place, member in enumerate(reversed(one)):
                waiting += [_Sign(","), member] if place else [member]
        else:
            yield json.dumps(one, ensure_ascii=False)
