"""Paging by the rules of the official client, with either client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api import samples
from tests.api.conftest import finish, take
from tests.api.scripted_server import ScriptedServer, json_reply

if TYPE_CHECKING:
    from tests.api.conftest import Clients


async def first_page(clients: Clients, server: ScriptedServer, **query: Any) -> Any:
    return await clients(server.url).call("list", **query)


def targets(server: ScriptedServer) -> list[str]:
    return [asked.target.removeprefix("/v1/messages/batches") for asked in server.asked]


async def test_one_page_asks_once(clients: Clients) -> None:
    with ScriptedServer(json_reply(samples.page("b3", "b2", has_more=True))) as server:
        page = await first_page(clients, server, limit=2)
        assert [batch.id for batch in page.data] == ["b3", "b2"]
        assert (page.has_more, page.first_id, page.last_id) == (True, "b3", "b2")
        assert page.has_next_page()
        assert targets(server) == ["?limit=2"]


async def test_iterating_goes_on_to_older_pages_and_repeats_limit_and_headers(clients: Clients) -> None:
    pages = [samples.page("b3", "b2", has_more=True), samples.page("b1", has_more=False)]
    with ScriptedServer(*map(json_reply, pages)) as server:
        page = await first_page(clients, server, limit=2, extra_headers={"x-mark": "1"}, extra_query={"q": "z"})
        assert [batch.id for batch in await take(page)] == ["b3", "b2", "b1"]
        assert targets(server) == ["?q=z&limit=2", "?q=z&after_id=b2&limit=2"]
        assert [asked.headers["x-mark"] for asked in server.asked] == ["1", "1"]


async def test_before_id_walks_to_newer_pages_and_keeps_the_other_cursor(clients: Clients) -> None:
    pages = [samples.page("b3", "b2", has_more=True), samples.page("b5", "b4", has_more=False)]
    with ScriptedServer(*map(json_reply, pages)) as server:
        page = await first_page(clients, server, before_id="b1", after_id="x")
        assert [batch.id for batch in await take(page)] == ["b3", "b2", "b5", "b4"]
        assert targets(server) == ["?before_id=b1&after_id=x", "?before_id=b3&after_id=x"]


@pytest.mark.parametrize(
    "body",
    [
        samples.page("b1", has_more=False),
        samples.page(has_more=True),
        {**samples.page("b1", has_more=True), "last_id": None},
    ],
)
async def test_where_it_stops(clients: Clients, body: dict[str, Any]) -> None:
    with ScriptedServer(json_reply(body)) as server:
        page = await first_page(clients, server)
        assert not page.has_next_page()
        assert len(await take(page)) == len(body["data"])
        with pytest.raises(RuntimeError, match="last page"):
            await finish(page.get_next_page())
        assert len(server.asked) == 1


async def test_a_missing_has_more_does_not_stop_it(clients: Clients) -> None:
    pages = [samples.page("b2", has_more=None), samples.page()]
    with ScriptedServer(*map(json_reply, pages)) as server:
        page = await first_page(clients, server)
        assert [batch.id for batch in await take(page)] == ["b2"]
        assert targets(server) == ["", "?after_id=b2"]


async def test_page_by_page(clients: Clients) -> None:
    pages = [samples.page("b2", has_more=True), samples.page("b1")]
    with ScriptedServer(*map(json_reply, pages)) as server:
        page = await first_page(clients, server)
        walked = await take(page.iter_pages())
        assert [found.first_id for found in walked] == ["b2", "b1"]
        assert "test-key" not in repr(walked)


@pytest.mark.parametrize("kind", ["async"])
async def test_the_asynchronous_list_can_be_iterated_at_once(clients: Clients) -> None:
    pages = [samples.page("b2", has_more=True), samples.page("b1")]
    with ScriptedServer(*map(json_reply, pages)) as server:
        batches = clients(server.url).client.messages.batches
        assert [batch.id for batch in await take(batches.list())] == ["b2", "b1"]
