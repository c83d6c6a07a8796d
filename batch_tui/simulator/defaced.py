"""Hostile text over every answer: ids, names, messages and unknown keys that speak to the terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode
from zlib import crc32

from batch_tui.simulator import hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Scope

    from batch_tui.simulator.answers import Lines

ID_MARKS = (
    "\x1b[31m[/x]",
    "[@click=app.quit]q[/]\u202e",
    "\x9b2J\x1b]0;owned\x07",
    "/../../[red]\u2028",
    "\n\r\t[bold",
    "%s{0}\u2066漢字'\"",
)
"""What is appended to ids; nothing here is lost when an id travels in a URL."""
HEADER_MARK = b"\x1b[31m[/x]\x9b"
"""The same for header values, in what HTTP lets through."""

# What a client must be able to read if it is to get anywhere.
_PROTOCOL = {"type", "role", "processing_status"}
_IDS = {"id", "first_id", "last_id"}


def _digest(text: str) -> int:
    return crc32(text.encode("utf-8", "surrogatepass"))


class Defacer:
    """Writes over the share `rate` of all texts; the same text always comes out the same."""

    def __init__(self, rate: float) -> None:
        self._below = int(rate * 2**32)

    def _hit(self, text: str) -> bool:
        return _digest(text) < self._below

    def batch_id(self, text: str) -> str:
        """An id with a mark that `plain` takes off again."""
        return text + ID_MARKS[_digest(text) // 7 % len(ID_MARKS)] if self._hit(text) else text

    def _text(self, text: str) -> str:
        return f"{text} {hostile.TEXTS[_digest(text) // 7 % len(hostile.TEXTS)]}" if self._hit(text) else text

    def _results_url(self, text: str) -> str:
        start, _, rest = text.rpartition("/batches/")
        return f"{start}/batches/{quote(self.batch_id(rest.removesuffix('/results')), safe='')}/results"

    def _field(self, name: str, value: object) -> object:
        if not isinstance(value, str):
            return self.value(value)
        if name in _PROTOCOL or name.endswith("_at"):
            return value
        if name == "results_url":
            return self._results_url(value)
        return self.batch_id(value) if name in _IDS else self._text(value)

    def value(self, value: object) -> object:
        """A JSON value, written over; objects also get a key that nobody knows."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, dict):
            return value
        fields = {name: self._field(name, field) for name, field in value.items()}
        shape = " ".join(value)
        if self._hit(shape):
            key = ID_MARKS[_digest(shape) // 7 % len(ID_MARKS)]
            # A text among counts would break whoever adds them up, which is no matter of text.
            counts = all(isinstance(field, int) for field in value.values()) and value
            fields[key] = 0 if counts else hostile.TEXTS[_digest(shape) // 7 % len(hostile.TEXTS)]
        return fields

    def document(self, body: bytes) -> bytes:
        """A JSON document, written over: half of them raw UTF-8, the others (and lone surrogates) escaped."""
        value = self.value(json.loads(body))
        escaped = json.dumps(value, separators=(",", ":"))
        if _digest(escaped) % 2:
            return escaped.encode()
        try:
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return escaped.encode()


class DefacedLines:
    """The lines of another results file, written over."""

    def __init__(self, lines: Lines, defacer: Defacer) -> None:
        self._lines = lines
        self._defacer = defacer

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, position: int) -> bytes:
        """The line at `position`, without a line end."""
        return self._defacer.document(self._lines.line(position))


def plain(text: str) -> str:
    """A path or cursor without the marks that ids were given."""
    for mark in ID_MARKS:
        text = text.replace(mark, "")
    return text


def plain_scope(scope: Scope) -> Scope:
    """The request as it was meant: marks taken off the path and off every query parameter."""
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    cleaned = urlencode([(name, plain(value)) for name, value in query])
    return {**scope, "path": plain(scope["path"]), "query_string": cleaned.encode()}


def defaced_headers(headers: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Headers whose values people read or save under, with a mark."""
    for name, value in headers:
        if name == b"request-id":
            yield name, value + HEADER_MARK
        elif name == b"content-disposition":
            yield name, value.replace(b'filename="', b'filename="../../' + HEADER_MARK)
        else:
            yield name, value
