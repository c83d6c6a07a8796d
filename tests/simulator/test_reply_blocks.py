"""Answers to requests with tools, documents, caching and the rest: every block kind, as the official types have it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest
from anthropic.types.beta.beta_content_block import BetaContentBlock
from anthropic.types.beta.messages import BetaMessageBatchIndividualResponse
from anthropic.types.content_block import ContentBlock
from anthropic.types.messages import MessageBatchIndividualResponse
from pydantic import TypeAdapter

from tests.simulator.wire_client import BATCHES, ask, request_of

if TYPE_CHECKING:
    from batch_tui.simulator import ManualClock, Simulator

LINE = TypeAdapter(MessageBatchIndividualResponse)
BETA_LINE = TypeAdapter(BetaMessageBatchIndividualResponse)

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
FETCH = {"type": "web_fetch_20260209", "name": "web_fetch"}
OLD_CODE = {"type": "code_execution_20250522", "name": "code_execution"}
CODE = {"type": "code_execution_20250825", "name": "code_execution"}
FINDER = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
ADVISOR = {"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-5-5"}
OWN = {"name": "lookup", "input_schema": {"type": "object"}, "defer_loading": True}


def lines_of(simulator: Simulator, clock: ManualClock, *requests: dict[str, object]) -> dict[str, bytes]:
    """Create, let it end, and return `custom_id → line`."""
    made = ask(simulator.url, "POST", BATCHES, {"requests": requests})
    assert made.status == 200, made.body
    clock.advance(seconds=60)
    body = ask(simulator.url, "GET", f"{BATCHES}/{made.json['id']}/results").body
    return {json.loads(line)["custom_id"]: line for line in body.split(b"\n")}


def message_of(
    simulator: Simulator, clock: ManualClock, text: str = "Hello", /, *, beta: bool = False, **params: Any
) -> dict[str, Any]:
    """The answer to one request, which passes through the official types on the way."""
    line = lines_of(simulator, clock, request_of("x", text, **params))["x"]
    (BETA_LINE if beta else LINE).validate_json(line)
    message: dict[str, Any] = json.loads(line)["result"]["message"]
    return message


def asked_with(*blocks: dict[str, object]) -> list[dict[str, object]]:
    """Messages in which these blocks come before a question."""
    return [{"role": "user", "content": [*blocks, {"type": "text", "text": "What does it say?"}]}]


def document(source: dict[str, object], **more: object) -> dict[str, object]:
    """A document whose sentences may be cited."""
    return {"type": "document", "source": source, "citations": {"enabled": True}} | more


KINDS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["text"]),
    ({"thinking": {"type": "adaptive"}}, ["thinking", "text"]),
    ({"tools": [SEARCH]}, ["server_tool_use", "web_search_tool_result", "text"]),
    ({"tools": [FETCH]}, ["server_tool_use", "web_fetch_tool_result", "text"]),
    ({"tools": [OLD_CODE]}, ["server_tool_use", "code_execution_tool_result", "text"]),
    (
        {"tools": [CODE]},
        [
            "server_tool_use",
            "bash_code_execution_tool_result",
            "server_tool_use",
            "text_editor_code_execution_tool_result",
            "container_upload",
            "text",
        ],
    ),
    ({"tools": [FINDER, OWN]}, ["server_tool_use", "tool_search_tool_result", "text"]),
    (
        {"tools": [OWN], "tool_choice": {"type": "any"}, "thinking": {"type": "adaptive"}},
        ["thinking", "tool_use"],
    ),
]
BETA_KINDS: list[tuple[dict[str, Any], list[str]]] = [
    ({"tools": [ADVISOR]}, ["server_tool_use", "advisor_tool_result", "text"]),
    (
        {"mcp_servers": [{"type": "url", "name": "files", "url": "https://files.example.com"}]},
        ["mcp_tool_listing", "mcp_tool_use", "mcp_tool_result", "text"],
    ),
    ({"compaction": {"type": "summarize"}}, ["compaction", "text"]),
    ({"context_management": {"edits": [{"type": "compact_20260112"}]}}, ["compaction", "text"]),
]
TOLD_KINDS = {"redacted_thinking": False, "fallback": True}
"""What `simulate:` adds to an answer, and whether only the beta types have it."""


def names(value: object) -> str:
    """What a row of the tables is about, for the test's name."""
    return "+".join(value) if isinstance(value, (dict, list)) else str(value)


