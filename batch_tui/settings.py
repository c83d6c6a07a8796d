"""What the user chose: flags over environment over the profile and the rest of the config file; read once."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec
import platformdirs
from msgspec.structs import replace

from batch_tui.api.base_url import DEFAULT_BASE_URL, is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

AuthStyle = Literal["x-api-key", "bearer"]
ApiVersion = Literal["2023-06-01", "2026-10-21"]


class SettingsError(Exception):
    """A setting that cannot be used: which one, where it was found, and what it may be."""


class Hooks(msgspec.Struct, frozen=True):
    """Commands that are run when something happened to a batch, as argument lists; no shell reads them."""

    on_end: tuple[str, ...] = ()
    """A watched batch has ended."""
    on_expiring: tuple[str, ...] = ()
    """The results of a batch will soon be gone, and are not stored on this machine."""


class Settings(msgspec.Struct, frozen=True):
    """Every setting, with its default."""

    profile: str = "default"
    base_url: str = DEFAULT_BASE_URL
    allow_plain_http: bool = False
    """Let the key travel unencrypted to another machine: a proxy in a network that is the user's own."""
    api_version: str = "2023-06-01"
    auth_style: AuthStyle = "x-api-key"
    """How an API key travels; a token is always a bearer."""
    workspace_id: str | None = None
    api_key_env: str = "ANTHROPIC_API_KEY"
    """Name of the environment variable that holds the key of this profile."""
    cache_dir: Path = Path(platformdirs.user_cache_dir("batch-tui"))
    data_dir: Path = Path(platformdirs.user_data_dir("batch-tui"))
    """What is the user's own and cannot be fetched again: names, tags and notes."""
    theme: Literal["dark", "light"] = "dark"
    mask: bool = False
    """Begin with what people wrote hidden: prompts, answers, custom_ids, names."""
    read_only: bool = False
    """Offer nothing that changes anything at the API."""
    undo_seconds: float = 5.0
    """How long a confirmed delete waits for a change of mind; 0 for not at all."""
    read_ahead_mb: int = 32
    """How far the download of results runs ahead of the last row looked at; 0 fetches everything."""
    cache_limit_gb: float = 20.0
    """What stored results may take together; the least recently used go first, 0 keeps everything."""
    poll_seconds: float = 10.0
    """Seconds between polls while batches run and nothing moves, 50 at most; 10 is the server's own hint."""
    watch: Literal["marked", "all"] = "marked"
    """Whose end is announced: the batches marked with `m`, or every one."""
    notify: Literal["bell", "desktop", "both", "off"] = "both"
    """How the terminal is told of an end, beside the sentence on screen."""
    hooks: Hooks = Hooks()
    keys: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    """Keys of the user's own by the id of the action, or the last part of it: those of the whole file, then those of
    the profile, which win. Which actions there are, the dashboard knows."""
    hook_timeout_seconds: float = 30.0
    """Seconds after which a hook is ended."""
    poll_slowest_seconds: float = 50.0
    """The longest wait between polls, also while nobody looks; below a minute, so that every end is noticed in one."""
    requests_per_minute: int = 600
    """What polling, paging and actions together never exceed; the API may state a lower limit."""
    key_variables: frozenset[str] = frozenset({"ANTHROPIC_API_KEY"})
    """Where keys are, of this profile and of the others: no program that is run here gets to see them."""


_CHOICES: dict[str, tuple[object, ...]] = {
    "api_version": get_args(ApiVersion),
    "auth_style": get_args(AuthStyle),
    "theme": ("dark", "light"),
    "watch": ("marked", "all"),
    "notify": ("bell", "desktop", "both", "off"),
}
_NUMBERS = {
    "read_ahead_mb": "a whole number",
    "requests_per_minute": "a whole number",
    "poll_seconds": "a number",
    "poll_slowest_seconds": "a number",
    "cache_limit_gb": "a number",
    "undo_seconds": "a number",
    "hook_timeout_seconds": "a number",
}
_LOWEST = {
    "read_ahead_mb": 0,
    "requests_per_minute": 6,
    "poll_seconds": 1,
    "poll_slowest_seconds": 2,
    "cache_limit_gb": 0,
    "undo_seconds": 0,
    "hook_timeout_seconds": 1,
}
_HIGHEST = {"poll_seconds": 50, "poll_slowest_seconds": 50}
"""An ended batch must not go unnoticed for over a minute, the request included."""
_HOOKS = Hooks.__struct_fields__
_NAMES = sorted(one for one in Settings.__struct_fields__ if one not in ("profile", "key_variables"))
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def default_config_path() -> Path:
    """Where the config file is looked for."""
    return Path(platformdirs.user_config_dir("batch-tui")) / "config.toml"


