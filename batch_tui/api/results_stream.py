"""The bytes of a results body as they come: decoded, checked for wholeness, stoppable from any thread."""

from __future__ import annotations

import socket
import sys
import threading
import weakref
import zlib
from typing import TYPE_CHECKING, Any, Self

import httpx

from batch_tui.api.calls import unexpected
from batch_tui.api.credentials import hide
from batch_tui.api.errors import (
    APIConnectionError,
    APIResponseValidationError,
    TruncatedResults,
    describe_body,
)
from batch_tui.api.raw_body import raw_pieces
from batch_tui.api.transport import broken_body, secrets_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
    from types import TracebackType

    from batch_tui.api.retry import Outcome

CHUNK_SIZE = 262_144
_SURELY_SOMETHING = 32_768
"""Bytes on a socket that give something of the body: fewer may all be of one TLS record, which tells nothing before its
end, or of the head of a compressed block. Where a line goes dead, it mostly does so in the middle of such."""


class BodyDecoder:
    """Undoes the content encoding of a body piece by piece; no I/O.

    Raises APIResponseValidationError for an encoding that was not asked for and for data that does not
    decode, TruncatedResults from `finish` if compressed data stops before its end. Pieces come out bounded in
    size, so that a small compressed piece cannot fill the memory.
    """

    def __init__(self, encoding: str | None, request_id: str | None) -> None:
        if encoding not in (None, "gzip", "x-gzip", "deflate"):
            raise self._damaged(f"They came compressed as {encoding!r}, which was not asked for.", request_id)
        # 32 + 15: takes both gzip and zlib framing by their own header.
        self._inflate = zlib.decompressobj(47) if encoding else None
        self._fed = False
        self._request_id = request_id

    def decode(self, piece: bytes) -> Iterator[bytes]:
        """The decoded bytes of a piece."""
        if self._inflate is None:
            yield piece
            return
        self._fed = self._fed or bool(piece)
        while piece:
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(47)
            try:
                out = self._inflate.decompress(piece, CHUNK_SIZE)
            except zlib.error as error:
                raise self._damaged(f"Their compression is damaged ({error}).", self._request_id) from None
            # A further gzip member, as concatenating servers send, follows its predecessor's end.
            piece = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            if out:
                yield out

    def finish(self, bytes_read: int) -> None:
        """Call when the body has ended, with the number of decoded bytes."""
        if self._inflate is not None and self._fed and not self._inflate.eof:
            raise TruncatedResults(
                f"The compressed body stopped before its end, after {bytes_read:,} bytes.",
                bytes_read=bytes_read,
                request_id=self._request_id,
            )

    @staticmethod
    def _damaged(reason: str, request_id: str | None) -> APIResponseValidationError:
        return APIResponseValidationError(
            f"The results cannot be read. {reason}", status_code=200, request_id=request_id
        )


def encoding_of(headers: Mapping[str, str]) -> str | None:
    """The content encoding, None for none."""
    encoding = headers.get("content-encoding", "").strip().lower()
    return encoding if encoding not in ("", "identity") else None


def page_instead(outcome: Outcome, first: bytes, path: str) -> APIResponseValidationError | None:
    """The error for a 200 that is an HTML page and not results; None if it may be results.

    The API itself once labelled results text/html, so the label alone decides only about an empty body.
    """
    if outcome.status != 200 or first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    came = describe_body(outcome.headers, first) if first.strip() else "an empty HTML page"
    return unexpected(outcome, f"GET {path}", came, "results")


def is_called_html(headers: Mapping[str, str]) -> bool:
    """Whether the label of a body says that it is a page."""
    return "text/html" in headers.get("content-type", "").lower()


