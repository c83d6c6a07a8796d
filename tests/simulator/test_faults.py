"""Trouble on request: armed faults and chaos profiles."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from batch_tui.simulator import Fault, ManualClock, Simulator
from tests.simulator.wire_client import BATCHES, ask, request_of, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[Simulator]:
    """A small past; each test brings its own trouble."""
    with Simulator(now=ManualClock(), batches=20, live=False) as simulator:
        yield simulator


def test_a_status_for_the_next_requests(server: Simulator) -> None:
    """The API's own envelope, as often as asked."""
    server.arm(status=429, retry_after=2.5, count=2)
    for _ in range(2):
        answer = ask(server.url, "GET", BATCHES)
        assert answer.status == 429
        assert answer.json["error"]["type"] == "rate_limit_error"
        assert answer.headers["retry-after"] == "2.5"
    assert ask(server.url, "GET", BATCHES).status == 200


def test_a_fault_waits_for_the_request_it_is_for(server: Simulator) -> None:
    """By method and path."""
    server.arm(Fault(status=529, method="DELETE", path=server.past_batch_id(1)))
    assert ask(server.url, "GET", f"{BATCHES}/{server.past_batch_id(1)}").status == 200
    assert ask(server.url, "DELETE", f"{BATCHES}/{server.past_batch_id(2)}").status == 200
    refused = ask(server.url, "DELETE", f"{BATCHES}/{server.past_batch_id(1)}")
    assert (refused.status, refused.json["error"]["type"]) == (529, "overloaded_error")
    assert ask(server.url, "DELETE", f"{BATCHES}/{server.past_batch_id(1)}").status == 200


def test_error_codes_and_own_texts(server: Simulator) -> None:
    """What clients branch on."""
    server.arm(status=429, error_code="enforced_spend_limit_reached", message="You have reached your limits")
    answer = ask(server.url, "POST", BATCHES, {"requests": [request_of("a")]})
    assert answer.json["error"]["details"] == {"error_code": "enforced_spend_limit_reached"}
    assert answer.message == "You have reached your limits"
    assert "retry-after" not in answer.headers


def test_a_proxy_page_is_html_without_the_apis_headers(server: Simulator) -> None:
    """As when the API cannot be reached behind it."""
    server.arm(html=True)
    answer = ask(server.url, "GET", BATCHES)
    assert answer.status == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert "request-id" not in answer.headers
    assert b"<h1>502</h1>" in answer.body


def test_results_are_cut_where_asked(server: Simulator) -> None:
    """Abruptly by default; as if complete with `clean_end`; other requests are left alone."""
    path = f"{BATCHES}/{server.past_batch_id(3)}/results"
    whole = ask(server.url, "GET", path).body
    server.arm(cut_results_after=1_000)
    assert ask(server.url, "GET", BATCHES).status == 200
    with pytest.raises(http.client.IncompleteRead) as broken:
        ask(server.url, "GET", path)
    assert broken.value.partial == whole[:1_000]
    server.arm(cut_results_after=50_001, clean_end=True)
    assert ask(server.url, "GET", path).body == whole[:50_001]
    assert ask(server.url, "GET", path).body == whole


def test_a_lost_answer_leaves_the_batch_behind(server: Simulator) -> None:
    """The create took effect although the client never learned its id."""
    server.arm(lose_response=True)
    with pytest.raises(http.client.IncompleteRead):
        ask(server.url, "POST", BATCHES, {"requests": [request_of("a")]})
    newest = ask(server.url, "GET", f"{BATCHES}?limit=1").json["data"][0]
    assert newest["processing_status"] == "in_progress"


