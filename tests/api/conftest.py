"""Both clients behind one awaited face, and time that only moves when someone sleeps."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api import AsyncBatchClient, BatchAPIError, BatchClient
from tests.api.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.api.peers import Peers

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class VirtualTime:
    """A clock, and a sleep that moves it at once."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=sum(self.slept))

    def clock(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.slept.append(seconds)


class EitherClient:
    """One of the two clients; each call is awaited, whichever it is."""

    def __init__(self, kind: str, time: VirtualTime, **arguments: Any) -> None:
        shared: dict[str, Any] = {
            "api_key": "test-key",
            "now": time.now,
            "clock": time.clock,
            "jitter": lambda: 0.0,
            "environ": {},
            **arguments,
        }
        self.client: BatchClient | AsyncBatchClient
        if kind == "sync":
            self.client = BatchClient(sleep=time.sleep, **shared)
        else:
            self.client = AsyncBatchClient(sleep=time.sleep_async, **shared)

    async def call(self, method: str, *arguments: Any, **named: Any) -> Any:
        """`client.messages.batches.<method>(…)`."""
        answer = getattr(self.client.messages.batches, method)(*arguments, **named)
        return await finish(answer)

    async def close(self) -> None:
        await finish(self.client.close())


async def each(rows: Any) -> AsyncIterator[Any]:
    """The items of an iterable of either kind."""
    if hasattr(rows, "__aiter__"):
        async for row in rows:
            yield row
    else:
        for row in rows:
            yield row


async def take(rows: Any) -> list[Any]:
    """All items."""
    return [row async for row in each(rows)]


async def take_until_error(rows: Any) -> tuple[list[Any], BatchAPIError | None]:
    """The items before the error, and the error."""
    found: list[Any] = []
    try:
        async for row in each(rows):
            found.append(row)  # noqa: PERF401  (a comprehension would lose what came before the error)
    except BatchAPIError as error:
        return found, error
    return found, None


async def finish(answer: Any) -> Any:
    """Await what needs it."""
    return await answer if inspect.isawaitable(answer) else answer


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    which: str = request.param
    return which


class Clients:
    """Makes clients of the kind under test, and closes them at the end."""

    def __init__(self, kind: str, time: VirtualTime) -> None:
        self._kind = kind
        self._time = time
        self._made: list[EitherClient] = []

    def __call__(self, base_url: str, **arguments: Any) -> EitherClient:
        made = EitherClient(self._kind, self._time, base_url=base_url, **arguments)
        self._made.append(made)
        return made

    async def close(self) -> None:
        for made in self._made:
            await made.close()


@pytest.fixture
async def clients(kind: str, time: VirtualTime) -> AsyncIterator[Clients]:
    made = Clients(kind, time)
    yield made
    await made.close()


@pytest.fixture
async def peers(kind: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Peers]:
    """The official client and ours of the kind under test, before one scripted server."""
    # Here, since it is built on what stands above.
    from tests.api.peers import Peers

    with ScriptedServer() as server:
        made = Peers(kind, server, monkeypatch)
        yield made
        await made.close()
