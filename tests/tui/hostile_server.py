"""A server that puts terminal escapes and markup everywhere text can stand; shares nothing with the simulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.tui.answering import Answers, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

NASTY = (
    "\x1b]0;title\x07",
    "\x1b[2J\x1b[31mred",
    "\x1b]52;c;aGk=\x07",
    "\x9b31mC1",
    "\u202eright-to-left",
    "\u2066isolate",
    "a\u2028b\u2029c\u0085d",
    "nul\x00nul",
    "lone \ud800 surrogate",
    "[/nope] [red]x[/] [@click=app.quit]q[/]",
    "{'a'}$text-error",
    "日本語テキスト 👩‍👩‍👧‍👦 e\u0301\u0301\u0301",
    "zero\u200bwidth\ufeff\u2060",
    "tags\U000e0041\U000e0042",
    "x" * 5000,
    "",
)
TOGETHER = tuple(" ".join(NASTY[start : start + 5]) for start in range(0, len(NASTY), 5))
"""The same in fewer pieces, so that every record can be looked at."""
ID = "msgbatch_\x1b[31m[/x]\u202e\x9b"
_TIMES = {"created_at": "2026-11-22T10:00:00+00:00", "expires_at": "2026-11-23T10:00:00+00:00"}


def _batch(number: int) -> dict[str, Any]:
    counts = {"processing": 0, "succeeded": len(TOGETHER), "errored": 2 * len(TOGETHER), "canceled": 0, "expired": 0}
    ended = number != 1
    return {
        "id": f"{ID}{number}",
        "type": "message_batch",
        "processing_status": "ended" if ended else "\x1b[5mnew[/x]",
        "request_counts": counts,
        "ended_at": "2026-11-22T10:30:00+00:00" if ended else None,
        **_TIMES,
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": None,
        "\x1b[1m": "unknown",
    }


def _lines() -> Iterator[dict[str, Any]]:
    for nasty in TOGETHER:
        message = {
            "id": nasty,
            "model": nasty,
            "role": "assistant",
            "type": "message",
            "stop_reason": nasty,
            "content": [
                {"type": "text", "text": nasty, "citations": [{"cited_text": nasty, "url": nasty}]},
                {"type": "thinking", "thinking": nasty, "signature": nasty},
                {"type": "tool_use", "id": "t", "name": nasty, "input": {nasty: nasty}},
                {"type": nasty, nasty: nasty},
            ],
            "usage": {"input_tokens": 1, "output_tokens": 2, nasty: nasty},
        }
        yield {"custom_id": nasty, "result": {"type": "succeeded", "message": message}}
        error = {"type": "error", "request_id": nasty, "error": {"type": nasty, "message": nasty}}
        yield {"custom_id": nasty, "result": {"type": "errored", "error": error}}
        yield {"custom_id": nasty, "result": {"type": nasty}}


class _Handler(Answers):
    def do_GET(self) -> None:
        if self.path.endswith("/results"):
            lines = [json.dumps(line).encode() for line in _lines()]
            self.answer(b"\n".join([*lines, b"\x1b[31mnot json [/x]", b'["[/x]"]', b"\xff\xfe"]))
        elif "after_id" in self.path:
            self._refuse()
        else:
            page = {"data": [_batch(number) for number in range(5)], "has_more": True}
            self.answer(json.dumps(page | {"first_id": f"{ID}0", "last_id": f"{ID}4"}).encode())

    def do_DELETE(self) -> None:
        self._refuse()

    do_POST = do_DELETE

    def _refuse(self) -> None:
        error = {"type": "\x1b[31m[/x]", "message": "".join(NASTY[:12])}
        self.answer(json.dumps({"type": "error", "error": error, "request_id": "\x1b[5m[/r]"}).encode(), 400)


def hostile_server() -> AbstractContextManager[str]:
    """The address of the server while it runs."""
    return served(_Handler)
