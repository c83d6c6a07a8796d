"""BatchClient and AsyncBatchClient: two thin drivers of the calls, the retry policy and the connections.

All that decides anything is in the modules around; what is written twice here is only what must wait.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar, Unpack

import anyio
import httpx

from batch_tui.api.batches import AsyncMessages, Messages
from batch_tui.api.options import client_options
from batch_tui.api.results_stream import AsyncResultsStream, ResultsStream
from batch_tui.api.retry import Outcome, Wait, attempts
from batch_tui.api.transport import (
    MAX_REDIRECTS,
    AsyncConnections,
    Connections,
    answered,
    build_request,
    record,
    redirect_of,
    timeout_of,
    unanswered,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from types import TracebackType

    from batch_tui.api.calls import Call
    from batch_tui.api.options import ClientArguments, ClientOptions, OptionChanges, Timeout

T = TypeVar("T")


class _Client:
    """What needs no waiting: options, repr, and the refusal to be pickled."""

    _options: ClientOptions

    @property
    def base_url(self) -> str:
        """Where all calls go, without a final slash."""
        return self._options.base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._options.base_url} {self._options.credentials!r}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"A {type(self).__name__} is not pickled: its key and connections stay in this process.")


class BatchClient(_Client):
    """The synchronous client; may be used from several threads.

    Arguments beside `api_key` and `sleep` are those of `options.client_options`: auth_token, credentials,
    base_url (may have a path prefix), api_version, auth_style, workspace_id, timeout, retry, max_retries,
    default_headers, verify (a shared SSL context makes opening cheap), jitter, now, clock, on_call, environ.
    Without a key argument the key comes from the environment; if there is none, the first request raises
    CredentialsError.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        **arguments: Unpack[ClientArguments],
    ) -> None:
        self._options = client_options(api_key, **arguments)
        self._sleep = sleep
        self._connections = Connections(self._options)

    @property
    def messages(self) -> Messages:
        """Holds `batches`."""
        return Messages(self)

    def with_options(self, **changes: Unpack[OptionChanges]) -> BatchClient:
        """A client with other options over the same connections; closing either closes both."""
        other = object.__new__(BatchClient)
        other._options = self._options.changed(changes)
        other._sleep = self._sleep
        other._connections = self._connections
        return other

    def close(self) -> None:
        """Close all connections; a later request raises RuntimeError."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, call: Call[T], timeout: Timeout) -> T:
        """Make a call, repeating it as the policy allows, and return its parsed answer."""
        return self._drive(call, timeout, stream=False)[0]

    def open_results(self, call: Call[Outcome], *, chunk_size: int, timeout: Timeout) -> ResultsStream:
        """Make the results call and return its body while it is still coming."""
        outcome, response = self._drive(call, timeout, stream=True)
        with ExitStack() as release:
            release.callback(response.close)
            stream = ResultsStream(response, outcome, call.path, chunk_size)
            release.pop_all()
        return stream

    def _drive(self, call: Call[T], timeout: Timeout, *, stream: bool) -> tuple[T, httpx.Response]:
        flow = attempts(call, self._options.retry, jitter=self._options.jitter, now=self._options.now)
        with ExitStack() as release:
            step = next(flow)
            while True:
                outcome: Outcome | None = None
                response: httpx.Response | None = None
                if isinstance(step, Wait):
                    self._sleep(step.seconds)
                else:
                    outcome, response = self._attempt(call, timeout, step.number, stream=stream)
                    if response is not None:
                        release.callback(response.close)
                try:
                    step = flow.send(outcome)
                except StopIteration as finished:
                    assert response is not None, "only an answer can be parsed"
                    release.pop_all()
                    return finished.value, response

    def _attempt(
        self, call: Call[T], timeout: Timeout, number: int, *, stream: bool
    ) -> tuple[Outcome, httpx.Response | None]:
        options = self._options
        client = self._connections.open()
        request = build_request(client, options, call, timeout_of(options, timeout))
        response: httpx.Response | None = None
        started = options.clock()
        try:
            response = self._send(client, request)
            streamed = stream and response.is_success
            outcome = answered(options, response, b"" if streamed else response.read())
        except httpx.RequestError as error:
            outcome = unanswered(error, call, options, response)
        record(options, call, outcome, number, started)
        return outcome, response

    @staticmethod
    def _send(client: httpx.Client, request: httpx.Request) -> httpx.Response:
        response = client.send(request, stream=True)
        for _ in range(MAX_REDIRECTS):
            following = redirect_of(response)
            if following is None:
                break
            response.close()
            response = client.send(following, stream=True)
        return response


class AsyncBatchClient(_Client):
    """The asynchronous client, for one event loop; arguments as for BatchClient, but `sleep` is awaited."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
        **arguments: Unpack[ClientArguments],
    ) -> None:
        self._options = client_options(api_key, **arguments)
        self._sleep = sleep
        self._connections = AsyncConnections(self._options)

    @property
    def messages(self) -> AsyncMessages:
        """Holds `batches`."""
        return AsyncMessages(self)

    def with_options(self, **changes: Unpack[OptionChanges]) -> AsyncBatchClient:
        """A client with other options over the same connections; closing either closes both."""
        other = object.__new__(AsyncBatchClient)
        other._options = self._options.changed(changes)
        other._sleep = self._sleep
        other._connections = self._connections
        return other

    async def close(self) -> None:
        """Close all connections; a later request raises RuntimeError."""
        await self._connections.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def run(self, call: Call[T], timeout: Timeout) -> T:
        """Make a call, repeating it as the policy allows, and return its parsed answer."""
        return (await self._drive(call, timeout, stream=False))[0]

    async def open_results(
        self,
        call: Call[Outcome],
        timeout: Timeout,
    ) -> tuple[AsyncResultsStream, AsyncIterator[bytes]]:
        """Make the results call and return its body, and the bytes of it, while it is still coming."""
        outcome, response = await self._drive(call, timeout, stream=True)
        async with AsyncExitStack() as release:
            release.push_async_callback(response.aclose)
            stream = AsyncResultsStream(response)
            pieces = await stream.open(outcome, call.path)
            release.pop_all()
        return stream, pieces

    async def _drive(
        self,
        call: Call[T],
        timeout: Timeout,
        *,
        stream: bool,
    ) -> tuple[T, httpx.Response]:
        flow = attempts(call, self._options.retry, jitter=self._options.jitter, now=self._options.now)
        async with AsyncExitStack() as release:
            step = next(flow)
            while True:
                outcome: Outcome | None = None
                response: httpx.Response | None = None
                if isinstance(step, Wait):
                    await self._sleep(step.seconds)
                else:
                    outcome, response = await self._attempt(call, timeout, step.number, stream=stream)
                    if response is not None:
                        release.push_async_callback(response.aclose)
                try:
                    step = flow.send(outcome)
                except StopIteration as finished:
                    assert response is not None, "only an answer can be parsed"
                    release.pop_all()
                    return finished.value, response

    async def _attempt(
        self,
        call: Call[T],
        timeout: Timeout,
        number: int,
        *,
        stream: bool,
    ) -> tuple[Outcome, httpx.Response | None]:
        options = self._options
        client = await self._connections.open()
        request = build_request(client, options, call, timeout_of(options, timeout))
        response: httpx.Response | None = None
        started = options.clock()
        try:
            response = await self._send(client, request)
            streamed = stream and response.is_success
            outcome = answered(options, response, b"" if streamed else await response.aread())
        except httpx.RequestError as error:
            outcome = unanswered(error, call, options, response)
        record(options, call, outcome, number, started)
        return outcome, response

    @staticmethod
    async def _send(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        response = await client.send(request, stream=True)
        for _ in range(MAX_REDIRECTS):
            following = redirect_of(response)
            if following is None:
                break
            await response.aclose()
            response = await client.send(following, stream=True)
        return response
