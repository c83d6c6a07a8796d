"""One POST to the token endpoint, and what its answer means; nothing of it is kept or shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from batch_tui.api.access_tokens import Grant, Refusal
from batch_tui.api.base_url import origin_of
from batch_tui.api.credentials import clean_secret, hide
from batch_tui.api.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    error_from_response,
)
from batch_tui.api.options import USER_AGENT
from batch_tui.api.retry import retry_after
from batch_tui.api.tls import trusted_for
from batch_tui.api.transport import PROXY_TROUBLE, direct_hosts, lower_headers, proxy_error

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from datetime import datetime

PATH = "/v1/oauth/token"
# Facts of the official SDK 2.12.0, `lib/credentials/_constants.py`.
PATIENCE = 30.0
USUAL_LIFE = 3600.0
LARGEST_ANSWER = 1 << 20


def ask(
    base_url: str,
    body: Mapping[str, str],
    betas: str,
    *,
    secrets: tuple[str, ...],
    now: datetime,
    verify: ssl.SSLContext | bool,
) -> Grant | Refusal:
    """Send one grant request to the token endpoint of `base_url` (https, or loopback), at most 30 s for each wait.

    Raises APIConnectionError (nothing was granted that we know of), APIStatusError for 429 and 5xx, and
    APIResponseValidationError for a success that is no grant.
    """
    # Compared with the clock before the request, so that a slow answer makes the token end early, never late.
    began = now.timestamp()
    failure: APIError | None = None
    headers: Mapping[str, str] = {}
    status, content = 0, b""
    try:
        with (
            _client(base_url, verify) as client,
            client.stream(
                "POST",
                base_url + PATH,
                content=json.dumps(body).encode(),
                headers={"content-type": "application/json", "anthropic-beta": betas, "user-agent": USER_AGENT},
                follow_redirects=False,
            ) as response,
        ):
            status, headers = response.status_code, lower_headers(response, secrets)
            for piece in response.iter_bytes():
                content += piece
                if len(content) > LARGEST_ANSWER:
                    break
    except httpx.TimeoutException:
        failure = APITimeoutError(f"The login could not be renewed: {origin_of(base_url)} did not answer in time.")
    except httpx.RequestError as error:
        failure = APIConnectionError(
            f"The login could not be renewed: {origin_of(base_url)} cannot be reached ({type(error).__name__})."
        )
    # Outside the handler: httpx's error holds the request, and the request holds the refresh token.
    if failure is not None:
        raise failure
    return _read(status, headers, hide(secrets, content) if status != 200 else content, now, began)


def _client(base_url: str, verify: ssl.SSLContext | bool) -> httpx.Client:
    try:
        return httpx.Client(verify=trusted_for(base_url, verify), timeout=PATIENCE, mounts=direct_hosts(base_url))
    except PROXY_TROUBLE as error:
        raise proxy_error(error) from None


def _read(status: int, headers: Mapping[str, str], content: bytes, now: datetime, began: float) -> Grant | Refusal:
    found: Any = None
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if status == 429 or status >= 500:
        raise error_from_response(status, headers, content, retry_after=retry_after(headers, now))
    said = found if isinstance(found, dict) else {}
    if status != 200:
        return Refusal(status, _reason(said))
    access, refresh, life = said.get("access_token"), said.get("refresh_token"), said.get("expires_in", USUAL_LIFE)
    kind = said.get("token_type", "Bearer")
    if not isinstance(access, str) or not access or str(kind).lower() != "bearer" or not _is_number(life):
        raise APIResponseValidationError(
            "The login could not be renewed: the token endpoint answered with success, but not with a bearer "
            "access token and how long it lasts. Check that the base URL is that of the API.",
            status_code=status,
            request_id=headers.get("request-id"),
        )
    return Grant(
        clean_secret(access, "access token"),
        refresh if isinstance(refresh, str) and refresh else None,
        began + float(life),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e12


def _reason(said: Mapping[str, Any]) -> str:
    """The two words of RFC 6749, or the message of the API's own envelope."""
    inner = said.get("error")
    if isinstance(inner, dict):
        words = [inner.get("type"), inner.get("message")]
    else:
        words = [inner, said.get("error_description")]
    return ": ".join(word[:200] for word in words if isinstance(word, str) and word) or "no reason given"
