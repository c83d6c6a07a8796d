"""Who asks the API by these settings: a key, a login, or the sentence that says what is missing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from batch_tui.settings import Settings

if TYPE_CHECKING:
    from batch_tui.api.credential_chain import FoundCredentials
    from batch_tui.api.credentials import Credentials

PATIENCE: Final = 30.0
"""Seconds without a byte after which an answer is given up; the client's own default of 600 would freeze the list."""


def credentials_for(settings: Settings) -> tuple[Credentials | None, str | None]:
    """Who asks the API; without anybody, the sentence that says what is missing."""
    found, reason = found_credentials_for(settings)
    return found.credentials, reason


def found_credentials_for(settings: Settings) -> tuple[FoundCredentials, str | None]:
    """The same with where they were found."""
    from batch_tui.api.credential_chain import FoundCredentials, find_credentials
    from batch_tui.api.credentials import Credentials
    from batch_tui.api.errors import CredentialsError

    usual = settings.api_key_env == Settings().api_key_env
    try:
        if usual:
            found = find_credentials(os.environ, base_url=settings.base_url)
        else:
            # Never fall back to another key: it belongs to another workspace, perhaps another host.
            key = os.environ.get(settings.api_key_env, "").strip()
            found = FoundCredentials(Credentials(api_key=key) if key else None, settings.api_key_env)
    except CredentialsError as error:
        return FoundCredentials(None), str(error)
    if found.base_url and found.base_url != settings.base_url:
        return FoundCredentials(None), (
            f"The login of {found.source} is for {found.base_url}, and is not used for {settings.base_url}. "
            f"Start with --base-url {found.base_url}, or set ANTHROPIC_API_KEY."
        )
    if found.credentials is not None:
        return found, None
    places = f"{settings.api_key_env} is not set (profile {settings.profile})"
    if usual:
        places = f"neither {settings.api_key_env} nor ANTHROPIC_AUTH_TOKEN is set"
    return found, found.problem or f"No credentials: {places}."


def client_options(settings: Settings, credentials: Credentials | None) -> dict[str, Any]:
    """What both clients are made with."""
    return {
        "credentials": credentials,
        "base_url": settings.base_url,
        "allow_plain_http": settings.allow_plain_http,
        "api_version": settings.api_version,
        "auth_style": settings.auth_style,
        "workspace_id": settings.workspace_id,
    }
