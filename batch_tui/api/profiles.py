"""The profile files of the official CLI: where they are, who may have written them, what they say.

Two files make a profile NAME (reference: official SDK 2.12.0, `lib/credentials`): `configs/NAME.json` says how to
log in and is no secret, `credentials/NAME.json` holds the tokens and must be the user's alone. Only the latter is
ever written: with the tokens of a renewal, as the official client does.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from batch_tui.api.credentials import clean_secret
from batch_tui.api.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_FILE = 1 << 20
# The official client's limit; real ones stay under 4 kB.
LARGEST_IDENTITY_TOKEN = 16 * 1024
DEFAULT_PROFILE = "default"


@dataclass(frozen=True, slots=True)
class Profile:
    """What `configs/NAME.json` says, gaps filled from the environment."""

    name: str
    kind: Literal["user_oauth", "oidc_federation"]
    config_path: Path
    credentials_path: Path
    base_url: str | None
    workspace_id: str | None
    organization_id: str | None
    client_id: str | None
    """None for `user_oauth`: something else keeps the credentials file fresh, and it is read for every request."""
    federation_rule_id: str | None
    service_account_id: str | None
    identity_token_path: Path | None

    @property
    def login_command(self) -> str:
        """What the user types to log in again."""
        return "ant auth login" if self.name == DEFAULT_PROFILE else f"ant auth login --profile {self.name}"


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """What `credentials/NAME.json` says; `expires_at` in Unix seconds, None if it does not end."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: float | None


def config_directory(environ: Mapping[str, str]) -> Path | None:
    """ANTHROPIC_CONFIG_DIR, else `~/.config/anthropic` (`%APPDATA%\\Anthropic` on Windows); None without a home."""
    if given := environ.get("ANTHROPIC_CONFIG_DIR"):
        return Path(given)
    if sys.platform == "win32":
        home = environ.get("APPDATA")
        return Path(home) / "Anthropic" if home else None
    home = environ.get("HOME")
    return Path(home) / ".config" / "anthropic" if home else None


def active_profile(directory: Path) -> str | None:
    """The name in `active_config`; None if there is no such file, or nothing in it."""
    try:
        return (directory / "active_config").read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def read_profile(name: str, directory: Path, environ: Mapping[str, str]) -> Profile:
    """One profile. Raises CredentialsError, naming the file and what to do, for anything that is wrong with it."""
    path = _inside(directory, directory / "configs" / f"{_checked_name(name)}.json")
    config = _read_object(path, f"The config file of profile {name!r}", forbidden=0o022, remedy="chmod go-w")
    if config is None:
        raise CredentialsError(
            f"There is no profile {name!r}: {path} is missing. Log in with `ant auth login`, or choose another "
            "profile with ANTHROPIC_PROFILE."
        )
    how = config.get("authentication")
    kind = how.get("type") if isinstance(how, dict) else None
    if not isinstance(how, dict) or kind not in ("user_oauth", "oidc_federation"):
        raise CredentialsError(
            f"{path} does not say how to log in: authentication.type must be 'user_oauth' or 'oidc_federation'. "
            "Log in with `ant auth login` to write it anew."
        )

    def text(values: dict[str, Any], key: str, variable: str | None = None) -> str | None:
        value = values.get(key) or (environ.get(variable) if variable else None)
        if value is not None and not isinstance(value, str):
            raise CredentialsError(f"{path}: {key} must be text.")
        return value or None

    own = text(how, "credentials_path")
    credentials_path = Path(own).expanduser() if own else directory / "credentials" / f"{name}.json"
    return Profile(
        name=name,
        kind=kind,
        config_path=path,
        credentials_path=credentials_path if own else _inside(directory, credentials_path),
        base_url=text(config, "base_url"),
        workspace_id=text(config, "workspace_id", "ANTHROPIC_WORKSPACE_ID"),
        organization_id=text(config, "organization_id", "ANTHROPIC_ORGANIZATION_ID"),
        client_id=text(how, "client_id"),
        federation_rule_id=text(how, "federation_rule_id", "ANTHROPIC_FEDERATION_RULE_ID"),
        service_account_id=text(how, "service_account_id", "ANTHROPIC_SERVICE_ACCOUNT_ID"),
        identity_token_path=_identity_token_path(path, how, environ),
    )


def read_tokens(profile: Profile) -> StoredTokens | None:
    """The tokens of a profile as they are now; None if there is no file.

    Raises CredentialsError, which shows nothing of the contents, for a symlink, a file that others may read or
    write, and one that is no credentials file.
    """
    path = profile.credentials_path
    what = f"The credentials file of profile {profile.name!r}"
    found = _read_object(path, what, forbidden=0o077, remedy="chmod 600", follow=False)
    if found is None:
        return None
    access, refresh, expires_at = found.get("access_token"), found.get("refresh_token"), found.get("expires_at")
    if found.get("type") not in (None, "oauth_token") or not isinstance(access, str) or not access:
        raise CredentialsError(f"{what} ({path}) holds no access token. Run `{profile.login_command}`.")
    # The official client takes a number written as text, too.
    try:
        ends = None if expires_at is None else float(expires_at)
    except (TypeError, ValueError, OverflowError):
        raise CredentialsError(f"{what} ({path}): expires_at must be Unix seconds.") from None
    return StoredTokens(
        clean_secret(access, "access token"), refresh if isinstance(refresh, str) and refresh else None, ends
    )


