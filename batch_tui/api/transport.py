"""httpx at arm's length: connections opened late, its answers as Outcome, its exceptions as ours.

Nothing made here keeps an httpx object: those hold the request, and the request holds the key.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import anyio.to_thread
import httpx

from batch_tui.api.calls import CallRecord, NotGiven
from batch_tui.api.errors import (
    APIConnectionError,
    APITimeoutError,
    BatchAPIError,
    TruncatedResults,
    error_from_response,
)
from batch_tui.api.retry import Outcome, http_date, retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_tui.api.calls import Call
    from batch_tui.api.options import ClientOptions, Timeout

T = TypeVar("T")

DEFAULT_TIMEOUT = httpx.Timeout(600.0, connect=5.0)
LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
MAX_REDIRECTS = 5

NOT_REACHED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
HOPELESS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
WAITED_FOR = {
    httpx.ConnectTimeout: "no connection was made",
    httpx.PoolTimeout: "no connection became free",
    httpx.WriteTimeout: "the request could not be sent",
    httpx.ReadTimeout: "no further bytes came",
}


class Connections:
    """One pool of connections, opened at the first request: the TLS context alone costs some 40 to 80 ms."""

    def __init__(self, options: ClientOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._closed = False

    def open(self) -> httpx.Client:
        """The pool. Raises RuntimeError once closed."""
        with self._lock:
            if self._closed:
                raise RuntimeError("This client is closed; make a new one.")
            if self._client is None:
                try:
                    self._client = httpx.Client(verify=self._options.verify, timeout=DEFAULT_TIMEOUT, limits=LIMITS)
                except PROXY_TROUBLE as error:
                    raise proxy_error(error) from None
            return self._client

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
        if client is not None:
            client.close()


class AsyncConnections:
    """The same for asynchronous use; opening happens in a thread, so that it never holds up the loop."""

    def __init__(self, options: ClientOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._client: httpx.AsyncClient | None = None
        self._closed = False

    async def open(self) -> httpx.AsyncClient:
        """The pool. Raises RuntimeError once closed."""
        if self._client is not None:
            return self._client
        return await anyio.to_thread.run_sync(self._open)

    def _open(self) -> httpx.AsyncClient:
        with self._lock:
            if self._closed:
                raise RuntimeError("This client is closed; make a new one.")
            if self._client is None:
                try:
                    self._client = httpx.AsyncClient(
                        verify=self._options.verify, timeout=DEFAULT_TIMEOUT, limits=LIMITS
                    )
                except PROXY_TROUBLE as error:
                    raise proxy_error(error) from None
            return self._client

    async def close(self) -> None:
        """Close every connection."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


PROXY_TROUBLE = (ImportError, ValueError, httpx.InvalidURL)


def proxy_error(error: Exception) -> BatchAPIError:
    """What httpx refuses at opening: the environment's proxy. Its address may hold a password: not shown."""
    return BatchAPIError(
        f"The proxy settings of the environment (HTTPS_PROXY, ALL_PROXY, …) cannot be used "
        f"({type(error).__name__}). Correct or unset them."
    )


def timeout_of(options: ClientOptions, timeout: Timeout) -> httpx.Timeout:
    """The timeout of one call: its own, else the client's, else the default. None waits for ever."""
    for wish in (timeout, options.timeout):
        if not isinstance(wish, NotGiven):
            return httpx.Timeout(wish)
    return DEFAULT_TIMEOUT


def build_request(
    client: httpx.Client | httpx.AsyncClient,
    options: ClientOptions,
    call: Call[T],
    timeout: httpx.Timeout,
) -> httpx.Request:
    """The request of a call. Raises CredentialsError without a key, ValueError for a bad address."""
    try:
        return client.build_request(
            call.method,
            options.url(call),
            headers=options.headers(call),
            content=call.body,
            timeout=timeout,
        )
    except httpx.InvalidURL as error:
        raise ValueError(f"The address of the request is not valid: {error}.") from None
    except UnicodeEncodeError:
        raise ValueError("A header has characters that cannot be sent; use ASCII.") from None


