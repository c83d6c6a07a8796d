"""Batches created over HTTP: every request is answered as itself, or fails for its own reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.wire_client import BATCHES, HEADERS, ask, request_of

if TYPE_CHECKING:
    from batch_tui.simulator import ManualClock, Simulator

OLD, NEW = "2023-06-01", "2026-10-21"
WEATHER = {
    "name": "get_weather",
    "input_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["C", "F"]},
            "days": {"type": "integer"},
            "parts": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["city"],
    },
}


def run(
    simulator: Simulator,
    clock: ManualClock,
    *requests: dict[str, object],
    version: str = OLD,
    betas: str = "",
) -> dict[str, dict[str, Any]]:
    """Create, let it end, and return `custom_id → result`."""
    headers = HEADERS | {"anthropic-version": version} | ({"anthropic-beta": betas} if betas else {})
    made = ask(simulator.url, "POST", BATCHES, {"requests": requests}, headers)
    assert made.status == 200, made.body
    clock.advance(seconds=30)
    path = f"{BATCHES}/{made.json['id']}"
    counts = ask(simulator.url, "GET", path).json["request_counts"]
    lines = [json.loads(line) for line in ask(simulator.url, "GET", f"{path}/results").body.split(b"\n")]
    results = {line["custom_id"]: line["result"] for line in lines}
    assert len(results) == len(lines) == len(requests)
    kinds = [result["type"] for result in results.values()]
    assert counts == {"processing": 0} | {
        kind: kinds.count(kind) for kind in ("succeeded", "errored", "canceled", "expired")
    }
    return results


def image(source: dict[str, object]) -> dict[str, object]:
    """A user message that is one picture."""
    return {"role": "user", "content": [{"type": "image", "source": source}]}


def error_of(result: dict[str, Any]) -> tuple[str, str]:
    """Type and message of an errored result."""
    assert result["error"]["type"] == "error"
    inner = result["error"]["error"]
    return inner["type"], inner["message"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"messages": None}, "messages: Field required"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"model": None}, "model: Field required"),
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"max_tokens": 0}, "max_tokens: must be greater than or equal to 1"),
        (
            {"max_tokens": 9999999, "model": "claude-haiku-4-5-20251001"},
            "max_tokens: 9999999 > 64000, which is the maximum allowed number of output tokens "
            "for claude-haiku-4-5-20251001",
        ),
        ({"stream": True}, "`stream=True` is not supported in the Message Batches API"),
        ({"temprature": 1}, "temprature: Extra inputs are not permitted"),
        (
            {"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "does_not_exist"}},
            "Tool 'does_not_exist' not found in provided tools",
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2000}},
            '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" '
            'and "output_config.effort" to control thinking behavior.',
        ),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({"speed": "fast"}, "speed: fast mode is not supported in the Message Batches API"),
        ({"store": True}, "store: Extra inputs are not permitted"),
        ({"fallbacks": ["claude-opus-5"]}, "fallbacks: Extra inputs are not permitted"),
        (
            {"billing_policy": {"bill_to": "user_profile"}},
            "billing_policy.bill_to: 'user_profile' is not supported in the Message Batches API",
        ),
        ({"temperature": 0.2}, "temperature: only the default of 1 is supported for this model"),
        (
            {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]},
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        ),
        (
            {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch", "_requestedType": "web_fetch"}]},
            "tools.0.web_fetch_20250910._requestedType: Extra inputs are not permitted",
        ),
        (
            {"messages": [image({"type": "base64", "media_type": "image/png", "data": "aGVsbG8="})]},
            "messages.0.content.0.image.source.base64.data: The file format is invalid or unsupported",
        ),
    ],
)
def test_bad_params_are_accepted_and_errored(
    quiet: Simulator, clock: ManualClock, params: dict[str, object], message: str
) -> None:
    """One bad request does not spoil its neighbour."""
    results = run(quiet, clock, request_of("bad", **params), request_of("good"))
    assert error_of(results["bad"]) == ("invalid_request_error", message)
    assert results["bad"]["error"]["request_id"] is None
    assert results["good"]["type"] == "succeeded"


@pytest.mark.parametrize("model", ["claude-does-not-exist-9", "gpt-4", "claude-sonnet-4-20250514", ""])
def test_unknown_models(quiet: Simulator, clock: ManualClock, model: str) -> None:
    """A model nobody serves is a `not_found_error` row."""
    results = run(quiet, clock, request_of("x", model=model))
    assert error_of(results["x"]) == ("not_found_error", f"model: {model}")


@pytest.mark.parametrize("key", ["temperature", "top_p", "top_k"])
def test_sampling_parameters_depend_on_the_version(quiet: Simulator, clock: ManualClock, key: str) -> None:
    """Fine under the old version, errored under the new one."""
    request = request_of("x", **{key: 1})
    assert run(quiet, clock, request)["x"]["type"] == "succeeded"
    assert error_of(run(quiet, clock, request, version=NEW)["x"])[1].startswith(f"{key}: ")


def test_block_rules_of_the_new_version(quiet: Simulator, clock: ManualClock) -> None:
    """No documents in assistant messages, no citations on user text."""
    cited = {"type": "text", "text": "x", "citations": [{"type": "char_location"}]}
    found = {"type": "search_result", "source": "x", "title": "x", "content": [cited]}
    document = {"type": "document", "source": {"type": "text", "data": "x", "media_type": "text/plain"}}
    requests = (
        request_of("cited", messages=[{"role": "user", "content": [cited]}]),
        request_of(
            "document",
            messages=[
                {"role": "user", "content": "x"},
                {"role": "assistant", "content": [document]},
                {"role": "user", "content": "y"},
            ],
        ),
        request_of("found", messages=[{"role": "user", "content": [found]}]),
    )
    assert {r["type"] for r in run(quiet, clock, *requests).values()} == {"succeeded"}
    assert {r["type"] for r in run(quiet, clock, *requests, version=NEW).values()} == {"errored"}


def test_the_output_beta_raises_the_cap(quiet: Simulator, clock: ManualClock) -> None:
    """300,000 tokens with the beta header only."""
    request = request_of("x", max_tokens=300_000)
    assert run(quiet, clock, request)["x"]["type"] == "errored"
    betas = "files-api-2025-04-14,output-300k-2026-03-24"
    assert run(quiet, clock, request, betas=betas)["x"]["type"] == "succeeded"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            {"type": "url", "url": "https://pictures.invalid/a.png"},
            "Unable to download the file. Please verify the URL and try again.",
        ),
        (
            {"type": "url", "url": "https://timeout.pictures.invalid/a.png"},
            "The request timed out while trying to download the file. Please try again later.",
        ),
        ({"type": "base64", "media_type": "image/gif", "data": "R0lGODlh"}, "Could not process image"),
    ],
    ids=["dead link", "slow link", "only the start of a picture"],
)
def test_a_picture_may_fail_at_the_worker(
    quiet: Simulator, clock: ManualClock, source: dict[str, object], message: str
) -> None:
    """The error then carries a worker's request id."""
    results = run(quiet, clock, request_of("x", messages=[image(source)]))
    assert error_of(results["x"]) == ("invalid_request_error", message)
    assert results["x"]["error"]["request_id"].startswith("workerreq_01")


