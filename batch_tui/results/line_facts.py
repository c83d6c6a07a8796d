"""What the index keeps of a line: kind, flags, check code, stop reason, model, token counts."""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias
from zlib import crc32

import msgspec
from msgspec import Raw

from batch_tui.results.deep_json import read_json
from batch_tui.results.result_line import (
    COUNT_LIMIT,
    NO_MESSAGE,
    SUCCEEDED,
    UNREADABLE,
    Block,
    Line,
    Message,
    Succeeded,
    blocks_of,
    count,
    count_or_none,
    decode_line,
    kind_of_value,
    mapping,
    parse,
    text_or_none,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

US_ONLY, EMPTY_TEXT, SUSPICIOUS, NO_CUSTOM_ID, HAS_TEXT, IS_JSON, UNTOLD, CUT = 1, 2, 4, 8, 16, 32, 64, 128
"""Bits of a line's flags; IS_JSON: the text is an object or an array, perhaps in a ``` fence; UNTOLD: an answer that
does not say how many tokens went in, or how many came out; CUT: one that says more of something than fits a column."""

SUSPICIOUS_STOP_REASONS = frozenset({"max_tokens", "model_context_window_exceeded", "refusal", "pause_turn"})

Facts: TypeAlias = tuple[int, int, int, str | None, str | None, int, int, int, int, int, int, int]
"""kind, flags, check code of the custom_id, stop_reason, model, then tokens: input, output,
5-minute cache write, 1-hour cache write, cache read, thinking; then web searches."""

Columns: TypeAlias = tuple[
    Sequence[int],
    Sequence[int],
    Sequence[int],
    Sequence[str | None],
    Sequence[str | None],
    Sequence[int],
    Sequence[int],
    Sequence[int],
    Sequence[int],
    Sequence[int],
    Sequence[int],
    Sequence[int],
]
"""The same of several lines, each fact a column."""

ODD = (ValueError, RecursionError, struct.error)
"""What is raised for lines that have to be looked at one by one: the last of them for a text that is but a digit."""

_NO_COUNTS = (0, 0, 0, 0, 0, 0, 0)
# What begins with a visible character is by far the commonest. A quote would end the text; a blank, an escape or a lead
# byte of U+00A0, U+2003 or U+3000 may be white space. To look at two bytes so takes a third of what an expression does.
_first_two = struct.Struct(">H").unpack_from
_SURELY_PROSE = frozenset(
    int.from_bytes(b'"' + bytes([byte])) for byte in range(0x21, 0x100) if byte not in b'"\\\xc2\xe1\xe2\xe3{[`'
)
# Raw lends its bytes, which saves a copy of each answer; the type checker knows nothing of that.
_Test: TypeAlias = "Callable[[Any], object]"
_may_be_json: _Test = re.compile(rb'"(?:[ \t\r\n]|\\[nrt])*[\[{`]').match
_FENCE = re.compile(r"```[A-Za-z]*\s*\n(.*?)\s*```\Z", re.DOTALL)
# A text with leading blanks at most, and telling white space beyond ASCII from what only looks alike at its first byte.
_is_surely_visible: _Test = re.compile(
    rb'"(?: |\\[nrt])*(?:'
    rb'[^\x00-\x20\\"\xc2\xe1\xe2\xe3]|\xc2[\xa1-\xbf]|\xe1(?!\x9a\x80)|\xe2(?:\x80[\x90-\xa7]|[\x82-\xbf])'
    rb"|\xe3(?!\x80\x80)|\\u(?!00[0-2]|0085|00[aA]0|1680|20[0-5]|3000))"
).match


def columns_of_lines(lines: Sequence[Line], flags: list[int] | None = None) -> Columns:
    """The facts of well-formed lines; raises one of ODD on odd texts.

    `flags` are what `_flags_of_messages` gave, where that was asked before.
    A column at a time: for a hundred lines that takes a third of what a loop over rows does.
    """
    results = [line.result for line in lines]
    messages = [result.message for result in results]
    if flags is None:
        flags = _flags_of_messages(messages)
    stops = [message.stop_reason for message in messages]
    if not SUSPICIOUS_STOP_REASONS.isdisjoint(stops):
        flags = [
            flag | SUSPICIOUS if stop in SUSPICIOUS_STOP_REASONS else flag
            for flag, stop in zip(flags, stops, strict=True)
        ]
    usages = [message.usage for message in messages]
    places = [usage.inference_geo for usage in usages]
    if "us" in places:
        flags = [flag | US_ONLY if place == "us" else flag for flag, place in zip(flags, places, strict=True)]
    nothing = hours = array("I", [0]) * len(lines)
    written = [usage.cache_creation_input_tokens or 0 for usage in usages]
    if any(written):
        split = [usage.cache_creation for usage in usages]
        hours = array(
            "I",
            [
                min(tokens, one.ephemeral_1h_input_tokens or 0) if tokens and one else 0
                for tokens, one in zip(written, split, strict=True)
            ],
        )
        written = [tokens - hour for tokens, hour in zip(written, hours, strict=True)]
    # None where a line does not say, which an array refuses: to look for it would take longer.
    given: list[Any] = [usage.input_tokens for usage in usages]
    made: list[Any] = [usage.output_tokens for usage in usages]
    try:
        tokens_in, tokens_out = array("I", given), array("I", made)
    except TypeError:
        pairs = zip(flags, given, made, strict=True)
        flags = [flag | UNTOLD if tokens is None or others is None else flag for flag, tokens, others in pairs]
        tokens_in, tokens_out = array("I", [one or 0 for one in given]), array("I", [one or 0 for one in made])
    details = [usage.output_tokens_details for usage in usages]
    tools = [usage.server_tool_use for usage in usages]
    return (
        bytes([result.kind for result in results]),
        bytes(flags),
        [crc32(line.custom_id.encode()) for line in lines],
        stops,
        [message.model for message in messages],
        tokens_in,
        tokens_out,
        array("I", written),
        hours,
        array("I", [usage.cache_read_input_tokens or 0 for usage in usages]),
        array("I", [(one.thinking_tokens or 0) if one else 0 for one in details]) if any(details) else nothing,
        array("I", [(one.web_search_requests or 0) if one else 0 for one in tools]) if any(tools) else nothing,
    )


def _flags_of_messages(messages: Iterable[Message]) -> list[int]:
    """The flags that the answers earn, 0 where there is none; raises one of ODD on odd texts."""
    return [
        HAS_TEXT
        if (blocks := message.content) and blocks[0].type == "text" and _first_two(blocks[0].text)[0] in _SURELY_PROSE
        else 0
        if message is NO_MESSAGE
        else _flags_of_blocks(blocks)
        for message in messages
    ]


def _flags_of_blocks(blocks: Sequence[Block]) -> int:
    """Whether there is text, whether that is JSON, or neither text nor tool call; raises one of ODD."""
    for block in blocks:
        if block.type == "text":
            # What the first text begins with mostly tells enough.
            text = block.text
            if _first_two(text)[0] in _SURELY_PROSE or (_is_surely_visible(text) and not _may_be_json(text)):
                return HAS_TEXT
            break
    said = [msgspec.json.decode(block.text) for block in blocks if block.type == "text"]
    calls = "tool_use" in [block.type for block in blocks]
    return flags_of_text("".join(text for text in said if isinstance(text, str)), calls)


def flags_of_text(text: str, calls: bool) -> int:
    """The flags of an answer that says this, and calls tools or not."""
    text = text.strip()
    if not text:
        return 0 if calls else EMPTY_TEXT | SUSPICIOUS
    return HAS_TEXT | IS_JSON if is_json(text) else HAS_TEXT


def is_json(text: str) -> bool:
    """Whether a text without blanks around it is a JSON object or array, perhaps in a fence."""
    if text.startswith("```"):
        fenced = _FENCE.match(text)
        text = fenced[1].strip() if fenced else ""
    if not text.startswith(("{", "[")):
        return False
    try:
        read_json(text, type=Raw)
    except ValueError:
        return False
    return True


def columns_of_bytes(raws: Iterable[bytes]) -> Columns:
    """The facts of any lines, however odd; never raises."""
    lines: list[Line] = []
    flags: list[int] = []
    odd: list[Facts | None] = []
    for raw in raws:
        try:
            line = decode_line(raw)
            flags += _flags_of_messages([line.result.message if type(line.result) is Succeeded else NO_MESSAGE])
        except ODD:
            odd.append(facts_of_value(parse(raw)[0]))
        else:
            lines.append(line)
            odd.append(None)
    good = zip(*columns_of_lines(lines, flags), strict=True) if lines else iter(())
    columns: Any = tuple(zip(*(next(good) if facts is None else facts for facts in odd), strict=True))
    return columns if odd else columns_of_lines([])


def facts_of_value(value: object) -> Facts:
    """The facts of parsed JSON of any shape; a value that is no object is unreadable."""
    if not isinstance(value, dict):
        return (UNREADABLE, NO_CUSTOM_ID, 0, None, None, *_NO_COUNTS)
    custom_id = value.get("custom_id")
    flags, code = NO_CUSTOM_ID, 0
    if isinstance(custom_id, str):
        flags, code = 0, custom_id_code(custom_id)
    kind = kind_of_value(value)
    if kind != SUCCEEDED:
        return (kind, flags, code, None, None, *_NO_COUNTS)
    message = mapping(mapping(value["result"]).get("message"))
    usage = mapping(message.get("usage"))
    stop_reason, model = text_or_none(message.get("stop_reason")), text_or_none(message.get("model"))
    if usage.get("inference_geo") == "us":
        flags |= US_ONLY
    blocks = list(blocks_of(message))
    said = "".join(text_or_none(block.get("text")) or "" for block in blocks if block.get("type") == "text")
    flags |= flags_of_text(said, any(block.get("type") == "tool_use" for block in blocks))
    if stop_reason in SUSPICIOUS_STOP_REASONS:
        flags |= SUSPICIOUS
    named = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    counts = [count_or_none(usage.get(name)) for name in named]
    counts.append(count_or_none(mapping(usage.get("output_tokens_details")).get("thinking_tokens")))
    counts.append(count_or_none(mapping(usage.get("server_tool_use")).get("web_search_requests")))
    if None in counts[:2]:
        flags |= UNTOLD
    if COUNT_LIMIT in counts:
        flags |= CUT
    given, made, written, read, thinking, searches = (number or 0 for number in counts)
    hour = min(written, count(mapping(usage.get("cache_creation")).get("ephemeral_1h_input_tokens")))
    return (kind, flags, code, stop_reason, model, given, made, written - hour, hour, read, thinking, searches)


def custom_id_code(custom_id: str) -> int:
    """A 32-bit code by which a custom_id is looked for; who finds it confirms by reading the line."""
    return crc32(custom_id.encode("utf-8", "surrogatepass"))
