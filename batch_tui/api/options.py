"""What every request of one client shares: base URL, credentials, headers, patience and clocks."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypedDict, TypeVar

import msgspec.structs

from batch_tui import __version__
from batch_tui.api.base_url import DEFAULT_BASE_URL, checked_base_url
from batch_tui.api.calls import CallRecord, query_items
from batch_tui.api.credential_chain import FoundCredentials, find_credentials
from batch_tui.api.credentials import HOW_TO_SET, AuthStyle, Credentials, base_url_from
from batch_tui.api.errors import CredentialsError
from batch_tui.api.not_given import NOT_GIVEN, NotGiven
from batch_tui.api.retry import RetryPolicy
from batch_tui.api.wall_clock import utc_now

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    from batch_tui.api.calls import Call

    Timeout = float | httpx.Timeout | None | NotGiven
    """Seconds for connecting, sending and each wait for bytes; None: for ever; NOT_GIVEN: the default."""

T = TypeVar("T")

USER_AGENT = f"batch-tui/{__version__}"


class ClientArguments(TypedDict, total=False):
    """Keyword arguments of both clients, beside `api_key` and `sleep`."""

    auth_token: str | None
    credentials: Credentials | None
    profile: str | None
    base_url: str | None
    allow_plain_http: bool
    api_version: str
    auth_style: AuthStyle
    workspace_id: str | None
    timeout: Timeout
    retry: RetryPolicy | None
    max_retries: int | NotGiven
    default_headers: Mapping[str, str] | None
    default_query: Mapping[str, object] | None
    verify: ssl.SSLContext | bool
    jitter: Callable[[], float]
    now: Callable[[], datetime]
    clock: Callable[[], float]
    on_call: Callable[[CallRecord], None] | None
    environ: Mapping[str, str] | None


class OptionChanges(TypedDict, total=False):
    """What `with_options` can change; default headers and query parameters add to those that are there.

    `on_call` replaces who is told of each attempt, `also_on_call` adds to it.
    """

    api_key: str
    auth_token: str
    credentials: Credentials
    base_url: str
    api_version: str
    workspace_id: str | None
    timeout: Timeout
    retry: RetryPolicy
    max_retries: int
    default_headers: Mapping[str, str]
    default_query: Mapping[str, object]
    on_call: Callable[[CallRecord], None] | None
    also_on_call: Callable[[CallRecord], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """The settings of a client, checked. `timeout` NOT_GIVEN: 5 s to connect, 600 s for the rest."""

    base_url: str
    credentials: Credentials | None
    no_credentials: str
    """What to say where `credentials` is None."""
    allow_plain_http: bool
    api_version: str
    auth_style: AuthStyle
    workspace_id: str | None
    timeout: Timeout
    retry: RetryPolicy
    default_headers: Mapping[str, str] = field(repr=False)
    default_query: Mapping[str, object] = field(repr=False)
    verify: ssl.SSLContext | bool = field(repr=False)
    jitter: Callable[[], float] = field(repr=False)
    now: Callable[[], datetime] = field(repr=False)
    clock: Callable[[], float] = field(repr=False)
    on_call: Callable[[CallRecord], None] | None = field(repr=False)

    def changed(self, changes: OptionChanges) -> ClientOptions:
        """These options with some replaced.

        Raises TypeError for a name that is not in OptionChanges, ValueError and CredentialsError as
        `client_options` does.
        """
        given = dict(changes)
        unknown = given.keys() - OptionChanges.__annotations__.keys()
        if unknown:
            raise TypeError(f"with_options cannot change {', '.join(sorted(unknown))}.")
        api_key, auth_token = changes.get("api_key"), changes.get("auth_token")
        given.pop("api_key", None)
        given.pop("auth_token", None)
        credentials = _one_credential(api_key, auth_token, changes.get("credentials"))
        if credentials is not None:
            given["credentials"] = credentials
        if "base_url" in changes:
            given["base_url"] = checked_base_url(changes["base_url"], allow_plain_http=self.allow_plain_http)
        if "max_retries" in changes:
            del given["max_retries"]
            given["retry"] = replace(changes.get("retry", self.retry), max_retries=changes["max_retries"])
        if "default_headers" in changes:
            given["default_headers"] = {**self.default_headers, **changes["default_headers"]}
        if "default_query" in changes:
            given["default_query"] = {**self.default_query, **changes["default_query"]}
        if "also_on_call" in changes:
            del given["also_on_call"]
            given["on_call"] = _both(changes.get("on_call", self.on_call), changes["also_on_call"])
        return replace(self, **given)  # type: ignore[arg-type]  # names checked above; OptionChanges has the fields' types

    def url(self, call: Call[T]) -> str:
        """The address a call goes to."""
        named = {name for name, _ in call.query}
        defaults = [item for item in query_items(self.default_query) if item[0] not in named]
        return self.base_url + msgspec.structs.replace(call, query=(*defaults, *call.query)).target

    def brings_its_own(self, call: Call[T]) -> bool:
        """Whether the call's headers, or the client's defaults, authenticate it in place of the credentials."""
        names = {name.lower() for name, _ in (*self.default_headers.items(), *call.headers)}
        return not names.isdisjoint(("x-api-key", "authorization"))

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
        workspace_id = self.workspace_id
        betas: list[str] = []
        own: dict[str, str] = {}
        if not self.brings_its_own(call):
            if self.credentials is None:
                raise CredentialsError(self.no_credentials)
            own = self.credentials.headers(self.auth_style)
            workspace_id = workspace_id or self.credentials.workspace_id
        if workspace_id:
            headers["anthropic-workspace-id"] = workspace_id
        for name, value in (*own.items(), *self.default_headers.items(), *call.headers):
            if name.lower() == "anthropic-beta":
                betas += [beta.strip() for beta in value.split(",") if beta.strip()]
            else:
                headers[name.lower()] = value
        if betas:
            headers["anthropic-beta"] = ",".join(dict.fromkeys(betas))
        return headers


def client_options(
    api_key: str | None,
    *,
    auth_token: str | None = None,
    credentials: Credentials | None = None,
    profile: str | None = None,
    base_url: str | None = None,
    allow_plain_http: bool = False,
    api_version: str = "2023-06-01",
    auth_style: AuthStyle = "x-api-key",
    workspace_id: str | None = None,
    timeout: Timeout = NOT_GIVEN,
    retry: RetryPolicy | None = None,
    max_retries: int | NotGiven = NOT_GIVEN,
    default_headers: Mapping[str, str] | None = None,
    default_query: Mapping[str, object] | None = None,
    verify: ssl.SSLContext | bool = True,
    jitter: Callable[[], float] = random.random,
    now: Callable[[], datetime] = utc_now,
    clock: Callable[[], float] = time.monotonic,
    on_call: Callable[[CallRecord], None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> ClientOptions:
    """Check a client's arguments and fill the gaps from the environment and the official CLI's profile.

    An argument wins over the environment, that over the profile. Raises ValueError for more than one credential,
    an unknown `auth_style`, a base URL that is none, or plain http to another machine without
    `allow_plain_http`; CredentialsError for a key that cannot be sent, and for a profile that was asked for and
    cannot be used.
    """
    environ = os.environ if environ is None else environ
    if profile is not None and (api_key is not None or auth_token is not None or credentials is not None):
        raise ValueError("Give only one of api_key, auth_token, credentials and profile.")
    if auth_style not in ("x-api-key", "bearer"):
        raise ValueError(f'auth_style must be "x-api-key" or "bearer", not {auth_style!r}.')
    given_url = base_url or base_url_from(environ)
    found = FoundCredentials(_one_credential(api_key, auth_token, credentials))
    if found.credentials is None:
        found = find_credentials(environ, base_url=given_url, profile=profile, now=now, verify=verify)
    policy = retry or RetryPolicy()
    if not isinstance(max_retries, NotGiven):
        policy = replace(policy, max_retries=max_retries)
    where = given_url or found.base_url or DEFAULT_BASE_URL
    return ClientOptions(
        base_url=checked_base_url(where, allow_plain_http=allow_plain_http),
        credentials=found.credentials,
        no_credentials=found.problem or HOW_TO_SET,
        allow_plain_http=allow_plain_http,
        api_version=api_version,
        auth_style=auth_style,
        workspace_id=workspace_id,
        timeout=timeout,
        retry=policy,
        default_headers={**_custom_headers(environ), **(default_headers or {})},
        default_query=dict(default_query or {}),
        verify=verify,
        jitter=jitter,
        now=now,
        clock=clock,
        on_call=on_call,
    )


def _one_credential(api_key: str | None, auth_token: str | None, credentials: Credentials | None) -> Credentials | None:
    if sum(given is not None for given in (api_key, auth_token, credentials)) > 1:
        raise ValueError("Give only one of api_key, auth_token and credentials.")
    if api_key is None and auth_token is None:
        return credentials
    return Credentials(api_key=api_key, auth_token=auth_token)


def _both(
    first: Callable[[CallRecord], None] | None, second: Callable[[CallRecord], None]
) -> Callable[[CallRecord], None]:
    def tell(call: CallRecord) -> None:
        if first is not None:
            first(call)
        second(call)

    return tell


def _custom_headers(environ: Mapping[str, str]) -> dict[str, str]:
    """ANTHROPIC_CUSTOM_HEADERS: one `Name: value` a line."""
    lines = environ.get("ANTHROPIC_CUSTOM_HEADERS", "").split("\n")
    return {name.strip(): value.strip() for name, found, value in (line.partition(":") for line in lines) if found}
