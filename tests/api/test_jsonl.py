"""From bytes to lines to rows: any chunking, any line ends, and lines that are no results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_tui.api import APIConnectionError, APITimeoutError, TruncatedResults, UnreadableResult
from batch_tui.api.jsonl import (
    AsyncJSONLDecoder,
    JSONLDecoder,
    LineSplitter,
    RowReader,
    is_cut,
    mend_surrogates,
)
from batch_tui.api.result_row import read_result_line
from tests.api import samples
from tests.api.conftest import finish, take, take_until_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

LINE = st.binary(min_size=1, max_size=40).filter(
    lambda line: b"\n" not in line and not line.isspace() and not line.endswith(b"\r")
)
PIECE = st.tuples(st.one_of(LINE, st.just(b""), st.just(b"  ")), st.sampled_from([b"\n", b"\r\n"]))


@given(st.lists(PIECE), st.one_of(LINE, st.just(b"")), st.lists(st.integers(1, 9), max_size=200), st.booleans())
def test_lines_do_not_depend_on_the_chunking(
    pieces: list[tuple[bytes, bytes]], last: bytes, sizes: list[int], bom: bool
) -> None:
    body = b"".join(line + end for line, end in pieces) + last
    lines = [line for line, _ in pieces] + [last]
    if bom:
        body = b"\xef\xbb\xbf" + body
    else:
        lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
    splitter, found, place = LineSplitter(), [], 0
    for size in sizes:
        found += splitter.feed(body[place : place + size])
        place += size
    found += splitter.feed(body[place:]) + splitter.flush()
    assert found == [line for line in lines if line.strip()]


def test_a_line_ends_at_newline_only() -> None:
    line = "a\u2028b\u2029c\u0085d\x0be\x0cf\rg".encode()
    assert LineSplitter().feed(line + b"\n") == [line]


def test_blank_lines_are_counted_but_not_given() -> None:
    splitter = LineSplitter()
    assert splitter.feed_numbered(b"a\n\r\n \nb") == [(1, b"a")]
    assert splitter.flush_numbered() == [(4, b"b")]


def test_a_long_line_costs_linear_work() -> None:
    splitter = LineSplitter()
    for _ in range(20_000):
        assert splitter.feed(b"x" * 64) == []
    # One part for each chunk: nothing was copied so far.
    assert len(splitter._parts) == 20_000
    assert len(splitter.feed(b"\n")[0]) == 64 * 20_000


@pytest.mark.parametrize(
    ("line", "custom_id", "reason"),
    [
        (b"\xff\xfe{", "", "not JSON"),
        (b'{"custom_id":"a","result":{"type":"canceled"},"x":"\xff"}', "", "not JSON"),
        (b"hello", "", "not JSON"),
        (b"[1,2]", "", "not a JSON object"),
        (b"null", "", "not a JSON object"),
        (b'{"result":{"type":"canceled"}}', "", "custom_id: Field required"),
        (b'{"custom_id":7,"result":{"type":"canceled"}}', "", "custom_id: "),
        (b'{"custom_id":"a"}', "a", "result: Field required"),
        (b'{"custom_id":"a","result":{}}', "a", "result.type: Field required"),
        (b'{"custom_id":"a","result":{"type":"succeeded"}}', "a", "result.message: Field required"),
        (b'{"custom_id":"a","result":{"type":"errored","error":{"type":"error"}}}', "a", "result."),
        (b'{"custom_id":"a","x":' + b"[" * 5000 + b"]" * 5000 + b"}", "", "not JSON"),
    ],
)
def test_a_line_that_is_no_result_is_a_row_that_says_why(line: bytes, custom_id: str, reason: str) -> None:
    row = read_result_line(line, 7)
    assert row.custom_id == custom_id
    assert isinstance(row.result, UnreadableResult)
    assert (row.result.type, row.result.line_number) == ("unreadable", 7)
    assert row.result.reason.startswith(reason)
    assert line.startswith(row.result.raw[:5].encode("latin-1")) or line[:1] == b"\xff"
    assert len(row.result.raw) <= 2000


def test_lone_surrogates_become_replacement_characters() -> None:
    line = rb'{"custom_id":"a","result":{"type":"new","text":"\ud83d \ude00 \ud83d\ude00 \\ud83d"}}'
    row: Any = read_result_line(line, 1)
    assert row.result.model_extra["text"] == "\ufffd \ufffd \U0001f600 \\ud83d"
    json.dumps(row.model_dump(mode="json"), ensure_ascii=False).encode()


@given(st.text(st.characters(), max_size=30))
def test_mending_leaves_sound_text_alone(text: str) -> None:
    whole = json.dumps(text.encode("utf-16", "replace").decode("utf-16")).encode()
    assert mend_surrogates(whole) == whole


@given(st.integers(1, len(samples.succeeded("a", "é\U0001f600\\")) - 1))
def test_every_beginning_of_a_line_is_cut(length: int) -> None:
    line = samples.succeeded("a", "é\U0001f600\\")
    assert is_cut(line[:length])
    assert not is_cut(line)


def test_garbage_is_not_cut() -> None:
    assert not is_cut(b"hello")
    assert not is_cut(b"[1,")


class Source:
    """Chunks, then an error or a clean end; notes that it was released."""

    def __init__(self, kind: str, *chunks: bytes, error: APIConnectionError | None = None) -> None:
        self.kind = kind
        self.chunks = chunks
        self.error = error
        self.released = 0

    def _iterate(self) -> Iterator[bytes]:
        yield from self.chunks
        if self.error:
            raise self.error

    async def _iterate_async(self) -> AsyncIterator[bytes]:
        for chunk in self._iterate():
            yield chunk

    def _close(self) -> None:
        self.released += 1

    async def _close_async(self) -> None:
        self.released += 1

    def decoder(self) -> Any:
        reader = RowReader(read_result_line, request_id="req_1")
        if self.kind == "sync":
            return JSONLDecoder(self._iterate(), reader, self._close)
        return AsyncJSONLDecoder(self._iterate_async(), reader, self._close_async)


A, B = samples.succeeded("a"), samples.errored("b")


@pytest.mark.parametrize(
    "body", [A + b"\n" + B, A + b"\n" + B + b"\n", b"\xef\xbb\xbf" + A + b"\r\n\r\n" + B + b"\r\n"]
)
@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
async def test_rows_in_order_whatever_the_chunks(kind: str, body: bytes, size: int) -> None:
    source = Source(kind, *(body[place : place + size] for place in range(0, len(body), size)))
    rows = await take(source.decoder())
    assert [(row.custom_id, row.result.type) for row in rows] == [("a", "succeeded"), ("b", "errored")]
    assert source.released


async def test_an_empty_body_has_no_rows(kind: str) -> None:
    source = Source(kind)
    assert await take(source.decoder()) == []
    assert source.released


async def test_bad_lines_do_not_end_the_stream(kind: str) -> None:
    rows = await take(Source(kind, b"oops\n" + A + b"\n[]\n" + B + b"\nend").decoder())
    assert [row.result.type for row in rows] == ["unreadable", "succeeded", "unreadable", "errored", "unreadable"]
    assert [row.result.line_number for row in rows[::2]] == [1, 3, 5]


async def test_a_cut_last_line_is_truncation(kind: str) -> None:
    source = Source(kind, A + b"\n" + B[:-1])
    rows, error = await take_until_error(source.decoder())
    assert [row.custom_id for row in rows] == ["a"]
    assert isinstance(error, TruncatedResults)
    assert (error.rows_read, error.request_id) == (1, "req_1")
    assert source.released


@pytest.mark.parametrize(("tail", "whole"), [(B, ["a", "b"]), (B[:20], ["a"]), (b"", ["a"])])
async def test_a_lost_line_keeps_the_good_rows(kind: str, tail: bytes, whole: list[str]) -> None:
    source = Source(kind, A + b"\n", tail, error=APIConnectionError("Reset."))
    rows, error = await take_until_error(source.decoder())
    assert [row.custom_id for row in rows] == whole
    assert isinstance(error, TruncatedResults)
    assert error.rows_read == len(whole)
    assert "Reset." in str(error)
    assert source.released


async def test_a_stall_is_a_timeout(kind: str) -> None:
    rows, error = await take_until_error(Source(kind, A + b"\n", error=APITimeoutError("Late.")).decoder())
    assert [row.custom_id for row in rows] == ["a"]
    assert isinstance(error, APITimeoutError)


async def test_closing_early_releases_and_ends(kind: str) -> None:
    source = Source(kind, A + b"\n", B + b"\n")
    decoder = source.decoder()
    first = await anext(decoder) if kind == "async" else next(decoder)
    assert first.custom_id == "a"
    await finish(decoder.close())
    assert source.released
    assert await take(decoder) == []


async def test_a_with_block_releases(kind: str) -> None:
    source = Source(kind, A + b"\n")
    if kind == "sync":
        with source.decoder() as decoder:
            assert not source.released
    else:
        async with source.decoder() as decoder:
            assert not source.released
    assert source.released
    assert await take(decoder) == []


def test_a_decoder_that_is_dropped_releases() -> None:
    source = Source("sync", A + b"\n", B)
    decoder = source.decoder()
    del decoder
    assert source.released
    started = Source("sync", A + b"\n", B)
    decoder = started.decoder()
    next(decoder)
    del decoder
    assert started.released


async def test_an_iterated_asynchronous_decoder_that_is_dropped_releases() -> None:
    source = Source("async", A + b"\n", B)
    decoder = source.decoder()
    await anext(decoder)
    del decoder
    for _ in range(5):
        await anyio.lowlevel.checkpoint()
    assert source.released
