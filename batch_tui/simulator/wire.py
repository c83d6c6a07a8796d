"""How things look on the wire: error envelopes, key order, fixed headers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from batch_tui.simulator.clock import stamp, stamp_and_next_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_tui.simulator.lifecycle import Standing

VERSIONS = ("2023-06-01", "2026-10-21")
"""The values of `anthropic-version` that are served."""

PROXY_HEADERS = (
    (b"server", b"cloudflare"),
    (b"cf-cache-status", b"DYNAMIC"),
    (b"via", b"1.1 google"),
    (b"x-robots-tag", b"none"),
)

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}

_PLAIN_MESSAGES = {
    429: "This request would exceed your organization's rate limit. Please try again later.",
    500: "Internal server error",
    504: "Request timed out",
    529: "Overloaded",
}


class ApiError(Exception):
    """An answer that is an error envelope."""

    def __init__(
        self,
        status: int,
        message: str = "",
        *,
        error_type: str = "",
        details: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.message = message or _PLAIN_MESSAGES.get(status, "The request could not be served.")
        self.error_type = error_type or ERROR_TYPES.get(
            status, "api_error" if status >= 500 else "invalid_request_error"
        )
        self.details = details
        self.headers = dict(headers or {})
        super().__init__(self.message)


def error_body(error: ApiError, request_id: str) -> bytes:
    """The JSON envelope of section 1.6 of the reference."""
    inner: dict[str, object] = {"type": error.error_type, "message": error.message}
    if error.details is not None:
        inner["details"] = error.details
    return compact({"type": "error", "error": inner, "request_id": request_id})


def error_headers(error: ApiError) -> dict[str, str]:
    """`x-should-retry: false` where another try cannot help, and what the error brings itself."""
    headers = dict(error.headers)
    if 400 <= error.status < 500 and error.status not in (408, 409, 429):
        headers.setdefault("x-should-retry", "false")
    return headers


def compact(value: object) -> bytes:
    """JSON without spaces, UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _optional(at: int | None) -> str:
    return "null" if at is None else f'"{stamp(at)}"'


def batch_json(batch_id: str, created: int, standing: Standing, origin: str) -> str:
    """A MessageBatch, its ten keys in the recorded order."""
    created_at, expires_at = stamp_and_next_day(created)
    results = f'"{origin}/v1/messages/batches/{batch_id}/results"' if standing.has_results else "null"
    return (
        f'{{"id":"{batch_id}","type":"message_batch","processing_status":"{standing.status}",'
        f'"request_counts":{{"processing":{standing.processing},"succeeded":{standing.succeeded},'
        f'"errored":{standing.errored},"canceled":{standing.canceled},"expired":{standing.expired}}},'
        f'"ended_at":{_optional(standing.ended_at)},"created_at":"{created_at}",'
        f'"expires_at":"{expires_at}","archived_at":{_optional(standing.archived_at)},'
        f'"cancel_initiated_at":{_optional(standing.cancel_initiated_at)},"results_url":{results}}}'
    )


def page_json(batches: Sequence[str], has_more: bool, first_id: str | None, last_id: str | None) -> str:
    """A page of the list."""
    first = "null" if first_id is None else f'"{first_id}"'
    last = "null" if last_id is None else f'"{last_id}"'
    more = "true" if has_more else "false"
    return f'{{"data":[{",".join(batches)}],"has_more":{more},"first_id":{first},"last_id":{last}}}'


def proxy_page(status: int) -> bytes:
    """The HTML a proxy in front of the API answers with when it cannot reach it."""
    return (
        f"<!DOCTYPE html>\n<html><head><title>{status} - upstream trouble</title></head>\n"
        f"<body><center><h1>{status}</h1><p>The server behind this proxy did not answer.</p>"
        "</center></body></html>\n"
    ).encode()
