"""The exception tree of the room, and the error that a response stands for.

BatchAPIError
├─ APIError (message, request_id)
│  ├─ APIStatusError (status_code, type, error_code, details, body, retry_after): one class per status below
│  ├─ APIConnectionError ─ APITimeoutError, TruncatedResults
│  ├─ APIResponseValidationError
│  └─ CreateUncertain (sent_at, lost_at, count, cause)
└─ CredentialsError

Every error can be pickled, and none keeps a request, a header sent or a credential.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

HTML_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})</title>", re.IGNORECASE)
SHOWN_TEXT = 200
SHOWN_BODY = 10_000


def _revive(kind: type[BatchAPIError], arguments: tuple[object, ...], state: dict[str, Any]) -> BatchAPIError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(state)
    return error


class BatchAPIError(Exception):
    """Root of everything this room raises on purpose, except ValueError and TypeError for wrong arguments."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The constructors need keywords, which the inherited way of unpickling does not give.
        return _revive, (type(self), self.args, self.__dict__.copy())


class CredentialsError(BatchAPIError):
    """There is no usable key or token; the sentence says what to set."""


class APIError(BatchAPIError):
    """Something went wrong with one call; `str()` is a sentence that ends with the request id, if known."""

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.request_id = request_id

    def __str__(self) -> str:
        return self._with_request_id(self.message)

    def _with_request_id(self, sentence: str) -> str:
        return f"{sentence} (request {self.request_id})" if self.request_id else sentence


class APIConnectionError(APIError):
    """The server could not be reached, or the line was lost before its answer was whole."""


class APITimeoutError(APIConnectionError):
    """Connecting, sending or waiting for the next bytes took longer than allowed."""


class TruncatedResults(APIConnectionError):
    """A results body ended before it was whole; what came before the cut is good.

    `rows_read` counts whole rows when a decoder raised it, `bytes_read` decoded bytes when a byte stream did.
    """

    def __init__(
        self,
        message: str,
        *,
        rows_read: int | None = None,
        bytes_read: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.rows_read = rows_read
        self.bytes_read = bytes_read


class APIResponseValidationError(APIError):
    """The server answered with success, but not with what the call is documented to return."""

    def __init__(self, message: str, *, status_code: int, request_id: str | None = None) -> None:
        super().__init__(message, request_id=request_id)
        self.status_code = status_code


class CreateUncertain(APIError):
    """A create was sent and its outcome is unknown: look for the batch before sending anything again.

    `sent_at` and `lost_at` (aware, client's clock) are when the attempt in doubt was sent and when it was given
    up, `count` is its number of requests, `cause` the error that hid the outcome. Attempts before it are known to
    have created nothing. `batches.find_created(error)` looks for the batch.
    """

    def __init__(self, *, sent_at: datetime, lost_at: datetime | None = None, count: int, cause: APIError) -> None:
        requests = "1 request" if count == 1 else f"{count:,} requests"
        super().__init__(
            f"It is not known whether the server created this batch of {requests}, sent at "
            f"{sent_at.isoformat(sep=' ', timespec='seconds')}: {cause.message.rstrip('.')}. "
            "Look for it in the list before sending it again.",
            request_id=cause.request_id,
        )
        self.sent_at = sent_at
        self.lost_at = lost_at or sent_at
        self.count = count
        self.cause = cause


class APIStatusError(APIError):
    """The server refused: a status that is not success.

    `type` is the API's category (`not_found_error`, …; None when the body was not an API error), `error_code`
    and `details` what the body adds to it, `body` the parsed JSON or the start of the text, `retry_after` the
    wait the server asked for in seconds (uncapped), if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        type: str | None = None,
        request_id: str | None = None,
        details: Any = None,
        body: Any = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.status_code = status_code
        self.type = type
        self.details = details
        self.body = body
        self.retry_after = retry_after

    @property
    def error_code(self) -> str | None:
        """`details.error_code`, the stable word to branch on where the API gives one."""
        code = self.details.get("error_code") if isinstance(self.details, dict) else None
        return code if isinstance(code, str) else None

    def __str__(self) -> str:
        label = f"{self.status_code} {self.type}" if self.type else str(self.status_code)
        return self._with_request_id(f"{label}: {self.message}")


class BadRequestError(APIStatusError):
    """400: the body or a parameter is wrong, or an own spend limit is reached."""


class AuthenticationError(APIStatusError):
    """401: the key or token is missing, wrong, revoked or expired."""


class PaymentRequiredError(APIStatusError):
    """402: a payment problem."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404: no such batch, or its results are not available (yet, or any more)."""


class RequestTimeoutError(APIStatusError):
    """408: the server gave up waiting."""


class ConflictError(APIStatusError):
    """409: the state of the batch does not allow it."""


class PreconditionFailedError(APIStatusError):
    """412: a condition sent along did not hold."""


class ContentTooLargeError(APIStatusError):
    """413: the body is over the limit; split the batch."""


class UnprocessableEntityError(APIStatusError):
    """422: well-formed, but not acceptable."""


class RateLimitError(APIStatusError):
    """429: a rate, queue or spend limit."""


class RequestHeaderFieldsTooLargeError(APIStatusError):
    """431: the headers are too large."""


class ClientClosedRequestError(APIStatusError):
    """499: a proxy saw the request abandoned."""


class InternalServerError(APIStatusError):
    """500 and above: the server's own trouble."""


class HTTPNotImplementedError(InternalServerError):
    """501: the server cannot do this."""


class ServiceUnavailableError(InternalServerError):
    """503: temporarily unavailable."""


class GatewayTimeoutError(InternalServerError):
    """504: timed out behind the gateway."""


class OverloadedError(InternalServerError):
    """529: temporarily overloaded."""


BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: RequestTimeoutError,
    409: ConflictError,
    412: PreconditionFailedError,
    413: ContentTooLargeError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    431: RequestHeaderFieldsTooLargeError,
    499: ClientClosedRequestError,
    501: HTTPNotImplementedError,
    503: ServiceUnavailableError,
    504: GatewayTimeoutError,
    529: OverloadedError,
}


