"""What stands before the API: common headers, request ids, the log, and faults that need no API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from batch_tui.simulator.clock import MINUTE, SECOND, http_date, stamp
from batch_tui.simulator.defaced import Defacer, defaced_headers, plain_scope
from batch_tui.simulator.draws import entropy, key_of, token
from batch_tui.simulator.request_log import Served
from batch_tui.simulator.wire import PROXY_HEADERS, ApiError, error_body, error_headers, proxy_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from batch_tui.simulator.chaos import Faults
    from batch_tui.simulator.faults import Fault
    from batch_tui.simulator.rate_limit import TokenBucket
    from batch_tui.simulator.request_log import RequestLog
    from batch_tui.simulator.results_body import Sleep

REQUESTS_PER_MINUTE = 20_000

_Headers = list[tuple[bytes, bytes]]


class Passage:
    """What travels with one request through the application, under `scope["simulator"]`."""

    def __init__(self, now: int, request_id: str, fault: Fault | None) -> None:
        self.now = now
        self.request_id = request_id
        self.fault = fault
        self.authenticated = False
        self.keeps_length = False
        self.defacer = Defacer(fault.hostile) if fault is not None and fault.hostile > 0 else None


class Edge:
    """ASGI wrapper around the routes."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        seed: int,
        now: Callable[[], int],
        log: RequestLog,
        faults: Faults,
        bucket: TokenBucket | None,
        sleep: Sleep,
        reset: Callable[[Scope], None],
    ) -> None:
        self._app = app
        self._reset = reset
        self._bucket = bucket
        self._sleep = sleep
        self._now = now
        self._log = log
        self._faults = faults
        self._request_key = key_of(seed, "request")
        self._organization = str(UUID(bytes=key_of(seed, "organization"), version=4)).encode()
        self._workspace = b"wrkspc_01" + token(entropy(key_of(seed, "workspace"), 0)[:22])
        self._number = 0
        self._minute = 0
        self._used = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"]
        if path.startswith("/__sim__/"):
            await self._app(scope, receive, send)
            return
        if scope["query_string"]:
            path += "?" + scope["query_string"].decode("latin-1")
        fault = self._faults.next(scope["method"], path)
        passage = Passage(self._now(), self._request_id(), fault)
        if passage.defacer is not None:
            scope = plain_scope(scope)
            send = _defaced(passage.defacer, send)
        scope["simulator"] = passage
        self._count(passage.now)
        lost = False

        async def dressed(message: Message) -> None:
            nonlocal lost
            if message["type"] == "http.response.start":
                self._note(scope, path, message["status"], passage)
                # The API sends chunked bodies; without a length uvicorn does the same.
                unwanted = b"" if passage.keeps_length else b"content-length"
                headers = [pair for pair in message["headers"] if pair[0] != unwanted]
                message = {**message, "headers": headers + self._headers(passage)}
                lost = fault is not None and fault.lose_response
                await send(message)
            elif not lost:
                await send(message)

        if fault is not None and fault.delay > 0:
            await self._sleep(fault.delay)
        if fault is not None and fault.reset:
            await self._break_connection(scope, receive, path, fault, passage)
        elif fault is not None and (fault.html or fault.redirect):
            await self._answer_as_proxy(scope, path, fault, passage, send)
        elif fault is not None and fault.status is not None:
            await _answer_error(fault, passage, dressed)
        else:
            await self._app(scope, receive, dressed)

    def _request_id(self) -> str:
        self._number += 1
        return "req_01" + token(entropy(self._request_key, self._number)[:22]).decode()

    def _count(self, now: int) -> None:
        minute = now // MINUTE
        if minute != self._minute:
            self._minute, self._used = minute, 0
        self._used += 1

    def _headers(self, passage: Passage) -> _Headers:
        headers = [
            (b"date", http_date(passage.now).encode()),
            *PROXY_HEADERS,
            (b"request-id", passage.request_id.encode()),
        ]
        if passage.authenticated:
            limit, left, reset = self._allowance(passage.now)
            headers += [
                (b"anthropic-organization-id", self._organization),
                (b"anthropic-workspace-id", self._workspace),
                (b"anthropic-ratelimit-requests-limit", b"%d" % limit),
                (b"anthropic-ratelimit-requests-remaining", b"%d" % left),
                (b"anthropic-ratelimit-requests-reset", stamp(reset)[:19].encode() + b"Z"),
            ]
        return headers

    def _allowance(self, now: int) -> tuple[int, int, int]:
        """The limit, what is left of it, and when it is whole again."""
        if self._bucket is None:
            left = max(0, REQUESTS_PER_MINUTE - self._used)
            return REQUESTS_PER_MINUTE, left, (self._minute + 1) * MINUTE
        # Stamps are cut to seconds; a little late is right, a little early is not.
        reset = self._bucket.full_again(now) + SECOND - 1
        return self._bucket.limit, self._bucket.remaining(), reset

    def _note(self, scope: Scope, path: str, status: int, passage: Passage) -> None:
        sent = {name: value for name, value in scope["headers"]}
        auth = next((name for name in (b"x-api-key", b"authorization") if sent.get(name)), b"")
        version = sent.get(b"anthropic-version", b"").decode("latin-1")
        at = stamp(passage.now)
        self._log.add(Served(scope["method"], path, status, at, auth.decode(), version, passage.request_id))

    async def _break_connection(
        self, scope: Scope, receive: Receive, path: str, fault: Fault, passage: Passage
    ) -> None:
        """No answer at all; the client cannot tell whether its request took effect."""
        if fault.reset == "after":
            await self._app(scope, receive, _unheard)
        self._note(scope, path, 0, passage)
        self._reset(scope)
        # Returning while the connection still counts as open would make uvicorn answer for us.
        while (await receive())["type"] != "http.disconnect":
            continue

    async def _answer_as_proxy(self, scope: Scope, path: str, fault: Fault, passage: Passage, send: Send) -> None:
        """An HTML page, or a redirect, without any of the API's own headers."""
        status = fault.status or (307 if fault.redirect else 502)
        self._note(scope, path, status, passage)
        headers = [(b"content-type", b"text/html; charset=UTF-8"), (b"server", b"nginx")]
        headers.append((b"date", http_date(passage.now).encode()))
        if fault.redirect:
            query = b"?" + scope["query_string"] if scope["query_string"] else b""
            headers.append((b"location", fault.redirect.encode() + scope["raw_path"] + query))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": proxy_page(status)})


def _defaced(defacer: Defacer, send: Send) -> Send:
    """A `send` that writes hostile text over headers and JSON bodies; results are written over by the line."""
    is_json = False

    async def sending(message: Message) -> None:
        nonlocal is_json
        if message["type"] == "http.response.start":
            is_json = (b"content-type", b"application/json") in message["headers"]
            message = {**message, "headers": list(defaced_headers(message["headers"]))}
        elif is_json and message.get("body"):
            message = {**message, "body": defacer.document(message["body"])}
        await send(message)

    return sending


async def _unheard(_message: Message) -> None:
    """A `send` whose words are lost."""


async def _answer_error(fault: Fault, passage: Passage, send: Send) -> None:
    retry = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
    details = {"error_code": fault.error_code} if fault.error_code else None
    status = fault.status or 500
    error = ApiError(status, fault.message, error_type=fault.error_type, details=details, headers=retry)
    headers = [(name.encode(), value.encode()) for name, value in error_headers(error).items()]
    headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": error_body(error, passage.request_id)})
