"""What a table shows of one line, and the text it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from batch_tui.results.deep_json import compact_json
from batch_tui.results.result_line import (
    KINDS,
    Errored,
    Kind,
    Line,
    Succeeded,
    blocks_of,
    count_or_none,
    decode_line,
    error_of,
    kind_of_value,
    mapping,
    parse,
    text_or_none,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PREVIEW_LENGTH = 300


class _ErrorBody(Struct, gc=False):
    type: str = ""
    message: str = ""


class _ErrorEnvelope(Struct, gc=False):
    error: _ErrorBody


_error_decoder = msgspec.json.Decoder(_ErrorEnvelope)


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What a table shows of one line. Every string is untrusted.

    `number` counts from 0 in file order. Without a message, tokens, `model` and `stop_reason` are None. A count of
    COUNT_LIMIT tokens is that or more.
    `preview` holds at most 300 characters: answer text, tool call, error type and message, or raw line.
    """

    number: int
    custom_id: str | None
    kind: Kind
    stop_reason: str | None
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    preview: str
    suspicious: bool = False
    silent: bool = False
    """Suspicious for want of any text or call of a tool."""


def row_of(number: int, raw: bytes, *, suspicious: bool = False, silent: bool = False) -> ResultRow:
    """The row of a line, which the index may say more of; never raises."""
    try:
        return _row_of_line(number, decode_line(raw), suspicious, silent)
    except (ValueError, RecursionError):
        value, _ = parse(raw)
        return _row_of_value(number, value, raw, suspicious, silent)


def _row_of_line(number: int, line: Line, suspicious: bool, silent: bool) -> ResultRow:
    result = line.result
    kind = KINDS[result.kind]
    if isinstance(result, Succeeded):
        message = result.message
        preview = _preview(
            (block.type, text_or_none(msgspec.json.decode(block.text)), block.name, block.input)
            for block in message.content
        )
        return ResultRow(
            number,
            line.custom_id,
            kind,
            message.stop_reason,
            message.model,
            message.usage.input_tokens,
            message.usage.output_tokens,
            preview,
            suspicious,
            silent,
        )
    preview = ""
    if isinstance(result, Errored):
        body = _error_decoder.decode(result.error).error
        preview = f"{body.type or 'unknown_error'}: {body.message}"[:PREVIEW_LENGTH]
    return ResultRow(number, line.custom_id, kind, None, None, None, None, preview)


def _preview(blocks: Iterable[tuple[str, str | None, str | None, object]]) -> str:
    tool = ""
    for kind, text, name, given in blocks:
        if kind == "text" and text and not text.isspace():
            return text[:PREVIEW_LENGTH]
        if not tool and kind.endswith("tool_use"):
            shown = bytes(given).decode("utf-8", "replace") if isinstance(given, Raw) else compact_json(given)
            tool = f"{name or ''} {shown}"[:PREVIEW_LENGTH]
    return tool


def _loose(block: Mapping[str, object]) -> tuple[str, str | None, str | None, object]:
    """The parts of a block of any shape."""
    kind, text, name = (text_or_none(block.get(key)) for key in ("type", "text", "name"))
    return kind or "", text, name, block.get("input")


def _row_of_value(number: int, value: object, raw: bytes, suspicious: bool, silent: bool) -> ResultRow:
    kind = KINDS[kind_of_value(value)]
    if not isinstance(value, dict):
        return ResultRow(number, None, kind, None, None, None, None, _raw_preview(raw))
    custom_id = text_or_none(value.get("custom_id"))
    if kind == "succeeded":
        message = mapping(mapping(value["result"]).get("message"))
        usage = mapping(message.get("usage"))
        return ResultRow(
            number,
            custom_id,
            kind,
            text_or_none(message.get("stop_reason")),
            text_or_none(message.get("model")),
            count_or_none(usage.get("input_tokens")),
            count_or_none(usage.get("output_tokens")),
            _preview(_loose(block) for block in blocks_of(message)),
            suspicious,
            silent,
        )
    preview = _raw_preview(raw) if kind == "unknown" else answer_text(value)[:PREVIEW_LENGTH]
    return ResultRow(number, custom_id, kind, None, None, None, None, preview)


def _raw_preview(raw: bytes) -> str:
    return raw[: PREVIEW_LENGTH * 4].decode("utf-8", "replace")[:PREVIEW_LENGTH]


def answer_text(value: object) -> str:
    """All that a parsed line says: its text blocks joined, else its tool calls, else its error."""
    result = mapping(mapping(value).get("result"))
    kind = result.get("type")
    if kind == "errored":
        return ": ".join(error_of(value))
    if kind != "succeeded":
        return ""
    blocks = list(blocks_of(mapping(result.get("message"))))
    texts = [text for block in blocks if block.get("type") == "text" and (text := text_or_none(block.get("text")))]
    if any(not text.isspace() for text in texts):
        return "".join(texts)
    return "\n".join(
        f"{text_or_none(block.get('name')) or ''} {compact_json(block.get('input'))}"
        for block in blocks
        if str(block.get("type", "")).endswith("tool_use")
    )