def own_prices_path() -> Path:
    """Where the user's own list of prices is looked for; it need not be there."""
    return default_config_path().with_name("prices.toml")


def profile_names(config_path: Path) -> list[str]:
    """Every profile that can be chosen, the one without a table of its own first. Raises SettingsError."""
    profiles = _read(config_path).get("profiles", {})
    return ["default", *sorted(set(profiles) - {"default"})] if isinstance(profiles, dict) else ["default"]


def load_settings(
    flags: Mapping[str, Any], environ: Mapping[str, str], config_path: Path, *, own_address: bool = False
) -> Settings:
    """Settings from flags (None means not given), environment and config file. Raises SettingsError.

    With `own_address`, where a profile says which API it is for, the environment does not say otherwise.
    """
    config = _read(config_path)
    profiles = config.pop("profiles", {})
    in_file = config.pop("profile", None)
    chosen = flags.get("profile") or in_file or "default"
    if not isinstance(chosen, str):
        raise SettingsError(f"{config_path}: profile must be text, not {chosen!r}.")
    if not isinstance(profiles, dict):
        raise SettingsError(f"{config_path}: profiles must be tables such as [profiles.work], not {profiles!r}.")
    if chosen != "default" and chosen not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        raise SettingsError(f"There is no profile {chosen!r} in {config_path}. Profiles there: {known}.")
    url = environ.get("ANTHROPIC_BASE_URL", "").strip()
    profile = (f"[profiles.{chosen}] of {config_path}", profiles.get(chosen, {}))
    environment = ("ANTHROPIC_BASE_URL", {"base_url": url} if url else {})
    layers = (
        (f"{config_path}", config),
        *((environment, profile) if own_address else (profile, environment)),
        ("the command line", {name: one for name, one in flags.items() if one is not None and name != "profile"}),
    )
    merged: dict[str, Any] = {"profile": chosen}
    origin = ""
    for where, values in layers:
        checked = _checked(values, where)
        origin = where if "base_url" in checked else origin
        # One key is moved by the profile, and the others stay where the file has put them.
        own_keys = checked.pop("keys", {})
        merged |= checked
        merged["keys"] = (*merged.get("keys", ()), *([own_keys] if own_keys else []))
    # Of the profiles not chosen nothing is checked: a mistake there is for the day they are used.
    tables = (config, *(one for one in profiles.values() if isinstance(one, dict)))
    named = {one["api_key_env"] for one in tables if isinstance(one.get("api_key_env"), str)}
    settings = replace(Settings(), **merged, key_variables=Settings().key_variables | named)
    _must_hide_the_key(settings, origin)
    return settings


