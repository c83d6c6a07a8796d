"""A long body, handed to the connection in pieces: sent whole, every write would copy all that is left of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PIECE = 262_144
"""Bytes; a body that is no longer is sent as it is."""


class Pieces:
    """The pieces of a body, as often as they are asked for: it may be sent again, or to where a redirect leads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), PIECE):
            yield self._body[start : start + PIECE]


class AsyncPieces:
    """The same for an asynchronous client."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in Pieces(self._body):
            yield piece