@pytest.mark.parametrize(("params", "kinds"), KINDS, ids=names)
def test_tools_bring_their_blocks(
    quiet: Simulator, clock: ManualClock, params: dict[str, Any], kinds: list[str]
) -> None:
    """In an order in which they can come about."""
    assert [block["type"] for block in message_of(quiet, clock, **params)["content"]] == kinds


@pytest.mark.parametrize(("params", "kinds"), BETA_KINDS, ids=names)
def test_beta_features_bring_theirs(
    quiet: Simulator, clock: ManualClock, params: dict[str, Any], kinds: list[str]
) -> None:
    """Advice, remote servers, summaries."""
    assert [block["type"] for block in message_of(quiet, clock, beta=True, **params)["content"]] == kinds


@pytest.mark.parametrize(("kind", "beta"), TOLD_KINDS.items())
def test_some_blocks_come_when_told(quiet: Simulator, clock: ManualClock, kind: str, beta: bool) -> None:
    """By a word in the prompt, as no parameter does it."""
    message = message_of(quiet, clock, f"simulate:{kind}", beta=beta)
    assert [block["type"] for block in message["content"]] == [kind, "text"]


def test_no_kind_is_left_out() -> None:
    """Whatever the official types know of is in one of the tables above."""

    def known(union: object) -> set[str]:
        members = get_args(get_args(union)[0])
        return {get_args(member.model_fields["type"].annotation)[0] for member in members}

    plain = {kind for _, kinds in KINDS for kind in kinds}
    beta = {kind for _, kinds in BETA_KINDS for kind in kinds}
    assert known(ContentBlock) == plain | {kind for kind, is_beta in TOLD_KINDS.items() if not is_beta}
    assert known(BetaContentBlock) == plain | beta | set(TOLD_KINDS)


@pytest.mark.parametrize(
    ("block", "kind", "cited"),
    [
        (
            document({"type": "text", "media_type": "text/plain", "data": "Herons wade."}),
            "char_location",
            "Herons wade.",
        ),
        (document({"type": "url", "url": "https://example.com/a.pdf"}, title="a"), "page_location", None),
        (document({"type": "file", "file_id": "file_01a"}), "page_location", None),
        (
            document({"type": "content", "content": [{"type": "text", "text": "Storks clap."}]}),
            "content_block_location",
            "Storks clap.",
        ),
        (
            {
                "type": "search_result",
                "source": "https://example.com",
                "title": "Birds",
                "content": [{"type": "text", "text": "Ibises probe."}],
                "citations": {"enabled": True},
            },
            "search_result_location",
            "Ibises probe.",
        ),
    ],
    ids=["text", "pdf", "file", "blocks", "search result"],
)
def test_what_may_be_cited_is_cited(
    quiet: Simulator, clock: ManualClock, block: dict[str, object], kind: str, cited: str | None
) -> None:
    """With the citation of its kind and words that are there."""
    text = message_of(quiet, clock, messages=asked_with(block))["content"][-1]
    assert text["citations"][0]["type"] == kind
    assert cited in (None, text["citations"][0]["cited_text"])
    silent = message_of(quiet, clock, messages=asked_with(block | {"citations": {"enabled": False}}))["content"][-1]
    assert "citations" not in silent


def test_a_search_is_counted_and_cited(quiet: Simulator, clock: ManualClock) -> None:
    """In the usage and in the text; one that failed is a success without citation."""
    message = message_of(quiet, clock, "Where do herons nest?", tools=[SEARCH, FETCH])
    assert message["usage"]["server_tool_use"] == {"web_search_requests": 1, "web_fetch_requests": 1}
    assert message["content"][-1]["citations"][0]["type"] == "web_search_result_location"
    failed = message_of(quiet, clock, "simulate:max_uses_exceeded", tools=[SEARCH])
    assert failed["content"][1]["content"] == {
        "type": "web_search_tool_result_error",
        "error_code": "max_uses_exceeded",
    }
    assert "citations" not in failed["content"][-1]


