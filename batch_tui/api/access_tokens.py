"""Credentials that end: renewed in time, by one at a time."""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from batch_tui.api.credentials import OAUTH_BETA, AuthStyle, Credentials
from batch_tui.api.errors import BatchAPIError, CredentialsError
from batch_tui.api.wall_clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

# Seconds before the end of a token (official SDK 2.12.0, `_constants.py` and `_cache.py`).
RENEW_IF_POSSIBLE = 120.0
RENEW_ALWAYS = 30.0
PAUSE_AFTER_FAILURE = 5.0


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and when it ends (Unix seconds; None: not known to)."""

    text: str = field(repr=False)
    expires_at: float | None

    def seconds_left(self, now: datetime) -> float | None:
        """None for a token that is not known to end."""
        return None if self.expires_at is None else self.expires_at - now.timestamp()


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token that the token endpoint gave; `expires_at` in Unix seconds."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    """Takes the place of the one sent, where the server replaced it."""
    expires_at: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """The token endpoint refused; `reason` is its own word for it (RFC 6749 §5.2), without any secret sent."""

    status: int
    reason: str

    def __str__(self) -> str:
        return f"{self.status} {self.reason}"


class TokenSource(Protocol):
    """Where access tokens come from; waits for files and the network."""

    name: str
    is_kept_by_others: bool
    """Something else replaces the token in its file, so that it is read for every request."""

    def token(self, *, rejected: bool) -> AccessToken:
        """Another token than the last, which ends soon or was rejected; the last again where it still serves.

        Raises CredentialsError if there is none, and the APIErrors of the token endpoint.
        """
        ...


class LoginCredentials(Credentials):
    """A bearer token that is renewed in time: at 120 s before its end if possible, at 30 s in any case.

    One renewal at a time, whichever threads and event loops share this object; those who must wait for it get
    its outcome.
    """

    __slots__ = ("_failure", "_lock", "_now", "_pause_until", "_rejected", "_source", "_token", "_tries", "_version")

    def __init__(
        self, source: TokenSource, *, workspace_id: str | None = None, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.kind = "login"
        self.workspace_id = workspace_id
        self._source = source
        self._now = now
        self._lock = threading.Lock()
        self._token: AccessToken | None = None
        self._rejected = False
        self._version = 0
        self._tries = 0
        self._failure: BatchAPIError | None = None
        self._pause_until = 0.0

    def headers(self, auth_style: AuthStyle = "x-api-key") -> dict[str, str]:
        """As a bearer with the beta header it needs, whatever the style. Raises CredentialsError before `renew`."""
        if self._token is None:
            raise CredentialsError(f"The {self._source.name} has given no token yet.")
        return {"authorization": f"Bearer {self._token.text}", "anthropic-beta": OAUTH_BETA}

    def is_due(self) -> bool:
        """Whether the token is missing, was rejected, or ends within 120 s."""
        if self._source.is_kept_by_others or self._must_renew():
            return True
        assert self._token is not None  # else it must be renewed
        left = self._token.seconds_left(self._now())
        return left is not None and left <= RENEW_IF_POSSIBLE and self._now().timestamp() >= self._pause_until

    def renew(self) -> None:
        """Get another token if one is due.

        Raises CredentialsError, which says how to log in again, and the APIErrors of the token endpoint; neither
        as long as the token at hand can still be used.
        """
        tries, must = self._tries, self._source.is_kept_by_others or self._must_renew()
        if not self._lock.acquire(blocking=must):
            return
        try:
            if self._tries != tries and self._failure is not None and must:
                raise copy.copy(self._failure)
            if self.is_due():
                self._try_to_renew(must=must)
        finally:
            self._lock.release()

    def _try_to_renew(self, *, must: bool) -> None:
        self._failure = None
        try:
            fresh = self._source.token(rejected=self._rejected)
        except BatchAPIError as error:
            # A copy: the error itself holds frames, and those hold tokens, which a traceback with locals would show.
            self._failure = copy.copy(error)
            self._pause_until = self._now().timestamp() + PAUSE_AFTER_FAILURE
        else:
            if self._token is None or fresh.text != self._token.text:
                self._version += 1
            self._token, self._rejected = fresh, False
        finally:
            self._tries += 1
        if self._failure is not None and must:
            raise copy.copy(self._failure)

    @property
    def version(self) -> int:
        """How often the token was replaced."""
        return self._version

    def reject(self, version: int) -> bool:
        """Note that the server refused the token of this version; a newer one is not blamed for it."""
        if version == self._version:
            self._rejected = True
        return True

    def _must_renew(self) -> bool:
        left = self._token.seconds_left(self._now()) if self._token else 0.0
        return self._rejected or (left is not None and not left > RENEW_ALWAYS)

    def __repr__(self) -> str:
        return f"Credentials({self._source.name}, token=<hidden>)"
