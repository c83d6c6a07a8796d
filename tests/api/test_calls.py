"""Endpoints as values: paths, bodies and what is refused before anything is sent."""

from __future__ import annotations

import json
import pickle
import tracemalloc
from typing import Any
from urllib.parse import parse_qsl

import pytest

from batch_tui.api import NOT_GIVEN, APIResponseValidationError, TextBlock, calls
from batch_tui.api.calls import CallExtras
from batch_tui.api.pages import PageQuery
from batch_tui.api.retry import Outcome
from tests.api import samples


@pytest.mark.parametrize(
    ("id", "segment"), [("msgbatch_1", "msgbatch_1"), ("a/b", "a%2Fb"), ("a b?c#d", "a%20b%3Fc%23d"), ("é", "%C3%A9")]
)
def test_an_id_is_one_segment(id: str, segment: str) -> None:
    assert calls.retrieve(id).path == f"/v1/messages/batches/{segment}"
    assert calls.cancel(id).path.endswith(f"/{segment}/cancel")
    assert calls.results(id).path.endswith(f"/{segment}/results")
    assert calls.delete(id).method == "DELETE"


@pytest.mark.parametrize("id", ["", ".", "..", "%2e", "%2E%2e", "..;x", ";x"])
@pytest.mark.parametrize("call", [calls.retrieve, calls.cancel, calls.delete, calls.results])
def test_ids_that_would_change_the_path_are_refused(id: str, call: Any) -> None:
    with pytest.raises(ValueError, match="message_batch_id"):
        call(id)


def test_create_walks_an_iterable_once_and_writes_compact_utf8() -> None:
    walked = []

    def requests() -> Any:
        for number in range(3):
            walked.append(number)
            yield {**samples.REQUEST, "custom_id": f"r{number}", "none": None}

    call = calls.create(requests(), extra_body={"note": "ü"})
    assert walked == [0, 1, 2]
    assert call.creates == 3
    body = call.body or b""
    assert "Grüße".encode() in body
    assert b'": ' not in body
    assert b'"none":null' in body
    wire = json.loads(body)
    assert [request["custom_id"] for request in wire["requests"]] == ["r0", "r1", "r2"]
    assert wire["note"] == "ü"


def test_a_large_body_is_held_once() -> None:
    """In bytes allocated, which are the same on every machine."""
    requests = ({"custom_id": f"r{number}", "params": {"text": "x" * 10_000}} for number in range(2_000))
    tracemalloc.start()
    try:
        body = calls.create(requests).body or b""
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(json.loads(body)["requests"]) == 2_000
    assert peak < 1.5 * len(body)


def test_a_body_may_be_empty() -> None:
    call = calls.create([], extra_body={"a": 1})
    assert (call.body, call.creates) == (b'{"requests":[],"a":1}', 0)


def test_content_of_an_answer_may_be_sent_back() -> None:
    block = TextBlock(type="text", text="hi")
    call = calls.create([{"custom_id": "a", "params": {"messages": [{"role": "assistant", "content": [block]}]}}])
    sent = json.loads(call.body or b"")["requests"][0]["params"]["messages"][0]["content"][0]
    assert (sent["type"], sent["text"]) == ("text", "hi")


@pytest.mark.parametrize("bad", ["\ud83d", float("nan")])
def test_values_that_json_cannot_carry_are_named(bad: object) -> None:
    with pytest.raises(ValueError, match=r"requests\.1 "):
        calls.create([samples.REQUEST, {"custom_id": "b", "params": {"x": bad}}])


def test_types_that_json_cannot_carry_are_named() -> None:
    with pytest.raises(TypeError, match=r"requests\.0 .*set"):
        calls.create([{"custom_id": "b", "params": {"x": {1}}}])
    with pytest.raises(ValueError, match="requests"):
        calls.create([], extra_body={"requests": []})


def test_list_query_has_only_what_was_given() -> None:
    assert calls.list_page(PageQuery()).target == "/v1/messages/batches"
    call = calls.list_page(PageQuery(after_id="a&b", limit=5)).with_extras(
        CallExtras(query={"limit": 9, "x": True, "n": None, "many": [1, 2], "deep": {"a": "b"}})
    )
    assert parse_qsl(call.target.partition("?")[2]) == [
        ("x", "true"),
        ("many[]", "1"),
        ("many[]", "2"),
        ("deep[a]", "b"),
        ("after_id", "a&b"),
        ("limit", "5"),
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><title>Sign in</title></html>", "an HTML page titled 'Sign in'"),
        (b"", "an empty body"),
        (b"[1]", "JSON of another shape"),
        (b'{"id":"x"}', "(processing_status: Field required)"),
        (b'{"id":', "broken JSON"),
    ],
)
def test_success_with_another_body_says_what_came(body: bytes, said: str) -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        calls.retrieve("b").parse(Outcome(None, 200, {"request-id": "req_1"}, body))
    assert said in str(caught.value)
    assert "GET /v1/messages/batches/b" in str(caught.value)
    assert caught.value.request_id == "req_1"


def test_a_part_of_the_results_must_be_the_part_asked_for() -> None:
    call = calls.results("b", start=10)
    assert dict(call.headers)["range"] == "bytes=10-"
    assert dict(call.headers)["accept-encoding"] == "identity"
    assert call.parse(Outcome(None, 206, {"content-range": "bytes 10-99/100"})).status == 206
    assert call.parse(Outcome(None, 200)).status == 200
    for status, named in [(206, "bytes 11-99/100"), (206, ""), (204, "")]:
        with pytest.raises(APIResponseValidationError):
            call.parse(Outcome(None, status, {"content-range": named} if named else {}))
    with pytest.raises(APIResponseValidationError):
        calls.results("b").parse(Outcome(None, 206, {"content-range": "bytes 0-9/100"}))
    with pytest.raises(ValueError, match="start"):
        calls.results("b", start=-1)


def test_not_given_is_one_falsy_object() -> None:
    assert not NOT_GIVEN
    assert pickle.loads(pickle.dumps(NOT_GIVEN)) is NOT_GIVEN
    assert repr(NOT_GIVEN) == "NOT_GIVEN"