def _must_hide_the_key(settings: Settings, where: str) -> None:
    """Whether the network may see the key is for the config file to say, which is nobody's but the user's."""
    parts = urlsplit(settings.base_url)
    if parts.scheme == "http" and not settings.allow_plain_http and not is_loopback(parts.hostname or ""):
        raise SettingsError(
            f"{where}: base_url must use https for {parts.hostname!r}: plain http would show the key to the network. "
            "If that network is your own, set allow_plain_http = true in the config file."
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    import tomllib

    try:
        return tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error


def _checked(values: Any, where: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise SettingsError(f"{where} must be a table of settings, not {values!r}.")
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in _NAMES:
            raise SettingsError(f"{where}: there is no setting {name!r}. Settings: {', '.join(_NAMES)}.")
        try:
            checked[name] = _value(name, value)
        except ValueError as error:
            raise SettingsError(f"{where}: {name} must {error}.") from error
    return checked


def _value(name: str, value: Any) -> Any:
    """The setting as it is used. Raises ValueError with what follows "must" in the sentence."""
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise ValueError(f"be {' or '.join(repr(one) for one in _CHOICES[name])}, not {value!r}")
        return value
    if name in _NUMBERS:
        return _number(name, value)
    if name in ("read_only", "allow_plain_http", "mask"):
        if not isinstance(value, bool):
            raise ValueError(f"be true or false, not {value!r}")
        return value
    if name == "hooks":
        return _hooks(value)
    if name == "keys":
        return dict(_keys(value))
    if not isinstance(value, str | Path):
        raise ValueError(f"be text, not {value!r}")
    text = str(value).strip()
    if not text:
        raise ValueError("not be empty")
    if name == "base_url":
        return _base_url(text)
    if name == "api_key_env" and not _VARIABLE.fullmatch(text):
        raise ValueError(
            "be the name of an environment variable, such as ANTHROPIC_API_KEY; the key itself stays there"
        )
    return _directory(text) if name in ("cache_dir", "data_dir") else text


def _hooks(value: Any) -> Hooks:
    if not isinstance(value, dict):
        raise ValueError(f'be a table, as [hooks] and below it on_end = ["notify-me"], not {value!r}')
    for event, command in value.items():
        if event not in _HOOKS:
            raise ValueError(f"hold commands for {' and '.join(_HOOKS)}; there is no {event!r}")
        if not isinstance(command, list) or not all(isinstance(word, str) and "\0" not in word for word in command):
            raise ValueError(
                f'give {event} as a list of the command and its arguments, as ["notify-me", "--loud"], not {command!r}'
            )
        if not command or not command[0].strip():
            raise ValueError(f"name a command for {event}; leave it out for none")
    # No shell expands it, and a home is what people write.
    return Hooks(**{event: (_expanded(command[0]), *command[1:]) for event, command in value.items()})


def _keys(value: Any, above: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each action and its keys; an id with a dot is a table to TOML unless it is quoted."""
    if not isinstance(value, dict):
        raise ValueError(f'be a table, as [keys] and below it cancel = "C", not {value!r}')
    for name, keys in value.items():
        if isinstance(keys, dict):
            yield from _keys(keys, f"{above}{name}.")
            continue
        listed = keys if isinstance(keys, list) else [keys]
        if not all(isinstance(key, str) for key in listed):
            raise ValueError(f'give {above}{name} a key as text, as "C", "ctrl+f,slash" or ["f", "/"], not {keys!r}')
        # A comma parts two keys, unless it is the key.
        parts = [part.strip() for key in listed for part in ([key] if key == "," else key.split(","))]
        if not parts or not all(parts):
            raise ValueError(f"name a key for {above}{name}; leave it out to keep the usual one")
        yield f"{above}{name}", tuple(parts)


def _number(name: str, value: Any) -> float:
    wants_whole = _NUMBERS[name] == "a whole number"
    if isinstance(value, bool) or not isinstance(value, int if wants_whole else int | float):
        raise ValueError(f"be {_NUMBERS[name]}, not {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"be a finite number, not {value!r}")
    if value < _LOWEST[name]:
        raise ValueError(f"be at least {_LOWEST[name]}, not {value!r}")
    if value > _HIGHEST.get(name, math.inf):
        raise ValueError(f"be at most {_HIGHEST[name]}, not {value!r}")
    return value


def _expanded(command: str) -> str:
    return str(_directory(command)) if command.startswith("~") else command


def _directory(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"be a directory; there is no home directory for {text!r}") from None


def _base_url(text: str) -> str:
    """Without its final slash. The sentences show none of it but the host: the rest may be a secret."""
    like = f"be an address like {DEFAULT_BASE_URL}: http or https, then a host"
    if not text.isprintable() or " " in text:
        raise ValueError(f"{like}, without spaces or line breaks")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{like}, and a port from 0 to 65535 if any") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(like)
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"not hold a user or password (host {host!r})")
    if parts.query or parts.fragment:
        raise ValueError(f"not have a query or fragment (host {host!r})")
    return text.rstrip("/")
