"""httpx at arm's length: connections opened late, its answers as Outcome, its exceptions as ours.

Nothing made here keeps an httpx object: those hold the request, and the request holds the key.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import anyio.to_thread
import httpx

from batch_tui.api.base_url import is_loopback, origin_of
from batch_tui.api.calls import LOGGED_QUERY, CallRecord, RateLimit
from batch_tui.api.credentials import hide
from batch_tui.api.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    BatchAPIError,
    TruncatedResults,
    error_from_response,
)
from batch_tui.api.not_given import NotGiven
from batch_tui.api.request_body import PIECE, AsyncPieces, Pieces
from batch_tui.api.retry import Outcome, http_date, retry_after
from batch_tui.api.tls import trusted_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_tui.api.calls import Call
    from batch_tui.api.options import ClientOptions, Timeout

T = TypeVar("T")

CONNECT_TIMEOUT = 5.0
DEFAULT_TIMEOUT = httpx.Timeout(600.0, connect=CONNECT_TIMEOUT)
HTTPX_DEFAULT_TIMEOUT = httpx.Timeout(5.0)
LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
MAX_REDIRECTS = 5
# What stays on this machine needs no proxy, and one would see the key in the clear.
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
SECRET_HEADERS = ("x-api-key", "authorization", "proxy-authorization", "cookie")

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


def direct_hosts(base_url: str) -> dict[str, None]:
    """httpx mounts that keep the proxy of the environment away from loopback."""
    host = urlsplit(base_url).hostname or ""
    names = {*LOOPBACK_NAMES, *({host} if is_loopback(host) and ":" not in host else ())}
    return {f"all://{name}": None for name in sorted(names)}


class Connections:
    """One pool of connections, opened at the first request: the TLS context alone costs some 40 to 80 ms."""

    def __init__(self, options: ClientOptions, given: httpx.Client | None = None) -> None:
        if given is not None and not isinstance(given, httpx.Client):
            raise TypeError(
                f"http_client must be an httpx.Client, not {type(given).__module__}.{type(given).__name__}."
            )
        self._options = options
        self._lock = threading.Lock()
        self._client = given
        self._closed = False
        self.are_own = given is None
        self.default_timeout = default_timeout(given)

    def open(self) -> httpx.Client:
        """The pool. Raises RuntimeError once closed."""
        with self._lock:
            if self._closed:
                raise RuntimeError("This client is closed; make a new one.")
            if self._client is None:
                try:
                    self._client = httpx.Client(
                        verify=trusted_for(self._options.base_url, self._options.verify),
                        timeout=DEFAULT_TIMEOUT,
                        limits=LIMITS,
                        mounts=direct_hosts(self._options.base_url),
                    )
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

    def __init__(self, options: ClientOptions, given: httpx.AsyncClient | None = None) -> None:
        if given is not None and not isinstance(given, httpx.AsyncClient):
            kind = f"{type(given).__module__}.{type(given).__name__}"
            raise TypeError(f"http_client must be an httpx.AsyncClient, not {kind}.")
        self._options = options
        self._lock = threading.Lock()
        self._client = given
        self._closed = False
        self.default_timeout = default_timeout(given)

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
                        verify=trusted_for(self._options.base_url, self._options.verify),
                        timeout=DEFAULT_TIMEOUT,
                        limits=LIMITS,
                        mounts=direct_hosts(self._options.base_url),
                    )
                except PROXY_TROUBLE as error:
                    raise proxy_error(error) from None
            return self._client

    async def close(self) -> None:
        """Close every connection, also those that are being opened."""
        client = await anyio.to_thread.run_sync(self._take_away)
        if client is not None:
            await client.aclose()

    def _take_away(self) -> httpx.AsyncClient | None:
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
            return client


def patience(seconds: float) -> httpx.Timeout:
    """A timeout of so many seconds for each wait but that for a connection, which is as short as always."""
    return httpx.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT))


def default_timeout(given: httpx.Client | httpx.AsyncClient | None) -> httpx.Timeout:
    """What a given client was told to wait, unless it was told nothing; else ours."""
    return DEFAULT_TIMEOUT if given is None or given.timeout == HTTPX_DEFAULT_TIMEOUT else given.timeout


PROXY_TROUBLE = (ImportError, ValueError, httpx.InvalidURL)


def proxy_error(error: Exception) -> BatchAPIError:
    """What httpx refuses at opening: the environment's proxy. Its address may hold a password: not shown."""
    return BatchAPIError(
        f"The proxy settings of the environment (HTTPS_PROXY, ALL_PROXY, …) cannot be used "
        f"({type(error).__name__}). Correct or unset them."
    )


def timeout_of(options: ClientOptions, timeout: Timeout, default: httpx.Timeout) -> httpx.Timeout:
    """The timeout of one call: its own, else the client's, else the default. None waits for ever."""
    for wish in (timeout, options.timeout):
        if not isinstance(wish, NotGiven):
            return httpx.Timeout(wish)
    return default


