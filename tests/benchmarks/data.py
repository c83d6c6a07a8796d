"""Results files for benchmarks: seeded, so that every run measures the same bytes.

The mixture is that of the anchors in performance.md section 0: 95.5 % succeeded (text 72 %, tool_use 13 %, thinking
12 %, citations 3 %), 2.5 % errored, 1 % canceled, 1 % expired; UTF-8 as it is, beyond ASCII in about half of the lines.
"""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any, Literal

ROWS = 100_000
Mixture = Literal["mixed", "plain"]
_WORDS = (
    "the",
    "of",
    "report",
    "pallet",
    "credit",
    "northern",
    "depot",
    "second",
    "quarter",
    "staff",
    "window",
    "refund",
)
_BEYOND = ("Zürich", "naïve", "größer", "—", "“quoted”", "東京", "☕", "\n\n", '"said"')
_ERRORS = (
    ("invalid_request_error", "Your credit balance is too low to access the API."),
    ("invalid_request_error", "messages.0.content: text content blocks must be non-empty"),
    ("api_error", "Internal server error"),
    ("overloaded_error", "Overloaded"),
)
_USAGE = {
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "service_tier": "batch",
    "inference_geo": "not_available",
}


def directory() -> Path:
    """Where the files are kept between runs."""
    path = Path(tempfile.gettempdir()) / "batch-tui-benchmarks"
    path.mkdir(exist_ok=True)
    return path


def results_file(
    rows: int = ROWS,
    *,
    text_bytes: int = 1_725,
    seed: int = 1,
    mixture: Mixture = "mixed",
    long_lines: int = 0,
    long_bytes: int = 0,
) -> Path:
    """A results file of so many rows with answers of about so many bytes; made once.

    `long_lines` of the rows, evenly spread, have answers of `long_bytes`; "plain" has text and errors only.
    """
    path = directory() / f"results-{mixture}-{rows}-{text_bytes}-{seed}-{long_lines}-{long_bytes}.jsonl"
    if not path.exists():
        draw = random.Random(seed)
        every = rows // long_lines if long_lines else 0
        unfinished = path.with_suffix(".new")
        with unfinished.open("wb") as file:
            for number in range(rows):
                size = long_bytes if every and number % every == every // 2 else text_bytes
                row = _row(number, size, draw, mixture)
                file.write(json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
        unfinished.replace(path)
    return path


def long_lines(lines: int, megabytes: int) -> Path:
    """A file of a few lines of so many megabytes each."""
    return results_file(lines, text_bytes=megabytes * 1_000_000, mixture="plain")


def _row(number: int, text_bytes: int, draw: random.Random, mixture: Mixture) -> dict[str, Any]:
    custom_id = f"request-{number:06}"
    kind = draw.random()
    if kind < 0.025:
        error, words = draw.choice(_ERRORS)
        body: dict[str, Any] = {"details": None, "type": error, "message": words}
        outer: dict[str, Any] = {"type": "error", "error": body, "request_id": f"req_{draw.getrandbits(96):024x}"}
        return {"custom_id": custom_id, "result": {"type": "errored", "error": outer}}
    if kind < 0.045 and mixture == "mixed":
        return {"custom_id": custom_id, "result": {"type": "canceled" if kind < 0.035 else "expired"}}
    content, stop_reason = _content(text_bytes, draw, mixture)
    message: dict[str, Any] = {
        "model": draw.choice(("claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929")),
        "id": f"msg_{draw.getrandbits(96):024x}",
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": draw.randrange(50, 4_000), "output_tokens": draw.randrange(100, 900), **_USAGE},
    }
    return {"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}


def _content(text_bytes: int, draw: random.Random, mixture: Mixture) -> tuple[list[dict[str, Any]], str]:
    shape = draw.random() if mixture == "mixed" else 0.0
    if shape < 0.72:
        return [{"type": "text", "text": _text(text_bytes, draw, mixture)}], "end_turn"
    if shape < 0.85:
        said = {"query": _text(text_bytes // 2, draw, mixture), "pages": [draw.randrange(99) for _ in range(40)]}
        tool = {"type": "tool_use", "id": f"toolu_{draw.getrandbits(96):024x}", "name": "look_up", "input": said}
        before = [{"type": "text", "text": _text(text_bytes // 3, draw, mixture)}]
        return [*before[draw.randrange(2) :], tool], "tool_use"
    if shape < 0.97:
        thought: dict[str, Any] = {"type": "thinking", "thinking": _text(text_bytes // 2, draw, mixture)}
        thought["signature"] = f"{draw.getrandbits(1200):0300x}"
        return [thought, {"type": "text", "text": _text(text_bytes // 3, draw, mixture)}], "end_turn"
    cited: dict[str, Any] = {"type": "char_location", "cited_text": _text(200, draw, mixture), "document_index": 0}
    cited |= {"document_title": "Terms", "start_char_index": 10, "end_char_index": 210, "file_id": None}
    parts = [{"type": "text", "text": _text(text_bytes // 4, draw, mixture), "citations": [cited]} for _ in range(3)]
    return parts, "end_turn"


def _text(size: int, draw: random.Random, mixture: Mixture) -> str:
    words = draw.choices(_WORDS, k=min(size, 6_000) // 7)
    if mixture == "mixed" and draw.random() < 0.55:
        for _ in range(len(words) // 20):
            words[draw.randrange(len(words))] = draw.choice(_BEYOND)
    text = (" ".join(words) + " ") * max(1, size // 6_000)
    if draw.random() < 0.1:
        text += "A needle named Zanzibar."
    return text
