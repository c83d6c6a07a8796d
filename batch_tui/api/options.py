"""What every request of one client shares: base URL, credentials, headers, patience and clocks."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypedDict, TypeVar
from urllib.parse import urlsplit

from batch_tui import __version__
from batch_tui.api.calls import NOT_GIVEN, CallRecord, NotGiven
from batch_tui.api.credentials import (
    HOW_TO_SET,
    AuthStyle,
    Credentials,
    base_url_from,
    credentials_from,
)
from batch_tui.api.errors import CredentialsError
from batch_tui.api.retry import RetryPolicy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    import httpx

    from batch_tui.api.calls import Call

    Timeout = float | httpx.Timeout | None | NotGiven
    """Seconds for connecting, sending and each wait for bytes; None: for ever; NOT_GIVEN: the default."""

T = TypeVar("T")

DEFAULT_BASE_URL = "https://api.anthropic.com"
USER_AGENT = f"batch-tui/{__version__}"


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


class ClientArguments(TypedDict, total=False):
    """Keyword arguments of both clients, beside `api_key` and `sleep`."""

    auth_token: str | None
    credentials: Credentials | None
    base_url: str | None
    api_version: str
    auth_style: AuthStyle
    workspace_id: str | None
    timeout: Timeout
    retry: RetryPolicy | None
    max_retries: int | NotGiven
    default_headers: Mapping[str, str] | None
    verify: ssl.SSLContext | bool
    jitter: Callable[[], float]
    now: Callable[[], datetime]
    clock: Callable[[], float]
    on_call: Callable[[CallRecord], None] | None
    environ: Mapping[str, str] | None


class OptionChanges(TypedDict, total=False):
    """What `with_options` can change; the connections are shared with the client it came from."""

    credentials: Credentials
    api_version: str
    workspace_id: str | None
    timeout: Timeout
    retry: RetryPolicy
    max_retries: int
    default_headers: Mapping[str, str]
    on_call: Callable[[CallRecord], None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """The settings of a client, checked. `timeout` NOT_GIVEN: 5 s to connect, 600 s for the rest."""

    base_url: str
    credentials: Credentials | None
    api_version: str
    auth_style: AuthStyle
    workspace_id: str | None
    timeout: Timeout
    retry: RetryPolicy
    default_headers: Mapping[str, str] = field(repr=False)
    verify: ssl.SSLContext | bool = field(repr=False)
    jitter: Callable[[], float] = field(repr=False)
    now: Callable[[], datetime] = field(repr=False)
    clock: Callable[[], float] = field(repr=False)
    on_call: Callable[[CallRecord], None] | None = field(repr=False)

    def changed(self, changes: OptionChanges) -> ClientOptions:
        """These options with some replaced. Raises TypeError for a name that is not in OptionChanges."""
        given = dict(changes)
        unknown = given.keys() - OptionChanges.__annotations__.keys()
        if unknown:
            raise TypeError(f"with_options cannot change {', '.join(sorted(unknown))}.")
        if "max_retries" in changes:
            del given["max_retries"]
            given["retry"] = replace(changes.get("retry", self.retry), max_retries=changes["max_retries"])
        # Names were checked above; the type checker cannot follow a dict into keywords.
        return replace(self, **given)  # type: ignore[arg-type]

    def url(self, call: Call[T]) -> str:
        """The address a call goes to."""
        return self.base_url + call.target

    def headers(self, call: Call[T]) -> dict[str, str]:
        """All headers of a call, later ones winning: ours, the client's defaults, the call's own.

        `anthropic-beta` values add up instead. Raises CredentialsError if nothing authenticates the call.
        """
        headers = {
            "accept": "application/json",
            "user-agent": USER_AGENT,
            "anthropic-version": self.api_version,
        }
        if call.body is not None:
            headers["content-type"] = "application/json"
        if self.workspace_id:
            headers["anthropic-workspace-id"] = self.workspace_id
        betas: list[str] = []
        own = self.credentials.headers(self.auth_style) if self.credentials else {}
        for name, value in (*own.items(), *self.default_headers.items(), *call.headers):
            if name.lower() == "anthropic-beta":
                betas += [beta.strip() for beta in value.split(",") if beta.strip()]
            else:
                headers[name.lower()] = value
        if betas:
            headers["anthropic-beta"] = ",".join(dict.fromkeys(betas))
        if not ("x-api-key" in headers or "authorization" in headers):
            raise CredentialsError(HOW_TO_SET)
        return headers


def client_options(
    api_key: str | None,
    *,
    auth_token: str | None = None,
    credentials: Credentials | None = None,
    base_url: str | None = None,
    api_version: str = "2023-06-01",
    auth_style: AuthStyle = "x-api-key",
    workspace_id: str | None = None,
    timeout: Timeout = NOT_GIVEN,
    retry: RetryPolicy | None = None,
    max_retries: int | NotGiven = NOT_GIVEN,
    default_headers: Mapping[str, str] | None = None,
    verify: ssl.SSLContext | bool = True,
    jitter: Callable[[], float] = random.random,
    now: Callable[[], datetime] = utc_now,
    clock: Callable[[], float] = time.monotonic,
    on_call: Callable[[CallRecord], None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> ClientOptions:
    """Check a client's arguments and fill the gaps from the environment.

    Raises ValueError for more than one credential, an unknown `auth_style` or a base URL that is none;
    CredentialsError for a key that cannot be sent.
    """
    environ = os.environ if environ is None else environ
    if sum(given is not None for given in (api_key, auth_token, credentials)) > 1:
        raise ValueError("Give only one of api_key, auth_token and credentials.")
    if auth_style not in ("x-api-key", "bearer"):
        raise ValueError(f'auth_style must be "x-api-key" or "bearer", not {auth_style!r}.')
    if api_key is not None or auth_token is not None:
        credentials = Credentials(api_key=api_key, auth_token=auth_token)
    policy = retry or RetryPolicy()
    if not isinstance(max_retries, NotGiven):
        policy = replace(policy, max_retries=max_retries)
    return ClientOptions(
        base_url=checked_base_url(base_url or base_url_from(environ) or DEFAULT_BASE_URL),
        credentials=credentials or credentials_from(environ),
        api_version=api_version,
        auth_style=auth_style,
        workspace_id=workspace_id,
        timeout=timeout,
        retry=policy,
        default_headers=dict(default_headers or {}),
        verify=verify,
        jitter=jitter,
        now=now,
        clock=clock,
        on_call=on_call,
    )


def checked_base_url(text: str) -> str:
    """A base URL without its final slash; a path prefix is kept.

    Raises ValueError if it is not http(s) with a host, or has a user, a query or a fragment. The sentence
    shows no more of it than scheme and host, since the rest may be a secret.
    """
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"The base URL cannot be read: {error}.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(
            "The base URL must look like https://api.anthropic.com: http or https, then a host "
            f"(got scheme {parts.scheme!r}, host {host!r})."
        )
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"The base URL for {host} holds a user or password; leave it out.")
    if parts.query or parts.fragment:
        raise ValueError(f"The base URL for {host} has a query or fragment; leave it out.")
    return text.strip().rstrip("/")
