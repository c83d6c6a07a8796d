"""Our client and the official SDK side by side: what they send, and what they make of successes, pages and results."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.api import samples
from tests.api.peers import Scenario, Seen
from tests.api.scripted_server import Reply, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.api.peers import Peers

JSON = {"content-type": "application/json", "connection": "close", "request-id": "req_1"}
LINES = {"content-type": "application/x-jsonl", "connection": "close", "request-id": "req_2"}
CREATE: dict[str, Any] = {"requests": [samples.REQUEST]}
BATCH = json.dumps(samples.batch()).encode()
ENDED = json.dumps(
    samples.batch(processing_status="ended", results_url=f"/v1/messages/batches/{samples.ID}/results")
).encode()


def reply(body: bytes, headers: dict[str, str] = JSON, **changes: Any) -> Reply:
    return replace(Reply(200, body, headers, ending="close"), **changes)


def same(official: Seen, ours: Seen) -> None:
    assert ours == official


# What is sent.

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("create", CREATE),
    ("create", {"requests": ({"custom_id": str(n), "params": {}} for n in range(3))}),
    ("create", {"requests": []}),
    ("create", {"requests": [{"custom_id": "ä\u2028\U0001f600", "params": {"x": None, "y": [1.5, True, {}]}}]}),
    ("create", {**CREATE, "extra_body": {"later": {"a": 1}}, "extra_query": {"q": [1, 2], "m": {"n": True}}}),
    ("create", {**CREATE, "workspace_id": "wrkspc_1", "user_profile_id": "someone"}),
    ("create", {**CREATE, "extra_headers": {"x-custom": "1", "anthropic-beta": "output-300k-2026-03-24"}}),
    ("retrieve", {"message_batch_id": "a/b c?d#e%2Fé"}),
    ("retrieve", {"message_batch_id": "...", "extra_query": {"beta": "true", "none": None}}),
    ("retrieve", {"message_batch_id": "b", "extra_body": {"dropped": 1}}),
    ("list", {}),
    ("list", {"limit": 5, "before_id": "b", "after_id": "a"}),
    ("list", {"extra_query": {"limit": 7, "after_id": "z"}, "limit": 5, "workspace_id": "wrkspc_1"}),
    ("cancel", {"message_batch_id": "b"}),
    ("cancel", {"message_batch_id": "b", "extra_body": {"why": "late"}, "extra_headers": {"x-custom": "1"}}),
    ("delete", {"message_batch_id": "b", "workspace_id": "wrkspc_1", "extra_query": {"q": ""}}),
]
COMPARED = (
    "authorization",
    "x-api-key",
    "anthropic-version",
    "anthropic-beta",
    "anthropic-workspace-id",
    "anthropic-user-profile-id",
    "content-type",
    "accept",
    "x-custom",
)


@pytest.mark.parametrize(("method", "named"), CALLS, ids=[f"{n}-{call[0]}" for n, call in enumerate(CALLS)])
async def test_the_same_request_is_sent(peers: Peers, method: str, named: dict[str, Any]) -> None:
    """Path, query and body, byte for byte, and the headers that mean something to the API."""
    if "requests" in named:
        named = {**named, "requests": list(named["requests"])}
    answer = json.dumps(samples.page()).encode() if method == "list" else BATCH
    sent = []
    for peer in (peers.official.meet, peers.ours.meet):
        seen = peer(method, named, [reply(answer)])
        seen = seen if isinstance(seen, Seen) else await seen
        headers = {name: peers.server.asked[0].headers.get(name) for name in COMPARED}
        sent.append((seen.requests, headers))
    (official, theirs), (ours, mine) = sent
    assert ours == official
    # Wanted: what has no body has no type of it either; the SDK's `content-type` on them is an oversight.
    if not ours[0].body:
        assert mine.pop("content-type") is None
        theirs.pop("content-type")
    assert mine == theirs


async def test_delimiters_in_an_id_are_encoded(peers: Peers) -> None:
    """Wanted: the official client lets them stand, and a gateway may cut a path at its `;`."""
    named = {"message_batch_id": "a;b=c@d"}
    official, ours = await peers.both(Scenario("delimiters", "retrieve", named, [reply(BATCH)]))
    assert official.requests[0].path.endswith("/a;b=c@d")
    assert ours.requests[0].path.endswith("/a%3Bb%3Dc%40d")


BAD_IDS = ["", ".", "..", ".;x", "..;x", ";x", ";"]
ENCODED_DOTS = ["%2e", "%2E%2e", ".%2e", "%2e;x"]


@pytest.mark.parametrize("method", ["retrieve", "cancel", "delete", "results"])
async def test_ids_that_would_change_the_path_are_refused(peers: Peers, method: str) -> None:
    """Wanted: ours refuses encoded dots, too; encoded again they are safe only if nothing decodes a path twice."""
    for bad in [*BAD_IDS, *ENCODED_DOTS]:
        official, ours = await peers.both(Scenario(bad, method, {"message_batch_id": bad}, [reply(ENDED)]))
        assert (ours.error, ours.requests) == ("ValueError", ()), bad
        assert (official == ours) is (bad in BAD_IDS), bad


# What comes back.

GOOD = {
    "as documented": BATCH,
    "spaced": json.dumps(samples.batch(), indent=2).encode(),
    "with a byte order mark": b"\xef\xbb\xbf" + BATCH,
    "unknown fields": json.dumps(samples.batch(priority={"high": True})).encode(),
    "unknown status": json.dumps(samples.batch(processing_status="paused")).encode(),
    "times with Z": json.dumps(samples.batch(created_at="2026-11-22T09:15:40Z")).encode(),
    "without nullable fields": json.dumps(
        {name: value for name, value in samples.batch().items() if value is not None}
    ).encode(),
}


@pytest.mark.parametrize("method", ["retrieve", "create", "cancel"])
@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD.keys())
async def test_the_same_batch_is_read(peers: Peers, method: str, body: bytes) -> None:
    named = CREATE if method == "create" else {"message_batch_id": samples.ID}
    same(*await peers.both(Scenario(method, method, named, [reply(body)])))


BAD = {
    "page": (b"<html><title>Log in</title></html>", {**JSON, "content-type": "text/html"}),
    "nothing": (b"", JSON),
    "broken JSON": (BATCH[:70], JSON),
    "another object": (b"{}", JSON),
    "a list": (b"[]", JSON),
    "a wrong type": (json.dumps(samples.batch(request_counts=5)).encode(), JSON),
}


@pytest.mark.parametrize("method", ["retrieve", "create"])
@pytest.mark.parametrize(("body", "headers"), BAD.values(), ids=BAD.keys())
async def test_a_success_that_is_no_batch_is_an_error(
    peers: Peers, method: str, body: bytes, headers: dict[str, str]
) -> None:
    """Wanted: the SDK gives a str, an empty object or json's own error, and the caller's next line fails instead."""
    named = CREATE if method == "create" else {"message_batch_id": samples.ID}
    official, ours = await peers.both(Scenario(method, method, named, [reply(body, headers)]))
    assert official.error in (None, "JSONDecodeError", "AttributeError")
    expected = "APIResponseValidationError" if method == "retrieve" else "CreateUncertain"
    assert ours == Seen(official.requests, (), (), expected)


def page(*ids: str, **changes: Any) -> Reply:
    return reply(json.dumps({**samples.page(*ids), **changes}).encode())


WALKS: dict[str, tuple[dict[str, Any], Sequence[Reply]]] = {
    "one page": ({}, [page("a", "b")]),
    "empty": ({}, [page()]),
    "older": ({"limit": 2}, [page("d", "c", has_more=True), page("b", "a", has_more=False)]),
    "newer": ({"before_id": "a", "limit": 1}, [page("b", has_more=True), page("c", has_more=True), page()]),
    "both cursors": ({"before_id": "x", "after_id": "y"}, [page("b", has_more=True), page("c")]),
    "empty cursor": ({"before_id": "", "limit": 1}, [page("b", has_more=True), page("a")]),
    "has_more missing": ({}, [reply(json.dumps(samples.page("b", has_more=None)).encode()), page()]),
    "has_more null": ({}, [page("b", has_more=None), page()]),
    "has_more and nothing": ({}, [page(has_more=True)]),
    "no last_id": ({}, [page("b", has_more=True, last_id=None)]),
    "no first_id": ({"before_id": "a"}, [page("b", has_more=True, first_id=None)]),
    "empty last_id": ({}, [page("b", has_more=True, last_id="")]),
    "refused later": (
        {},
        [page("b", has_more=True), Reply(404, b"", {"connection": "close"}, ending="close")],
    ),
    "busy in between": (
        {"extra_headers": {"x-custom": "1"}, "workspace_id": "w", "extra_query": {"q": "1"}},
        [page("b", has_more=True), Reply(529, b"", {"connection": "close"}, ending="close"), page("a")],
    ),
    "cursors as extra query": (
        {"extra_query": {"before_id": "a", "limit": 1}},
        [page("b", has_more=True), page()],
    ),
}
NEWER_BY_EXTRA_QUERY = "cursors as extra query"


@pytest.mark.parametrize("name", WALKS)
async def test_the_list_is_walked_alike(peers: Peers, name: str) -> None:
    named, replies = WALKS[name]
    official, ours = await peers.both(Scenario(name, "list", named, replies))
    same(official, ours)


# Redirects.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_within_the_origin_is_followed_alike(peers: Peers, status: int) -> None:
    moved = Reply(status, b"", {"location": "/elsewhere", "connection": "close"}, ending="close")
    official, ours = await peers.both(Scenario("moved", "retrieve", {"message_batch_id": "b"}, [moved, reply(BATCH)]))
    assert [request.path for request in official.requests][1:] == ["/elsewhere"]
    same(official, ours)


@pytest.mark.parametrize("method", ["create", "cancel", "delete"])
@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_makes_a_get_of_it_is_a_refusal(peers: Peers, method: str, status: int) -> None:
    """Wanted: the SDK asks on with GET, and takes whatever that answers for the receipt of what it did not do."""
    moved = Reply(status, b"", {"location": "/elsewhere", "connection": "close"}, ending="close")
    named = CREATE if method == "create" else {"message_batch_id": samples.ID}
    official, ours = await peers.both(Scenario(method, method, named, [moved, reply(BATCH)]))
    if official.requests[1].method == official.requests[0].method:
        # As HTTP has it for a DELETE and 301.
        assert (method, status) == ("delete", 301)
        same(official, ours)
    else:
        assert (official.requests[1].method, official.error) == ("GET", None)
        assert (ours.requests, ours.error) == (official.requests[:1], "APIStatusError")
        assert ours.told["status_code"] == status


async def test_another_origin_is_never_asked(peers: Peers) -> None:
    """Wanted: the SDK goes where it is sent, and leaves the key behind; ours does not go."""
    with ScriptedServer(reply(BATCH)) as other:
        headers = {"location": f"{other.url}/elsewhere", "connection": "close"}
        moved = Reply(307, b"", headers, ending="close")
        named = {"message_batch_id": "b"}
        official = peers.official.meet("retrieve", named, [moved])
        assert (official.error, [asked.path for asked in other.asked]) == (None, ["/elsewhere"])
        assert "authorization" not in other.asked[0].headers
        other.script(reply(BATCH))
        ours = await peers.ours.meet("retrieve", named, [moved])
        assert (ours.error, ours.told["status_code"], other.asked) == ("APIStatusError", 307, [])


# Results.

A, B, LAST = samples.succeeded("a"), samples.errored("b"), samples.succeeded("c", "the end")
ODD = samples.succeeded("u", "x\u2028y\u2029z\x85w é 😀")
KINDS = [A, B, b'{"custom_id":"c","result":{"type":"canceled"}}', b'{"custom_id":"e","result":{"type":"expired"}}']


def in_chunks(body: bytes, size: int) -> Reply:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    # The server says itself when chunks are over only where the connection is kept.
    return reply(
        b"", {name: text for name, text in LINES.items() if name != "connection"}, chunks=pieces, ending="keep"
    )


def gzipped(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(body) + packer.flush()


ALIKE: dict[str, Reply] = {
    "every kind": reply(b"\n".join(KINDS) + b"\n", LINES),
    "no final newline": reply(b"\n".join(KINDS), LINES),
    "nothing": reply(b"", LINES),
    "byte order mark": reply(b"\xef\xbb\xbf" + A + b"\n" + B, LINES),
    "separators of Unicode": reply(ODD + b"\n" + A, LINES),
    "one byte a chunk": in_chunks(ODD + b"\n" + B + b"\n", 1),
    "63 bytes a chunk": in_chunks(b"\n".join(KINDS), 63),
    "compressed": reply(gzipped(b"\n".join(KINDS)), {**LINES, "content-encoding": "gzip"}),
    "without a type": reply(b"\n".join(KINDS), {"connection": "close", "request-id": "req_2"}),
    "called HTML": reply(b"\n".join(KINDS), {**LINES, "content-type": "text/html"}),
    "until the line closes": reply(b"\n".join(KINDS), LINES, until_close=True),
    "unknown fields": reply(A[:-1] + b',"more":{"x":1}}', LINES),
    "numbers of any size": reply(b'{"custom_id":"n","result":{"type":"canceled","x":12345678901234567890}}', LINES),
}


async def results_of(peers: Peers, answer: Reply, first: bytes = ENDED) -> tuple[Seen, Seen]:
    """What both make of a results body.

    Wanted, and taken out here: ours asks for the results at once, the official client for the batch first. That
    costs a request and follows whatever address the answer names; ours makes the path of the id.
    """
    named = {"message_batch_id": samples.ID}
    official = peers.official.meet("results", named, [reply(first), answer])
    if official.requests:
        assert official.requests[0].path == f"/v1/messages/batches/{samples.ID}"
        official = replace(official, requests=official.requests[1:])
    ours = await peers.ours.meet("results", named, [answer])
    return official, ours


@pytest.mark.parametrize("answer", ALIKE.values(), ids=ALIKE.keys())
async def test_results_are_read_alike(peers: Peers, answer: Reply) -> None:
    same(*await results_of(peers, answer))


def row(line: bytes) -> Any:
    return json.loads(line)


@dataclass(frozen=True)
class Otherwise:
    """Results of which the two are meant to make something else."""

    reason: str
    answer: Reply
    theirs: str | None
    """The error the official client ends with."""
    rows: Sequence[Any]
    """Custom ids and kinds that ours gives."""
    error: str | None = None


OTHERWISE = {
    "blank lines": Otherwise(
        "A blank line is no row; the official client gives up at it.",
        reply(A + b"\n\n" + B + b"\n \n" + LAST, LINES),
        "JSONDecodeError",
        [("a", "succeeded"), ("b", "errored"), ("c", "succeeded")],
    ),
    "CRLF torn apart": Otherwise(
        "The official client reads 64 bytes at a time, and takes a line feed that begins a piece for a line.",
        reply(b'{"custom_id":"e","result":{"type":"expired"}}'.ljust(63) + b"\r\n" + B, LINES),
        "JSONDecodeError",
        [("e", "expired"), ("b", "errored")],
    ),
    "a line that is none": Otherwise(
        "One bad line must not hide the good ones after it.",
        reply(A + b"\nnot json\n" + B, LINES),
        "JSONDecodeError",
        [("a", "succeeded"), ("", "unreadable"), ("b", "errored")],
    ),
    "a kind from the future": Otherwise(
        "The official client takes it for a success without a message.",
        reply(b'{"custom_id":"p","result":{"type":"postponed"}}\n' + B, LINES),
        None,
        [("p", "unknown"), ("b", "errored")],
    ),
    "half of a surrogate pair": Otherwise(
        "Models do write it; the official client passes text on that nothing can print or store.",
        reply(rb'{"custom_id":"s","result":{"type":"canceled","note":"\ud83d"}}', LINES),
        None,
        [("s", "canceled")],
    ),
    "an end in the middle": Otherwise(
        "The rows may be less than all of them, which is not a fault of one line.",
        reply(A + b"\n" + B[:40], LINES),
        "JSONDecodeError",
        [("a", "succeeded")],
        "TruncatedResults",
    ),
    "a connection lost": Otherwise(
        "The error is one of the client's own, so that one `except` is enough.",
        reply(A + b"\n" + B[:40], LINES, promised=10_000),
        "RemoteProtocolError",
        [("a", "succeeded")],
        "TruncatedResults",
    ),
    "compressed and cut": Otherwise(
        "Compressed data that stops before its end, here in the checksum, was cut, too.",
        reply(gzipped(A + b"\n" + B)[:-4], {**LINES, "content-encoding": "gzip"}),
        None,
        [("a", "succeeded"), ("b", "errored")],
        "TruncatedResults",
    ),
    "a page of a proxy": Otherwise(
        "A log-in page with status 200 is no file of results.",
        reply(b"<html><title>Log in</title></html>\n", {**LINES, "content-type": "text/html"}),
        "JSONDecodeError",
        [],
        "APIResponseValidationError",
    ),
}


@pytest.mark.parametrize("name", OTHERWISE)
async def test_results_are_read_better(peers: Peers, name: str) -> None:
    case = OTHERWISE[name]
    official, ours = await results_of(peers, case.answer)
    assert official.error == case.theirs, case.reason
    assert [(value["custom_id"], value["result"]["type"]) for value in ours.values] == case.rows, case.reason
    assert ours.error == case.error, case.reason
    assert ours != official


async def test_results_that_are_not_there_yet(peers: Peers) -> None:
    """Wanted: the server's own 404, with its request id, instead of a plain AnthropicError."""
    error = {"type": "not_found_error", "message": f"Message Batch {samples.ID} has no available results."}
    body = json.dumps({"type": "error", "error": error, "request_id": None}).encode()
    refusal = Reply(404, body, {**JSON, "x-should-retry": "false"}, ending="close")
    official, ours = await results_of(peers, refusal, first=BATCH)
    assert (official.error, official.requests) == ("AnthropicError", ())
    assert (ours.error, ours.told["type"], len(ours.requests)) == ("NotFoundError", "not_found_error", 1)
    same(*await results_of(peers, refusal))