def test_a_user_profile_is_named_once(quiet: Simulator, clock: ManualClock) -> None:
    """A request that names another one than the header is errored; prefills still work with older models."""
    headers = HEADERS | {"anthropic-user-profile-id": "one"}
    old = {"model": "claude-haiku-4-5", "messages": [{"role": "assistant", "content": "{"}], "temperature": 0.2}
    requests = [request_of("other", user_profile_id="two"), request_of("same", user_profile_id="one", **old)]
    made = ask(quiet.url, "POST", BATCHES, {"requests": requests}, headers).json
    clock.advance(seconds=30)
    counts = ask(quiet.url, "GET", f"{BATCHES}/{made['id']}").json["request_counts"]
    assert (counts["succeeded"], counts["errored"]) == (1, 1)


def test_answers_speak_of_the_question(quiet: Simulator, clock: ManualClock) -> None:
    """The last user message counts, in blocks or as a string."""
    turns = [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": [{"type": "text", "text": "the second ÿ 漢字"}]},
    ]
    message = run(quiet, clock, request_of("x", messages=turns))["x"]["message"]
    assert "the second ÿ 漢字" in message["content"][0]["text"]
    assert message["model"] == "claude-opus-5-5"
    assert message["stop_reason"] == "end_turn"
    assert message["usage"]["service_tier"] == "batch"


