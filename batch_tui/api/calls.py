"""Each endpoint as a value: method, path, query, body, and how to read its answer; no I/O."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote, unquote, urlencode

import msgspec
from pydantic import BaseModel, ValidationError

from batch_tui.api.errors import APIResponseValidationError, describe_body
from batch_tui.api.models import DeletedMessageBatch, MessageBatch, MessageBatchPage
from batch_tui.api.not_given import NOT_GIVEN, NotGiven
from batch_tui.api.page_reader import read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from batch_tui.api.pages import PageQuery
    from batch_tui.api.retry import Outcome

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

BATCHES = "/v1/messages/batches"
JSON_LINES = "application/x-jsonl"


LOGGED_QUERY = ("before_id", "after_id", "limit")
"""Query parameters that say which page was asked for; any other may be private and is not recorded."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What an answer says of the limit on requests (batches-api.md §1.4): numbers, read from its headers."""

    limit: int | None
    """Requests per minute."""
    remaining: int | None
    reset_at: datetime | None
    """When nothing is used any more, by the server's clock."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What one attempt did, for a log: never a header, never a body."""

    method: str
    path: str
    """Percent-encoded, without the base URL's prefix and without the query."""
    status: int | None
    """None: no answer came."""
    seconds: float
    """Until the answer was whole; for results until its headers came."""
    request_id: str | None
    error: str | None
    """The error's sentence."""
    attempt: int
    """From 0."""
    server_date: datetime | None
    """The `Date` the server put on its answer."""
    query: tuple[tuple[str, str], ...] = ()
    """Those of LOGGED_QUERY."""
    failure: str | None = None
    """The kind of error in a word or two: the API's category, else what went wrong; None for a success."""
    retry_after: float | None = None
    """Seconds the server asked to wait, on a success too."""
    should_retry: bool | None = None
    """The server's own word on whether the same request is worth sending again."""
    rate_limit: RateLimit | None = None


