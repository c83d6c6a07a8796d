"""Which credentials a client uses when it is given none: environment, profile, federation, active profile.

The order is that of the official SDK 2.12.0 and CLI (reference: batches-api.md §8.2); the first that is there wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from batch_tui.api.credentials import Credentials, credentials_from
from batch_tui.api.wall_clock import utc_now

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from datetime import datetime


class FoundCredentials(msgspec.Struct, frozen=True):
    """What the search came to. With a profile comes the address it is for, for a client not told another."""

    credentials: Credentials | None
    source: str | None = None
    """In words: "ANTHROPIC_API_KEY", "profile 'work'"."""
    base_url: str | None = None
    problem: str | None = None
    """Why a profile that nobody asked for by name was passed over."""


def find_credentials(
    environ: Mapping[str, str],
    *,
    base_url: str | None = None,
    profile: str | None = None,
    now: Callable[[], datetime] = utc_now,
    verify: ssl.SSLContext | bool = True,
) -> FoundCredentials:
    """The credentials of an environment, or of the profile named; reads small files, asks no server.

    `base_url` is the client's, if it has one: a login whose profile has no address of its own is renewed there.
    Raises CredentialsError for a key that no header can carry, and for a profile that was asked for (by name, by
    ANTHROPIC_CONFIG_DIR or by the file active_config) and cannot be used; `credentials` is None if there are none.
    """
    if profile is None:
        static = credentials_from(environ)
        if static is not None:
            variable = "ANTHROPIC_API_KEY" if static.kind == "api_key" else "ANTHROPIC_AUTH_TOKEN"
            return FoundCredentials(static, variable)
    # Few have a login; the others need not wait for what reads and renews one.
    from batch_tui.api.login_chain import find_login

    return find_login(environ, base_url=base_url, profile=profile, now=now, verify=verify)