def test_a_shared_start_is_written_to_the_cache_once_and_read_by_most(quiet: Simulator, clock: ManualClock) -> None:
    """All input is accounted for; an hour's cache is told from five minutes'."""
    system = [{"type": "text", "text": "word " * 800, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    lines = lines_of(quiet, clock, *(request_of(f"r{n}", "Hello", system=system) for n in range(60)))
    usages = [json.loads(line)["result"]["message"]["usage"] for line in lines.values()]
    inputs = {
        (usage["input_tokens"], usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"])
        for usage in usages
    }
    assert len(inputs) == 1
    assert inputs.pop()[1] == 1_000
    hits = sum(usage["cache_read_input_tokens"] > 0 for usage in usages)
    assert 40 <= hits < 60
    for usage in usages:
        written = usage["cache_creation_input_tokens"]
        assert usage["cache_creation"] == {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": written}
    automatic = message_of(quiet, clock, "word " * 80, cache_control={"type": "ephemeral"})["usage"]
    assert automatic["cache_creation"]["ephemeral_5m_input_tokens"] == 100


@pytest.mark.parametrize(
    ("text", "params", "stop"),
    [
        ("simulate:refusal", {}, "refusal"),
        ("ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_0123", {}, "refusal"),
        ("simulate:pause_turn", {"tools": [SEARCH]}, "pause_turn"),
        ("simulate:model_context_window_exceeded", {}, "model_context_window_exceeded"),
        ("simulate:max_tokens", {}, "max_tokens"),
        ("one two three", {"stop_sequences": ["three", "two"]}, "stop_sequence"),
    ],
)
def test_an_answer_can_be_made_to_stop(
    quiet: Simulator, clock: ManualClock, text: str, params: dict[str, Any], stop: str
) -> None:
    """Refusals are empty and say so, pauses come before the text, a stop sequence is not in the text."""
    message = message_of(quiet, clock, text, **params)
    assert message["stop_reason"] == stop
    assert (message["stop_details"] is not None) is (stop == "refusal")
    assert message["stop_sequence"] == ("two" if stop == "stop_sequence" else None)
    if stop == "refusal":
        assert (message["content"], message["usage"]["output_tokens"]) == ([], 0)
    elif stop == "pause_turn":
        assert message["content"][-1]["type"] == "web_search_tool_result"
    elif stop == "stop_sequence":
        assert message["content"][0]["text"].endswith("one ")


@pytest.mark.parametrize(
    "kind", ["overloaded_error", "api_error", "timeout_error", "rate_limit_error", "billing_error"]
)
def test_a_prompt_can_ask_for_an_error(quiet: Simulator, clock: ManualClock, kind: str) -> None:
    """One line fails at the worker, its neighbours do not, and the counts say so."""
    lines = lines_of(quiet, clock, request_of("x", f"Please simulate:{kind}."), request_of("y"))
    error = json.loads(lines["x"])["result"]["error"]
    assert error["error"]["type"] == kind
    assert error["request_id"].startswith("workerreq_01")
    assert json.loads(lines["y"])["result"]["type"] == "succeeded"


def test_an_unknown_block_is_there_for_those_who_want_to_see_theirs_fail(quiet: Simulator, clock: ManualClock) -> None:
    """No official type has it."""
    line = lines_of(quiet, clock, request_of("x", "simulate:unknown_block"))["x"]
    assert json.loads(line)["result"]["message"]["content"][0]["type"] == "hologram"


def test_what_else_a_request_may_say_of_its_answer(quiet: Simulator, clock: ManualClock) -> None:
    """A container, a region, thoughts that are not shown, a pause after the summary."""
    container = message_of(quiet, clock, tools=[CODE], container="container_01mine")["container"]
    assert container["id"] == "container_01mine"
    assert message_of(quiet, clock, inference_geo="us")["usage"]["inference_geo"] == "us"
    hidden = message_of(quiet, clock, thinking={"type": "adaptive", "display": "omitted"})
    assert hidden["content"][0]["thinking"] == ""
    assert hidden["usage"]["output_tokens_details"]["thinking_tokens"] > 0
    edits = [{"type": "compact_20260112", "pause_after_compaction": True}]
    paused = message_of(quiet, clock, beta=True, context_management={"edits": edits})
    assert (paused["stop_reason"], [block["type"] for block in paused["content"]]) == ("compaction", ["compaction"])
    assert [part["type"] for part in paused["usage"]["iterations"]] == ["compaction", "message"]