class Call(msgspec.Struct, Generic[T], frozen=True):
    """One request, and `parse` from its successful outcome to the value the caller gets."""

    method: str
    path: str
    parse: Callable[[Outcome], T]
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    creates: int | None = None
    """Number of requests that a create submits; None for calls that do no harm when repeated."""

    def __repr__(self) -> str:
        # Neither header nor body: they may hold what nobody else may read.
        return f"<Call {self.method} {self.target}>"

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    def with_extras(self, extras: CallExtras) -> Call[T]:
        """The same call with what its caller adds.

        A header replaces the call's own; a query parameter does not, or walking the list would never leave its
        first page. `extra_body` becomes the body of a call that has none; a GET cannot have one, and drops it as
        the official client does. Raises TypeError or ValueError for a body that cannot be written as JSON.
        """
        own = dict(self.query)
        added = tuple((name, value) for name, value in query_items(extras.query or {}) if name not in own)
        body = self.body
        if extras.body and body is None and self.method != "GET":
            body = _json_bytes(dict(extras.body), "extra_body")
        return msgspec.structs.replace(
            self, headers=(*self.headers, *extras.header_items()), query=(*added, *self.query), body=body
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallExtras:
    """What every method of the surface lets its caller add to one call; NOT_GIVEN and None add nothing."""

    headers: Mapping[str, str] | None = field(default=None, repr=False)
    query: Mapping[str, object] | None = None
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    workspace_id: str | NotGiven | None = NOT_GIVEN
    user_profile_id: str | NotGiven | None = NOT_GIVEN

    def header_items(self) -> Iterator[tuple[str, str]]:
        """The headers, those of the ids first: a header given by name wins over them."""
        if self.workspace_id and not isinstance(self.workspace_id, NotGiven):
            yield "anthropic-workspace-id", self.workspace_id
        if self.user_profile_id and not isinstance(self.user_profile_id, NotGiven):
            yield "anthropic-user-profile-id", self.user_profile_id
        yield from (self.headers or {}).items()


def query_items(parameters: Mapping[str, object]) -> list[tuple[str, str]]:
    """Query parameters as the official client writes them: `a[]=1&a[]=2`, `a[b]=1`, `true`; None is left out."""
    return [item for name, value in parameters.items() for item in _query_item(name, value)]


def _query_item(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _query_item(f"{name}[{key}]", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _query_item(f"{name}[]", inner)
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def create(requests: Iterable[Mapping[str, Any]], *, extra_body: Mapping[str, Any] | None = None) -> Call[MessageBatch]:
    """POST a new batch. `requests` is walked once; the bytes made of it serve every attempt.

    Raises TypeError or ValueError, naming the request, if one cannot be written as JSON.
    """
    # Written where it will be sent from: a batch may have 256 MB, and joining parts would need all of it again.
    body = BytesIO()
    body.write(b'{"requests":[')
    count = 0
    for request in requests:
        if count:
            body.write(b",")
        body.write(_json_bytes(request, f"requests.{count}"))
        count += 1
    body.write(b"]")
    for name, value in (extra_body or {}).items():
        if name == "requests":
            raise ValueError("extra_body cannot replace `requests`; give them as the argument.")
        body.write(b"," + _json_bytes(name, name) + b":" + _json_bytes(value, name))
    body.write(b"}")
    path = BATCHES
    return Call(
        "POST",
        path,
        _model(MessageBatch, "POST", path),
        body=body.getvalue(),
        creates=count,
    )


def retrieve(message_batch_id: str) -> Call[MessageBatch]:
    """GET one batch. Raises ValueError for an id that cannot be one path segment, as the others do."""
    path = f"{BATCHES}/{id_segment(message_batch_id)}"
    return Call("GET", path, _model(MessageBatch, "GET", path))


def list_page(query: PageQuery) -> Call[MessageBatchPage]:
    """GET one page of the list."""
    return Call("GET", BATCHES, _model(MessageBatchPage, "GET", BATCHES, read_page), query=query.items())


def cancel(message_batch_id: str) -> Call[MessageBatch]:
    """POST the wish to cancel; repeating it does no harm."""
    path = f"{BATCHES}/{id_segment(message_batch_id)}/cancel"
    return Call("POST", path, _model(MessageBatch, "POST", path))


def delete(message_batch_id: str) -> Call[DeletedMessageBatch]:
    """DELETE an ended batch."""
    path = f"{BATCHES}/{id_segment(message_batch_id)}"
    return Call("DELETE", path, _model(DeletedMessageBatch, "DELETE", path))


def results(message_batch_id: str, *, start: int = 0) -> Call[Outcome]:
    """GET the results, from decoded byte `start` on; the body is streamed, so the answer is only looked at.

    The path is made of the id and never taken from `results_url`, so that credentials stay with the base URL.
    Raises ValueError if `start` is negative.
    """
    if start < 0:
        raise ValueError(f"start must be 0 or more, not {start}.")
    path = f"{BATCHES}/{id_segment(message_batch_id)}/results"
    headers = [("accept", JSON_LINES), ("accept-encoding", "gzip")]
    if start:
        # Bytes are counted in what is stored, so a compressed answer could not be continued.
        headers = [("accept", JSON_LINES), ("accept-encoding", "identity"), ("range", f"bytes={start}-")]
    return Call("GET", path, lambda outcome: _check_range(outcome, path, start), headers=tuple(headers))


def id_segment(message_batch_id: str) -> str:
    """An id as one percent-encoded path segment.

    Raises ValueError for an empty id and for one that a server could take for a step up or down the path.
    """
    if not message_batch_id or not isinstance(message_batch_id, str):
        raise ValueError(f"Expected a non-empty value for `message_batch_id` but received {message_batch_id!r}")
    if unquote(message_batch_id).partition(";")[0] in ("", ".", ".."):
        raise ValueError(f"`message_batch_id` cannot be {message_batch_id!r}: it would change the path.")
    return quote(message_batch_id, safe="")


def _model(kind: type[M], method: str, path: str, read: Callable[[bytes], M] | None = None) -> Callable[[Outcome], M]:
    """How to parse an answer that is a `kind`; `read` is a quicker way to validate it."""
    validate = read or kind.model_validate_json

    def parse(outcome: Outcome) -> M:
        request_id = outcome.headers.get("request-id")
        try:
            value = validate(outcome.body.removeprefix(BOM_UTF8))
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
        else:
            if isinstance(value, MessageBatch):
                value.from_response(request_id)
            return value
        came = describe_body(outcome.headers, outcome.body)
        if problem["type"] != "json_invalid":
            came += f" ({'.'.join(map(str, problem['loc'])) or 'top level'}: {problem['msg']})"
        raise unexpected(outcome, f"{method} {path}", came, f"a {kind.__name__}")

    return parse


def unexpected(outcome: Outcome, call: str, came: str, wanted: str) -> APIResponseValidationError:
    """The error for a success that is not what was asked for."""
    return APIResponseValidationError(
        f"{call} was answered with status {outcome.status} and {came} instead of {wanted}. "
        "Check that the base URL is that of the API, and that no proxy answers in its place.",
        status_code=outcome.status or 0,
        request_id=outcome.headers.get("request-id"),
    )


def _check_range(outcome: Outcome, path: str, start: int) -> Outcome:
    """Let 200 pass, and 206 only if it is the part asked for: anything else would tear the stored file."""
    if outcome.status == 200:
        return outcome
    if outcome.status != 206:
        raise unexpected(outcome, f"GET {path}", "no results", "status 200")
    came = outcome.headers.get("content-range", "no Content-Range")
    if not start or not came.replace("=", " ").startswith(f"bytes {start}-"):
        raise unexpected(
            outcome, f"GET {path}", f"another part of the results ({came})", f"bytes {start}-" if start else "all"
        )
    return outcome


ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=lambda value: _plain(value)
)


def _plain(value: object) -> object:
    """Content taken from an earlier answer may go back as it is."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} is not a JSON type")


def _json_bytes(value: object, place: str) -> bytes:
    try:
        return ENCODER.encode(value).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{place} holds half of a surrogate pair, which no UTF-8 body can carry.") from error
    except ValueError as error:
        raise ValueError(f"{place} cannot be written as JSON: {error}.") from error
    except TypeError as error:
        raise TypeError(f"{place} cannot be written as JSON: {error}.") from error
