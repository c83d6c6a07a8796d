"""One line of a results file as it is on the wire: partial and lenient decoding, its kind, its parts."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from batch_tui.results.deep_json import TooDeep, read_deep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal["succeeded", "errored", "canceled", "expired", "unknown", "unreadable"]
KINDS: tuple[Kind, ...] = ("succeeded", "errored", "canceled", "expired", "unknown", "unreadable")
SUCCEEDED, ERRORED, CANCELED, EXPIRED, UNKNOWN, UNREADABLE = range(6)

COUNT_LIMIT = 2**32 - 1
# Below the limit, which stands for that or more: a line with such a count is looked at by itself.
_Count = Annotated[int, Meta(ge=0, lt=COUNT_LIMIT)]


class _CacheCreation(Struct, gc=False):
    ephemeral_1h_input_tokens: _Count | None = None


class _OutputDetails(Struct, gc=False):
    thinking_tokens: _Count | None = None


class _ServerToolUse(Struct, gc=False):
    web_search_requests: _Count | None = None


class _Usage(Struct, gc=False):
    input_tokens: _Count | None = None
    output_tokens: _Count | None = None
    cache_creation_input_tokens: _Count | None = None
    cache_read_input_tokens: _Count | None = None
    cache_creation: _CacheCreation | None = None
    output_tokens_details: _OutputDetails | None = None
    server_tool_use: _ServerToolUse | None = None
    inference_geo: str | None = None


class Block(Struct, gc=False):
    """A part of an answer; its text is decoded only where it is shown, or may be white space or JSON."""

    type: str
    text: Raw = Raw(b"null")
    name: str | None = None
    input: Raw = Raw(b"null")


class Message(Struct, gc=False):
    content: list[Block]
    model: str | None
    usage: _Usage
    stop_reason: str | None = None


NO_MESSAGE = Message([], None, _Usage(0, 0))
"""Stands where a line has no message, so that facts of several lines can be taken alike."""


class Succeeded(Struct, gc=False, tag_field="type", tag="succeeded"):
    kind: ClassVar[int] = SUCCEEDED
    message: Message


class Errored(Struct, gc=False, tag_field="type", tag="errored"):
    kind: ClassVar[int] = ERRORED
    message: ClassVar[Message] = NO_MESSAGE
    error: Raw = Raw(b"null")


class Canceled(Struct, gc=False, tag_field="type", tag="canceled"):
    kind: ClassVar[int] = CANCELED
    message: ClassVar[Message] = NO_MESSAGE


class Expired(Struct, gc=False, tag_field="type", tag="expired"):
    kind: ClassVar[int] = EXPIRED
    message: ClassVar[Message] = NO_MESSAGE


class Line(Struct, gc=False):
    """The parts of a well-formed result line that are kept or shown; everything else is skipped unread."""

    custom_id: str
    result: Succeeded | Errored | Canceled | Expired


_decoder = msgspec.json.Decoder(Line)
decode_line = _decoder.decode
decode_lines = _decoder.decode_lines


def parse(raw: bytes) -> tuple[object, str | None]:
    """Parse a line as leniently as is honest: the value and what is wrong with it, or None and why not.

    Lone surrogates, bare control characters and bytes that are not UTF-8 (read as U+FFFD) are let through, and so
    is any depth that memory has room for.
    """
    with suppress(ValueError, RecursionError):
        return msgspec.json.decode(raw), None
    text, problem = _decode_leniently(raw)
    try:
        return _loads(text), problem
    except TooDeep as error:
        return None, f"The line is nested too deeply to be read: {error}."
    except ValueError as error:
        return None, f"The line is not JSON: {error}."


def _loads(text: str) -> object:
    try:
        return json.loads(text, strict=False, parse_int=_number)
    except RecursionError:
        return read_deep(text, _number)


def _number(digits: str) -> int | float:
    # Python refuses to read integers of more than 4,300 digits.
    return int(digits) if len(digits) < 4000 else float(digits)


def _decode_leniently(raw: bytes) -> tuple[str, str | None]:
    try:
        return raw.decode("utf-8", "surrogatepass"), None
    except UnicodeDecodeError as error:
        problem = f"Byte {error.start} of the line is not UTF-8; such bytes are shown as \ufffd."
        return raw.decode("utf-8", "replace"), problem


def kind_of_value(value: object) -> int:
    """The kind number of a parsed line."""
    if not isinstance(value, dict):
        return UNREADABLE
    name = mapping(value.get("result")).get("type")
    return KINDS.index(name) if name in KINDS[:UNKNOWN] else UNKNOWN


def error_of(value: object) -> tuple[str, str]:
    """Type and message of an errored line; the type sits two envelopes deep (batches-api.md section 3.2)."""
    outer = mapping(mapping(value).get("result")).get("error")
    # A gateway in between may leave an envelope out, or say it in words alone.
    inner = mapping(outer).get("error", outer)
    if isinstance(inner, str):
        return "unknown_error", inner
    body = mapping(inner)
    return text_or_none(body.get("type")) or "unknown_error", text_or_none(body.get("message")) or ""


def count_or_none(value: object) -> int | None:
    """A token count as a number that fits the index: anything odd is None, anything huge is cut."""
    return min(value, COUNT_LIMIT) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def count(value: object) -> int:
    """The same, where one that is odd or left out counts as none."""
    return count_or_none(value) or 0


def blocks_of(message: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    content = message.get("content")
    if isinstance(content, list):
        yield from (block for block in content if isinstance(block, dict))


def mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
