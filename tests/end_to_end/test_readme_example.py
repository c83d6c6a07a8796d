"""The example of the README, word for word, against the simulator; and our client beside the official one."""

from __future__ import annotations

import contextlib
import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anthropic
import pytest

from batch_tui.api import AsyncBatchClient, BatchClient
from batch_tui.simulator import ManualClock, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_tui.api import MessageBatchIndividualRequest

KEY = "test-key"
EXAMPLE = """\
batch = client.messages.batches.create(requests=[{"custom_id": "req-1", "params": {"model": "claude-sonnet-4-5-20250929",
            "max_tokens": 1024, "messages": [{"role": "user", "content": "Hello"}]}}])
while True:
    batch = client.messages.batches.retrieve(batch.id)
    if batch.processing_status == "ended": break
    time.sleep(60)
for response in client.messages.batches.results(batch.id):
    if response.result.type == "succeeded": print(response.result.message.content[0].text)
    elif response.result.type == "errored": print(f"Error: {response.result.error.message}")
"""  # noqa: E501  (the lines are as published)
ANSWER = "You wrote: “Hello”"


@pytest.fixture
def clock() -> ManualClock:
    """The simulated time, which only the example's own sleeping moves."""
    return ManualClock()


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    """A simulator with a past and with batches that run."""
    with Simulator(now=clock, batches=45) as running:
        yield running


@pytest.fixture
def client(simulator: Simulator) -> Iterator[BatchClient]:
    """Our client."""
    with BatchClient(api_key=KEY, base_url=simulator.url) as made:
        yield made


@pytest.fixture
def official(simulator: Simulator) -> Iterator[anthropic.Anthropic]:
    """The official client."""
    with anthropic.Anthropic(api_key=KEY, base_url=simulator.url) as made:
        yield made


def _run(example: str, client: object, clock: ManualClock) -> str:
    """What the example prints, when sleeping only moves the simulated clock."""
    time = SimpleNamespace(sleep=lambda seconds: clock.advance(seconds=seconds))
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(example, "README example", "exec"), {"client": client, "time": time})
    return printed.getvalue()


def test_the_example_prints_the_answer(client: BatchClient, clock: ManualClock) -> None:
    """Create, poll, read."""
    assert _run(EXAMPLE, client, clock).startswith(ANSWER)


def test_the_example_prints_the_error_of_a_request_that_was_invalid(client: BatchClient, clock: ManualClock) -> None:
    """The other branch of the example: `result.error.message` is the text of the inner error."""
    invalid = EXAMPLE.replace('"max_tokens": 1024', '"max_tokens": 0')
    printed = _run(invalid, client, clock)
    assert printed.startswith("Error: ")
    assert "max_tokens" in printed


def test_the_example_prints_the_same_with_the_official_client(
    client: BatchClient, official: anthropic.Anthropic, clock: ManualClock
) -> None:
    """The two are used in the same way."""
    assert _run(EXAMPLE, official, clock) == _run(EXAMPLE, client, clock)


async def test_the_example_runs_with_the_asynchronous_client(simulator: Simulator, clock: ManualClock) -> None:
    """The same steps, awaited."""
    texts = []
    async with AsyncBatchClient(api_key=KEY, base_url=simulator.url) as client:
        batch = await client.messages.batches.create(requests=[_request("req-1", "Hello")])
        while True:
            batch = await client.messages.batches.retrieve(batch.id)
            if batch.processing_status == "ended":
                break
            clock.advance(seconds=60)
        async for response in await client.messages.batches.results(batch.id):
            assert response.result.type == "succeeded"
            texts.append(response.result.message.content[0].text)  # type: ignore[union-attr]  # as users write it
    assert len(texts) == 1
    assert texts[0].startswith(ANSWER)


