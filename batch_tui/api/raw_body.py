"""The bytes of a body as they come off the wire; a long one of known length straight from its connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = 1_048_576
"""Bytes from which on it pays: the connection cannot be used again after it."""


def raw_pieces(response: httpx.Response, size: int, *, straight: bool) -> Iterator[bytes]:
    """The body in pieces, still encoded, of at most about `size` bytes; raises httpx.RequestError as `iter_raw` does.

    httpx takes four copies of each byte on the way. With `straight`, what follows the first piece of a long
    HTTP/1.1 body of known length is read from the connection itself, which is TLS and through the proxy as
    httpx opened it. Only for transports of httpx's own: others may hand on something else than what they read.
    """
    pieces = response.iter_raw()
    first = next(pieces, b"")
    yield first
    left = _length(response) - len(first)
    stream: Any = response.extensions.get("network_stream")
    if not straight or not first or left < LONG or stream is None:
        yield from pieces
        return
    # The parser of httpx gives all it has read whenever it gives something of a body of known length: from here
    # on the next byte of the connection is the next of the body. What were missing would be missing at the end.
    # Not at the top: httpx itself loads it at its first request, after the first paint.
    import httpcore

    wait = response.request.extensions.get("timeout", {}).get("read")
    while left:
        try:
            piece = stream.read(min(size, left), timeout=wait)
        except httpcore.TimeoutException as error:
            raise httpx.ReadTimeout(str(error), request=response.request) from error
        except httpcore.NetworkError as error:
            raise httpx.ReadError(str(error), request=response.request) from error
        if not piece:
            raise httpx.RemoteProtocolError(f"the peer left {left:,} bytes out", request=response.request)
        left -= len(piece)
        yield piece


def _length(response: httpx.Response) -> int:
    """The length of the body, 0 unless it is known beforehand."""
    text = response.headers.get("content-length", "")
    known = response.http_version == "HTTP/1.1" and "transfer-encoding" not in response.headers
    return int(text) if known and text.isascii() and text.isdigit() else 0
