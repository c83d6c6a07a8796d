"""The official SDK and our client before the same scripted server, and what each was seen to do."""

from __future__ import annotations

import inspect
import ssl
import time as real_time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import anthropic
import anthropic._base_client
from anthropic import Anthropic, DefaultHttpxClient

from batch_tui.api import APIStatusError, APITimeoutError, BatchAPIError
from tests.api.conftest import START, EitherClient, VirtualTime, each

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

    from tests.api.scripted_server import Asked, Reply, ScriptedServer

KEY = "test-key"
JITTER = 0.25
"""What both take for random."""
TLS = ssl.create_default_context()
"""Not used on loopback, but slow to make for each of some hundred clients."""


@dataclass(frozen=True)
class Scenario:
    """One call, and the replies it meets. `named` are its keyword arguments."""

    name: str
    method: str
    named: Mapping[str, Any]
    replies: Sequence[Reply]


@dataclass(frozen=True)
class Request:
    """One request on the wire, without its headers."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def of(cls, asked: Asked) -> Request:
        query = parse_qsl(urlsplit(asked.target).query, keep_blank_values=True)
        return cls(asked.method, asked.path, tuple(sorted(query)), asked.body)


@dataclass(frozen=True)
class Seen:
    """What a client did: requests, seconds waited between them, values given, and the error at the end."""

    requests: tuple[Request, ...]
    delays: tuple[float, ...]
    values: tuple[Any, ...] = ()
    error: str | None = None
    """Name of its class."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """What a refusal says of itself."""


class OfficialPeer:
    """The synchronous official client, whose time is ours and whose dice always show the same."""

    def __init__(self, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self._slept: list[float] = []
        clock = SimpleNamespace(sleep=self._slept.append, time=lambda: START.timestamp(), time_ns=real_time.time_ns)
        monkeypatch.setattr(anthropic._base_client, "time", clock)
        monkeypatch.setattr(anthropic._base_client, "random", lambda: JITTER)
        self._server = server
        self._client = Anthropic(api_key=KEY, base_url=server.url, http_client=DefaultHttpxClient(verify=TLS))

    def meet(self, method: str, named: Mapping[str, Any], replies: Sequence[Reply]) -> Seen:
        """Make the call."""
        self._server.script(*replies)
        self._slept.clear()
        values: list[Any] = []
        error: Exception | None = None
        try:
            answer = getattr(self._client.messages.batches, method)(**named)
            for value in answer if method in ("list", "results") else [answer]:
                values.append(plain(value))  # noqa: PERF401  (a comprehension would lose what came before the error)
        except Exception as caught:  # noqa: BLE001  (whatever it lets out is to be seen: httpx's and json's errors, too)
            error = caught
        return seen(self._server, self._slept, values, error)

    def close(self) -> None:
        self._client.close()


class OurPeer:
    """Ours of either kind, told to use the official SDK's version of the API and header for the key."""

    def __init__(self, kind: str, server: ScriptedServer) -> None:
        self._server = server
        self._time = VirtualTime()
        self._client = EitherClient(
            kind,
            self._time,
            api_key=KEY,
            base_url=server.url,
            api_version="2026-10-21",
            auth_style="bearer",
            jitter=lambda: JITTER,
            # Does not move: a date to wait for is compared with the moment the other peer takes it to be.
            now=lambda: START,
            verify=TLS,
        )

    async def meet(self, method: str, named: Mapping[str, Any], replies: Sequence[Reply]) -> Seen:
        """Make the call."""
        self._server.script(*replies)
        self._time.slept.clear()
        values: list[Any] = []
        error: Exception | None = None
        try:
            answer = getattr(self._client.client.messages.batches, method)(**named)
            if inspect.iscoroutine(answer):
                answer = await answer
            if method in ("list", "results"):
                async for value in each(answer):
                    values.append(plain(value))  # noqa: PERF401  (a comprehension would lose what came before the error)
            else:
                values.append(plain(answer))
        except (BatchAPIError, ValueError) as caught:
            error = caught
        return seen(self._server, self._time.slept, values, error)

    async def close(self) -> None:
        await self._client.close()


def seen(server: ScriptedServer, slept: Sequence[float], values: Sequence[Any], error: Exception | None) -> Seen:
    """What happened, in words that both clients share."""
    told: dict[str, Any] = {}
    if isinstance(error, anthropic.APITimeoutError | APITimeoutError):
        # A client that gave up may be ahead of the thread that reads what it had sent.
        server.wait_until_asked(len(slept) + 1)
    if isinstance(error, anthropic.APIStatusError | APIStatusError):
        told = {
            "status_code": error.status_code,
            "type": error.type,
            "request_id": error.request_id,
            "error_code": error.error_code,
            "body": error.body.strip() if isinstance(error.body, str) else error.body,
        }
    return Seen(
        tuple(Request.of(asked) for asked in server.asked),
        tuple(round(seconds, 6) for seconds in slept),
        tuple(values),
        type(error).__name__ if error else None,
        told,
    )


def plain(value: Any) -> Any:
    """A value of either client as what the server sent."""
    if not hasattr(value, "model_dump"):
        return value
    # The official models complain about kinds they do not know, which is not our business.
    return value.model_dump(mode="json", exclude_unset=True, warnings=False)


class Peers:
    """Both, before one server."""

    def __init__(self, kind: str, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        self.official = OfficialPeer(server, monkeypatch)
        self.ours = OurPeer(kind, server)

    async def both(self, scenario: Scenario) -> tuple[Seen, Seen]:
        """What the official client did, then what ours did."""
        official = self.official.meet(scenario.method, scenario.named, scenario.replies)
        return official, await self.ours.meet(scenario.method, scenario.named, scenario.replies)

    async def close(self) -> None:
        self.official.close()
        await self.ours.close()
