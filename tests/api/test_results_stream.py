"""The bytes of a results body: whole, cut, compressed, resumed, stopped; and the rows over HTTP."""

from __future__ import annotations

import gzip
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from batch_tui.api import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    BatchClient,
    NotFoundError,
    TruncatedResults,
)
from tests.api import samples
from tests.api.conftest import finish, take, take_until_error
from tests.api.scripted_server import Reply, ScriptedServer, error_reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import Clients

LINES = b"\n".join(samples.succeeded(f"r{number}", "x" * number) for number in range(300))
GZIP = {"content-encoding": "gzip"}
HTML = {"content-type": "text/html; charset=utf-8", "request-id": "req_1"}


def client_of(server: ScriptedServer) -> BatchClient:
    return BatchClient("test-key", base_url=server.url, environ={}, max_retries=0)


def in_chunks(body: bytes, size: int) -> list[bytes]:
    return [body[place : place + size] for place in range(0, len(body), size)]


@pytest.mark.parametrize(
    ("reply", "length", "encoding"),
    [
        (Reply(body=LINES), len(LINES), None),
        (Reply(chunks=in_chunks(LINES, 1000)), None, None),
        (Reply(body=LINES, until_close=True), None, None),
        (Reply(body=gzip.compress(LINES, mtime=0), headers=GZIP), len(gzip.compress(LINES, mtime=0)), "gzip"),
        (Reply(chunks=in_chunks(gzip.compress(LINES[:99]) + gzip.compress(LINES[99:]), 7), headers=GZIP), None, "gzip"),
    ],
    ids=["length", "chunked", "until-close", "gzip", "gzip-members"],
)
@pytest.mark.parametrize("chunk_size", [100, 262_144])
def test_all_bytes_come_in_order(reply: Reply, length: int | None, encoding: str | None, chunk_size: int) -> None:
    with ScriptedServer(reply) as server, client_of(server) as client:
        with client.messages.batches.stream_results("b", chunk_size=chunk_size) as stream:
            assert (stream.status_code, stream.content_length, stream.content_encoding) == (200, length, encoding)
            chunks = list(stream.iter_bytes())
        assert b"".join(chunks) == LINES
        assert max(map(len, chunks)) <= chunk_size
        assert "range" not in server.asked[0].headers


def test_headers_and_request_id() -> None:
    with ScriptedServer(Reply(headers={"Request-Id": "req_1", "ETag": "x"})) as server, client_of(server) as client:
        stream = client.messages.batches.stream_results("b")
        assert (stream.request_id, stream.headers["etag"]) == ("req_1", "x")
        assert list(stream.iter_bytes()) == []
        with pytest.raises(RuntimeError, match="only once"):
            stream.iter_bytes()


def test_going_on_from_a_byte() -> None:
    part = Reply(206, LINES[500:], {"content-range": f"bytes 500-{len(LINES) - 1}/{len(LINES)}"})
    wrong = Reply(206, LINES, {"content-range": f"bytes 0-{len(LINES) - 1}/{len(LINES)}"})
    with ScriptedServer(part, Reply(body=LINES), wrong) as server, client_of(server) as client:
        batches = client.messages.batches
        with batches.stream_results("b", start=500) as stream:
            assert stream.status_code == 206
            assert b"".join(stream.iter_bytes()) == LINES[500:]
        with batches.stream_results("b", start=500) as stream:
            assert stream.status_code == 200
        with pytest.raises(APIResponseValidationError, match="another part"):
            batches.stream_results("b", start=500)
        assert server.asked[0].headers["range"] == "bytes=500-"
        assert server.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=LINES, promised=len(LINES) + 1, ending="close"),
        Reply(chunks=[LINES], ending="close"),
        Reply(chunks=[LINES], ending="reset"),
        Reply(chunks=[gzip.compress(LINES)[:-9]], headers=GZIP),
    ],
    ids=["short", "unfinished", "reset", "gzip"],
)
def test_a_short_body_is_truncated_after_the_good_bytes(reply: Reply) -> None:
    with ScriptedServer(reply) as server, client_of(server) as client:
        found: list[bytes] = []
        with (
            pytest.raises(TruncatedResults) as caught,
            client.messages.batches.stream_results("b") as stream,
        ):
            found.extend(stream.iter_bytes())
        whole = b"".join(found)
        # A reset may throw away what was still under way.
        assert whole == LINES or reply.ending == "reset"
        assert caught.value.bytes_read == len(whole)
        assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_stall_is_a_timeout() -> None:
    with (
        ScriptedServer(Reply(chunks=[b"abc"], ending="hold")) as server,
        client_of(server) as client,
        client.messages.batches.stream_results("b", timeout=0.05) as stream,
    ):
        chunks = stream.iter_bytes()
        assert next(chunks) == b"abc"
        with pytest.raises(APITimeoutError, match="byte 3"):
            next(chunks)


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_an_encoding_that_cannot_be_undone_is_told(encoding: str) -> None:
    with (
        ScriptedServer(Reply(body=LINES, headers={"content-encoding": encoding})) as server,
        client_of(server) as client,
        pytest.raises(APIResponseValidationError, match="compress"),
    ):
        list(client.messages.batches.stream_results("b").iter_bytes())


