"""Starlette routes: the six endpoints at their real paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from batch_tui.simulator.asked import Intake
from batch_tui.simulator.clock import SECOND, instant
from batch_tui.simulator.controls import control_routes
from batch_tui.simulator.defaced import DefacedLines
from batch_tui.simulator.dirty_lines import DirtyLines
from batch_tui.simulator.edge import Edge, Passage
from batch_tui.simulator.lifecycle import RETENTION
from batch_tui.simulator.params_checks import Terms
from batch_tui.simulator.results_body import Cut, Delivery, ResultsBody, accepts_gzip, announced
from batch_tui.simulator.sample_batch import SAMPLE_ID
from batch_tui.simulator.validation import entry as parsed_entry
from batch_tui.simulator.validation import refuse_duplicate, submitted
from batch_tui.simulator.wire import (
    VERSIONS,
    ApiError,
    batch_json,
    compact,
    error_body,
    error_headers,
    page_json,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Scope

    from batch_tui.simulator.account import Account, Entry
    from batch_tui.simulator.chaos import Faults
    from batch_tui.simulator.clock import ShiftedClock
    from batch_tui.simulator.rate_limit import TokenBucket
    from batch_tui.simulator.request_log import RequestLog
    from batch_tui.simulator.results_body import Sleep

POLL_AGAIN_AFTER = "10"
"""Seconds in the `Retry-After` of an unfinished batch."""
_MOST_SETTLED = 8_192
_FOREVER = 2**63


class Api:
    """The six endpoints over one account."""

    def __init__(
        self,
        account: Account,
        *,
        origin: str,
        api_key: str | None = None,
        most_bytes: int,
        page_delay: float = 0.0,
        results_bytes_per_second: int | None = None,
        gzip: bool = False,
        lenient: bool = False,
        bucket: TokenBucket | None = None,
        sleep: Sleep,
    ) -> None:
        self._account = account
        self._gzip = gzip
        self._lenient = lenient
        self._bucket = bucket
        self._sleep = sleep
        self._origin = origin
        self._api_key = api_key
        self._most_bytes = most_bytes
        self._page_delay = page_delay
        self._pace = results_bytes_per_second
        # Ended batches as JSON, with the instant until which that holds.
        self._settled: dict[str, tuple[str, int]] = {}

    def routes(self) -> list[Route]:
        """Paths and methods."""
        batches, batch = "/v1/messages/batches", "/v1/messages/batches/{message_batch_id}"
        return [
            Route(batches, self._admitted(self._create), methods=["POST"]),
            Route(batches, self._admitted(self._list), methods=["GET"]),
            Route(batch, self._admitted(self._retrieve), methods=["GET"]),
            Route(batch, self._admitted(self._delete), methods=["DELETE"]),
            Route(f"{batch}/cancel", self._admitted(self._cancel), methods=["POST"]),
            Route(f"{batch}/results", self._admitted(self._results), methods=["GET"]),
        ]

    def _admitted(
        self, handler: Callable[[Request, Passage], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Check credentials and version before `handler` sees the request."""

        async def endpoint(request: Request) -> Response:
            passage = request.scope["simulator"]
            self._check_key(request)
            passage.authenticated = True
            if self._bucket is not None:
                self._bucket.take(passage.now)
            _check_version(request)
            return await handler(request, passage)

        return endpoint

    def _check_key(self, request: Request) -> None:
        key = request.headers.get("x-api-key", "")
        if not key:
            scheme, _, key = request.headers.get("authorization", "").partition(" ")
            key = key.strip() if scheme.lower() == "bearer" else ""
        if not key or (self._api_key is not None and key != self._api_key):
            raise ApiError(401, "API key is invalid.")

    def _found(self, request: Request, passage: Passage) -> Entry:
        batch_id = request.path_params["message_batch_id"]
        entry = self._account.find(batch_id, passage.now)
        hidden = passage.fault.hide_younger_than if passage.fault else None
        if hidden is not None and self._account.is_younger(entry, passage.now, hidden):
            raise ApiError(404, f"Message Batch {batch_id} not found.")
        return entry

    def _json(self, entry: Entry, passage: Passage, behind: int = 0) -> str:
        other_origin = passage.fault.results_origin if passage.fault else ""
        as_always = not other_origin and not behind
        text, valid_until = self._settled.get(entry.id, ("", 0))
        if passage.now < valid_until and as_always:
            return text
        state = self._account.standing(entry, passage.now - behind)
        text = batch_json(entry.id, entry.plan.created, state, other_origin or self._origin)
        if state.ended_at is not None and as_always and entry.id != SAMPLE_ID:
            if len(self._settled) >= _MOST_SETTLED:
                self._settled.clear()
            archived = state.archived_at is not None
            self._settled[entry.id] = text, _FOREVER if archived else entry.plan.created + RETENTION
        return text

    def _batch(self, entry: Entry, passage: Passage, headers: dict[str, str] | None = None) -> Response:
        return _json_response(self._json(entry, passage).encode(), headers=headers)

    async def _create(self, request: Request, passage: Passage) -> Response:
        body = await _body(request, self._most_bytes)
        betas = ",".join(request.headers.getlist("anthropic-beta"))
        names = frozenset(name.strip() for name in betas.split(",") if name.strip())
        profile = request.headers.get("anthropic-user-profile-id", "")
        intake = Intake(Terms(request.headers["anthropic-version"], names, profile))
        # Seconds of parsing for the largest bodies: other requests must be served meanwhile.
        await to_thread.run_sync(_take_in, body, intake)
        return self._batch(self._account.create(intake, passage.now), passage)

    async def _retrieve(self, request: Request, passage: Passage) -> Response:
        entry = self._found(request, passage)
        ended = self._account.standing(entry, passage.now).status == "ended"
        headers = {} if ended else {"retry-after": POLL_AGAIN_AFTER}
        return self._batch(entry, passage, headers)

    async def _list(self, request: Request, passage: Passage) -> Response:
        limit = _limit(request.query_params.get("limit"))
        after = request.query_params.get("after_id") or None
        before = request.query_params.get("before_id") or None
        if after and before and not self._lenient:
            raise ApiError(400, "after_id and before_id cannot be given together.")
        if self._page_delay > 0:
            await self._sleep(self._page_delay)
        behind = int(passage.fault.lists_behind * SECOND) if passage.fault else 0
        entries, more = self._account.page(passage.now, limit, after=after, before=before, behind=behind)
        first, last = (entries[0].id, entries[-1].id) if entries else (None, None)
        batches = [self._json(entry, passage, behind) for entry in entries]
        return _json_response(page_json(batches, more, first, last).encode())

    async def _cancel(self, request: Request, passage: Passage) -> Response:
        self._found(request, passage)
        return self._batch(self._account.cancel(request.path_params["message_batch_id"], passage.now), passage)

    async def _delete(self, request: Request, passage: Passage) -> Response:
        entry = self._found(request, passage)
        self._account.delete(entry.id, passage.now)
        return _json_response(compact({"id": entry.id, "type": "message_batch_deleted"}))

    async def _results(self, request: Request, passage: Passage) -> Response:
        entry = self._found(request, passage)
        lines, fault = self._account.lines(entry, passage.now), passage.fault
        wanted = self._gzip or (fault is not None and fault.gzip)
        slow = fault.results_bytes_per_second if fault else None
        delivery = Delivery(
            self._sleep,
            pace=min((pace for pace in (slow, self._pace) if pace is not None), default=None),
            torn=slow is not None,
            # Before anything is added: a share is meant of the file as it should be.
            cut=Cut.of(fault, lines),
            gzip=wanted and accepts_gzip(request.headers.get("accept-encoding", "")),
            content_type=not (fault is not None and fault.dirty > 0),
        )
        if passage.defacer is not None:
            lines = DefacedLines(lines, passage.defacer)
        if fault is not None and fault.dirty > 0:
            lines = DirtyLines(lines, entry.plan.key, fault.dirty)
        if fault is not None and fault.announce_length:
            # Every line has to be made for this; other requests are served meanwhile.
            length = await to_thread.run_sync(announced, lines, delivery.cut)
            delivery, passage.keeps_length = delivery._replace(length=length), True
        return ResultsBody(entry.id, lines, delivery)


