"""Wire samples that the tests of this room share."""

from __future__ import annotations

import json
from typing import Any

ID = "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d"


def batch(id: str = ID, **changes: Any) -> dict[str, Any]:
    """A batch as the API writes it."""
    return {
        "id": id,
        "type": "message_batch",
        "processing_status": "in_progress",
        "request_counts": {"processing": 2, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
        "ended_at": None,
        "created_at": "2026-11-22T09:15:40.914571+00:00",
        "expires_at": "2026-11-23T09:15:40.914571+00:00",
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": None,
        **changes,
    }


def page(*ids: str, has_more: bool | None = False) -> dict[str, Any]:
    """A page of the list."""
    found: dict[str, Any] = {
        "data": [batch(id) for id in ids],
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
    }
    return found if has_more is None else {**found, "has_more": has_more}


def succeeded(custom_id: str, text: str = "Hello") -> bytes:
    """A succeeded line, without a newline."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5-20251001",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 5, "service_tier": "batch"},
    }
    line = {"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}
    return json.dumps(line, ensure_ascii=False).encode()


def errored(custom_id: str) -> bytes:
    """An errored line, without a newline."""
    error = {"type": "error", "error": {"type": "not_found_error", "message": "model: x"}, "request_id": "w_1"}
    return json.dumps({"custom_id": custom_id, "result": {"type": "errored", "error": error}}).encode()


REQUEST: dict[str, Any] = {
    "custom_id": "req-1",
    "params": {
        "model": "claude-sonnet-4-5-20250929",
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": "Grüße"}],
    },
}
