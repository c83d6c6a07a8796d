"""The surface of the official SDK: the same parameters, with what they become on the wire; raw responses; copies."""

from __future__ import annotations

import gc
import inspect
import json
from typing import TYPE_CHECKING, Any

import anthropic
import anyio.to_thread
import httpx
import pytest

from batch_tui.api import (
    APIResponse,
    AsyncAPIResponse,
    AsyncBatchClient,
    BatchClient,
    NotFoundError,
)
from tests.api import samples
from tests.api.conftest import finish, take
from tests.api.scripted_server import Reply, ScriptedServer, error_reply, json_reply

if TYPE_CHECKING:
    from tests.api.conftest import Clients

SIX = ["create", "retrieve", "list", "cancel", "delete", "results"]
BATCH = json_reply(samples.batch(), request_id="req_1")
DELETED = json_reply({"id": "b", "type": "message_batch_deleted"})
PAGE = json_reply(samples.page("b1"))
ROWS = Reply(body=samples.succeeded("a"), headers={"request-id": "req_2"})
GOOD: dict[str, tuple[dict[str, Any], Reply]] = {
    "create": ({"requests": [samples.REQUEST]}, BATCH),
    "retrieve": ({"message_batch_id": "b"}, BATCH),
    "list": ({}, PAGE),
    "cancel": ({"message_batch_id": "b"}, BATCH),
    "delete": ({"message_batch_id": "b"}, DELETED),
    "results": ({"message_batch_id": "b"}, ROWS),
}


def parameters(method: Any) -> set[tuple[str, Any]]:
    return {(name, one.kind) for name, one in inspect.signature(method).parameters.items()}


@pytest.mark.parametrize("name", SIX)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_every_method_takes_the_official_parameters(name: str, kind: str) -> None:
    official: Any = anthropic.Anthropic if kind == "sync" else anthropic.AsyncAnthropic
    ours: Any = BatchClient if kind == "sync" else AsyncBatchClient
    theirs = parameters(getattr(official(api_key="k").messages.batches, name))
    mine = parameters(getattr(ours("test-key").messages.batches, name))
    assert mine == theirs


@pytest.mark.parametrize("name", SIX)
async def test_what_one_call_adds_is_sent_with_it(clients: Clients, name: str) -> None:
    named, reply = GOOD[name]
    with ScriptedServer(reply, reply) as server:
        client = clients(server.url, default_headers={"x-a": "1"}, default_query={"q": "1", "r": "1"})
        extras: dict[str, Any] = {
            "workspace_id": "wrkspc_1",
            "extra_headers": {"X-A": "2"},
            "extra_query": {"q": True},
            "extra_body": {"note": "ü"},
        }
        if name == "create":
            extras["user_profile_id"] = "user_1"
        await client.call(name, **named, **extras)
        await client.call(name, **named, **extras | {"extra_headers": {"anthropic-workspace-id": "by name"}})
    asked, again = server.asked
    assert asked.headers["anthropic-workspace-id"] == "wrkspc_1"
    assert again.headers["anthropic-workspace-id"] == "by name"
    assert asked.headers.get("anthropic-user-profile-id") == ("user_1" if name == "create" else None)
    assert asked.headers["x-a"] == "2"
    assert sorted(asked.target.partition("?")[2].split("&")) == ["q=true", "r=1"]
    if asked.method == "GET":
        assert asked.body == b""
    else:
        assert json.loads(asked.body)["note"] == "ü"
        assert asked.headers["content-type"] == "application/json"


async def test_cursors_given_as_extra_query_win_and_do_not_stop_the_walk(clients: Clients) -> None:
    pages = [samples.page("b3", has_more=True), samples.page("b2")]
    with ScriptedServer(*map(json_reply, pages)) as server:
        page = await clients(server.url).call("list", limit=9, extra_query={"limit": 1, "after_id": "b4", "x": "1"})
        assert [batch.id for batch in await take(page)] == ["b3", "b2"]
    targets = [asked.target.partition("?")[2] for asked in server.asked]
    assert targets == ["x=1&after_id=b4&limit=1", "x=1&after_id=b3&limit=1"]