def _check_version(request: Request) -> None:
    version = request.headers.get("anthropic-version")
    if version is None:
        raise ApiError(400, "anthropic-version: header is required")
    if version not in VERSIONS:
        known = ", ".join(VERSIONS)
        raise ApiError(400, f"anthropic-version: {version!r} is not a known version; use one of {known}")


def _limit(text: str | None) -> int:
    """`limit` as a number from 1 to 1,000 (20 when absent)."""
    if not text:
        return 20
    if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 12:
        message = "limit: Input should be a valid integer, unable to parse string as an integer"
        raise ApiError(400, message)
    limit = int(text)
    if limit < 1:
        raise ApiError(400, "limit: Input should be greater than or equal to 1")
    if limit > 1000:
        raise ApiError(400, "limit: Input should be less than or equal to 1000")
    return limit


async def _body(request: Request, most: int) -> bytes:
    """The request body; ApiError 413 as soon as it is known to exceed `most` bytes."""
    announced = request.headers.get("content-length", "")
    too_large = ApiError(413, "Request exceeds the maximum size")
    if announced.isdigit() and int(announced) > most:
        raise too_large
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise too_large
        parts.append(part)
    return b"".join(parts)


def _take_in(body: bytes, intake: Intake) -> None:
    seen: set[str] = set()
    ids_in_order = []
    for number, raw in enumerate(submitted(body)):
        request = parsed_entry(number, raw)
        ids_in_order.append(request.custom_id)
        intake.add(request)
    for custom_id in ids_in_order:
        refuse_duplicate(custom_id, seen)


def _json_response(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, media_type="application/json")


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        texts = {404: "Not found", 405: "Method Not Allowed"}
        error = ApiError(error.status_code, texts.get(error.status_code, error.detail))
    if not isinstance(error, ApiError):
        raise error
    passage = request.scope.get("simulator")
    body = error_body(error, passage.request_id if passage else "")
    return _json_response(body, status=error.status, headers=error_headers(error))


def application(
    api: Api,
    *,
    seed: int,
    clock: ShiftedClock,
    log: RequestLog,
    faults: Faults,
    bucket: TokenBucket | None,
    sleep: Sleep,
    reset: Callable[[Scope], None],
) -> ASGIApp:
    """The whole server as one ASGI application; `reset` breaks the connection of a request."""
    starlette = Starlette(
        routes=[*api.routes(), *control_routes(log, faults, clock)],
        exception_handlers={ApiError: _refused, HTTPException: _refused},
    )
    starlette.router.redirect_slashes = False
    return Edge(
        starlette,
        seed=seed,
        now=lambda: instant(clock()),
        log=log,
        faults=faults,
        bucket=bucket,
        sleep=sleep,
        reset=reset,
    )