def test_both_clients_see_the_same_batches(client: BatchClient, official: anthropic.Anthropic) -> None:
    """Every batch of the auto-paged list, field by field, forwards and backwards."""
    ours = [batch.model_dump() for batch in client.messages.batches.list(limit=7)]
    theirs = [batch.model_dump() for batch in official.messages.batches.list(limit=7)]
    assert len(ours) > 45
    assert ours == theirs

    oldest = ours[-1]["id"]
    upwards = [batch.model_dump() for batch in client.messages.batches.list(limit=7, before_id=oldest)]
    theirs_upwards = [batch.model_dump() for batch in official.messages.batches.list(limit=7, before_id=oldest)]
    assert upwards == theirs_upwards
    assert {batch["id"] for batch in upwards} == {batch["id"] for batch in ours[:-1]}


def test_both_clients_read_the_same_results(
    client: BatchClient, official: anthropic.Anthropic, clock: ManualClock
) -> None:
    """Of a batch each created, and of past ones with errors, cancellations and expiries."""
    made = [
        client.messages.batches.create(requests=[_request(f"ours-{n}", f"Number {n}") for n in range(12)]).id,
        official.messages.batches.create(
            requests=[_request(f"theirs-{n}", f"Number {n}") for n in range(12)]  # type: ignore[misc]  # their TypedDict
        ).id,
    ]
    clock.advance(minutes=1)
    past = [batch for batch in client.messages.batches.list(limit=100) if batch.processing_status == "ended"]
    small = [batch.id for batch in past if batch.results_url and batch.request_counts.total <= 2_500]
    kinds: set[str] = set()
    for batch_id in [*made, *small[:12]]:
        ours = [_as_sent(line) for line in client.messages.batches.results(batch_id)]
        theirs = [_mended(_as_sent(line)) for line in official.messages.batches.results(batch_id)]
        assert ours == theirs
        counts = client.messages.batches.retrieve(batch_id).request_counts
        for kind in ("succeeded", "errored", "canceled", "expired"):
            assert sum(line["result"]["type"] == kind for line in ours) == getattr(counts, kind)
        kinds |= {line["result"]["type"] for line in ours}
    assert kinds == {"succeeded", "errored", "canceled", "expired"}


def test_both_clients_cancel_delete_and_fail_alike(
    client: BatchClient, official: anthropic.Anthropic, clock: ManualClock
) -> None:
    """Cancel and delete give the same objects, and what is gone the same status and message."""
    ours, theirs = client.messages.batches, official.messages.batches
    batch_id = ours.create(requests=[_request(f"r-{n}", "Hello") for n in range(300)]).id
    clock.advance(seconds=2)
    canceled = ours.cancel(batch_id).model_dump()
    assert canceled == theirs.cancel(batch_id).model_dump()
    assert canceled["processing_status"] == "canceling"

    clock.advance(minutes=1)
    assert ours.delete(batch_id).model_dump() == {"id": batch_id, "type": "message_batch_deleted"}
    with pytest.raises(anthropic.NotFoundError) as their_problem:
        theirs.retrieve(batch_id)
    with pytest.raises(Exception, match="not found") as our_problem:
        ours.retrieve(batch_id)
    assert type(our_problem.value).__name__ == "NotFoundError"
    assert getattr(our_problem.value, "status_code", None) == their_problem.value.status_code
    assert batch_id in str(our_problem.value)


def _request(custom_id: str, text: str) -> MessageBatchIndividualRequest:
    return {
        "custom_id": custom_id,
        "params": {
            "model": "claude-sonnet-4-5-20250929",
            "max_tokens": 1024,
            "messages": [{"role": "user", "content": text}],
        },
    }


def _as_sent(line: Any) -> dict[str, Any]:
    """A result line as a dictionary of what the server sent, without the defaults of either client."""
    # The official models complain about blocks of a kind they do not know, which is not our business.
    sent: dict[str, Any] = line.model_dump(exclude_unset=True, warnings=False)
    return sent


def _mended(value: Any) -> Any:
    """The one difference wanted: ours gives no half of a surrogate pair, which nothing could print or store."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {name: _mended(each) for name, each in value.items()}
    return [_mended(each) for each in value] if isinstance(value, list) else value
