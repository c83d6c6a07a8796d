"""What goes over the wire: status codes, headers, key order, texts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from batch_tui.simulator import ManualClock, Simulator
from tests.simulator.wire_client import BATCHES, HEADERS, ask, request_of

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = [
    "id",
    "type",
    "processing_status",
    "request_counts",
    "ended_at",
    "created_at",
    "expires_at",
    "archived_at",
    "cancel_initiated_at",
    "results_url",
]
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")


def test_create_answers_like_the_recording(quiet: Simulator) -> None:
    """Status, key order, timestamps and headers of section 2.1 of the reference."""
    answer = ask(quiet.url, "POST", BATCHES, {"requests": [request_of("a"), request_of("b")]})
    assert answer.status == 200
    batch = answer.json
    assert list(batch) == KEYS
    assert re.fullmatch(r"msgbatch_01[0-9A-Za-z]{22}", batch["id"])
    assert list(batch["request_counts"]) == ["processing", "succeeded", "errored", "canceled", "expired"]
    assert batch["created_at"] == "2026-11-22T12:00:00.000000+00:00"
    assert batch["expires_at"] == "2026-11-23T12:00:00.000000+00:00"
    assert batch["results_url"] is None
    assert answer.headers["date"] == "Sun, 22 Nov 2026 12:00:00 GMT"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in answer.headers
    assert re.fullmatch(r"req_01\w{22}", answer.headers["request-id"])
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["anthropic-organization-id"])
    assert answer.headers["anthropic-ratelimit-requests-limit"] == "20000"
    assert answer.headers["anthropic-ratelimit-requests-remaining"] == "19999"
    assert answer.headers["anthropic-ratelimit-requests-reset"] == "2026-11-22T12:01:00Z"


def test_an_unfinished_batch_says_when_to_ask_again(quiet: Simulator, clock: ManualClock) -> None:
    """`Retry-After: 10` while it runs, nothing after."""
    made = ask(quiet.url, "POST", BATCHES, {"requests": [request_of("a")]}).json
    path = f"{BATCHES}/{made['id']}"
    assert ask(quiet.url, "GET", path).headers["retry-after"] == "10"
    clock.advance(seconds=16)
    ended = ask(quiet.url, "GET", path)
    assert "retry-after" not in ended.headers
    assert ended.json["processing_status"] == "ended"
    assert STAMP.fullmatch(ended.json["ended_at"])
    assert ended.json["results_url"] == f"{quiet.url}{path}/results"


def test_reads_change_nothing(simulator: Simulator) -> None:
    """The same question has the same answer while the clock stands still."""
    pages = {ask(simulator.url, "GET", f"{BATCHES}?limit=100&beta=true").body for _ in range(3)}
    assert len(pages) == 1


def test_results_before_the_end_are_a_404(quiet: Simulator, clock: ManualClock) -> None:
    """The text of the recording, and the hint not to retry."""
    made = ask(quiet.url, "POST", BATCHES, {"requests": [request_of("a")]}).json
    answer = ask(quiet.url, "GET", f"{BATCHES}/{made['id']}/results")
    assert answer.status == 404
    assert answer.message == f"Message Batch {made['id']} has no available results."
    assert answer.json["error"]["type"] == "not_found_error"
    assert answer.headers["x-should-retry"] == "false"
    assert answer.json["request_id"] == answer.headers["request-id"]
    clock.advance(seconds=16)
    whole = ask(quiet.url, "GET", f"{BATCHES}/{made['id']}/results")
    assert whole.status == 200
    assert whole.headers["content-type"] == "application/x-jsonl"
    assert whole.headers["transfer-encoding"] == "chunked"
    name = f'attachment; filename="{made["id"]}_results.jsonl"'
    assert whole.headers["content-disposition"] == name
    assert not whole.body.endswith(b"\n")


def test_results_go_after_29_days_from_creation(quiet: Simulator, clock: ManualClock) -> None:
    """`archived_at` is set, the URL is gone, the batch stays."""
    made = ask(quiet.url, "POST", BATCHES, {"requests": [request_of("a")]}).json
    path = f"{BATCHES}/{made['id']}"
    clock.advance(days=29, seconds=-1)
    assert ask(quiet.url, "GET", f"{path}/results").status == 200
    assert ask(quiet.url, "GET", path).json["archived_at"] is None
    clock.advance(seconds=1)
    batch = ask(quiet.url, "GET", path).json
    created = datetime.fromisoformat(batch["created_at"])
    assert (datetime.fromisoformat(batch["archived_at"]) - created).days == 29
    assert batch["results_url"] is None
    assert batch["request_counts"]["succeeded"] == 1
    gone = ask(quiet.url, "GET", f"{path}/results")
    assert gone.status == 404
    assert gone.message.endswith("has no available results.")


def test_cancel_twice_then_too_late(quiet: Simulator, clock: ManualClock) -> None:
    """The second cancel keeps the first instant; an ended batch refuses."""
    made = ask(quiet.url, "POST", BATCHES, {"requests": [request_of(f"r{n}") for n in range(50)]}).json
    path = f"{BATCHES}/{made['id']}"
    clock.advance(seconds=6)
    first = ask(quiet.url, "POST", f"{path}/cancel").json
    clock.advance(seconds=1)
    second = ask(quiet.url, "POST", f"{path}/cancel", {}).json
    assert first == second
    assert first["processing_status"] == "canceling"
    assert first["cancel_initiated_at"] == "2026-11-22T12:00:06.000000+00:00"
    refused = ask(quiet.url, "DELETE", path)
    assert refused.status == 400
    text = "In progress batches cannot be deleted. Consider canceling the batch instead."
    assert refused.message == text
    clock.advance(seconds=10)
    assert ask(quiet.url, "GET", path).json["processing_status"] == "ended"
    late = ask(quiet.url, "POST", f"{path}/cancel")
    assert late.status == 400
    assert late.json["error"]["type"] == "invalid_request_error"


def test_delete_once(clock: ManualClock) -> None:
    """A deleted batch is gone everywhere."""
    with Simulator(now=clock, batches=5, live=False) as simulator:
        path = f"{BATCHES}/{simulator.past_batch_id(2)}"
        answer = ask(simulator.url, "DELETE", path)
        assert answer.json == {"id": simulator.past_batch_id(2), "type": "message_batch_deleted"}
        for method, target in (("DELETE", path), ("GET", path), ("GET", f"{path}/results")):
            again = ask(simulator.url, method, target)
            assert again.status == 404
            assert again.message == f"Message Batch {simulator.past_batch_id(2)} not found."
        page = ask(simulator.url, "GET", BATCHES).json
        assert [batch["id"] for batch in page["data"]] == [simulator.past_batch_id(n) for n in (0, 1, 3, 4)]


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
@pytest.mark.parametrize("name", ["x-api-key", "Authorization"])
def test_both_versions_and_both_ways_to_send_a_key(past: Simulator, version: str, name: str) -> None:
    """Old and new clients are let in."""
    value = "Bearer test-key" if name == "Authorization" else "test-key"
    headers = {name: value, "anthropic-version": version}
    assert ask(past.url, "GET", BATCHES, headers=headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer "}, {"authorization": "Basic dGVzdA=="}, {"x-api-key": ""}],
)
def test_no_key_is_a_401(past: Simulator, headers: dict[str, str]) -> None:
    """Nothing of the account shows in the answer."""
    answer = ask(past.url, "GET", BATCHES, headers={"anthropic-version": "2023-06-01"} | headers)
    assert answer.status == 401
    assert answer.json["error"]["type"] == "authentication_error"
    assert "anthropic-organization-id" not in answer.headers
    assert "request-id" in answer.headers


@pytest.fixture(scope="module")
def guarded() -> Iterator[Simulator]:
    """A simulator that knows one key."""
    with Simulator(now=ManualClock(), batches=1, live=False, api_key="test-key") as simulator:
        yield simulator


def test_only_the_right_key_opens(guarded: Simulator) -> None:
    """`x-api-key` wins when both headers are there."""
    assert ask(guarded.url, "GET", BATCHES).status == 200
    wrong = ask(guarded.url, "GET", BATCHES, headers=HEADERS | {"x-api-key": "test-other"})
    assert wrong.status == 401
    assert wrong.message == "API key is invalid."
    both = HEADERS | {"x-api-key": "test-other", "authorization": "Bearer test-key"}
    assert ask(guarded.url, "GET", BATCHES, headers=both).status == 401


def test_the_version_is_required_and_known(past: Simulator) -> None:
    """400 without `anthropic-version` and for one nobody knows."""
    without = ask(past.url, "GET", BATCHES, headers={"x-api-key": "test-key"})
    assert without.status == 400
    assert without.message == "anthropic-version: header is required"
    unknown = ask(past.url, "GET", BATCHES, headers=HEADERS | {"anthropic-version": "2025-01-01"})
    assert unknown.status == 400
    assert "2025-01-01" in unknown.message


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/messages/batch", 404),
        ("GET", "/", 404),
        ("GET", f"{BATCHES}/", 404),
        ("PUT", BATCHES, 405),
        ("GET", f"{BATCHES}/msgbatch_01x/cancel", 405),
        ("POST", f"{BATCHES}/msgbatch_01x/results", 405),
    ],
)
def test_wrong_paths_and_methods_get_an_envelope(past: Simulator, method: str, path: str, status: int) -> None:
    """JSON like every other error."""
    answer = ask(past.url, method, path)
    assert answer.status == status
    assert answer.json["type"] == "error"
    assert answer.json["request_id"] == answer.headers["request-id"]


@pytest.mark.parametrize("batch_id", ["msgbatch_01", "msgbatch_01" + "A" * 22, "msgbatch_01" + "é" * 22, "x"])
def test_ids_never_issued_are_not_found(past: Simulator, batch_id: str) -> None:
    """Any text may stand where an id belongs."""
    answer = ask(past.url, "GET", f"{BATCHES}/{quote(batch_id)}")
    assert answer.status == 404
    assert answer.message == f"Message Batch {batch_id} not found."


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit: Input should be greater than or equal to 1"),
        ("limit=-3", "limit: Input should be greater than or equal to 1"),
        ("limit=1001", "limit: Input should be less than or equal to 1000"),
        (
            "limit=ten",
            "limit: Input should be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_limits_out_of_range_are_refused(past: Simulator, query: str, message: str) -> None:
    """400 with a message that names the field."""
    answer = ask(past.url, "GET", f"{BATCHES}?{query}")
    assert answer.status == 400
    assert answer.message == message


def test_cursors_must_exist_and_come_alone(past: Simulator) -> None:
    """An unknown cursor is a 404; two at once are a 400."""
    one = past.past_batch_id(3)
    assert ask(past.url, "GET", f"{BATCHES}?after_id=msgbatch_01nope").status == 404
    assert ask(past.url, "GET", f"{BATCHES}?after_id={one}&before_id={one}").status == 400


def test_pages_follow_the_documented_rules(past: Simulator) -> None:
    """Default 20, newest first, closest to the cursor, and has_more in the direction asked."""
    ids = [past.past_batch_id(number) for number in range(300)]

    def page(query: str) -> tuple[list[str], bool]:
        body = ask(past.url, "GET", f"{BATCHES}?{query}").json
        listed = [batch["id"] for batch in body["data"]]
        assert list(body) == ["data", "has_more", "first_id", "last_id"]
        assert body["first_id"] == (listed[0] if listed else None)
        assert body["last_id"] == (listed[-1] if listed else None)
        return listed, body["has_more"]

    assert page("") == (ids[:20], True)
    assert page(f"after_id={ids[19]}&limit=10") == (ids[20:30], True)
    assert page(f"before_id={ids[30]}&limit=10") == (ids[20:30], True)
    assert page(f"before_id={ids[10]}&limit=10") == (ids[:10], False)
    assert page(f"before_id={ids[0]}") == ([], False)
    assert page(f"after_id={ids[299]}") == ([], False)
    assert page(f"after_id={ids[199]}&limit=100") == (ids[200:], False)
    assert page("limit=1000") == (ids, False)


def test_the_results_url_can_be_made_to_point_elsewhere(past: Simulator) -> None:
    """So that a client can be shown to keep its key at home."""
    past.arm(results_origin="http://127.0.0.1:9")
    path = f"{BATCHES}/{past.past_batch_id(0)}"
    assert ask(past.url, "GET", path).json["results_url"].startswith("http://127.0.0.1:9/v1/")
    assert ask(past.url, "GET", path).json["results_url"].startswith(past.url)


def test_requests_are_listed_for_those_who_ask(quiet: Simulator) -> None:
    """`/__sim__/requests` needs no key, and never shows one."""
    ask(quiet.url, "GET", f"{BATCHES}?limit=3")
    ask(quiet.url, "GET", "/nowhere", headers={"authorization": "Bearer test-secret"})
    answer = ask(quiet.url, "GET", "/__sim__/requests", headers={})
    assert answer.json["count"] == 2
    first, second = answer.json["requests"]
    assert (first["method"], first["path"], first["status"]) == ("GET", f"{BATCHES}?limit=3", 200)
    assert (first["auth"], first["version"]) == ("x-api-key", "2023-06-01")
    assert (second["auth"], second["status"]) == ("authorization", 404)
    assert b"test-secret" not in answer.body
    assert quiet.request_count == 2
