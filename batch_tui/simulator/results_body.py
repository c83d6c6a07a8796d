"""The results download: lines joined into chunks, sent as they are made, cut short if a fault says so."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

import anyio
import anyio.lowlevel
from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import Send

    from batch_tui.simulator.answers import Lines
    from batch_tui.simulator.faults import Fault

Sleep = Callable[[float], Awaitable[object]]
CHUNK = 128 * 1024
_FIRST_CHUNK = 8 * 1024


class Cut(NamedTuple):
    """Where a body ends early, and whether it pretends to be complete."""

    after: int
    clean: bool

    @classmethod
    def of(cls, fault: Fault | None, lines: Lines) -> Cut | None:
        """The cut that a fault asks for."""
        if fault is None or (fault.cut_results_after is None and fault.cut_results_at is None):
            return None
        if fault.cut_results_after is not None:
            return cls(fault.cut_results_after, fault.clean_end)
        looked_at = range(0, len(lines), len(lines) // 50 + 1)
        average = sum(len(lines.line(position)) for position in looked_at) / len(looked_at)
        return cls(int(average * len(lines) * (fault.cut_results_at or 0)), fault.clean_end)


def chunks(lines: Lines, size: int = CHUNK) -> Iterator[bytes]:
    """The body in pieces of about `size` bytes: LF between lines, none after the last."""
    held: list[bytes] = []
    length, limit = 0, min(size, _FIRST_CHUNK)
    for position in range(len(lines)):
        line = lines.line(position)
        held.append(line)
        length += len(line) + 1
        if length >= limit:
            if position + 1 < len(lines):
                held.append(b"")
            yield b"\n".join(held)
            held, length, limit = [], 0, size
    if held:
        yield b"\n".join(held)


def announced(lines: Lines, cut: Cut | None) -> int:
    """The length of the whole body in bytes; of what is left of it where a cut shall not show."""
    whole = sum(len(lines.line(position)) for position in range(len(lines))) + max(0, len(lines) - 1)
    return min(whole, cut.after) if cut is not None and cut.clean else whole


def _shortened(pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:length]
        length -= len(piece)
        if length <= 0:
            return


def _torn(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of at most `size`, wherever that falls."""
    for piece in pieces:
        for start in range(0, len(piece), size):
            yield piece[start : start + size]


def _compressed(pieces: Iterator[bytes], *, whole: bool) -> Iterator[bytes]:
    """gzip, flushed with each piece so that lines arrive as they are made; its end only if `whole`."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in pieces:
        yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    if whole:
        yield packer.flush()


def accepts_gzip(header: str) -> bool:
    """Whether an `Accept-Encoding` value names gzip, with a weight above 0."""
    for choice in header.lower().split(","):
        name, _, weight = choice.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" or weight == ""
    return False


class Delivery(NamedTuple):
    """How a body travels: bytes per second of real time, where it ends early, and in which shape.

    `length` is the `Content-Length` to announce, if any; a compressed body never has one.
    """

    sleep: Sleep
    pace: int | None = None
    torn: bool = False
    cut: Cut | None = None
    gzip: bool = False
    content_type: bool = True
    length: int | None = None


class ResultsBody(StreamingResponse):
    """A streamed `application/x-jsonl` answer."""

    def __init__(self, batch_id: str, lines: Lines, delivery: Delivery) -> None:
        cut, pace = delivery.cut, delivery.pace
        self._breaks_off = cut is not None and not cut.clean
        pieces = chunks(lines) if pace is None else chunks(lines, max(256, min(CHUNK, pace // 20)))
        if cut is not None:
            pieces = _shortened(pieces, cut.after)
        headers = {"content-disposition": f'attachment; filename="{batch_id}_results.jsonl"'}
        if delivery.gzip:
            pieces = _compressed(pieces, whole=cut is None)
            headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}
        elif delivery.length is not None:
            headers["content-length"] = str(delivery.length)
        if delivery.torn and pace is not None:
            pieces = _torn(pieces, max(1, pace // 20))
        super().__init__(
            _paced(pieces, pace, delivery.sleep),
            media_type="application/x-jsonl" if delivery.content_type else None,
            headers=headers,
        )

    async def stream_response(self, send: Send) -> None:
        """Send headers and pieces; a body that breaks off never gets its end mark."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece in self.body_iterator:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if not self._breaks_off:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _paced(pieces: Iterator[bytes], bytes_per_second: int | None, sleep: Sleep) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        # Also without a pace: another request's turn comes between two pieces.
        if bytes_per_second:
            await sleep(len(piece) / bytes_per_second)
        else:
            await anyio.lowlevel.checkpoint()