def test_max_tokens_cuts_the_answer(quiet: Simulator, clock: ManualClock) -> None:
    """A tiny budget ends with `max_tokens`; with thinking nothing else is left."""
    results = run(
        quiet,
        clock,
        request_of("cut", max_tokens=3),
        request_of("thought", max_tokens=3, thinking={"type": "adaptive"}),
    )
    cut, thought = results["cut"]["message"], results["thought"]["message"]
    assert (cut["stop_reason"], cut["usage"]["output_tokens"]) == ("max_tokens", 3)
    assert len(cut["content"][0]["text"]) <= 12
    assert thought["stop_reason"] == "max_tokens"
    assert [block["type"] for block in thought["content"]] == ["thinking"]


def test_a_forced_tool_is_used(quiet: Simulator, clock: ManualClock) -> None:
    """Its input fits the schema."""
    results = run(
        quiet,
        clock,
        request_of("named", tools=[WEATHER], tool_choice={"type": "tool", "name": "get_weather"}),
        request_of("any", tools=[WEATHER], tool_choice={"type": "any"}),
        request_of("free", tools=[WEATHER]),
    )
    for name in ("named", "any"):
        message = results[name]["message"]
        assert message["stop_reason"] == "tool_use"
        block = message["content"][-1]
        assert block["name"] == "get_weather"
        assert block["input"]["unit"] in ("C", "F")
        assert isinstance(block["input"]["days"], int)
        assert isinstance(block["input"]["parts"], list)
    assert results["free"]["message"]["stop_reason"] == "end_turn"


def test_thinking_and_structured_output(quiet: Simulator, clock: ManualClock) -> None:
    """A thinking block comes first; a schema is followed."""
    schema = {"type": "object", "properties": {"label": {"enum": ["yes", "no"]}, "sure": {"type": "boolean"}}}
    results = run(
        quiet,
        clock,
        request_of("think", thinking={"type": "adaptive"}),
        request_of("json", output_config={"format": {"type": "json_schema", "schema": schema}}),
    )
    assert [block["type"] for block in results["think"]["message"]["content"]] == ["thinking", "text"]
    answer = json.loads(results["json"]["message"]["content"][0]["text"])
    assert answer["label"] in ("yes", "no")
    assert answer["sure"] is True


def test_a_canceled_batch_accounts_for_every_request(quiet: Simulator, clock: ManualClock) -> None:
    """Good ones, bad ones and canceled ones add up, line by line."""
    requests = [request_of(f"r{n}", **({"max_tokens": 0} if n % 5 == 0 else {})) for n in range(200)]
    made = ask(quiet.url, "POST", BATCHES, {"requests": requests}).json
    path = f"{BATCHES}/{made['id']}"
    clock.advance(seconds=8)
    ask(quiet.url, "POST", f"{path}/cancel")
    clock.advance(seconds=12)
    counts = ask(quiet.url, "GET", path).json["request_counts"]
    lines = [json.loads(line) for line in ask(quiet.url, "GET", f"{path}/results").body.split(b"\n")]
    assert len({line["custom_id"] for line in lines}) == 200
    for kind in ("succeeded", "errored", "canceled"):
        named = [line["custom_id"] for line in lines if line["result"]["type"] == kind]
        assert len(named) == counts[kind] > 0
        if kind == "errored":
            assert all(int(custom_id[1:]) % 5 == 0 for custom_id in named)


def test_results_do_not_come_in_order(quiet: Simulator, clock: ManualClock) -> None:
    """The shuffle is the same each time."""
    made = ask(quiet.url, "POST", BATCHES, {"requests": [request_of(f"r{n}") for n in range(50)]}).json
    clock.advance(seconds=60)
    path = f"{BATCHES}/{made['id']}/results"
    first, second = ask(quiet.url, "GET", path).body, ask(quiet.url, "GET", path).body
    assert first == second
    order = [json.loads(line)["custom_id"] for line in first.split(b"\n")]
    assert order != [f"r{n}" for n in range(50)]


@pytest.mark.parametrize(("size", "soonest", "latest"), [(1, 8, 15), (20, 8, 15), (300, 20, 30)])
def test_how_long_batches_take(quiet: Simulator, clock: ManualClock, size: int, soonest: int, latest: int) -> None:
    """A person watching sees small batches end soon."""
    made = ask(quiet.url, "POST", BATCHES, {"requests": [request_of(f"r{n}") for n in range(size)]}).json
    path = f"{BATCHES}/{made['id']}"
    clock.advance(seconds=soonest - 0.001)
    assert ask(quiet.url, "GET", path).json["processing_status"] == "in_progress"
    clock.advance(seconds=latest - soonest)
    assert ask(quiet.url, "GET", path).json["processing_status"] == "ended"
