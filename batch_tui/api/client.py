"""BatchClient and AsyncBatchClient: two thin drivers of the calls, the retry policy and the connections.

All that decides anything is in the modules around; what is written twice here is only what must wait.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar, Unpack

import anyio
import anyio.to_thread
import httpx

from batch_tui.api.async_batches import AsyncMessages
from batch_tui.api.batches import Messages
from batch_tui.api.errors import APIError
from batch_tui.api.options import client_options
from batch_tui.api.raw_response import Answer
from batch_tui.api.results_stream import AsyncResultsStream, ResultsStream
from batch_tui.api.retry import Outcome, Wait, attempts
from batch_tui.api.transport import (
    MAX_REDIRECTS,
    AsyncConnections,
    Connections,
    answered,
    build_request,
    not_renewed,
    record,
    redirect_of,
    timeout_of,
    unanswered,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from types import TracebackType

    from batch_tui.api.calls import Call
    from batch_tui.api.credentials import Credentials
    from batch_tui.api.options import ClientArguments, ClientOptions, OptionChanges, Timeout

T = TypeVar("T")


class _Client:
    """What needs no waiting: options, repr, and the refusal to be pickled."""

    _options: ClientOptions

    @property
    def base_url(self) -> str:
        """Where all calls go, without a final slash."""
        return self._options.base_url

    def _credentials_of(self, call: Call[T]) -> Credentials | None:
        """Those that the call is to be sent with; None if it brings its own, or there are none."""
        return None if self._options.brings_its_own(call) else self._options.credentials

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._options.base_url} {self._options.credentials!r}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"A {type(self).__name__} is not pickled: its key and connections stay in this process.")


class BatchClient(_Client):
    """The synchronous client; may be used from several threads.

    Arguments beside `api_key`, `http_client` and `sleep` are those of `options.client_options`: auth_token,
    credentials, profile, base_url (may have a path prefix), allow_plain_http, api_version, auth_style,
    workspace_id, timeout, retry, max_retries, default_headers, default_query, verify (a shared SSL context makes
    opening cheap), jitter, now, clock, on_call, environ. Without one that authenticates, the environment and the
    official CLI's profile are searched (`credential_chain.find_credentials`); if there is nothing, the first
    request raises CredentialsError. `http_client` brings its own connections, proxies and TLS, and is closed with
    this client; its redirects are not used.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        http_client: httpx.Client | None = None,
        sleep: Callable[[float], object] = time.sleep,
        **arguments: Unpack[ClientArguments],
    ) -> None:
        self._options = client_options(api_key, **arguments)
        self._sleep = sleep
        self._connections = Connections(self._options, http_client)

    @property
    def messages(self) -> Messages:
        """Holds `batches`."""
        return Messages(self)

    def with_options(self, *, http_client: httpx.Client | None = None, **changes: Unpack[OptionChanges]) -> BatchClient:
        """A client with other options over the same connections, so that closing either closes both.

        Given an `http_client` it has connections of its own. Raises TypeError for an unknown option.
        """
        other = object.__new__(BatchClient)
        other._options = self._options.changed(changes)
        other._sleep = self._sleep
        other._connections = Connections(other._options, http_client) if http_client else self._connections
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

    def fetch(self, call: Call[T], timeout: Timeout) -> Answer[T]:
        """Make a call, repeating it as the policy allows."""
        return self._drive(call, timeout, stream=False)[0]

    def open_results(self, call: Call[Outcome], *, chunk_size: int, timeout: Timeout) -> Answer[ResultsStream]:
        """Make the results call; its body is still coming."""
        answer, response = self._drive(call, timeout, stream=True)
        with ExitStack() as release:
            release.callback(response.close)
            own = self._connections.are_own
            stream = ResultsStream(response, answer.value, call.path, chunk_size, own_transport=own)
            release.pop_all()
        return Answer(stream, answer.outcome, answer.retries_taken, answer.url, is_streamed=True)

    def _drive(self, call: Call[T], timeout: Timeout, *, stream: bool) -> tuple[Answer[T], httpx.Response]:
        flow = attempts(call, self._options.retry, jitter=self._options.jitter, now=self._options.now)
        with ExitStack() as release:
            step = next(flow)
            sent = 0
            while True:
                outcome: Outcome | None = None
                response: httpx.Response | None = None
                if isinstance(step, Wait):
                    self._sleep(step.seconds)
                else:
                    sent = step.number
                    outcome, response = self._attempt(call, timeout, sent, stream=stream)
                    if response is not None:
                        release.callback(response.close)
                try:
                    step = flow.send(outcome)
                except StopIteration as finished:
                    assert outcome is not None, "only an answer can be parsed"
                    assert response is not None, "only an answer can be parsed"
                    release.pop_all()
                    return Answer(finished.value, outcome, sent, self._options.url(call)), response

    def _attempt(
        self, call: Call[T], timeout: Timeout, number: int, *, stream: bool
    ) -> tuple[Outcome, httpx.Response | None]:
        options = self._options
        started = options.clock()
        response: httpx.Response | None = None
        credentials = self._credentials_of(call)
        try:
            if credentials is not None and credentials.is_due():
                credentials.renew()
        except APIError as error:
            outcome = not_renewed(error)
        else:
            version = credentials.version if credentials is not None else None
            client = self._connections.open()
            wait = timeout_of(options, timeout, self._connections.default_timeout)
            request = build_request(client, options, call, wait)
            try:
                response = self._send(client, request)
                streamed = stream and response.is_success
                outcome = answered(options, response, b"" if streamed else response.read(), version)
            except httpx.RequestError as error:
                outcome = unanswered(error, call, options, response, version)
        record(options, call, outcome, number, started)
        return outcome, response

    @staticmethod
    def _send(client: httpx.Client, request: httpx.Request) -> httpx.Response:
        response = client.send(request, stream=True, follow_redirects=False)
        for _ in range(MAX_REDIRECTS):
            following = redirect_of(response)
            if following is None:
                break
            response.close()
            response = client.send(following, stream=True, follow_redirects=False)
        return response


