"""Results line by line: LineSplitter (bytes to lines), RowReader (lines to rows), the two decoders."""

from __future__ import annotations

import re
import weakref
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from pydantic_core import from_json

from batch_tui.api.errors import APIConnectionError, APITimeoutError, TruncatedResults

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
    from types import TracebackType

T = TypeVar("T")

# One escape at a time from the left, so that an escaped backslash never lends its `\` to a following `u`.
ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


class LineSplitter:
    r"""Cuts a stream of byte chunks into lines; no I/O.

    Lines end at `\n` only (U+2028 and its kind are legal inside JSON); one `\r` before it is dropped, as is a
    byte order mark at the start of the stream. Blank lines are skipped, but counted. Time is linear in bytes
    fed.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._lines_ended = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes."""
        return [line for _, line in self.feed_numbered(chunk)]

    def flush(self) -> list[bytes]:
        """The last line, if the stream did not end with a newline; the splitter can then start afresh."""
        return [line for _, line in self.flush_numbered()]

    def feed_numbered(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """As `feed`, with each line's number (from 1)."""
        first, *rest = chunk.split(b"\n")
        self._parts.append(first)
        if not rest:
            return []
        whole = [b"".join(self._parts), *rest[:-1]]
        self._parts = [rest[-1]]
        return self._numbered(whole)

    def flush_numbered(self) -> list[tuple[int, bytes]]:
        """As `flush`, with the line's number."""
        last = self._numbered([b"".join(self._parts)])
        self._parts, self._lines_ended = [], 0
        return last

    def _numbered(self, lines: list[bytes]) -> list[tuple[int, bytes]]:
        found = []
        for number, raw in enumerate(lines, self._lines_ended + 1):
            line = raw.removeprefix(BOM_UTF8) if number == 1 else raw
            line = line.removesuffix(b"\r")
            if line and not line.isspace():
                found.append((number, line))
        self._lines_ended += len(lines)
        return found


def mend_surrogates(text: bytes) -> bytes:
    r"""JSON text with every lone `\ud800`…`\udfff` escape replaced by `\ufffd`; pairs stay."""
    return ESCAPES.sub(lambda found: rb"\ufffd" if found["lone"] else found[0], text)


def is_cut(line: bytes) -> bool:
    """Whether a line is the beginning of a JSON object that goes on, rather than whole or no JSON at all."""
    mended = mend_surrogates(line)
    try:
        from_json(mended)
    except ValueError:
        try:
            return isinstance(from_json(mended, allow_partial="trailing-strings"), dict)
        except ValueError:
            return False
    return False


class RowReader(Generic[T]):
    """Turns chunks into rows and counts them; no I/O. Decides at the end whether the body was whole."""

    def __init__(self, read: Callable[[bytes, int], T], *, request_id: str | None = None) -> None:
        self._read = read
        self._splitter = LineSplitter()
        self._request_id = request_id
        self.rows_read = 0

    def feed(self, chunk: bytes) -> Iterator[T]:
        """The rows that `chunk` completes, read one by one as they are taken."""
        for number, line in self._splitter.feed_numbered(chunk):
            self.rows_read += 1
            yield self._read(line, number)

    def finish(self, lost: APIConnectionError | None = None) -> Iterator[T]:
        """The row after the last newline, if there is one; then raises if the body was cut.

        `lost` is what the transport reported, None for a clean end. A last line that is whole counts even if
        the newline after it is missing. Raises TruncatedResults, or APITimeoutError if that is what `lost`
        is.
        """
        cut = lost is not None
        for number, line in self._splitter.flush_numbered():
            if is_cut(line) or (lost is not None and not _is_json(line)):
                cut = True
            else:
                self.rows_read += 1
                yield self._read(line, number)
        if isinstance(lost, APITimeoutError):
            raise lost
        if cut:
            why = lost.message if lost else "The last line stops in the middle."
            raise TruncatedResults(
                f"The results ended early, after {self.rows_read:,} rows. {why}",
                rows_read=self.rows_read,
                bytes_read=lost.bytes_read if isinstance(lost, TruncatedResults) else None,
                request_id=self._request_id,
            )


def _is_json(line: bytes) -> bool:
    try:
        from_json(mend_surrogates(line))
    except ValueError:
        return False
    return True


class JSONLDecoder(Generic[T]):
    """An iterator over the rows of a results body as they arrive.

    The response is released when the rows are exhausted, on any error, on `close()`, at the end of a `with`
    block, and when the decoder is garbage collected. Raises TruncatedResults after the last good row of a
    body that ends early, APITimeoutError when bytes stop coming.
    """

    def __init__(self, chunks: Iterator[bytes], reader: RowReader[T], close: Callable[[], None]) -> None:
        self._rows = _rows(chunks, reader, close)
        # A generator that was never started has no finally block to run.
        self._release = weakref.finalize(self, close)
        self._release.atexit = False

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._rows)

    def close(self) -> None:
        """Release the response; no rows come after this."""
        self._rows.close()
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncJSONLDecoder(Generic[T]):
    """The same for `async for`, `await close()` and `async with`; dropped, the event loop releases its response."""

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        reader: RowReader[T],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self._rows = _async_rows(chunks, reader, close)
        self._close = close
        self._has_begun = False

    async def begun(self) -> Self:
        """Itself, from now on known to the event loop, which closes what is dropped only if that has begun."""
        if not self._has_begun:
            self._has_begun = True
            await anext(self._rows)
        return self

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        if not self._has_begun:
            await self.begun()
        row: T = await anext(self._rows)
        return row

    async def close(self) -> None:
        """Release the response; no rows come after this."""
        await self._rows.aclose()
        await self._close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _rows(chunks: Iterator[bytes], reader: RowReader[T], close: Callable[[], None]) -> Generator[T, None, None]:
    lost: APIConnectionError | None = None
    try:
        while lost is None:
            try:
                chunk = next(chunks, None)
            except APIConnectionError as error:
                lost = error
                break
            if chunk is None:
                break
            yield from reader.feed(chunk)
        yield from reader.finish(lost)
    finally:
        close()


async def _async_rows(
    chunks: AsyncIterator[bytes], reader: RowReader[T], close: Callable[[], Awaitable[None]]
) -> AsyncGenerator[Any, None]:
    lost: APIConnectionError | None = None
    try:
        # No row: taken by `begun`. Suspended here, the generator has its `finally` to run.
        yield None
        while lost is None:
            try:
                chunk = await anext(chunks, None)
            except APIConnectionError as error:
                lost = error
                break
            if chunk is None:
                break
            for row in reader.feed(chunk):
                yield row
        for row in reader.finish(lost):
            yield row
    finally:
        await close()
