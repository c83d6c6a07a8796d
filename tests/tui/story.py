"""One small batch with an answer of every kind, and the file of requests it was made from; for scenes and tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_tui.results.part_file import PartFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.tui.scenes import Stage

_REPORT = """# Depot 7: what the week said

Deliveries were **on time in 94 % of cases**, up from *91 %* the week before. Two things stand out:

1. Route `N-12` lost an hour each morning to the bridge works.
2. Returns fell, see [the sheet](https://example.com/returns).

## By route

| Route | Stops | On time | Note |
|-------|------:|--------:|------|
| N-12 | 1,204 | 88.1 % | Bridge works until **Friday**; drivers take the ring road |
| S-03 | 986 | 97.5 % | |
| W-21 | 1,310 | 95.9 % | New driver, two late starts |

> The bridge opens again on Friday, if the weather holds.

```python
def late(stop: Stop) -> bool:
    return stop.arrived > stop.promised + timedelta(minutes=10)
```

- Next week
  - compare with the *forecast*
  - leave out `N-12`
"""

_WEATHER = {
    "name": "get_weather",
    "description": "The forecast for a place.",
    "input_schema": {
        "type": "object",
        "properties": {"location": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["location"],
    },
}
_SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}

QUESTIONS: dict[str, dict[str, Any]] = {
    "report-7": {
        "system": "You write short weekly reports. Use Markdown, one table and no more than two headings.",
        "messages": [{"role": "user", "content": "Sum up the week of depot 7:\n\nN-12: 1,204 stops, 88.1 % on time"}],
    },
    "weather-1": {
        "tools": [_WEATHER],
        "messages": [{"role": "user", "content": "Will it rain in Paris in the next two days?"}],
    },
    "search-1": {
        "tools": [_SEARCH],
        "messages": [{"role": "user", "content": "When was Claude Shannon born? Name your source."}],
    },
    "code-1": {
        "tools": [{"type": "code_execution_20250825", "name": "code_execution"}],
        "messages": [{"role": "user", "content": "What is 6 × 7? Use the shell."}],
    },
    "turns-1": {
        "temperature": 0.2,
        "messages": [
            {"role": "user", "content": "Say hello in French."},
            {"role": "assistant", "content": "Bonjour!"},
            {"role": "user", "content": [{"type": "text", "text": "And in Portuguese?"}]},
        ],
    },
    "refused-1": {"messages": [{"role": "user", "content": "Something that is refused."}]},
    "broken-1": {"messages": [{"role": "user", "content": "Something with a bad parameter."}], "max_tokens": 9_999_999},
    "late-1": {"messages": [{"role": "user", "content": "Something that came too late."}]},
}

_USAGE = {
    "input_tokens": 412,
    "cache_creation_input_tokens": 7345,
    "cache_read_input_tokens": 7123,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 7345},
    "output_tokens": 603,
    "output_tokens_details": {"thinking_tokens": 54},
    "service_tier": "batch",
    "inference_geo": "us",
}
_CALL = "srvtoolu_01WYG3ziw53XMcoyKL4XcZmE"
_BASH = "srvtoolu_01Tj5bq2mCkVd9xWnA7e3RfP"
_PAGE = "https://en.wikipedia.org/wiki/Claude_Shannon"

ANSWERS: dict[str, Sequence[dict[str, Any]]] = {
    "report-7": [
        {"type": "thinking", "thinking": "Four routes.\nN-12 is the odd one: the bridge.", "signature": "Eq"},
        {"type": "text", "text": _REPORT},
    ],
    "weather-1": [
        {"type": "text", "text": "I'll look that up."},
        {
            "type": "tool_use",
            "id": "toolu_01A09q90qw90lq917835lq9",
            "name": "get_weather",
            "input": {"location": "Paris", "days": 2, "units": {"rain": "mm", "wind": None}},
        },
    ],
    "search-1": [
        {"type": "server_tool_use", "id": _CALL, "name": "web_search", "input": {"query": "claude shannon birth date"}},
        {
            "type": "web_search_tool_result",
            "tool_use_id": _CALL,
            "content": [
                {
                    "type": "web_search_result",
                    "url": _PAGE,
                    "title": "Claude Shannon - Wikipedia",
                    "encrypted_content": "EqgfCioIARgBIiQ3YTAw",
                    "page_age": "April 30, 2025",
                }
            ],
        },
        {
            "type": "text",
            "text": "Claude Shannon was born on April 30, 1916.",
            "citations": [
                {
                    "type": "web_search_result_location",
                    "url": _PAGE,
                    "title": "Claude Shannon - Wikipedia",
                    "encrypted_index": "Eo8BCioIAhgBIiQyYjQ0",
                    "cited_text": "Claude Elwood Shannon (April 30, 1916 – February 24, 2001) was an American…",
                }
            ],
        },
    ],
    "code-1": [
        {
            "type": "server_tool_use",
            "id": _BASH,
            "name": "bash_code_execution",
            "input": {"command": "echo $((6 * 7))"},
        },
        {
            "type": "bash_code_execution_tool_result",
            "tool_use_id": _BASH,
            "content": {
                "type": "bash_code_execution_result",
                "stdout": "42\n",
                "stderr": "",
                "return_code": 0,
                "content": [],
            },
        },
        {"type": "text", "text": "It is **42**."},
    ],
    "turns-1": [{"type": "text", "text": "Olá!"}],
    "refused-1": [],
}
_STOPS = {"weather-1": "tool_use", "refused-1": "refusal"}
_USES = {"search-1": {"web_search_requests": 1, "web_fetch_requests": 0}, "code-1": {"code_execution_requests": 1}}


def requests() -> list[dict[str, Any]]:
    """The requests as they were sent."""
    return [
        {"custom_id": name, "params": {"model": "claude-opus-5-5", "max_tokens": 1024, **params}}
        for name, params in QUESTIONS.items()
    ]


def results() -> list[dict[str, Any]]:
    """The result lines as they came."""
    lines = []
    for name, content in ANSWERS.items():
        message = {
            "id": f"msg_01{name.replace('-', '')}",
            "type": "message",
            "role": "assistant",
            "model": "claude-opus-5-5",
            "content": content,
            "stop_reason": _STOPS.get(name, "end_turn"),
            "usage": {**_USAGE, "server_tool_use": _USES.get(name)},
        }
        lines.append({"custom_id": name, "result": {"type": "succeeded", "message": message}})
    said = "max_tokens: 9999999 > 128000, which is the maximum allowed number of output tokens for claude-opus-5-5"
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": said}, "request_id": None}
    lines.append({"custom_id": "broken-1", "result": {"type": "errored", "error": error}})
    lines.append({"custom_id": "late-1", "result": {"type": "expired"}})
    return lines


def as_lines(values: Sequence[object]) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def save(stage: Stage, batch_id: str, lines: bytes, *, verified: bool = True) -> None:
    """Have these results of a batch stored on this machine, whole and verified unless they are not."""
    store = stage.store
    store.prepare()
    part = PartFile(store.part_path(batch_id))
    part.append(lines)
    part.results.index.finish()
    store.keep(batch_id, part.results, verified=verified)
    part.close()
    part.results.close()


def write_input(directory: Path, *, without: str = "", name: str = "prompts.jsonl") -> Path:
    """The file of requests, on disk."""
    path = directory / name
    path.write_bytes(as_lines([one for one in requests() if one["custom_id"] != without]))
    return path
