"""What a request asks for beyond a plain answer: server tools, citations, caching, a certain ending."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec

from batch_tui.simulator.params_checks import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CHARACTERS_PER_TOKEN = 4
_CITED = 80

TOLD_STOPS = ("refusal", "max_tokens", "pause_turn", "model_context_window_exceeded", "compaction")
"""Stop reasons that a prompt can ask for with `simulate:refusal` and so on."""
TOLD_BLOCKS = ("redacted_thinking", "fallback", "unknown_block")
"""Blocks that no parameter brings about; `unknown_block` is of a type that nobody knows."""
TOLD_ERRORS = {
    "invalid_request_error": "The request was refused, as its text asked for.",
    "authentication_error": "API key is invalid.",
    "billing_error": "Your credit balance is too low to access the Anthropic API.",
    "permission_error": "Your API key does not have permission to use the specified resource.",
    "not_found_error": "The requested resource could not be found.",
    "rate_limit_error": "Number of concurrent web searches has exceeded your limit",
    "timeout_error": "Request timed out",
    "api_error": "Internal server error",
    "overloaded_error": "Overloaded",
}
"""Errored lines that a prompt can ask for, with their message."""
TOLD_SEARCH_ERRORS = (
    "invalid_tool_input",
    "unavailable",
    "max_uses_exceeded",
    "too_many_requests",
    "query_too_long",
    "request_too_large",
)
"""Failures of the web search tool inside a succeeded result."""
_TOLD = re.compile(r"\bsimulate:([a-z_]+)")
# The strings by which the real API can be asked for the same, without the digits at their end.
_MAGIC = {
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL": "refusal",
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING": "redacted_thinking",
}
_URL = re.compile(r"https?://[^\s\"'<>)\]]+")
_SERVER_TOOL = re.compile(
    r"(web_search|web_fetch|code_execution|tool_search_tool_regex|tool_search_tool_bm25|advisor)_\d"
)


class Source(msgspec.Struct, frozen=True, gc=False):
    """A document or search result that may be cited; `kind` is the type of its citation."""

    kind: str
    index: int
    title: str | None
    text: str
    origin: str | None = None
    """The file's id, or where a search result is from."""


