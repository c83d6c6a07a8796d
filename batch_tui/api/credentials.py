"""A key or token and the headers it becomes; nothing else ever shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NoReturn

from batch_tui.api.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

AuthStyle = Literal["x-api-key", "bearer"]

OAUTH_PREFIX = "sk-ant-oat"
OAUTH_BETA = "oauth-2025-04-20"
HIDDEN = b"[hidden]"
# Below this a "secret" is a placeholder, and hiding it would only spoil the text around it.
SHORTEST_HIDDEN = 8

HOW_TO_SET = (
    "No API key was found. Set ANTHROPIC_API_KEY (or ANTHROPIC_AUTH_TOKEN) in the environment, "
    "log in with `ant auth login`, or give the client an api_key or auth_token."
)


class Credentials:
    """One API key or one bearer token; its repr, str and errors never show it, and it refuses to be pickled.

    Raises CredentialsError if the value is empty or has characters that no header may carry.
    """

    __slots__ = ("_secret", "kind", "workspace_id")

    kind: Literal["api_key", "auth_token", "login"]
    workspace_id: str | None
    """The workspace to name with every request, for a login that can act in more than one."""

    def __init__(self, *, api_key: str | None = None, auth_token: str | None = None) -> None:
        self.workspace_id = None
        if (api_key is None) == (auth_token is None):
            raise ValueError("Give either api_key or auth_token, and only one of them.")
        self.kind = "api_key" if auth_token is None else "auth_token"
        self._secret = clean_secret(api_key if auth_token is None else auth_token, self.kind)

    def headers(self, auth_style: AuthStyle = "x-api-key") -> dict[str, str]:
        """The headers that authenticate a request; `auth_style` is how an API key travels."""
        is_oauth = self._secret.startswith(OAUTH_PREFIX)
        if self.kind == "api_key" and auth_style == "x-api-key" and not is_oauth:
            return {"x-api-key": self._secret}
        headers = {"authorization": f"Bearer {self._secret}"}
        if is_oauth:
            headers["anthropic-beta"] = OAUTH_BETA
        return headers

    def is_due(self) -> bool:
        """Whether `renew` must be called before the next request; never for a key, which stays what it is."""
        return False

    def renew(self) -> None:
        """Get another secret in place of one that ends; waits for files and the network."""

    @property
    def version(self) -> int:
        """How often the secret was replaced."""
        return 0

    def reject(self, version: int) -> bool:
        """Note that the server refused the secret of this version; True if another may be had by `renew`."""
        return False

    def __repr__(self) -> str:
        return f"Credentials({self.kind}=<hidden>)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials are not pickled: the secret stays in this process.")


def credentials_from(environ: Mapping[str, str]) -> Credentials | None:
    """ANTHROPIC_API_KEY of an environment, else ANTHROPIC_AUTH_TOKEN; an empty one counts as unset."""
    if key := environ.get("ANTHROPIC_API_KEY", "").strip():
        return Credentials(api_key=key)
    if token := environ.get("ANTHROPIC_AUTH_TOKEN", "").strip():
        return Credentials(auth_token=token)
    return None


def base_url_from(environ: Mapping[str, str]) -> str | None:
    """ANTHROPIC_BASE_URL; None if unset or empty."""
    return environ.get("ANTHROPIC_BASE_URL", "").strip() or None


def hide(secrets: tuple[str, ...], data: bytes) -> bytes:
    """`data` without the secrets, for text that came back from a server and may be shown."""
    for secret in secrets:
        if len(secret) >= SHORTEST_HIDDEN:
            data = data.replace(secret.encode(), HIDDEN)
    return data


def clean_secret(secret: str | None, kind: str) -> str:
    """A key or token as a header carries it. Raises CredentialsError, which shows none of it."""
    # A final newline is what `$(cat key)` in the wrong quotes leaves; inside, it would end the header.
    cleaned = (secret or "").strip()
    if not cleaned:
        raise CredentialsError(f"The {kind} is empty. {HOW_TO_SET.partition('. ')[2]}")
    if not (cleaned.isascii() and cleaned.isprintable()) or " " in cleaned:
        raise CredentialsError(
            f"The {kind} has characters that cannot be part of one (a blank, a line break, non-ASCII). "
            "Check how it was copied."
        )
    return cleaned
