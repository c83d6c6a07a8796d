"""Both clients against a scripted server: what is sent, what is repeated, what is raised, what is never shown."""

from __future__ import annotations

import gc
import json
import pickle
import traceback
import tracemalloc
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from batch_tui.api import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncBatchClient,
    AuthenticationError,
    BatchClient,
    CallRecord,
    CreateUncertain,
    Credentials,
    CredentialsError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    RetryPolicy,
)
from batch_tui.api.base_url import checked_base_url
from batch_tui.api.options import client_options
from tests.api import samples
from tests.api.conftest import START, finish, take
from tests.api.scripted_server import Reply, ScriptedServer, error_reply, json_reply

if TYPE_CHECKING:
    from tests.api.conftest import Clients, VirtualTime

BATCH = json_reply(samples.batch(), request_id="req_1")
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("retrieve", {"message_batch_id": "b"}),
    ("create", {"requests": [samples.REQUEST]}),
]
NOBODY = "http://127.0.0.1:9"  # discard: nothing listens there


async def test_each_call_on_the_wire(clients: Clients) -> None:
    deleted = json_reply({"id": "b", "type": "message_batch_deleted"})
    with ScriptedServer(BATCH, BATCH, BATCH, deleted, Reply(body=samples.succeeded("a"))) as server:
        client = clients(server.url + "/gateway/v9/")
        batch = await client.call("create", requests=[samples.REQUEST])
        assert (batch.id, batch.request_id) == (samples.ID, "req_1")
        await client.call("retrieve", "a/b")
        await client.call("cancel", "b")
        assert (await client.call("delete", "b")).type == "message_batch_deleted"
        rows = await take(await client.call("results", "b"))
        assert [row.custom_id for row in rows] == ["a"]
    prefix = "/gateway/v9/v1/messages/batches"
    assert [(asked.method, asked.target.removeprefix(prefix)) for asked in server.asked] == [
        ("POST", ""),
        ("GET", "/a%2Fb"),
        ("POST", "/b/cancel"),
        ("DELETE", "/b"),
        ("GET", "/b/results"),
    ]
    created, retrieved, canceled, _, results = server.asked
    assert json.loads(created.body) == {"requests": [samples.REQUEST]}
    assert created.headers["content-type"] == "application/json"
    assert "content-type" not in retrieved.headers
    assert canceled.headers["content-length"] == "0"
    assert results.headers["accept"] == "application/x-jsonl"
    for asked in server.asked:
        assert asked.headers["x-api-key"] == "test-key"
        assert asked.headers["anthropic-version"] == "2023-06-01"
        assert asked.headers["user-agent"].startswith("batch-tui/")


async def test_headers_by_option(clients: Clients) -> None:
    with ScriptedServer(BATCH, BATCH) as server:
        client = clients(
            server.url,
            api_key=None,
            auth_token="sk-ant-oat01-test",
            api_version="2026-10-21",
            workspace_id="wrkspc_1",
            default_headers={"Anthropic-Beta": "one, two", "x-a": "1"},
        )
        await client.call("retrieve", "b", extra_headers={"X-A": "2", "anthropic-beta": "two,three"})
        await clients(server.url, auth_style="bearer").call("retrieve", "b", extra_query={"deep": "1"})
    first, second = server.asked
    assert first.headers["authorization"] == "Bearer sk-ant-oat01-test"
    assert "x-api-key" not in first.headers
    assert first.headers["anthropic-beta"] == "oauth-2025-04-20,one,two,three"
    assert first.headers["x-a"] == "2"
    assert (first.headers["anthropic-version"], first.headers["anthropic-workspace-id"]) == ("2026-10-21", "wrkspc_1")
    assert second.headers["authorization"] == "Bearer test-key"
    assert second.target.endswith("?deep=1")


async def test_the_environment_fills_the_gaps(clients: Clients) -> None:
    with ScriptedServer(BATCH) as server:
        environ = {"ANTHROPIC_AUTH_TOKEN": "test-token", "ANTHROPIC_BASE_URL": server.url}
        await clients("", api_key=None, environ=environ).call("retrieve", "b")
    assert server.asked[0].headers["authorization"] == "Bearer test-token"


async def test_no_key_is_told_at_the_first_request(clients: Clients) -> None:
    client = clients(NOBODY, api_key=None)
    with pytest.raises(CredentialsError, match="ANTHROPIC_API_KEY"):
        await client.call("retrieve", "b")


