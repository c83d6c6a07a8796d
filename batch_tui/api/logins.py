"""Where access tokens come from: the login in a profile of the official CLI, and workload identity federation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_tui.api.access_tokens import RENEW_ALWAYS, AccessToken, Grant
from batch_tui.api.credentials import OAUTH_BETA
from batch_tui.api.errors import CredentialsError
from batch_tui.api.profiles import StoredTokens, read_tokens, replace_tokens, require_replaceable
from batch_tui.api.wall_clock import utc_now

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from batch_tui.api.access_tokens import Refusal
    from batch_tui.api.profiles import Profile

FEDERATION_BETAS = f"{OAUTH_BETA},oidc-federation-2026-04-01"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Where tokens are asked for: `base_url` is https or loopback."""

    base_url: str
    now: Callable[[], datetime] = field(default=utc_now, repr=False)
    verify: ssl.SSLContext | bool = field(default=True, repr=False)

    def ask(self, body: Mapping[str, str], betas: str, *, secret: str) -> Grant | Refusal:
        """Send one grant request; `secret` is what no error may show. Raises as `token_endpoint.ask` does."""
        # Not at the top: it brings the network stack, which most uses of this module never need.
        from batch_tui.api.token_endpoint import ask

        return ask(self.base_url, body, betas, secrets=(secret,), now=self.now(), verify=self.verify)


class ProfileLogin:
    """The tokens of a `user_oauth` profile: that in its file as long as it serves, then renewed ones, put there."""

    def __init__(self, profile: Profile, endpoint: TokenEndpoint) -> None:
        self._profile = profile
        self._endpoint = endpoint
        self._in_file: str | None = None
        self._refresh_token: str | None = None
        self.name = f"login of profile {profile.name!r}"
        self.is_kept_by_others = profile.client_id is None

    def token(self, *, rejected: bool) -> AccessToken:
        """The token of the file if that is another than before, and does not end at once; else a renewed one."""
        stored = read_tokens(self._profile)
        if stored is None:
            raise CredentialsError(f"There is no {self.name}: {self._profile.credentials_path} is missing. {self._how}")
        found = AccessToken(stored.access_token, stored.expires_at)
        left = found.seconds_left(self._endpoint.now())
        if self._profile.client_id is None:
            if left is not None and not left > 0:
                raise CredentialsError(
                    f"The {self.name} has ended, and nothing has put another into {self._profile.credentials_path}, "
                    f"which something else is to keep fresh. Start that again. {self._how}"
                )
            return found
        if found.text != self._in_file:
            # The first look, or the official CLI has logged in or renewed meanwhile.
            self._in_file, self._refresh_token = found.text, stored.refresh_token
            if left is None or left > RENEW_ALWAYS:
                return found
        if self._refresh_token is not None:
            return self._renewed(self._profile.client_id, self._refresh_token)
        if not rejected and left is not None and left > 0:
            return found
        raise CredentialsError(f"The {self.name} has ended or was revoked. {self._how}")

    def _renewed(self, client_id: str, refresh_token: str) -> AccessToken:
        require_replaceable(self._profile)
        body = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": client_id}
        answer = self._endpoint.ask(body, OAUTH_BETA, secret=refresh_token)
        if isinstance(answer, Grant):
            following = self._refresh_token = answer.refresh_token or refresh_token
            # The server may have replaced the refresh token: kept to ourselves, that would log the official CLI out.
            stored = StoredTokens(answer.access_token, following, answer.expires_at)
            replace_tokens(self._profile, stored, instead_of=refresh_token)
            self._in_file = answer.access_token
            return AccessToken(answer.access_token, answer.expires_at)
        raise CredentialsError(f"The {self.name} has ended and was not renewed ({answer}). {self._how}")

    @property
    def _how(self) -> str:
        return f"Log in again with `{self._profile.login_command}`."


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationRule:
    """By which rule an identity token is exchanged; ids as in the Console."""

    rule_id: str
    organization_id: str
    service_account_id: str | None = None
    workspace_id: str | None = None


class FederatedLogin:
    """Access tokens in exchange for an identity token that something else keeps fresh (RFC 7523)."""

    is_kept_by_others = False

    def __init__(
        self,
        rule: FederationRule,
        identity_token: Callable[[], str],
        endpoint: TokenEndpoint,
        *,
        profile: Profile | None = None,
    ) -> None:
        self._rule = rule
        self._identity_token = identity_token
        self._endpoint = endpoint
        self._profile = profile
        self._in_file: str | None = None
        self.name = f"federated login of profile {profile.name!r}" if profile else "federated login"

    def token(self, *, rejected: bool) -> AccessToken:
        """The token that the official CLI last stored, if it is new here and does not end at once; else another."""
        stored = read_tokens(self._profile) if self._profile else None
        if stored is not None and stored.access_token != self._in_file:
            self._in_file = stored.access_token
            found = AccessToken(stored.access_token, stored.expires_at)
            left = found.seconds_left(self._endpoint.now())
            if left is not None and left > RENEW_ALWAYS:
                return found
        assertion = self._identity_token()
        rule = self._rule
        wanted = {
            "grant_type": JWT_BEARER,
            "assertion": assertion,
            "federation_rule_id": rule.rule_id,
            "organization_id": rule.organization_id,
            "service_account_id": rule.service_account_id,
            "workspace_id": rule.workspace_id,
        }
        body = {name: value for name, value in wanted.items() if value}
        answer = self._endpoint.ask(body, FEDERATION_BETAS, secret=assertion)
        if isinstance(answer, Grant):
            return AccessToken(answer.access_token, answer.expires_at)
        raise CredentialsError(
            f"The {self.name} was refused ({answer}). Check that the federation rule matches the identity token, and "
            "name a workspace (ANTHROPIC_WORKSPACE_ID) if the rule covers several."
        )
