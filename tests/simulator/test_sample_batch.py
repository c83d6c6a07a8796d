"""`lenient`: the examples that the official SDKs' tests send are accepted."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic
from anthropic._decoders.jsonl import JSONLDecoder

from batch_tui.simulator import ManualClock, Simulator
from tests.simulator.wire_client import BATCHES, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anthropic.types.messages.batch_create_params import Request

ID = "message_batch_id"
REQUEST: Request = {
    "custom_id": "my-custom-id-1",
    "params": {
        "max_tokens": 1024,
        "messages": [{"content": "Hello, world", "role": "user"}],
        "model": "claude-opus-4-6",
    },
}


@pytest.fixture
def lenient(clock: ManualClock) -> Iterator[Simulator]:
    """A simulator that takes nonsense."""
    with Simulator(now=clock, batches=5, live=False, lenient=True) as simulator:
        yield simulator


def test_the_official_sdks_examples_pass(lenient: Simulator) -> None:
    """All six calls, twice, in an order that no real batch would survive; types strictly checked."""
    with Anthropic(api_key="test-key", base_url=lenient.url, max_retries=0, _strict_response_validation=True) as client:
        batches = client.messages.batches
        for _ in range(2):
            assert batches.create(requests=[REQUEST]).processing_status == "in_progress"
            assert batches.delete(ID).id == ID
            assert batches.cancel(ID).processing_status == "canceling"
            assert batches.retrieve(ID).id == ID
            assert len(list(batches.results(ID))) == 4
            page = batches.list(after_id="after_id", before_id="before_id", limit=1)
            assert len(page.data) == 1


# Every parameter of a request, with the example values of the API reference, as the official tests send them.
FULL: dict[str, Any] = {
    "max_tokens": 1024,
    "messages": [{"content": "Hello, world", "role": "user"}],
    "model": "claude-opus-4-6",
    "cache_control": {"type": "ephemeral", "ttl": "5m"},
    "container": "container",
    "inference_geo": "inference_geo",
    "metadata": {"user_id": "13803d75-b4b5-4c3e-b2a2-6f21399b021b"},
    "output_config": {"effort": "low", "format": {"schema": {"foo": "bar"}, "type": "json_schema"}},
    "service_tier": "auto",
    "speed": "standard",
    "stop_sequences": ["string"],
    "stream": False,
    "system": [
        {
            "text": "Today's date is 2024-06-01.",
            "type": "text",
            "cache_control": {"type": "ephemeral", "ttl": "5m"},
            "citations": None,
        }
    ],
    "thinking": {"type": "adaptive", "display": "summarized"},
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    "tools": [
        {
            "input_schema": {
                "type": "object",
                "properties": {"location": "bar", "unit": "bar"},
                "required": ["location"],
            },
            "name": "name",
            "allowed_callers": ["direct"],
            "cache_control": {"type": "ephemeral", "ttl": "5m"},
            "defer_loading": True,
            "description": "Get the current weather in a given location",
            "strict": True,
            "type": "custom",
        }
    ],
}
BETA_ONLY: dict[str, Any] = {
    "context_management": {
        "edits": [{"type": "clear_tool_uses_20250919", "clear_at_least": {"type": "input_tokens", "value": 0}}]
    },
    "mcp_servers": [{"name": "name", "type": "url", "url": "url", "authorization_token": "authorization_token"}],
}


@pytest.mark.parametrize("is_beta", [False, True], ids=["messages", "beta"])
@pytest.mark.parametrize(
    "style", ["", "with_raw_response", "with_streaming_response"], ids=["parsed", "raw", "streaming"]
)
@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("create", {}),
        ("retrieve", {"message_batch_id": ID}),
        ("list", {"after_id": "after_id", "before_id": "before_id", "limit": 1}),
        ("delete", {"message_batch_id": ID}),
        ("cancel", {"message_batch_id": ID}),
        ("results", {"message_batch_id": ID}),
    ],
    ids=["create", "retrieve", "list", "delete", "cancel", "results"],
)
def test_each_official_fixture_alone(
    lenient: Simulator, clock: ManualClock, is_beta: bool, style: str, call: str, arguments: dict[str, Any]
) -> None:
    """As the official suite has it: each call on its own, with all parameters, in each of the three styles."""
    given = dict(arguments)
    if call == "create":
        params = FULL | (BETA_ONLY if is_beta else {})
        given |= {"requests": [{"custom_id": "my-custom-id-1", "params": params}], "user_profile_id": "user_profile_id"}
    if is_beta:
        given["betas"] = ["string"]
    with Anthropic(
        api_key="my-anthropic-api-key", base_url=lenient.url, max_retries=0, _strict_response_validation=True
    ) as client:
        batches: Any = client.beta.messages.batches if is_beta else client.messages.batches
        answer = getattr(getattr(batches, style) if style else batches, call)(**given)
        if style == "with_streaming_response":
            with answer as opened:
                parsed = _consumed(opened.parse())
        else:
            parsed = _consumed(answer.parse() if style else answer)
    assert parsed
    if call == "create":
        clock.advance(minutes=1)
        counts = ask(lenient.url, "GET", f"{BATCHES}/{parsed.id}").json["request_counts"]
        assert counts["succeeded"] == 1


def _consumed(parsed: Any) -> Any:
    """Results are read to their end while the connection is open."""
    return list(parsed) if isinstance(parsed, JSONLDecoder) else parsed


async def test_and_asynchronously(lenient: Simulator) -> None:
    """The same examples."""
    async with AsyncAnthropic(api_key="test-key", base_url=lenient.url, max_retries=0) as client:
        assert (await client.messages.batches.cancel(ID)).cancel_initiated_at is not None
        assert (await client.messages.batches.retrieve(ID)).results_url == f"{lenient.url}{BATCHES}/{ID}/results"


def test_the_sample_agrees_with_itself(lenient: Simulator, clock: ManualClock) -> None:
    """Its counts are those of its lines, also a month later; it is in no list."""
    for _ in range(2):
        batch = ask(lenient.url, "GET", f"{BATCHES}/{ID}").json
        lines = ask(lenient.url, "GET", f"{BATCHES}/{ID}/results").body.split(b"\n")
        counts = Counter(json.loads(line)["result"]["type"] for line in lines)
        assert counts == {kind: count for kind, count in batch["request_counts"].items() if count}
        assert ID not in {each["id"] for each in ask(lenient.url, "GET", BATCHES).json["data"]}
        clock.advance(days=31)


def test_real_cursors_and_ids_work_as_always(lenient: Simulator) -> None:
    """Nonsense starts at the top; a real cursor is honoured; other unknown ids are not found."""
    top = ask(lenient.url, "GET", BATCHES).body
    assert ask(lenient.url, "GET", f"{BATCHES}?after_id=after_id").body == top
    assert ask(lenient.url, "GET", f"{BATCHES}?after_id={ID}").body == top
    page = ask(lenient.url, "GET", f"{BATCHES}?after_id={lenient.past_batch_id(1)}").json
    assert page["first_id"] == lenient.past_batch_id(2)
    assert ask(lenient.url, "GET", f"{BATCHES}/other_id").status == 404


def test_nothing_of_this_without_being_asked(past: Simulator) -> None:
    """The example is an unknown id like any other."""
    with Anthropic(api_key="test-key", base_url=past.url, max_retries=0) as client:
        with pytest.raises(anthropic.NotFoundError):
            client.messages.batches.retrieve(ID)
        with pytest.raises(anthropic.NotFoundError):
            client.messages.batches.list(after_id="after_id")
