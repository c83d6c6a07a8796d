"""The hostile profile: dangerous text everywhere, and yet every call can be made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import anthropic
import pytest
from anthropic import Anthropic

from batch_tui.simulator import ManualClock, Simulator
from batch_tui.simulator.defaced import ID_MARKS
from tests.simulator.wire_client import BATCHES, ask, request_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    """Every text is hostile."""
    with Simulator(now=clock, batches=30, live=False, chaos=["hostile"]) as running:
        yield running


def _path(batch_id: str) -> str:
    return f"{BATCHES}/{quote(batch_id, safe='')}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)


def test_every_id_carries_a_mark_and_still_works(simulator: Simulator, clock: ManualClock) -> None:
    """In the path, in both cursors, and in `results_url`; slashes and dots included."""
    page = ask(simulator.url, "GET", f"{BATCHES}?limit=30").json
    ids = [batch["id"] for batch in page["data"]]
    assert (page["first_id"], page["last_id"]) == (ids[0], ids[-1])
    assert all(any(batch_id.endswith(mark) for mark in ID_MARKS) for batch_id in ids)
    assert {mark for mark in ID_MARKS for batch_id in ids if batch_id.endswith(mark)} == set(ID_MARKS)
    for batch in page["data"]:
        again = ask(simulator.url, "GET", _path(batch["id"])).json
        assert again == batch
        if batch["results_url"] is not None:
            assert urlsplit(batch["results_url"]).path == _path(batch["id"]) + "/results"
    older = ask(simulator.url, "GET", f"{BATCHES}?limit=5&after_id={quote(ids[3], safe='')}").json
    assert [batch["id"] for batch in older["data"]] == ids[4:9]
    newer = ask(simulator.url, "GET", f"{BATCHES}?limit=5&before_id={quote(ids[9], safe='')}").json
    assert [batch["id"] for batch in newer["data"]] == ids[4:9]
    made = ask(simulator.url, "POST", BATCHES, {"requests": [request_of("a")]}).json
    assert ask(simulator.url, "POST", _path(made["id"]) + "/cancel").json["processing_status"] == "canceling"
    clock.advance(minutes=1)
    assert ask(simulator.url, "DELETE", _path(made["id"])).json["id"] == made["id"]
    assert ask(simulator.url, "GET", _path(made["id"])).status == 404


def test_result_lines_stay_json_lines(simulator: Simulator) -> None:
    """Kinds are as counted; custom_ids, models, stop reasons, tool inputs and keys are dangerous."""
    path = f"{BATCHES}/{simulator.past_batch_id(1)}"
    counts = ask(simulator.url, "GET", path).json["request_counts"]
    answer = ask(simulator.url, "GET", f"{path}/results")
    lines = [json.loads(line) for line in answer.body.split(b"\n")]
    assert len(lines) == sum(counts.values())
    assert sum(line["result"]["type"] == "errored" for line in lines) == counts["errored"]
    texts = [text for line in lines for text in _texts(line)]
    for danger in ("\x1b[31m", "[/x]", "\u202e", "\x9b", "\u2028", "\ud800", "\x00", "\x1b]52"):
        assert any(danger in text for text in texts)
    assert any("[" in line["custom_id"] for line in lines)
    models = {line["result"]["message"]["model"] for line in lines if "message" in line["result"]}
    assert all(" " in model for model in models)
    assert len({line["custom_id"] for line in lines}) == len(lines)
    assert "../../" in answer.headers["content-disposition"]
    assert "\x1b" in answer.headers["request-id"]


def test_errors_are_hostile_too(simulator: Simulator) -> None:
    """Message and request id, whether the API or a fault answers."""
    simulator.arm(status=429)
    for answer in (ask(simulator.url, "GET", BATCHES), ask(simulator.url, "GET", f"{BATCHES}/nope")):
        assert answer.status in (404, 429)
        assert answer.json["type"] == "error"
        assert len(answer.message) > 5
        assert answer.json["request_id"].startswith("req_01")
        assert "\x1b" in answer.headers["request-id"]


def test_a_redirect_keeps_the_path_as_it_was_sent(simulator: Simulator) -> None:
    """Percent signs and slashes inside an id included."""
    path = _path("msgbatch_01x" + "".join(ID_MARKS))
    simulator.arm(redirect="http://127.0.0.1:9")
    assert ask(simulator.url, "GET", path).headers["location"] == f"http://127.0.0.1:9{path}"


def test_a_share_of_the_texts(clock: ManualClock) -> None:
    """Some ids are marked, some are not, the same ones at every request."""
    with Simulator(now=clock, batches=200, live=False, chaos=["hostile:0.3"]) as running:
        pages = [ask(running.url, "GET", f"{BATCHES}?limit=200") for _ in range(2)]
        assert pages[0].body == pages[1].body
        marked = [batch for batch in pages[0].json["data"] if batch["id"].endswith(ID_MARKS)]
        assert 30 < len(marked) < 90


def test_marks_mean_nothing_without_the_profile(clock: ManualClock) -> None:
    """An id with something appended is another id."""
    with Simulator(now=clock, batches=3, live=False) as running:
        assert ask(running.url, "GET", _path(running.past_batch_id(0) + ID_MARKS[0])).status == 404


def test_the_official_sdk_gets_through(simulator: Simulator) -> None:
    """List, page, retrieve, stream, be refused."""
    with Anthropic(api_key="test-key", base_url=simulator.url, max_retries=0) as client:
        batches = list(client.messages.batches.list(limit=7))
        assert len(batches) == 30
        smallest = min(
            (batch for batch in batches if batch.results_url), key=lambda batch: batch.request_counts.succeeded
        )
        assert client.messages.batches.retrieve(smallest.id).id == smallest.id
        counts = smallest.request_counts
        total = counts.succeeded + counts.errored + counts.canceled + counts.expired
        assert len(list(client.messages.batches.results(smallest.id))) == total
        with pytest.raises(anthropic.BadRequestError):
            client.messages.batches.cancel(smallest.id)
