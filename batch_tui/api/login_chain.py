"""Which login a client uses when no key is set: the profile asked for, federation, the active profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from batch_tui.api.access_tokens import LoginCredentials
from batch_tui.api.base_url import DEFAULT_BASE_URL, checked_base_url
from batch_tui.api.credential_chain import FoundCredentials
from batch_tui.api.errors import CredentialsError
from batch_tui.api.logins import FederatedLogin, FederationRule, ProfileLogin, TokenEndpoint
from batch_tui.api.profiles import DEFAULT_PROFILE, active_profile, config_directory, read_identity_token, read_profile

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from batch_tui.api.profiles import Profile


def find_login(
    environ: Mapping[str, str],
    *,
    base_url: str | None,
    profile: str | None,
    now: Callable[[], datetime],
    verify: ssl.SSLContext | bool,
) -> FoundCredentials:
    """What `find_credentials` looks for in files, with its arguments; raises CredentialsError as it does."""
    endpoint = TokenEndpoint(base_url or DEFAULT_BASE_URL, now, verify)
    directory = config_directory(environ)
    named = profile or environ.get("ANTHROPIC_PROFILE") or None
    if named is not None:
        if directory is None:
            raise CredentialsError(
                f"Profile {named!r} is not found: there is no home directory. Set ANTHROPIC_CONFIG_DIR."
            )
        return _of_profile(named, directory, environ, endpoint)
    federated = _of_environment(environ, endpoint)
    if federated is not None:
        return federated
    if directory is None:
        return FoundCredentials(None)
    pointed = active_profile(directory)
    name = pointed or DEFAULT_PROFILE
    asked_for = bool(pointed or environ.get("ANTHROPIC_CONFIG_DIR"))
    if not asked_for and not (directory / "configs" / f"{name}.json").is_file():
        return FoundCredentials(None)
    try:
        return _of_profile(name, directory, environ, endpoint)
    except CredentialsError as error:
        if asked_for:
            raise
        return FoundCredentials(None, problem=str(error))


def _of_profile(name: str, directory: Path, environ: Mapping[str, str], endpoint: TokenEndpoint) -> FoundCredentials:
    profile = read_profile(name, directory, environ)
    own = replace(endpoint, base_url=profile.base_url or endpoint.base_url)
    checked = _private(own, f"{profile.config_path}")
    if profile.kind == "user_oauth":
        login = LoginCredentials(ProfileLogin(profile, checked), workspace_id=profile.workspace_id, now=endpoint.now)
    else:
        # Its workspace is in the token.
        federated = FederatedLogin(_rule(profile), _identity(profile), checked, profile=profile)
        login = LoginCredentials(federated, now=endpoint.now)
    return FoundCredentials(login, f"profile {name!r}", checked.base_url if profile.base_url else DEFAULT_BASE_URL)


def _rule(profile: Profile) -> FederationRule:
    if not profile.federation_rule_id or not profile.organization_id:
        raise CredentialsError(
            f"{profile.config_path}: a federated login needs authentication.federation_rule_id and organization_id."
        )
    return FederationRule(
        rule_id=profile.federation_rule_id,
        organization_id=profile.organization_id,
        service_account_id=profile.service_account_id,
        workspace_id=profile.workspace_id,
    )


def _identity(profile: Profile) -> Callable[[], str]:
    path = profile.identity_token_path
    if path is None:
        raise CredentialsError(
            f"{profile.config_path}: a federated login needs authentication.identity_token with a path, or "
            "ANTHROPIC_IDENTITY_TOKEN_FILE."
        )
    return lambda: read_identity_token(path)


def _of_environment(environ: Mapping[str, str], endpoint: TokenEndpoint) -> FoundCredentials | None:
    """The federated login that the environment describes, if it does so fully."""
    rule_id, organization_id = environ.get("ANTHROPIC_FEDERATION_RULE_ID"), environ.get("ANTHROPIC_ORGANIZATION_ID")
    file, literal = environ.get("ANTHROPIC_IDENTITY_TOKEN_FILE"), environ.get("ANTHROPIC_IDENTITY_TOKEN")
    if not rule_id or not organization_id or not (file or literal):
        return None
    rule = FederationRule(
        rule_id=rule_id,
        organization_id=organization_id,
        service_account_id=environ.get("ANTHROPIC_SERVICE_ACCOUNT_ID") or None,
        workspace_id=environ.get("ANTHROPIC_WORKSPACE_ID") or None,
    )

    def identity_token() -> str:
        return read_identity_token(Path(file)) if file else environ.get("ANTHROPIC_IDENTITY_TOKEN", "").strip()

    checked = _private(endpoint, "ANTHROPIC_FEDERATION_RULE_ID")
    login = LoginCredentials(FederatedLogin(rule, identity_token, checked), now=endpoint.now)
    return FoundCredentials(login, "ANTHROPIC_FEDERATION_RULE_ID")


def _private(endpoint: TokenEndpoint, place: str) -> TokenEndpoint:
    """Never over plain http, whatever the client may do: the refresh token would be on the network."""
    try:
        return replace(endpoint, base_url=checked_base_url(endpoint.base_url))
    except ValueError as error:
        raise CredentialsError(f"{place}: {error}") from None