async def test_a_refusal_is_raised_with_its_sentence(clients: Clients, time: VirtualTime) -> None:
    reply = error_reply(404, "not_found_error", "Message Batch b not found.", request_id="req_9")
    with ScriptedServer(reply) as server:
        with pytest.raises(NotFoundError) as caught:
            await clients(server.url).call("retrieve", "b")
        assert str(caught.value) == "404 not_found_error: Message Batch b not found. (request req_9)"
        assert time.slept == []


async def test_a_busy_server_is_asked_again_after_the_time_it_names(clients: Clients, time: VirtualTime) -> None:
    busy = error_reply(429, "rate_limit_error", "Slow down.", retry_after="7")
    with ScriptedServer(busy, error_reply(529, "overloaded_error", "Busy."), BATCH) as server:
        assert (await clients(server.url).call("retrieve", "b")).id == samples.ID
        assert time.slept == [7.0, 1.0]


async def test_retries_end(clients: Clients, time: VirtualTime) -> None:
    with ScriptedServer(*[error_reply(500, "api_error", "Oops.")] * 9) as server:
        with pytest.raises(InternalServerError):
            await clients(server.url).call("retrieve", "b")
        assert len(server.asked) == 3
        with pytest.raises(InternalServerError):
            await clients(server.url, max_retries=0).call("retrieve", "b")
        with pytest.raises(InternalServerError):
            await clients(server.url, retry=RetryPolicy(max_retries=4)).call("retrieve", "b")
        assert len(server.asked) == 9


async def test_long_waits_are_told_to_the_caller(clients: Clients) -> None:
    with ScriptedServer(error_reply(429, "rate_limit_error", "m", retry_after="900")) as server:
        with pytest.raises(RateLimitError) as caught:
            await clients(server.url, max_retries=0).call("retrieve", "b")
        assert caught.value.retry_after == 900


@pytest.mark.parametrize(
    "broken",
    [
        Reply(silent=True, ending="close"),
        Reply(silent=True, ending="reset"),
        Reply(body=b'{"id":', promised=900, ending="close"),
        Reply(chunks=[b'{"id":'], ending="close"),
        Reply(headers={"content-encoding": "gzip"}, body=b"no gzip"),
    ],
)
async def test_a_lost_answer(clients: Clients, time: VirtualTime, broken: Reply) -> None:
    with ScriptedServer(broken, BATCH, broken) as server:
        client = clients(server.url)
        assert (await client.call("cancel", "b")).id == samples.ID
        assert time.slept == [0.5]
        with pytest.raises(CreateUncertain) as caught:
            await client.call("create", requests=[samples.REQUEST])
        assert caught.value.sent_at == time.now()
        assert caught.value.count == 1
        assert isinstance(caught.value.cause, APIConnectionError)
        assert len(server.asked) == 3


async def test_create_behind_a_login_page_is_in_doubt(clients: Clients) -> None:
    with ScriptedServer(Reply(body=b"<html><title>Sign in</title>")) as server:
        with pytest.raises(CreateUncertain, match="Sign in") as caught:
            await clients(server.url).call("create", requests=[samples.REQUEST])
        assert isinstance(caught.value.cause, APIResponseValidationError)


async def test_a_large_create_is_one_request_of_known_length_that_is_never_copied_whole(clients: Clients) -> None:
    """In bytes allocated; the server here keeps one copy."""
    requests = [{**samples.REQUEST, "custom_id": f"r-{n}", "note": "é" * 50_000} for n in range(200)]
    with ScriptedServer(BATCH) as server:
        client = clients(server.url)
        await client.call("retrieve", "b")
        server.script(BATCH)
        tracemalloc.start()
        try:
            await client.call("create", requests=requests)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        (asked,) = server.asked
        assert json.loads(asked.body) == {"requests": requests}
        assert int(asked.headers["content-length"]) == len(asked.body) > 20_000_000
        assert "transfer-encoding" not in asked.headers
        assert peak < 2.5 * len(asked.body)


async def test_a_large_create_is_sent_again_in_full(clients: Clients) -> None:
    """Also to where a redirect leads on the same host."""
    requests = [{**samples.REQUEST, "custom_id": f"r-{n}", "note": "x" * 50_000} for n in range(30)]
    busy, elsewhere = error_reply(529, "overloaded_error", "Busy."), Reply(307, headers={"location": "/elsewhere"})
    with ScriptedServer(busy, elsewhere, BATCH) as server:
        await clients(server.url).call("create", requests=requests)
        assert [json.loads(asked.body) for asked in server.asked] == [{"requests": requests}] * 3
        assert server.asked[2].path == "/elsewhere"


