"""Where credentials may go: redirects, results_url, plain http, proxies, a client of the caller's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from batch_tui.api import APIStatusError, AsyncBatchClient, BatchClient
from tests.api import samples
from tests.api.conftest import finish, take
from tests.api.scripted_server import Reply, ScriptedServer, json_reply

if TYPE_CHECKING:
    from tests.api.conftest import Clients

BATCH = json_reply(samples.batch(), request_id="req_1")
CREATE: dict[str, Any] = {"requests": [samples.REQUEST]}
ALL_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("create", CREATE),
    ("retrieve", {"message_batch_id": "b"}),
    ("list", {}),
    ("cancel", {"message_batch_id": "b"}),
    ("delete", {"message_batch_id": "b"}),
    ("results", {"message_batch_id": "b"}),
]
HOW_SENT: list[dict[str, Any]] = [{}, {"auth_style": "bearer"}, {"api_key": None, "auth_token": "test-token-1"}]


@pytest.mark.parametrize("arguments", HOW_SENT, ids=["x-api-key", "bearer", "token"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nothing_crosses_to_another_origin(clients: Clients, status: int, arguments: dict[str, Any]) -> None:
    with ScriptedServer() as thief:
        places = [thief.url + "/v1/messages/batches/b", thief.url.replace("http://", "//")]
        moved = [Reply(status, headers={"location": place}) for place in places for _ in ALL_CALLS]
        with ScriptedServer(*moved) as server:
            client = clients(server.url, **arguments)
            for method, named in [*ALL_CALLS, *ALL_CALLS]:
                with pytest.raises(APIStatusError, match="another address") as caught:
                    await client.call(method, **named)
                assert caught.value.status_code == status
            assert len(server.asked) == 2 * len(ALL_CALLS)
        assert thief.asked == []


@pytest.mark.parametrize("url", ["{}/elsewhere", "/elsewhere", "https://api.anthropic.com/x", None])
async def test_results_come_from_the_configured_origin_whatever_the_batch_says(
    clients: Clients, url: str | None
) -> None:
    with ScriptedServer() as thief:
        ended = samples.batch(processing_status="ended", results_url=url and url.format(thief.url))
        with ScriptedServer(json_reply(ended), Reply(body=samples.succeeded("a"))) as server:
            client = clients(server.url + "/gateway")
            batch = await client.call("retrieve", "b")
            assert len(await take(await client.call("results", batch.id))) == 1
            assert [asked.path for asked in server.asked][1:] == [f"/gateway/v1/messages/batches/{batch.id}/results"]
        assert thief.asked == []


@pytest.mark.parametrize(("status", "method"), [(301, "retrieve"), (302, "retrieve"), (307, "create"), (308, "cancel")])
async def test_a_redirect_within_the_origin_is_followed(clients: Clients, status: int, method: str) -> None:
    named = dict(ALL_CALLS)[method]
    with ScriptedServer(Reply(status, headers={"location": "/elsewhere"}), BATCH) as server:
        assert (await clients(server.url).call(method, **named)).id == samples.ID
        first, second = server.asked
    assert (second.method, second.path, second.body) == (first.method, "/elsewhere", first.body)
    assert second.headers["x-api-key"] == "test-key"


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_would_make_a_post_a_get_is_not_followed(clients: Clients, status: int) -> None:
    with ScriptedServer(Reply(status, headers={"location": "/elsewhere"})) as server:
        with pytest.raises(APIStatusError):
            await clients(server.url).call("create", **CREATE)
        assert len(server.asked) == 1


async def test_endless_redirects_end(clients: Clients) -> None:
    with ScriptedServer(*[Reply(302, headers={"location": "/again"})] * 20) as server:
        with pytest.raises(APIStatusError):
            await clients(server.url).call("retrieve", "b")
        assert len(server.asked) == 6


@pytest.mark.parametrize(
    "url",
    [
        "api.anthropic.com",
        "ftp://host",
        "https://",
        "https://user:secret@host",
        "https://host?key=secret",
        "https://host/#secret",
        "https://host:port",
        "https://[::1",
    ],
)
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base URL") as caught:
        BatchClient("test-key", base_url=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["api.anthropic.com", "10.0.0.1", "localhost.example.com", "128.0.0.1"])
def test_plain_http_needs_leave_except_to_this_machine(host: str) -> None:
    with pytest.raises(ValueError, match="plain http"):
        BatchClient("test-key", base_url=f"http://{host}", environ={})
    with pytest.raises(ValueError, match="plain http"):
        BatchClient("test-key", environ={"ANTHROPIC_BASE_URL": f"http://{host}"})
    allowed = BatchClient("test-key", base_url=f"http://{host}", allow_plain_http=True, environ={})
    assert allowed.base_url == f"http://{host}"
    for here in ("localhost", "127.0.0.1:8080", "127.8.0.1", "[::1]:1"):
        assert BatchClient("test-key", base_url=f"http://{here}", environ={}).base_url == f"http://{here}"
    with pytest.raises(ValueError, match="plain http"):
        BatchClient("test-key", environ={}).with_options(base_url=f"http://{host}")


async def test_no_proxy_sees_what_stays_on_this_machine(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as proxy, ScriptedServer(BATCH) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        await clients(server.url).call("retrieve", "b")
        assert len(server.asked) == 1
        assert proxy.asked == []


async def test_a_client_of_the_callers_own_is_used_but_not_its_redirects(clients: Clients, kind: str) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "thief.example":
            return httpx.Response(200, json=samples.batch())
        return httpx.Response(302, headers={"location": "https://thief.example/"})

    transport = httpx.MockTransport(answer)
    own: Any = {"transport": transport, "follow_redirects": True, "headers": {"x-own": "1"}, "timeout": 7}
    http_client: Any = httpx.Client(**own) if kind == "sync" else httpx.AsyncClient(**own)
    client = clients("https://api.example", http_client=http_client)
    with pytest.raises(APIStatusError):
        await client.call("retrieve", "b")
    assert [request.url.host for request in seen] == ["api.example"]
    assert seen[0].headers["x-own"] == "1"
    assert seen[0].extensions["timeout"]["read"] == 7
    await client.close()
    assert http_client.is_closed


async def test_a_client_of_the_callers_own_for_a_copy_only(clients: Clients, kind: str) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=samples.batch("other")))
    other: Any = httpx.Client(transport=transport) if kind == "sync" else httpx.AsyncClient(transport=transport)
    with ScriptedServer(BATCH) as server:
        plain = clients(server.url)
        changed: Any = plain.client.with_options(http_client=other)
        assert (await finish(changed.messages.batches.retrieve("b"))).id == "other"
        await finish(changed.close())
        assert (await plain.call("retrieve", "b")).id == samples.ID


def test_the_other_kind_of_client_is_refused() -> None:
    with pytest.raises(TypeError, match=r"httpx\.Client"):
        BatchClient("test-key", http_client=httpx.AsyncClient(), environ={})  # type: ignore[arg-type]  # what is refused
    with httpx.Client() as wrong, pytest.raises(TypeError, match=r"httpx\.AsyncClient"):
        AsyncBatchClient("test-key", http_client=wrong, environ={})  # type: ignore[arg-type]  # what is refused