@pytest.mark.parametrize("name", SIX)
async def test_a_raw_response_tells_status_headers_and_retries(clients: Clients, kind: str, name: str) -> None:
    named, reply = GOOD[name]
    headers = {**reply.headers, "request-id": "req_7", "anthropic-workspace-id": "wrkspc_1", "X-Rate": "5"}
    busy = error_reply(529, "overloaded_error", "Busy.")
    with ScriptedServer(busy, Reply(body=reply.body, headers=headers), reply) as server:
        client = clients(server.url)
        raw: Any = await finish(getattr(client.client.messages.batches.with_raw_response, name)(**named))
        parsed = await finish(raw.parse())
        plain = await client.call(name, **named)
        assert isinstance(raw, APIResponse if kind == "sync" else AsyncAPIResponse)
        assert type(parsed) is type(plain)
        if name == "results":
            assert [row.custom_id for row in await take(parsed)] == ["a"]
            with pytest.raises(RuntimeError, match="streamed"):
                await finish(raw.read())
        else:
            assert await finish(raw.json()) == json.loads(reply.body)
            assert (await finish(raw.text())).encode() == await finish(raw.read()) == reply.body
    assert (raw.status_code, raw.request_id, raw.workspace_id, raw.retries_taken) == (200, "req_7", "wrkspc_1", 1)
    assert raw.headers["x-rate"] == raw.headers["X-RATE"] == "5"
    assert raw.url.endswith(server.asked[1].target)
    assert "test-key" not in repr(raw)
    assert "req_7" in repr(raw)


async def test_a_raw_refusal_is_raised_like_any_other(clients: Clients) -> None:
    with ScriptedServer(error_reply(404, "not_found_error", "Gone.")) as server, pytest.raises(NotFoundError):
        await finish(clients(server.url).client.messages.batches.with_raw_response.retrieve("b"))


async def test_a_raw_page_walks_on(clients: Clients) -> None:
    pages = [samples.page("b2", has_more=True), samples.page("b1")]
    with ScriptedServer(*map(json_reply, pages)) as server:
        raw: Any = await finish(clients(server.url).client.messages.batches.with_raw_response.list(limit=1))
        assert [batch.id for batch in await take(await finish(raw.parse()))] == ["b2", "b1"]
        assert [batch["id"] for batch in (await finish(raw.json()))["data"]] == ["b2"]


async def test_a_copy_adds_to_what_it_came_from(clients: Clients) -> None:
    with ScriptedServer(BATCH, BATCH) as server, ScriptedServer(BATCH) as elsewhere:
        plain = clients(server.url, default_headers={"x-a": "1"}, default_query={"q": "1"}).client
        changed = plain.with_options(default_headers={"x-b": "2"}, default_query={"r": "2"}, auth_token="test-token-9")
        await finish(changed.messages.batches.retrieve("b"))
        asked = server.asked[0]
        assert (asked.headers["x-a"], asked.headers["x-b"]) == ("1", "2")
        assert asked.target.endswith("?q=1&r=2")
        assert asked.headers["authorization"] == "Bearer test-token-9"
        assert "x-api-key" not in asked.headers
        await finish(plain.messages.batches.retrieve("b"))
        assert server.asked[1].headers["x-api-key"] == "test-key"
        await finish(plain.with_options(base_url=elsewhere.url + "/pre").messages.batches.retrieve("b"))
        assert elsewhere.asked[0].path == "/pre/v1/messages/batches/b"
        with pytest.raises(ValueError, match="only one"):
            plain.with_options(api_key="test-a", auth_token="test-b")


async def test_a_timeout_of_one_call_reaches_the_wire(clients: Clients, kind: str) -> None:
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, json=samples.batch())

    transport = httpx.MockTransport(answer)
    own: Any = httpx.Client(transport=transport) if kind == "sync" else httpx.AsyncClient(transport=transport)
    client = clients("https://api.example", http_client=own)
    for timeout in ({}, {"timeout": 3}, {"timeout": None}, {"timeout": httpx.Timeout(1, read=2)}):
        await client.call("retrieve", "b", **timeout)
    assert [(one["connect"], one["read"]) for one in seen] == [(5, 600), (3, 3), (None, None), (1, 2)]


@pytest.mark.parametrize("kind", ["async"])
@pytest.mark.parametrize("rows_taken", [0, 1])
async def test_dropped_asynchronous_results_release_their_connection(clients: Clients, rows_taken: int) -> None:
    body = b"\n".join([samples.succeeded("a"), samples.succeeded("b")]) + b"\n"
    with ScriptedServer(Reply(body=body, promised=10**6, ending="hold")) as server:
        rows = await clients(server.url).call("results", "b")
        for _ in range(rows_taken):
            await anext(rows)
        del rows
        gc.collect()
        assert await anyio.to_thread.run_sync(server.closed_by_client.wait, 5)