async def test_create_sends_the_same_bytes_again_when_refused_for_now(clients: Clients) -> None:
    busy = error_reply(529, "overloaded_error", "Busy.")
    with ScriptedServer(busy, BATCH) as server:
        await clients(server.url).call("create", requests=(dict(samples.REQUEST) for _ in range(3)))
        assert server.asked[0].body == server.asked[1].body
        assert len(json.loads(server.asked[0].body)["requests"]) == 3


async def test_a_refusal_with_a_lost_explanation_is_still_that_refusal(clients: Clients) -> None:
    cut = Reply(400, b'{"type":', promised=900, ending="close")
    with ScriptedServer(cut) as server:
        with pytest.raises(APIStatusError) as caught:
            await clients(server.url).call("create", requests=[samples.REQUEST])
        assert caught.value.status_code == 400


async def test_nobody_there(clients: Clients, time: VirtualTime) -> None:
    for method, named in CALLS:
        with pytest.raises(APIConnectionError, match=r"Could not connect to http://127\.0\.0\.1:9"):
            await clients(NOBODY).call(method, **named)
    assert time.slept == [0.5, 1.0] * 2


async def test_silence_is_a_timeout(clients: Clients) -> None:
    with ScriptedServer(Reply(silent=True, ending="hold"), Reply(silent=True, ending="hold")) as server:
        client = clients(server.url, max_retries=0, timeout=60)
        # A connection may take its time on a busy machine; only silence is to end it.
        silence = httpx.Timeout(60, read=0.05)
        with pytest.raises(APITimeoutError, match="no further bytes came"):
            await client.call("retrieve", "b", timeout=silence)
        with pytest.raises(CreateUncertain):
            await client.call("create", requests=[samples.REQUEST], timeout=silence)


async def test_success_that_is_no_json_is_explained(clients: Clients) -> None:
    page = Reply(body=b"<html></html>", headers={"content-type": "text/html", "request-id": "req_1"})
    with ScriptedServer(page, page) as server:
        for method, arguments in [("retrieve", ["b"]), ("list", [])]:
            with pytest.raises(APIResponseValidationError, match=r"an HTML page instead .*\(request req_1\)"):
                await clients(server.url).call(method, *arguments)


async def test_every_attempt_is_recorded(clients: Clients) -> None:
    records: list[CallRecord] = []
    busy = error_reply(529, "overloaded_error", "Busy.", request_id="req_1", date="Sun, 22 Nov 2026 11:00:00 GMT")
    with ScriptedServer(busy, BATCH) as server:
        client = clients(server.url, on_call=records.append)
        await client.call("create", requests=[samples.REQUEST], extra_query={"secret": "query"})
    first, second = records
    assert first == CallRecord(
        method="POST",
        path="/v1/messages/batches",
        status=529,
        seconds=0.0,
        request_id="req_1",
        error="529 overloaded_error: Busy. (request req_1)",
        attempt=0,
        server_date=datetime(2026, 11, 22, 11, tzinfo=UTC),
        failure="overloaded_error",
    )
    assert (second.status, second.attempt, second.error, second.server_date) == (200, 1, None, None)
    assert "test-key" not in json.dumps([asdict(record) for record in records], default=str)
    assert "Gr" not in json.dumps([asdict(record) for record in records], default=str)


async def test_an_attempt_without_answer_is_recorded(clients: Clients) -> None:
    records: list[CallRecord] = []
    with pytest.raises(APIConnectionError):
        await clients(NOBODY, on_call=records.append, max_retries=1).call("retrieve", "b")
    assert [(record.status, record.attempt, record.request_id) for record in records] == [
        (None, 0, None),
        (None, 1, None),
    ]
    assert records[0].error is not None


async def test_with_options_changes_a_copy_over_the_same_connections(clients: Clients) -> None:
    with ScriptedServer(BATCH, error_reply(500, "api_error", "m")) as server:
        plain = clients(server.url)
        changed = plain.client.with_options(max_retries=0, default_headers={"x-a": "1"}, workspace_id="w")
        batch = await finish(changed.messages.batches.retrieve("b"))
        assert batch.id == samples.ID
        with pytest.raises(InternalServerError):
            await finish(changed.messages.batches.retrieve("b"))
        assert len(server.asked) == 2
        assert (server.asked[0].headers["x-a"], server.asked[0].headers["anthropic-workspace-id"]) == ("1", "w")
        with pytest.raises(TypeError, match="colour"):
            plain.client.with_options(colour="red")  # type: ignore[call-arg]  # what is refused
        await finish(changed.close())
        with pytest.raises(RuntimeError, match="closed"):
            await plain.call("retrieve", "b")