class Wishes(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The uncommon part of one request; lengths in tokens."""

    told: str = ""
    tools: tuple[str, ...] = ()
    """Types of the server tools, as `web_search_20250305`."""
    own_tools: tuple[str, ...] = ()
    mcp_servers: tuple[str, ...] = ()
    source: Source | None = None
    url: str = ""
    cached: int = 0
    for_an_hour: bool = False
    stop_sequences: tuple[str, ...] = ()
    summarises: bool = False
    pauses_after_summary: bool = False
    hides_thinking: bool = False
    inference_geo: str = ""
    container: str = ""


_NONE = Wishes()


def _told(question: str) -> str:
    found = _TOLD.search(question)
    if found:
        return found[1]
    return next((told for start, told in _MAGIC.items() if start in question), "")


def told_error(question: str) -> Refusal | None:
    """The error that a prompt asks for with `simulate:overloaded_error` and the like."""
    told = _told(question)
    return Refusal(TOLD_ERRORS[told], told, by_worker=True) if told in TOLD_ERRORS else None


def _dicts(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _strings(values: Iterator[object]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def _blocks(params: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """The blocks of the system prompt and of all messages, in this order; plain strings are blocks too."""
    contents = [params.get("system"), *(message.get("content") for message in _dicts(params.get("messages")))]
    for content in contents:
        if isinstance(content, str):
            yield {"type": "text", "text": content}
        else:
            yield from _dicts(content)


def _length(block: Mapping[str, object]) -> int:
    text = block.get("text")
    return len(text) if isinstance(text, str) else 0


def _caching(params: Mapping[str, object]) -> tuple[int, bool]:
    """How much of the request's start is to be cached (tokens), and whether for an hour."""
    length = marked = 0
    control: object = None
    tools = _dicts(params.get("tools"))
    if tools:
        length = len(json.dumps(tools))
    for tool in tools:
        if tool.get("cache_control"):
            marked, control = length, tool["cache_control"]
    for block in _blocks(params):
        length += _length(block)
        if block.get("cache_control"):
            marked, control = length, block["cache_control"]
    if params.get("cache_control"):
        marked, control = length, params["cache_control"]
    return marked // CHARACTERS_PER_TOKEN, isinstance(control, dict) and control.get("ttl") == "1h"


def _document(block: Mapping[str, object], index: int) -> Source:
    given = block.get("source")
    origin = given if isinstance(given, dict) else {}
    title = block.get("title")
    kinds = {"text": "char_location", "content": "content_block_location"}
    text, content = origin.get("data"), origin.get("content")
    if origin.get("type") != "text":
        text = content if isinstance(content, str) else next((part.get("text") for part in _dicts(content)), None)
    file_id = origin.get("file_id")
    return Source(
        kinds.get(str(origin.get("type")), "page_location"),
        index,
        title if isinstance(title, str) else None,
        text[:_CITED] if isinstance(text, str) else "A sentence of the document.",
        file_id if isinstance(file_id, str) else None,
    )


def _source(params: Mapping[str, object]) -> Source | None:
    """The first thing in the messages that may be cited."""
    numbers = {"document": 0, "search_result": 0}
    for block in _blocks(params):
        kind = block.get("type")
        if kind not in numbers:
            continue
        citations = block.get("citations")
        if isinstance(citations, dict) and citations.get("enabled"):
            if kind == "document":
                return _document(block, numbers["document"])
            text = next((part.get("text") for part in _dicts(block.get("content"))), "")
            number = numbers["search_result"]
            return Source(
                "search_result_location",
                number,
                str(block.get("title", "")),
                str(text)[:_CITED],
                str(block.get("source", "")),
            )
        numbers[str(kind)] += 1
    return None


def _summary(params: Mapping[str, object]) -> tuple[bool, bool]:
    """Whether what was said is to be summarised, and whether the answer then pauses."""
    management = params.get("context_management")
    edits = _dicts(management.get("edits")) if isinstance(management, dict) else []
    compacting = [edit for edit in edits if str(edit.get("type")).startswith("compact_")]
    pauses = any(edit.get("pause_after_compaction") for edit in compacting)
    return bool(compacting) or isinstance(params.get("compaction"), dict), pauses


def wishes_of(params: Mapping[str, object], question: str) -> Wishes | None:
    """What is uncommon about a request whose `params` passed the checks; None for most."""
    tools = _dicts(params.get("tools"))
    types = _strings(tool.get("type") for tool in tools)
    servers = [server.get("name") for server in _dicts(params.get("mcp_servers"))]
    servers += [tool.get("mcp_server_name") for tool in tools if tool.get("type") == "mcp_toolset"]
    cached, for_an_hour = _caching(params)
    stops = params.get("stop_sequences")
    summarises, pauses = _summary(params)
    thinking, container = params.get("thinking"), params.get("container")
    geo = params.get("inference_geo")
    url = _URL.search(question)
    server_tools = tuple(kind for kind in types if _SERVER_TOOL.match(kind))
    wishes = Wishes(
        told=_told(question),
        tools=server_tools,
        own_tools=_strings(tool.get("name") for tool in tools if tool.get("type") in (None, "custom")),
        mcp_servers=tuple(dict.fromkeys(_strings(iter(servers)))),
        source=_source(params),
        url=url[0] if url and server_tools else "",
        cached=cached,
        for_an_hour=for_an_hour,
        stop_sequences=tuple(stop for stop in _strings(iter(stops)) if stop) if isinstance(stops, list) else (),
        summarises=summarises,
        pauses_after_summary=pauses,
        hides_thinking=isinstance(thinking, dict) and thinking.get("display") == "omitted",
        inference_geo=geo if isinstance(geo, str) else "",
        container=container if isinstance(container, str) else "",
    )
    return None if wishes == _NONE else wishes