async def test_an_html_page_is_no_results(clients: Clients) -> None:
    pages = [Reply(body=body, headers=HTML) for body in (b"\n<!doctype html><title>Sign in</title>", b"")]
    with ScriptedServer(*pages, pages[0]) as server:
        for _ in pages:
            with pytest.raises(APIResponseValidationError, match=r"HTML page.*\(request req_1\)"):
                await clients(server.url).call("results", "b")
        with pytest.raises(APIResponseValidationError), client_of(server) as client:
            client.messages.batches.stream_results("b")


async def test_results_labelled_as_html_are_results(clients: Clients) -> None:
    with ScriptedServer(Reply(chunks=in_chunks(LINES, 50), headers=HTML)) as server:
        rows = await take(await clients(server.url).call("results", "b"))
        assert [row.custom_id for row in rows] == [f"r{number}" for number in range(300)]


async def test_results_that_are_not_there_yet(clients: Clients) -> None:
    reply = error_reply(404, "not_found_error", "Message Batch b has no available results.", x_should_retry="false")
    with ScriptedServer(reply) as server, pytest.raises(NotFoundError, match="no available results"):
        await clients(server.url).call("results", "b")


async def test_opening_results_is_repeated(clients: Clients) -> None:
    with ScriptedServer(error_reply(529, "overloaded_error", "m"), Reply(body=LINES)) as server:
        assert len(await take(await clients(server.url).call("results", "b"))) == 300


async def test_separators_of_unicode_do_not_split_a_row(clients: Clients) -> None:
    text = "a\u2028b\u2029c\u0085d"
    with ScriptedServer(Reply(body=samples.succeeded("a", text) + b"\r\n" + samples.errored("b"))) as server:
        first, second = await take(await clients(server.url).call("results", "b"))
        assert first.result.message.content[0].text == text
        assert second.result.error.message == "model: x"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(chunks=[LINES[:-5]], ending="close"),
        Reply(chunks=[LINES[:-5]]),
        Reply(body=gzip.compress(LINES[:-5])[:-9], headers=GZIP),
    ],
    ids=["lost", "cut", "gzip"],
)
async def test_rows_before_a_cut_are_given(clients: Clients, reply: Reply) -> None:
    with ScriptedServer(reply) as server:
        rows, error = await take_until_error(await clients(server.url).call("results", "b"))
        assert len(rows) == 299
        assert isinstance(error, TruncatedResults)
        assert error.rows_read == 299


async def test_a_stall_between_rows_is_a_timeout(clients: Clients) -> None:
    with ScriptedServer(Reply(chunks=[LINES[:-5]], ending="hold")) as server:
        decoder = await clients(server.url).call("results", "b", timeout=0.05)
        rows, error = await take_until_error(decoder)
        assert len(rows) == 299
        assert isinstance(error, APITimeoutError)


async def test_closing_the_decoder_hangs_up(clients: Clients) -> None:
    with ScriptedServer(Reply(chunks=[LINES], ending="hold")) as server:
        decoder = await clients(server.url).call("results", "b")
        await finish(decoder.close())
        assert server.closed_by_client.wait(5)


def test_dropping_the_decoder_hangs_up() -> None:
    with ScriptedServer(Reply(chunks=[LINES], ending="hold")) as server, client_of(server) as client:
        decoder = client.messages.batches.results("b")
        next(decoder)
        del decoder
        assert server.closed_by_client.wait(5)


def test_the_connection_is_free_again_after_the_last_row() -> None:
    with ScriptedServer(Reply(body=LINES), json_reply(samples.batch())) as server, client_of(server) as client:
        assert len(list(client.messages.batches.results("b"))) == 300
        client.messages.batches.retrieve("b")
        assert len(server._open) == 1


def test_another_thread_can_stop_a_waiting_reader() -> None:
    with ScriptedServer(Reply(chunks=[b"abc"], ending="hold")) as server, client_of(server) as client:
        stream = client.messages.batches.stream_results("b")
        waiting = threading.Event()
        ended: list[APIConnectionError] = []

        def read() -> None:
            try:
                for _ in stream.iter_bytes():
                    waiting.set()
            except APIConnectionError as error:
                ended.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        assert waiting.wait(5)
        stream.close()
        reader.join(5)
        assert not reader.is_alive()
        assert "closed after 3 bytes" in str(ended[0])
        assert server.closed_by_client.wait(5)
        stream.close()