async def test_a_client_that_is_closed_while_it_opens_stays_closed() -> None:
    """Opening takes a while, in a thread; what it makes must not be left open."""
    client = AsyncBatchClient("test-key", base_url="http://127.0.0.1:9", environ={}, max_retries=0)
    outcomes: list[str] = []

    async def ask() -> None:
        try:
            await client.messages.batches.retrieve("b")
        except (RuntimeError, APIConnectionError) as error:
            outcomes.append(type(error).__name__)

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await anyio.lowlevel.checkpoint()
        await client.close()
    assert len(outcomes) == 1
    with pytest.raises(RuntimeError, match="closed"):
        await client.messages.batches.retrieve("b")


async def test_clients_are_context_managers() -> None:
    with ScriptedServer(BATCH, BATCH) as server:
        with BatchClient("test-key", base_url=server.url, environ={}) as client:
            client.messages.batches.retrieve("b")
        async with AsyncBatchClient("test-key", base_url=server.url, environ={}) as other:
            await other.messages.batches.retrieve("b")


async def test_nothing_shows_the_key(clients: Clients) -> None:
    echo = error_reply(401, "authentication_error", "Key test-key is invalid.")
    with ScriptedServer(echo, Reply(silent=True, ending="close"), Reply(silent=True, ending="close")) as server:
        client = clients(server.url, max_retries=0)
        shown = [repr(client.client), str(client.client), repr(client.client._options)]
        with pytest.raises(TypeError):
            pickle.dumps(client.client)
        for method, named in [CALLS[0], *CALLS]:
            with pytest.raises((AuthenticationError, APIConnectionError, CreateUncertain)) as caught:
                await client.call(method, **named)
            error = caught.value
            shown += [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
            shown.append(repr(pickle.dumps(error)))
            assert all("httpx" not in type(link).__module__ for link in chain(error))
    assert not [text for text in shown if "test-key" in text]
    assert "Key [hidden] is invalid." in shown[3]


def chain(error: BaseException) -> list[BaseException]:
    """The error and all it points back to."""
    found: list[BaseException] = []
    link: BaseException | None = error
    while link is not None:
        found.append(link)
        link = link.__cause__ or link.__context__
    return found


async def test_an_illegal_header_is_told_without_its_value(clients: Clients, time: VirtualTime) -> None:
    with ScriptedServer() as server:
        with pytest.raises(APIConnectionError, match="header") as caught:
            await clients(server.url).call("retrieve", "b", extra_headers={"x-note": "secret\nvalue"})
        assert "secret" not in str(caught.value)
        with pytest.raises(ValueError, match="ASCII"):
            await clients(server.url).call("retrieve", "b", extra_headers={"x-note": "é\u4e00"})
    assert time.slept == []


def test_arguments_are_checked() -> None:
    assert checked_base_url(" https://host:8443/pre/ ") == "https://host:8443/pre"
    assert client_options("k", environ={}).base_url == "https://api.anthropic.com"
    with pytest.raises(ValueError, match="only one"):
        BatchClient("test-key", credentials=Credentials(api_key="other"))
    with pytest.raises(ValueError, match="auth_style"):
        BatchClient("test-key", auth_style="basic")  # type: ignore[arg-type]  # what is refused
    with pytest.raises(TypeError, match="max_retries"):
        BatchClient("test-key", max_retries=None)  # type: ignore[arg-type]  # what is refused
    with pytest.raises(TypeError, match="colour"):
        BatchClient("test-key", colour="red")  # type: ignore[call-arg]  # what is refused
    assert BatchClient("test-key", base_url="https://h", now=lambda: START).base_url == "https://h"


def test_proxy_settings_that_cannot_be_used_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://user:secret@host:1")
    with pytest.raises(Exception, match="proxy settings") as caught, BatchClient("test-key", environ={}) as client:
        client.messages.batches.retrieve("b")
    assert "secret" not in str(caught.value)


async def test_an_asynchronous_create_in_the_open_leaves_nothing_behind(clients: Clients) -> None:
    """Errors keep no response alive, so connections are free again."""
    with ScriptedServer(error_reply(400, "invalid_request_error", "m"), BATCH) as server:
        client: Any = clients(server.url, max_retries=0)
        with pytest.raises(APIStatusError):
            await client.call("create", requests=[samples.REQUEST])
        await client.call("retrieve", "b")
        gc.collect()
        assert len(server._open) == 1
