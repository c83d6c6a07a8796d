"""The open connections by their client's address, so that one can be reset in the middle of a request."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from starlette.types import Scope

# Lingering for no time at all makes closing a reset instead of a farewell.
_NO_FAREWELL = struct.pack("ii", 1, 0)


class Connections:
    """What an ASGI application never sees of its server: the transport under a request."""

    def __init__(self) -> None:
        self._transports: dict[tuple[str, int] | None, asyncio.Transport] = {}

    def protocol(self) -> type[H11Protocol]:
        """uvicorn's protocol, which here tells of each connection that comes and goes."""
        transports = self._transports

        class Known(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it, narrower than asyncio
                super().connection_made(transport)
                transports[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.client, None)
                super().connection_lost(exc)

        return Known

    def reset(self, scope: Scope) -> None:
        """Reset the connection that a request came on (TCP RST)."""
        transport = self._transports.get(scope["client"])
        if transport is not None:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_FAREWELL)
            transport.abort()