def require_replaceable(profile: Profile) -> None:
    """Raises CredentialsError where renewed tokens could not be kept: renewing may use up those in the file."""
    path = profile.credentials_path
    if not os.access(path.parent, os.W_OK):
        raise CredentialsError(
            f"The login of profile {profile.name!r} has ended, and is not renewed: {path} would have to be replaced, "
            f"and {path.parent} is not writable. Make it writable, or run `{profile.login_command}`."
        )


def replace_tokens(profile: Profile, tokens: StoredTokens, *, instead_of: str) -> None:
    """Put renewed tokens in place of the file whose refresh token is `instead_of`; whole, and nobody else's to read.

    Leaves a file alone that somebody else has written meanwhile. Raises CredentialsError.
    """
    path = profile.credentials_path
    what = f"The credentials file of profile {profile.name!r}"
    found = _read_object(path, what, forbidden=0o077, remedy="chmod 600", follow=False)
    if found is None or found.get("refresh_token") != instead_of:
        return
    ends = None if tokens.expires_at is None else int(tokens.expires_at)
    renewed = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token, "expires_at": ends}
    temporary: str | None = None
    failure: OSError | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(found | renewed, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        failure = error
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    # Outside the handler, whose frames hold the tokens.
    if failure is not None:
        raise CredentialsError(
            f"The login of profile {profile.name!r} was renewed, but {path} could not be replaced: {failure.strerror}. "
            f"Make room there, then retry; it may take `{profile.login_command}`."
        )


def read_identity_token(path: Path) -> str:
    """The token a federation exchange begins with, read anew each time since it is replaced in place."""
    text = _read(path, "The identity token file", forbidden=0, remedy="", follow=True)
    if text is None:
        raise CredentialsError(f"The identity token file {path} is missing.")
    if not text.strip() or len(text) > LARGEST_IDENTITY_TOKEN:
        raise CredentialsError(f"The identity token file {path} is empty, or too long to be a token.")
    return clean_secret(text, f"identity token in {path}")


def _identity_token_path(path: Path, how: dict[str, Any], environ: Mapping[str, str]) -> Path | None:
    given = how.get("identity_token")
    if not given:
        named = environ.get("ANTHROPIC_IDENTITY_TOKEN_FILE")
        return Path(named) if named else None
    if not isinstance(given, dict) or given.get("source") != "file" or not isinstance(given.get("path"), str):
        raise CredentialsError(f"{path}: authentication.identity_token must have the source 'file' and a path.")
    return Path(given["path"])


def _checked_name(name: str) -> str:
    if not name or name != name.strip() or name.startswith(".") or any(mark in name for mark in "/\\\0"):
        raise CredentialsError(
            f"{name!r} cannot be the name of a profile: it is part of a file name. Correct ANTHROPIC_PROFILE, "
            "or the file active_config."
        )
    return name


def _inside(directory: Path, path: Path) -> Path:
    if not path.resolve().is_relative_to(directory.resolve()):
        raise CredentialsError(f"{path} leads out of {directory}, where profiles are kept; it is not read.")
    return path


def _read_object(path: Path, what: str, *, forbidden: int, remedy: str, follow: bool = True) -> dict[str, Any] | None:
    text = _read(path, what, forbidden=forbidden, remedy=remedy, follow=follow)
    if text is None:
        return None
    # Raised outside the handler: a JSONDecodeError holds the document, and the document is the secret.
    parsed: Any = None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise CredentialsError(f"{what} ({path}) is not a JSON object. Log in with `ant auth login` to write it anew.")
    return parsed


def _read(path: Path, what: str, *, forbidden: int, remedy: str, follow: bool) -> str | None:
    """A small file's text; None if it is missing. What is checked is the file that was opened, not its name."""
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags if follow else flags | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            raise CredentialsError(
                f"{what} ({path}) is a symbolic link, which is not followed. Put the file itself there."
            ) from None
        raise CredentialsError(f"{what} ({path}) cannot be read: {getattr(error, 'strerror', error)}.") from None
    with open(descriptor, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise CredentialsError(f"{what} ({path}) is not a file.")
        if os.name == "posix" and stat.S_IMODE(mode) & forbidden:
            raise CredentialsError(
                f"{what} ({path}) is open to others (mode {stat.S_IMODE(mode):o}); run `{remedy} {path}` first."
            )
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise CredentialsError(f"{what} ({path}) is larger than 1 MB, so it is something else.")
    return content.decode("utf-8", "replace")