def test_a_stopped_stream_does_not_look_complete() -> None:
    with ScriptedServer(Reply(body=LINES)) as server, client_of(server) as client:
        stream = client.messages.batches.stream_results("b", chunk_size=100)
        chunks = stream.iter_bytes()
        next(chunks)
        stream.close()
        with pytest.raises(APIConnectionError, match="closed"):
            list(chunks)


def test_rows_come_before_the_last_byte() -> None:
    with (
        ScriptedServer(Reply(chunks=[LINES], ending="hold")) as server,
        client_of(server) as client,
        client.messages.batches.results("b") as decoder,
    ):
        assert next(decoder).custom_id == "r0"


LONG = b"".join(LINES + b"\n" for _ in range(100))
"""More than what is read straight from the connection."""


@pytest.mark.parametrize("chunk_size", [100_000, 262_144, 5_000_000])
@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (Reply(body=LONG), LONG),
        (Reply(chunks=[LONG, LINES]), LONG + LINES),
        (Reply(body=LONG, until_close=True), LONG),
        (Reply(body=gzip.compress(LONG, 0, mtime=0), headers=GZIP), LONG),
        (Reply(body=LONG, headers={"content-type": "text/html"}), LONG),
    ],
    ids=["length", "chunked", "until-close", "gzip", "labelled as html"],
)
def test_a_long_body_comes_whole(reply: Reply, wanted: bytes, chunk_size: int) -> None:
    with ScriptedServer(reply, json_reply(samples.batch())) as server, client_of(server) as client:
        with client.messages.batches.stream_results("b", chunk_size=chunk_size) as stream:
            chunks = list(stream.iter_bytes())
        assert b"".join(chunks) == wanted
        assert max(map(len, chunks)) <= chunk_size
        assert client.messages.batches.retrieve("b").id == samples.ID


@pytest.mark.parametrize("ending", ["close", "reset"])
def test_a_long_body_that_is_short_is_truncated(ending: str) -> None:
    reply = Reply(body=LONG, promised=len(LONG) + 2_000_000, ending=ending)
    with ScriptedServer(reply) as server, client_of(server) as client:
        found: list[bytes] = []
        with pytest.raises(TruncatedResults) as caught, client.messages.batches.stream_results("b") as stream:
            found.extend(stream.iter_bytes())
        whole = b"".join(found)
        assert whole == LONG if ending == "close" else LONG.startswith(whole)
        assert caught.value.bytes_read == len(whole)


def test_a_stall_in_a_long_body_is_a_timeout() -> None:
    reply = Reply(body=LONG, promised=len(LONG) + 2_000_000, ending="hold")
    with (
        ScriptedServer(reply) as server,
        client_of(server) as client,
        pytest.raises(APITimeoutError, match=f"byte {len(LONG):,}"),
        client.messages.batches.stream_results("b", timeout=0.2) as stream,
    ):
        for _ in stream.iter_bytes():
            pass


def test_another_thread_can_stop_a_long_body() -> None:
    reply = Reply(body=LONG, promised=len(LONG) + 2_000_000, ending="hold")
    with ScriptedServer(reply) as server, client_of(server) as client:
        stream = client.messages.batches.stream_results("b")
        came = threading.Semaphore(0)
        ended: list[APIConnectionError] = []

        def read() -> None:
            size = 0
            try:
                for chunk in stream.iter_bytes():
                    size += len(chunk)
                    if size == len(LONG):
                        came.release()
            except APIConnectionError as error:
                ended.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        assert came.acquire(timeout=5)
        stream.close()
        reader.join(5)
        assert not reader.is_alive()
        assert f"closed after {len(LONG):,} bytes" in str(ended[0])
        assert server.closed_by_client.wait(5)


class Shouting(httpx.HTTPTransport):
    """A transport that changes what it reads."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.stream = Louder(response.stream)
        return response


class Louder(httpx.SyncByteStream):
    def __init__(self, stream: object) -> None:
        assert isinstance(stream, httpx.SyncByteStream)
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        return (piece.upper() for piece in self._stream)

    def close(self) -> None:
        self._stream.close()


def test_a_transport_of_the_caller_has_the_last_word() -> None:
    with (
        ScriptedServer(Reply(body=LONG)) as server,
        httpx.Client(transport=Shouting()) as given,
        BatchClient("test-key", base_url=server.url, environ={}, http_client=given) as client,
        client.messages.batches.stream_results("b") as stream,
    ):
        assert b"".join(stream.iter_bytes()) == LONG.upper()


def test_arguments_are_checked() -> None:
    with BatchClient("test-key", environ={}) as client, pytest.raises(ValueError, match="chunk_size"):
        client.messages.batches.stream_results("b", chunk_size=0)
