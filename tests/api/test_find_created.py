"""A create whose outcome is unknown: the batch it may have made is found by time and size."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api import APITimeoutError, CreateUncertain
from tests.api import samples
from tests.api.conftest import START
from tests.api.scripted_server import Reply, ScriptedServer, json_reply

if TYPE_CHECKING:
    from tests.api.conftest import Clients

DOUBT = CreateUncertain(sent_at=START, lost_at=START + timedelta(minutes=10), count=2, cause=APITimeoutError("Late."))


def page(*batches: tuple[str, float, int], has_more: bool = False) -> Reply:
    """Batches by name, minutes after START, and number of requests; newest first, as the API lists them."""
    data = [
        samples.batch(
            name,
            created_at=(START + timedelta(minutes=minutes)).isoformat(),
            processing_status="ended",
            request_counts={"processing": 0, "succeeded": size - 1, "errored": 1, "canceled": 0, "expired": 0},
        )
        for name, minutes, size in batches
    ]
    return json_reply(samples.page() | {"data": data, "last_id": batches[-1][0], "has_more": has_more})


async def test_what_fits_in_time_and_size_is_found_and_the_walk_stops_early(clients: Clients) -> None:
    newer = page(("too late", 16, 2), ("clock ahead", 14, 2), ("other size", 9, 3), has_more=True)
    older = page(("within", 5, 2), ("clock behind", -4, 2), ("too early", -6, 2), has_more=True)
    with ScriptedServer(newer, older) as server:
        found = await clients(server.url).call("find_created", DOUBT, workspace_id="wrkspc_1")
    assert [batch.id for batch in found] == ["clock ahead", "within", "clock behind"]
    assert [asked.target.partition("?")[2] for asked in server.asked] == ["limit=100", "after_id=other+size&limit=100"]
    assert {asked.headers["anthropic-workspace-id"] for asked in server.asked} == {"wrkspc_1"}


async def test_slack_is_how_far_clocks_may_differ(clients: Clients) -> None:
    with ScriptedServer(page(("a", 11, 2), ("b", 10, 2), ("c", 0, 2), ("d", -1, 2))) as server:
        found = await clients(server.url).call("find_created", DOUBT, slack=timedelta(0))
    assert [batch.id for batch in found] == ["b", "c"]


async def test_a_clock_that_is_known_to_be_wrong_is_allowed_for(clients: Clients) -> None:
    an_hour = {"slack": timedelta(0), "clock_ahead": timedelta(hours=1)}
    with ScriptedServer(page(("a", 71, 2), ("b", 70, 2), ("c", 60, 2), ("d", 10, 2))) as server:
        found = await clients(server.url).call("find_created", DOUBT, **an_hour)
    assert [batch.id for batch in found] == ["b", "c"]


async def test_from_the_lost_answer_to_the_batch(clients: Clients) -> None:
    """The whole way, as a caller goes it; the error may even have been to another process and back."""
    lost = Reply(silent=True, ending="close")
    with ScriptedServer(lost, page(("made", 0, 1))) as server:
        client: Any = clients(server.url)
        with pytest.raises(CreateUncertain) as caught:
            await client.call("create", requests=[samples.REQUEST])
        error = pickle.loads(pickle.dumps(caught.value))
        assert [batch.id for batch in await client.call("find_created", error)] == ["made"]