def redirect_of(response: httpx.Response) -> httpx.Request | None:
    """The request a redirect asks for, if it may be followed: a GET that stays on its origin."""
    following = response.next_request
    if following is None or response.request.method != "GET":
        return None
    return following if _origin(following.url) == _origin(response.request.url) else None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def answered(options: ClientOptions, response: httpx.Response, body: bytes) -> Outcome:
    """An answer as an Outcome; anything but a 2xx carries its error, in which an echoed key is hidden."""
    headers = lower_headers(response)
    if response.is_success:
        return Outcome(None, response.status_code, headers, body)
    if options.credentials:
        body = options.credentials.conceal(body)
    wait = retry_after(headers, options.now())
    error = error_from_response(response.status_code, headers, body, retry_after=wait)
    return Outcome(error, response.status_code, headers, body)


def unanswered(
    error: httpx.RequestError, call: Call[T], options: ClientOptions, response: httpx.Response | None
) -> Outcome:
    """A failed attempt as an Outcome; a refusal whose explanation was lost is still that refusal."""
    if response is not None and not response.is_success:
        return answered(options, response, b"")
    place = f"{call.method} {call.path}"
    origin = origin_text(options)
    failure: APIConnectionError
    if isinstance(error, httpx.TimeoutException):
        failure = APITimeoutError(f"{place} took too long: {_waited(error)} ({origin}).")
    elif isinstance(error, NOT_REACHED):
        failure = APIConnectionError(f"Could not connect to {origin}: {_detail(error)}.")
    else:
        failure = APIConnectionError(f"The connection to {origin} was lost during {place}: {_detail(error)}.")
    return Outcome(failure, reached=not isinstance(error, NOT_REACHED), hopeless=isinstance(error, HOPELESS))


def broken_body(error: httpx.RequestError, bytes_read: int, request_id: str | None) -> APIConnectionError:
    """The error for a body that stopped coming after `bytes_read` decoded bytes."""
    if isinstance(error, httpx.TimeoutException):
        return APITimeoutError(
            f"The body took too long: {_waited(error)} after byte {bytes_read:,}.", request_id=request_id
        )
    return TruncatedResults(
        f"The connection was lost after {bytes_read:,} bytes: {_detail(error)}.",
        bytes_read=bytes_read,
        request_id=request_id,
    )


def record(options: ClientOptions, call: Call[T], outcome: Outcome, number: int, started: float) -> None:
    """Report an attempt to the client's `on_call`."""
    if options.on_call is None:
        return
    failed = outcome.error
    request_id = outcome.headers.get("request-id") or (failed.request_id if failed else None)
    options.on_call(
        CallRecord(
            method=call.method,
            path=call.path,
            status=outcome.status,
            seconds=options.clock() - started,
            request_id=request_id,
            error=str(failed) if failed else None,
            attempt=number,
            server_date=http_date(outcome.headers.get("date")),
        )
    )


def lower_headers(response: httpx.Response) -> Mapping[str, str]:
    """The headers by lower-case name; repeated ones joined with a comma."""
    return dict(response.headers.items())


def origin_text(options: ClientOptions) -> str:
    """Scheme, host and port of the base URL."""
    parts = urlsplit(options.base_url)
    return f"{parts.scheme}://{parts.netloc}"


def _waited(error: httpx.TimeoutException) -> str:
    return WAITED_FOR.get(type(error), "the time was up")


def _detail(error: httpx.RequestError) -> str:
    # Its text quotes the header that is illegal, and that may be the key.
    if isinstance(error, httpx.LocalProtocolError):
        return "the request cannot be sent as it is; a header holds a line break or the like"
    return str(error).rstrip(".") or type(error).__name__
