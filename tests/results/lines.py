"""Result lines for tests, built by shape and not by our own code."""

from __future__ import annotations

import json
from typing import Any


def encode(value: object) -> bytes:
    """Compact JSON as the server sends it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def succeeded(custom_id: str, text: str = "Hello", **message: Any) -> dict[str, Any]:
    """A succeeded line; keywords replace fields of its message."""
    content = [{"type": "text", "text": text}]
    usage = {
        "input_tokens": 9,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 5,
        "service_tier": "batch",
        "inference_geo": "not_available",
    }
    whole = {
        "model": "claude-haiku-4-5-20251001",
        "id": "msg_011CfPLqsQdbfHNcV3FHn9K7",
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }
    return {"custom_id": custom_id, "result": {"type": "succeeded", "message": {**whole, **message}}}


def errored(custom_id: str, kind: str = "invalid_request_error", message: str = "bad") -> dict[str, Any]:
    """An errored line with its two envelopes."""
    inner = {"details": None, "type": kind, "message": message}
    error = {"type": "error", "error": inner, "request_id": None}
    return {"custom_id": custom_id, "result": {"type": "errored", "error": error}}


def bare(custom_id: str, kind: str) -> dict[str, Any]:
    """A canceled or expired line, or one of a kind nobody knows."""
    return {"custom_id": custom_id, "result": {"type": kind}}


def body(*values: object, end: bytes = b"\n", final: bool = True) -> bytes:
    """Lines joined to a results body; bytes stand for themselves."""
    lines = [value if isinstance(value, bytes) else encode(value) for value in values]
    return end.join(lines) + (end if final and lines else b"")


def many(number: int, text: str = "Hello") -> bytes:
    """A body of succeeded lines `r-0`, `r-1`, …"""
    return body(*(succeeded(f"r-{n}", f"{text} {n}") for n in range(number)))