class AsyncBatchClient(_Client):
    """The asynchronous client, for one event loop; arguments as for BatchClient, but `sleep` is awaited."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        http_client: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
        **arguments: Unpack[ClientArguments],
    ) -> None:
        self._options = client_options(api_key, **arguments)
        self._sleep = sleep
        self._connections = AsyncConnections(self._options, http_client)

    @property
    def messages(self) -> AsyncMessages:
        """Holds `batches`."""
        return AsyncMessages(self)

    def with_options(
        self, *, http_client: httpx.AsyncClient | None = None, **changes: Unpack[OptionChanges]
    ) -> AsyncBatchClient:
        """A client with other options over the same connections, so that closing either closes both.

        Given an `http_client` it has connections of its own. Raises TypeError for an unknown option.
        """
        other = object.__new__(AsyncBatchClient)
        other._options = self._options.changed(changes)
        other._sleep = self._sleep
        other._connections = AsyncConnections(other._options, http_client) if http_client else self._connections
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

    async def fetch(self, call: Call[T], timeout: Timeout) -> Answer[T]:
        """Make a call, repeating it as the policy allows."""
        return (await self._drive(call, timeout, stream=False))[0]

    async def open_results(
        self, call: Call[Outcome], timeout: Timeout
    ) -> Answer[tuple[AsyncResultsStream, AsyncIterator[bytes]]]:
        """Make the results call; its body, and the bytes of it, are still coming."""
        answer, response = await self._drive(call, timeout, stream=True)
        async with AsyncExitStack() as release:
            release.push_async_callback(response.aclose)
            stream = AsyncResultsStream(response, answer.value)
            pieces = await stream.open(call.path)
            release.pop_all()
        return Answer((stream, pieces), answer.outcome, answer.retries_taken, answer.url, is_streamed=True)

    async def _drive(self, call: Call[T], timeout: Timeout, *, stream: bool) -> tuple[Answer[T], httpx.Response]:
        flow = attempts(call, self._options.retry, jitter=self._options.jitter, now=self._options.now)
        async with AsyncExitStack() as release:
            step = next(flow)
            sent = 0
            while True:
                outcome: Outcome | None = None
                response: httpx.Response | None = None
                if isinstance(step, Wait):
                    await self._sleep(step.seconds)
                else:
                    sent = step.number
                    outcome, response = await self._attempt(call, timeout, sent, stream=stream)
                    if response is not None:
                        release.push_async_callback(response.aclose)
                try:
                    step = flow.send(outcome)
                except StopIteration as finished:
                    assert outcome is not None, "only an answer can be parsed"
                    assert response is not None, "only an answer can be parsed"
                    release.pop_all()
                    return Answer(finished.value, outcome, sent, self._options.url(call)), response

    async def _attempt(
        self, call: Call[T], timeout: Timeout, number: int, *, stream: bool
    ) -> tuple[Outcome, httpx.Response | None]:
        options = self._options
        started = options.clock()
        response: httpx.Response | None = None
        credentials = self._credentials_of(call)
        try:
            if credentials is not None and credentials.is_due():
                # Files and a lock shared with threads: not for the loop. Whoever is cancelled leaves it to the others.
                await anyio.to_thread.run_sync(credentials.renew, abandon_on_cancel=True)
        except APIError as error:
            outcome = not_renewed(error)
        else:
            version = credentials.version if credentials is not None else None
            client = await self._connections.open()
            wait = timeout_of(options, timeout, self._connections.default_timeout)
            request = build_request(client, options, call, wait)
            try:
                response = await self._send(client, request)
                streamed = stream and response.is_success
                outcome = answered(options, response, b"" if streamed else await response.aread(), version)
            except httpx.RequestError as error:
                outcome = unanswered(error, call, options, response, version)
        record(options, call, outcome, number, started)
        return outcome, response

    @staticmethod
    async def _send(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        response = await client.send(request, stream=True, follow_redirects=False)
        for _ in range(MAX_REDIRECTS):
            following = redirect_of(response)
            if following is None:
                break
            await response.aclose()
            response = await client.send(following, stream=True, follow_redirects=False)
        return response