def build_request(
    client: httpx.Client | httpx.AsyncClient,
    options: ClientOptions,
    call: Call[T],
    timeout: httpx.Timeout,
) -> httpx.Request:
    """The request of a call. Raises CredentialsError without a key, ValueError for a bad address."""
    try:
        headers, content = options.headers(call), _content(client, call.body)
        if call.body is not None:
            # Of what comes in pieces httpx does not know it, and the API takes no body of unknown length.
            headers["content-length"] = str(len(call.body))
        return client.build_request(call.method, options.url(call), headers=headers, content=content, timeout=timeout)
    except httpx.InvalidURL as error:
        raise ValueError(f"The address of the request is not valid: {error}.") from None
    except UnicodeEncodeError:
        raise ValueError("A header has characters that cannot be sent; use ASCII.") from None


def _content(client: httpx.Client | httpx.AsyncClient, body: bytes | None) -> bytes | Pieces | AsyncPieces | None:
    if body is None or len(body) <= PIECE:
        return body
    return Pieces(body) if isinstance(client, httpx.Client) else AsyncPieces(body)


def redirect_of(response: httpx.Response) -> httpx.Request | None:
    """The request a redirect asks for, if it may be followed: to the same origin, by the same method."""
    following = response.next_request
    if following is None or following.method != response.request.method:
        return None
    return following if _origin(following.url) == _origin(response.request.url) else None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def secrets_of(request: httpx.Request) -> tuple[str, ...]:
    """What must not be shown of a request, wherever it came from."""
    values = (request.headers.get(name, "") for name in SECRET_HEADERS)
    return tuple(value.removeprefix("Bearer ") for value in values if value)


def answered(options: ClientOptions, response: httpx.Response, body: bytes, credentials_version: int | None) -> Outcome:
    """An answer as an Outcome, in which an echoed key is hidden; anything but a 2xx carries its error.

    `credentials_version` is that of the secret sent, None if the call brought its own.
    """
    secrets = secrets_of(response.request)
    headers = lower_headers(response, secrets)
    body = hide(secrets, body)
    if response.is_success:
        return Outcome(None, response.status_code, headers, body)
    wait = retry_after(headers, options.now())
    error = error_from_response(response.status_code, headers, body, retry_after=wait)
    renewable = (
        response.status_code == 401
        and options.credentials is not None
        and credentials_version is not None
        and options.credentials.reject(credentials_version)
    )
    return Outcome(error, response.status_code, headers, body, renewable=renewable)


def not_renewed(error: APIError) -> Outcome:
    """An attempt that was never sent because its credentials could not be renewed just now."""
    return Outcome(error, reached=False, hopeless=isinstance(error, APIResponseValidationError))


def unanswered(
    error: httpx.RequestError,
    call: Call[T],
    options: ClientOptions,
    response: httpx.Response | None,
    credentials_version: int | None,
) -> Outcome:
    """A failed attempt as an Outcome; a refusal whose explanation was lost is still that refusal."""
    if response is not None and not response.is_success:
        return answered(options, response, b"", credentials_version)
    place = f"{call.method} {call.path}"
    origin = origin_of(options.base_url)
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
            query=tuple(item for item in call.query if item[0] in LOGGED_QUERY),
            failure=_kind_of(failed),
            retry_after=retry_after(outcome.headers, options.now()),
            should_retry={"true": True, "false": False}.get(outcome.headers.get("x-should-retry", "")),
            rate_limit=_rate_limit(outcome.headers),
        )
    )


def _kind_of(error: APIError | None) -> str | None:
    match error:
        case None:
            return None
        case APIStatusError():
            # It comes out of a body: a category is one short word, and nothing else gets through.
            named = error.type is not None and error.type.isidentifier() and len(error.type) < 60
            return error.type if named else f"status {error.status_code}"
        case APITimeoutError():
            return "timed out"
        case APIConnectionError():
            return "connection failed"
    return "unreadable answer" if isinstance(error, APIResponseValidationError) else type(error).__name__


def _rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """The limit on requests as the headers state it, or None where they are silent or cannot be read."""
    named = {name: headers.get(f"anthropic-ratelimit-requests-{name}") for name in ("limit", "remaining", "reset")}
    limit, remaining = (_whole(named[name]) for name in ("limit", "remaining"))
    if limit is None and remaining is None:
        return None
    return RateLimit(limit, remaining, _moment(named["reset"]))


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 16 else None


def _moment(text: str | None) -> datetime | None:
    """An RFC 3339 time, or None."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def lower_headers(response: httpx.Response, secrets: tuple[str, ...]) -> Mapping[str, str]:
    """The headers by lower-case name, repeated ones joined with a comma, without secrets that were echoed."""
    return {
        name: hide(secrets, value.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
        for name, value in response.headers.items()
    }


def _waited(error: httpx.TimeoutException) -> str:
    return WAITED_FOR.get(type(error), "the time was up")


def _detail(error: httpx.RequestError) -> str:
    # Its text quotes the header that is illegal, and that may be the key.
    if isinstance(error, httpx.LocalProtocolError):
        return "the request cannot be sent as it is; a header holds a line break or the like"
    return str(error).rstrip(".") or type(error).__name__
