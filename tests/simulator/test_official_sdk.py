"""The official SDK, which knows nothing of us, takes the simulator for the API."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic

from batch_tui.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from anthropic.types.messages.batch_create_params import Request

    from batch_tui.simulator import ManualClock


def _request(custom_id: str, text: str) -> Request:
    return {
        "custom_id": custom_id,
        "params": {
            "model": "claude-opus-5-5",
            "max_tokens": 200,
            "messages": [{"role": "user", "content": text}],
        },
    }


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Anthropic]:
    """A synchronous client that refuses whatever its types do not foresee."""
    with Anthropic(api_key="test-key", base_url=simulator.url, max_retries=0, _strict_response_validation=True) as made:
        yield made


@pytest.fixture
async def async_client(simulator: Simulator) -> AsyncIterator[AsyncAnthropic]:
    """An asynchronous client, as strict."""
    async with AsyncAnthropic(
        api_key="test-key", base_url=simulator.url, max_retries=0, _strict_response_validation=True
    ) as made:
        yield made


def test_a_batch_lives_from_create_to_delete(client: Anthropic, clock: ManualClock) -> None:
    """Create, poll, download, delete."""
    batches = client.messages.batches
    made = batches.create(requests=[_request("a", "What is a heron?"), _request("b", "And a stork?")])
    assert made.processing_status == "in_progress"
    assert made.request_counts.processing == 2
    assert (made.expires_at - made.created_at).total_seconds() == 86_400

    clock.advance(seconds=1)
    with pytest.raises(anthropic.BadRequestError, match="Consider canceling the batch instead"):
        batches.delete(made.id)
    with pytest.raises(anthropic.AnthropicError, match="Has it finished processing"):
        batches.results(made.id)

    clock.advance(seconds=20)
    ended = batches.retrieve(made.id)
    assert ended.processing_status == "ended"
    assert ended.request_counts.succeeded == 2
    assert ended.ended_at is not None
    texts = {}
    for line in batches.results(made.id):
        assert line.result.type == "succeeded"
        block = line.result.message.content[0]
        assert block.type == "text"
        texts[line.custom_id] = block.text
    assert "What is a heron?" in texts["a"]
    assert "And a stork?" in texts["b"]

    assert batches.delete(made.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError, match="not found"):
        batches.retrieve(made.id)


async def test_an_async_client_sees_the_same_life(async_client: AsyncAnthropic, clock: ManualClock) -> None:
    """Create, cancel, wait, download."""
    batches = async_client.messages.batches
    made = await batches.create(requests=[_request(f"r-{n}", "Count to ten.") for n in range(40)])
    clock.advance(seconds=5)
    canceling = await batches.cancel(made.id)
    assert canceling.processing_status == "canceling"
    assert canceling.request_counts.processing == 40
    clock.advance(seconds=11)
    ended = await batches.retrieve(made.id)
    assert ended.processing_status == "ended"
    assert ended.request_counts.canceled > 0
    assert ended.request_counts.succeeded > 0
    kinds = [line.result.type async for line in await batches.results(made.id)]
    assert kinds.count("canceled") == ended.request_counts.canceled
    assert kinds.count("succeeded") == ended.request_counts.succeeded
    assert len(kinds) == 40


def test_auto_paging_meets_every_batch_once_in_both_directions(client: Anthropic) -> None:
    """Older pages from the top, newer pages from the bottom."""
    down = [batch.id for batch in client.messages.batches.list(limit=37)]
    assert len(down) == len(set(down)) == 247
    up = [batch.id for batch in client.messages.batches.list(limit=50, before_id=down[-1])]
    assert len(up) == len(set(up)) == 246
    assert set(up) == set(down[:-1])


async def test_async_auto_paging(async_client: AsyncAnthropic) -> None:
    """The asynchronous paginator agrees on where the end is."""
    seen = [batch.id async for batch in async_client.messages.batches.list(limit=100)]
    assert len(set(seen)) == 247


NAMESPACES = ("messages.batches", "beta.messages.batches")


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("style", ["plain", "with_raw_response", "with_streaming_response"])
def test_every_call_in_every_way(client: Anthropic, clock: ManualClock, namespace: str, style: str) -> None:
    """The six calls of both namespaces, parsed, raw and streamed, with the types strictly checked."""
    batches: Any = attrgetter(namespace)(client)
    betas = {"betas": ["output-300k-2026-03-24"]} if namespace.startswith("beta") else {}

    def call(name: str, *arguments: Any, **options: Any) -> Any:
        if style == "plain":
            return getattr(batches, name)(*arguments, **options, **betas)
        answer = getattr(getattr(batches, style), name)(*arguments, **options, **betas)
        if style == "with_raw_response":
            return answer.parse()
        with answer as opened:
            assert opened.request_id.startswith("req_01")
            parsed = opened.parse()
            return iter(list(parsed)) if name == "results" else parsed

    made = call("create", requests=[_request(f"r{n}", "Count.") for n in range(30)], user_profile_id="someone")
    clock.advance(seconds=6)
    assert call("cancel", made.id).processing_status == "canceling"
    clock.advance(seconds=10)
    assert call("retrieve", made.id).processing_status == "ended"
    assert {line.result.type for line in call("results", made.id)} == {"succeeded", "canceled"}
    assert call("list", limit=5, before_id=made.id).data == []
    assert call("list", after_id=made.id).has_more is True
    assert call("delete", made.id).id == made.id


@pytest.mark.parametrize("namespace", NAMESPACES)
async def test_every_call_asynchronously(async_client: AsyncAnthropic, clock: ManualClock, namespace: str) -> None:
    """The same calls, awaited."""
    batches: Any = attrgetter(namespace)(async_client)
    made = await batches.create(requests=[_request("a", "Count.")])
    assert (await batches.cancel(made.id)).processing_status == "canceling"
    clock.advance(seconds=15)
    assert (await batches.retrieve(made.id)).processing_status == "ended"
    assert len([line async for line in await batches.results(made.id)]) == 1
    assert (await batches.list(limit=1)).data
    assert (await batches.delete(made.id)).type == "message_batch_deleted"


@pytest.mark.parametrize("credential", ["api_key", "auth_token"])
def test_both_kinds_of_credential(clock: ManualClock, credential: str) -> None:
    """A key and a token; both come as `Authorization: Bearer`, under the version that the SDK pins."""
    with Simulator(now=clock, batches=1, live=False, api_key="test-key") as simulator:
        options: Any = {credential: "test-key"}
        with Anthropic(base_url=simulator.url, max_retries=0, **options) as client:
            assert len(client.messages.batches.list().data) == 1
        served = simulator.requests()[0]
    assert (served.auth, served.version) == ("authorization", "2026-10-21")


def test_errors_become_the_right_exceptions(client: Anthropic) -> None:
    """Status and type reach the SDK's exception tree."""
    with pytest.raises(anthropic.NotFoundError) as missing:
        client.messages.batches.retrieve("msgbatch_01nothing")
    assert missing.value.type == "not_found_error"
    assert missing.value.request_id
    with pytest.raises(anthropic.BadRequestError, match="Duplicate custom_id found: a"):
        client.messages.batches.create(requests=[_request("a", "x"), _request("a", "y")])


def test_a_failing_server_is_retried(simulator: Simulator, client: Anthropic) -> None:
    """An armed 529 hits the first try only."""
    simulator.arm(status=529)
    page = client.with_options(max_retries=1).messages.batches.list(limit=1)
    assert len(page.data) == 1
    assert [served.status for served in simulator.requests()] == [529, 200]


def test_every_kind_of_past_result_is_readable(simulator: Simulator, client: Anthropic) -> None:
    """Result lines of the whole showcase pass through the SDK's own models."""
    for number in (1, 3, 5, 7, 9):
        batch = client.messages.batches.retrieve(simulator.past_batch_id(number))
        kinds: dict[str, int] = {}
        for line in client.messages.batches.results(batch.id):
            kinds[line.result.type] = kinds.get(line.result.type, 0) + 1
        counts = batch.request_counts.model_dump()
        assert kinds == {kind: count for kind, count in counts.items() if count}