@pytest.mark.parametrize(("when", "created"), [("before", False), ("after", True)])
def test_a_reset_says_nothing_of_what_was_done(server: Simulator, when: str, created: bool) -> None:
    """The connection goes before a single byte of an answer; whether the create took effect shows in the list."""
    before = ask(server.url, "GET", f"{BATCHES}?limit=1").json["first_id"]
    server.arm(reset=when)
    host = urlsplit(server.url)
    body = json.dumps({"requests": [request_of("a")]})
    head = f"POST {BATCHES} HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
    with socket.create_connection((host.hostname, host.port), timeout=10) as line:
        line.sendall(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
        with pytest.raises(ConnectionResetError):
            line.recv(1)
    after = ask(server.url, "GET", f"{BATCHES}?limit=1").json["first_id"]
    assert (after != before) is created
    assert server.requests()[-2].status == 0


def test_a_cut_body_may_have_promised_more(server: Simulator) -> None:
    """`announce_length` gives the length of the whole file, or of what is left where the cut is hidden."""
    path = f"{BATCHES}/{server.past_batch_id(3)}/results"
    whole = ask(server.url, "GET", path)
    assert "content-length" not in whole.headers
    server.arm(announce_length=True)
    assert ask(server.url, "GET", path).headers["content-length"] == str(len(whole.body))
    server.arm(announce_length=True, cut_results_after=1_000)
    with pytest.raises(http.client.IncompleteRead) as broken:
        ask(server.url, "GET", path)
    assert broken.value.partial == whole.body[:1_000]
    assert broken.value.expected == len(whole.body) - 1_000
    server.arm(announce_length=True, cut_results_after=1_000, clean_end=True)
    assert ask(server.url, "GET", path).body == whole.body[:1_000]


def test_a_list_can_be_behind(clock: ManualClock) -> None:
    """New batches missing, ended ones still running, deleted ones still there; the next list is right again."""
    with Simulator(now=clock, batches=2, live=False) as simulator:
        body = {"requests": [request_of("a")]}
        early = ask(simulator.url, "POST", BATCHES, body).json["id"]
        clock.advance(seconds=30)
        ask(simulator.url, "DELETE", f"{BATCHES}/{simulator.past_batch_id(1)}")
        late = ask(simulator.url, "POST", BATCHES, body).json["id"]
        simulator.arm(lists_behind=25.0)
        assert ask(simulator.url, "GET", f"{BATCHES}/{early}").json["processing_status"] == "ended"
        stale = ask(simulator.url, "GET", BATCHES).json["data"]
        fresh = ask(simulator.url, "GET", BATCHES).json["data"]
    past = [simulator.past_batch_id(number) for number in (0, 1)]
    assert [batch["id"] for batch in stale] == [early, *past]
    assert stale[0]["processing_status"] == "in_progress"
    assert [batch["id"] for batch in fresh] == [late, early, past[0]]
    assert fresh[1]["processing_status"] == "ended"


def test_lagging_lists_go_back_and_forth(clock: ManualClock) -> None:
    """With a rate below one, a batch that was listed is missing from the next list."""
    with Simulator(now=clock, batches=1, live=False, chaos=["lag:0.5"]) as simulator:
        ask(simulator.url, "POST", BATCHES, {"requests": [request_of("a")]})
        clock.advance(seconds=1)
        sizes = [len(ask(simulator.url, "GET", BATCHES).json["data"]) for _ in range(20)]
        assert set(sizes) == {1, 2}
        clock.advance(seconds=5)
        assert {len(ask(simulator.url, "GET", BATCHES).json["data"]) for _ in range(20)} == {2}


def test_faults_over_http(server: Simulator) -> None:
    """For clients that run in another process."""
    assert ask(server.url, "POST", "/__sim__/faults", {"status": 500, "count": 3}).status == 200
    assert ask(server.url, "GET", BATCHES).status == 500
    assert ask(server.url, "DELETE", "/__sim__/faults").status == 200
    assert ask(server.url, "GET", BATCHES).status == 200
    for wrong in ({"stauts": 500}, {"count": 0}, {"status": "x"}, {"reset": "now"}, {"lists_behind": -1}):
        answer = ask(server.url, "POST", "/__sim__/faults", wrong)
        assert answer.status == 400
        assert answer.json["error"]


def test_a_profile_by_name_for_some_requests(server: Simulator) -> None:
    """`{"name": "lag", "count": n}`."""
    batch_id = ask(server.url, "POST", BATCHES, {"requests": [request_of("a")]}).json["id"]
    server.arm(name="lag")
    assert ask(server.url, "GET", f"{BATCHES}/{batch_id}").status == 404
    assert ask(server.url, "GET", f"{BATCHES}/{batch_id}").status == 200


def test_unknown_profiles_are_named() -> None:
    """With what there is to choose from."""
    with pytest.raises(ValueError, match=r"no chaos profile 'storm'.*none, cut, .*hostile, stuck, expired"):
        Simulator(chaos=["storm"])


def test_lag_hides_a_batch_for_five_seconds(clock: ManualClock) -> None:
    """As production does now and then."""
    with Simulator(now=clock, batches=1, live=False, chaos=["lag"]) as simulator:
        batch_id = ask(simulator.url, "POST", BATCHES, {"requests": [request_of("a")]}).json["id"]
        hidden = ask(simulator.url, "GET", f"{BATCHES}/{batch_id}")
        assert (hidden.status, hidden.message) == (404, f"Message Batch {batch_id} not found.")
        clock.advance(seconds=5)
        assert ask(simulator.url, "GET", f"{BATCHES}/{batch_id}").status == 200


@pytest.mark.parametrize(
    ("name", "statuses"), [("flaky", {200, 0, 429, 500, 529}), ("proxy", {200, 307, 502, 503, 504})]
)
def test_random_trouble_is_seeded(name: str, statuses: set[int]) -> None:
    """Some requests fail, most pass, and a second run fails at the same ones."""

    def run() -> list[int]:
        with Simulator(now=ManualClock(), batches=1, live=False, chaos=[name]) as simulator:
            return [status_of(simulator.url, "GET", BATCHES) for _ in range(200)]

    first = run()
    assert first == run()
    assert set(first) == statuses
    assert first.count(200) > 120


def test_cut_downloads_succeed_at_the_third_try() -> None:
    """The first breaks off, with a Content-Length for some files; the second only looks complete."""
    promised = set()
    with Simulator(now=ManualClock(), batches=12, live=False, chaos=["cut"]) as simulator:
        for number in (0, 2, 3, 4, 6):
            path = f"{BATCHES}/{simulator.past_batch_id(number)}/results"
            with pytest.raises(http.client.IncompleteRead) as broken:
                ask(simulator.url, "GET", path)
            partial, whole = ask(simulator.url, "GET", path).body, ask(simulator.url, "GET", path).body
            assert whole.startswith(partial)
            assert 0.1 < len(partial) / len(whole) < 0.9
            # A chunked body says nothing of what is missing.
            missing = broken.value.expected
            assert missing in (None, len(whole) - len(broken.value.partial))
            promised.add(missing is not None)
    assert promised == {True, False}