def describe_body(headers: Mapping[str, str], body: bytes) -> str:
    """Say in a few words what a body is: "an HTML page titled …", "an empty body", "text starting …"."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:512]
    if not start:
        return "an empty body"
    if start[:1] == b"<" and (b"html" in start.lower() or "html" in headers.get("content-type", "")):
        title = HTML_TITLE.search(body[:SHOWN_BODY])
        return f"an HTML page titled {_text(title[1]).strip()!r}" if title else "an HTML page"
    if start[:1] in b"{[":
        return "JSON of another shape" if _parsed(body) is not None else "broken JSON"
    shown = _text(start).split("\n")[0][:SHOWN_TEXT].rstrip()
    return f"text starting {shown!r}"


def error_from_response(
    status: int, headers: Mapping[str, str], body: bytes, *, retry_after: float | None = None
) -> APIStatusError:
    """Make the error a response stands for.

    `headers` have lower-case names; `body` may be an API error, HTML from a gateway, or nothing.
    """
    parsed = _parsed(body)
    envelope = parsed if isinstance(parsed, dict) else {}
    inner = envelope.get("error")
    inner = inner if isinstance(inner, dict) else {}
    message, category = inner.get("message"), inner.get("type")
    if not isinstance(message, str) or not message:
        message = _explain(status, headers, body)
    in_body = envelope.get("request_id")
    kind = BY_STATUS.get(status, InternalServerError if status >= 500 else APIStatusError)
    return kind(
        _well_formed(message),
        status_code=status,
        type=_well_formed(category) if isinstance(category, str) else None,
        request_id=headers.get("request-id") or (_well_formed(in_body) if isinstance(in_body, str) else None),
        details=inner.get("details"),
        body=_text(body[:SHOWN_BODY]) if parsed is None else parsed,
        retry_after=retry_after,
    )


def _explain(status: int, headers: Mapping[str, str], body: bytes) -> str:
    if 300 <= status < 400:
        return (
            "The server points to another address, which is not followed so that the key stays with the "
            "configured one. Check the base URL."
        )
    return f"The server answered with {describe_body(headers, body)} instead of an explanation."


def _parsed(body: bytes) -> Any:
    # Here: it is seldom needed, and the first frame waits for this module.
    import json

    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _well_formed(text: str) -> str:
    """Replace lone surrogates, which JSON can carry but no terminal or file can."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