class ResultsStream:
    """A results body being received. Use as a context manager, or call `close`.

    `status_code` is 200 for all of it, 206 for the part from `start`. `close` may be called from any thread;
    a thread that is receiving then gets APIConnectionError at once.
    """

    def __init__(
        self, response: httpx.Response, outcome: Outcome, path: str, chunk_size: int, *, own_transport: bool = False
    ) -> None:
        self._response = response
        self._chunk_size = chunk_size
        self._receiving = threading.Lock()
        self._stopped = False
        self._begun = False
        self._bytes_read = 0
        self.status_code: int = response.status_code
        self.headers: Mapping[str, str] = outcome.headers
        self.request_id: str | None = self.headers.get("request-id")
        self.content_encoding: str | None = encoding_of(self.headers)
        self.content_length: int | None = _length(self.headers)
        self._release = weakref.finalize(self, response.close)
        self._release.atexit = False
        self._decoder = BodyDecoder(self.content_encoding, self.request_id)
        self._raw = raw_pieces(response, max(chunk_size, CHUNK_SIZE), straight=own_transport)
        self._decoded = self._pieces()
        self._ahead: bytes | None = None
        if is_called_html(self.headers):
            self._ahead = next(self._decoded, None)
            refusal = page_instead(outcome, hide(secrets_of(response.request), self._ahead or b""), path)
            if refusal is not None:
                raise refusal

    def iter_bytes(self) -> Iterator[bytes]:
        """Decoded bytes in arrival order, in chunks of at most `chunk_size`: smaller when no more is waiting.

        Can be called once. Raises TruncatedResults if the body is shorter than promised or the line is lost,
        APITimeoutError if it stalls, APIConnectionError if `close` was called meanwhile.
        """
        if self._begun:
            raise RuntimeError("The body can be read only once; ask for the results again.")
        self._begun = True
        return self._chunks()

    def close(self) -> None:
        """Stop receiving and release the connection; safe from any thread, and more than once."""
        self._stopped = True
        if not self._response.is_closed:
            self._wake_receiver()
        # A receiver inside the socket must not lose it from under its feet; woken up, it closes by itself.
        if self._receiving.acquire(blocking=False):
            try:
                self._response.close()
            finally:
                self._receiving.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _chunks(self) -> Generator[bytes, None, None]:
        held: list[bytes] = [] if self._ahead is None else [self._ahead]
        size = len(held[0]) if held else 0
        try:
            for piece in self._decoded:
                if not held and self._chunk_size // 4 <= len(piece) <= self._chunk_size:
                    # Large enough to be worth no further copy.
                    yield piece
                    continue
                held.append(piece)
                size += len(piece)
                if size < self._chunk_size and self.more_is_waiting():
                    continue
                yield from _cut(held, self._chunk_size)
                held, size = [], 0
        except (APIConnectionError, APIResponseValidationError):
            # What came before the cut or the damage is good.
            if not self._stopped:
                yield from _cut(held, self._chunk_size)
            raise
        yield from _cut(held, self._chunk_size)

    def _pieces(self) -> Generator[bytes, None, None]:
        try:
            while raw := self._receive():
                for piece in self._decoder.decode(raw):
                    self._bytes_read += len(piece)
                    yield piece
            self._decoder.finish(self._bytes_read)
        finally:
            with self._receiving:
                self._response.close()

    def _receive(self) -> bytes | None:
        """The next bytes off the wire, None at the end."""
        failure: APIConnectionError
        with self._receiving:
            if self._stopped:
                raise self._stop()
            try:
                raw = next((piece for piece in self._raw if piece), None)
            except httpx.RequestError as error:
                failure = broken_body(error, self._bytes_read, self.request_id)
            except httpx.StreamError:
                failure = self._stop()
            else:
                # After a stop, what the socket still gives is not to be trusted.
                if not self._stopped:
                    return raw
                failure = self._stop()
        raise self._stop() if self._stopped else failure

    def _stop(self) -> APIConnectionError:
        return APIConnectionError(
            f"The results were closed after {self._bytes_read:,} bytes, before their end.",
            request_id=self.request_id,
        )

    def more_is_waiting(self) -> bool:
        """Whether so much of the body is here already that the next of its bytes will not be waited for."""
        connection = self._connection()
        return connection is not None and not self._response.is_closed and _bytes_at(connection) >= _SURELY_SOMETHING

    def _wake_receiver(self) -> None:
        connection = self._connection()
        if connection is not None:
            try:
                # The plain method: that of a TLS socket would make the receiver go on reading ciphertext.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                # Already gone, which is what was wanted.
                return

    def _connection(self) -> socket.socket | None:
        stream: Any = self._response.extensions.get("network_stream")
        connection = stream.get_extra_info("socket") if stream is not None else None
        return connection if isinstance(connection, socket.socket) else None


class AsyncResultsStream:
    """A results body being received on the event loop; the asynchronous decoder reads from it."""

    def __init__(self, response: httpx.Response, outcome: Outcome) -> None:
        self._response = response
        self._outcome = outcome
        self._bytes_read = 0
        self.headers: Mapping[str, str] = outcome.headers
        self.request_id: str | None = self.headers.get("request-id")
        self._decoder = BodyDecoder(encoding_of(self.headers), self.request_id)

    async def open(self, path: str) -> AsyncIterator[bytes]:
        """Decoded bytes in arrival order; raises as ResultsStream and its iter_bytes do."""
        pieces = self._pieces()
        if not is_called_html(self.headers):
            return pieces
        first = await anext(pieces, b"")
        refusal = page_instead(self._outcome, hide(secrets_of(self._response.request), first), path)
        if refusal is None:
            return _after(first, pieces)
        # A traceback can show local variables, and a page can repeat the key.
        del first
        raise refusal

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        raw_pieces = self._response.aiter_raw()
        failure: APIConnectionError | None = None
        try:
            while failure is None:
                try:
                    raw = await anext(raw_pieces, None)
                except httpx.RequestError as error:
                    failure = broken_body(error, self._bytes_read, self.request_id)
                    break
                if raw is None:
                    break
                for piece in self._decoder.decode(raw):
                    self._bytes_read += len(piece)
                    yield piece
            if failure is not None:
                raise failure
            self._decoder.finish(self._bytes_read)
        finally:
            await self._response.aclose()

    async def close(self) -> None:
        """Release the connection."""
        await self._response.aclose()


async def _after(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield first
    async for piece in pieces:
        yield piece


def _cut(held: list[bytes], size: int) -> Iterator[bytes]:
    joined = held[0] if len(held) == 1 else b"".join(held)
    if len(joined) <= size:
        if joined:
            yield joined
        return
    for start in range(0, len(joined), size):
        yield joined[start : start + size]


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _bytes_at(connection: socket.socket) -> int:
    """How many bytes wait to be read, those that end it not counted; 0 where nobody can tell."""
    # Not at the top: only whoever receives needs them.
    import fcntl
    import termios

    try:
        return int.from_bytes(fcntl.ioctl(connection.fileno(), termios.FIONREAD, bytes(4)), sys.byteorder)
    except (OSError, ValueError):
        # Closed by another thread.
        return 0
