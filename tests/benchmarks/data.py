"""Results files for benchmarks: seeded, so that every run measures the same bytes."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

ROWS = 100_000
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
_ERROR = {"type": "invalid_request_error", "message": "Your credit balance is too low to access the API."}


def directory() -> Path:
    """Where the files are kept between runs."""
    path = Path(tempfile.gettempdir()) / "batch-tui-benchmarks"
    path.mkdir(exist_ok=True)
    return path


def results_file(rows: int = ROWS, *, text_bytes: int = 1_500, seed: int = 1) -> Path:
    """A results file of so many rows with answers of about so many bytes; made once."""
    path = directory() / f"results-{rows}-{text_bytes}-{seed}.jsonl"
    if not path.exists():
        draw = random.Random(seed)
        unfinished = path.with_suffix(".new")
        with unfinished.open("wb") as file:
            for number in range(rows):
                file.write(json.dumps(_row(number, text_bytes, draw), separators=(",", ":")).encode() + b"\n")
        unfinished.replace(path)
    return path


def long_lines(lines: int, megabytes: int) -> Path:
    """A file of a few lines of so many megabytes each."""
    return results_file(lines, text_bytes=megabytes * 1_000_000)


def _row(number: int, text_bytes: int, draw: random.Random) -> dict[str, object]:
    custom_id = f"request-{number:06}"
    if draw.random() < 0.05:
        return {"custom_id": custom_id, "result": {"type": "errored", "error": {"type": "error", "error": _ERROR}}}
    words = " ".join(draw.choices(_WORDS, k=min(text_bytes, 6_000) // 7))
    text = (words + " ") * max(1, text_bytes // 6_000)
    if draw.random() < 0.1:
        text += "A needle named Zanzibar."
    usage = {
        "input_tokens": draw.randrange(50, 4_000),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": draw.randrange(100, 900),
        "service_tier": "batch",
        "inference_geo": "not_available",
    }
    message = {
        "model": "claude-haiku-4-5-20251001",
        "id": f"msg_{draw.getrandbits(96):024x}",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }
    return {"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}
