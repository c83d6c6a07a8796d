"""`lenient`: the examples that the official SDKs' tests send are accepted."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic

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
