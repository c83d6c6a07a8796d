"""What every test shares: one async backend, and no network beyond this machine."""

from __future__ import annotations

import gc
import ipaddress
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long one example takes says something about the machine, not about the product.
settings.register_profile("batch-tui", deadline=None)
settings.load_profile("batch-tui")


# Thousands of apps leave much to look through: as often as by default, the collector takes a third of the whole run.
gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Textual runs on asyncio only, so that is the loop the tests use."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """Turn any connection that would leave this machine into an error."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to leave this machine: {address!r}")
        connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()
