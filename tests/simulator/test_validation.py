"""What refuses a whole batch at once, in the API's own words."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest

from batch_tui.simulator import ManualClock, Simulator
from tests.simulator.wire_client import BATCHES, HEADERS, ask, request_of

GOOD = request_of("ok")
PARAMS = GOOD["params"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"requests": [request_of("dup"), request_of("dup")]},
            "requests: custom_id's must be unique within a batch. Duplicate custom_id found: dup",
        ),
        ({"requests": [{"params": PARAMS}]}, "requests.0.custom_id: Field required"),
        (
            {"requests": [GOOD, request_of("a" * 65)]},
            "requests.1.custom_id: String should have at most 64 characters",
        ),
        (
            {"requests": [request_of("a b")]},
            "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
        ),
        (
            {"requests": [request_of("a\n")]},
            "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
        ),
        (
            {"requests": [request_of("")]},
            "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
        ),
        (
            {"requests": [{"custom_id": 7, "params": PARAMS}]},
            "requests.0.custom_id: Input should be a valid string",
        ),
        ({"requests": []}, "requests: List should have at least 1 item after validation, not 0"),
        ({}, "requests: Field required"),
        ({"requests": {}}, "requests: Input should be a valid list"),
        ({"requests": ["x"]}, "requests.0: Input should be a valid dictionary"),
        ([], "Input should be a valid dictionary"),
        ({"requests": [GOOD], "model": "m"}, "model: Extra inputs are not permitted"),
        ({"requests": [GOOD | {"method": "POST"}]}, "requests.0.method: Extra inputs are not permitted"),
        ({"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
        ({"requests": [{"custom_id": "a", "params": "text"}]}, "requests.0.params: Field required"),
    ],
)
def test_the_batch_is_refused(past: Simulator, body: object, message: str) -> None:
    """400 `invalid_request_error` with the exact text, and nothing is created."""
    answer = ask(past.url, "POST", BATCHES, body)
    assert answer.status == 400
    assert answer.json["error"] == {"type": "invalid_request_error", "message": message}
    assert ask(past.url, "GET", f"{BATCHES}?limit=1").json["first_id"] == past.past_batch_id(0)


@pytest.mark.parametrize("body", [b"", b"{", b"requests", b'{"requests": [{"custom_id": "\xff"}]}'])
def test_what_is_not_json_is_said_to_be_so(past: Simulator, body: bytes) -> None:
    """The message starts as recorded."""
    answer = ask(past.url, "POST", BATCHES, body)
    assert answer.status == 400
    assert answer.message.startswith("The request body is not valid JSON: ")


def test_one_request_too_many(past: Simulator) -> None:
    """100,001 requests are refused with their number."""
    entry = b'{"custom_id":"a","params":{}}'
    body = b'{"requests":[' + b",".join([entry] * 100_001) + b"]}"
    answer = ask(past.url, "POST", BATCHES, body)
    assert answer.status == 400
    text = "requests: List should have at most 100000 items after validation, not 100001"
    assert answer.message == text


def test_a_full_batch_is_accepted(quiet: Simulator) -> None:
    """100,000 requests pass."""
    entries = ",".join(json.dumps(request_of(f"r-{number}")) for number in range(100_000))
    answer = ask(quiet.url, "POST", BATCHES, f'{{"requests":[{entries}]}}'.encode())
    assert answer.status == 200
    assert answer.json["request_counts"]["processing"] == 100_000


def test_an_announced_size_over_the_limit_is_refused_unread() -> None:
    """The answer comes before a single byte of the body was sent."""
    with Simulator(now=ManualClock(), batches=0, live=False) as simulator:
        host = urlsplit(simulator.url)
        with socket.create_connection((host.hostname, host.port), timeout=10) as line:
            head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
            start = f"POST {BATCHES} HTTP/1.1\r\nhost: x\r\n{head}content-length: 256000001\r\n\r\n"
            line.sendall(start.encode())
            answer = line.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"request_too_large" in answer or b"transfer-encoding: chunked" in answer.lower()


def test_a_body_that_grows_too_large_is_refused() -> None:
    """A chunked body has no announced size."""
    with Simulator(now=ManualClock(), batches=0, live=False, max_body_bytes=1_000) as simulator:
        host = urlsplit(simulator.url)
        with socket.create_connection((host.hostname, host.port), timeout=10) as line:
            head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
            start = f"POST {BATCHES} HTTP/1.1\r\nhost: x\r\n{head}transfer-encoding: chunked\r\n\r\n"
            line.sendall(start.encode() + b"7d0\r\n" + b" " * 2_000 + b"\r\n0\r\n\r\n")
            answer = b""
            while b"request_too_large" not in answer:
                part = line.recv(65_536)
                assert part, answer
                answer += part
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Request exceeds the maximum size" in answer
