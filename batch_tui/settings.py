"""What the user chose: flags over environment over the profile and the rest of the config file; read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_BASE_URL = "https://api.anthropic.com"
AuthStyle = Literal["x-api-key", "bearer"]
ApiVersion = Literal["2023-06-01", "2026-10-21"]


class SettingsError(Exception):
    """A setting that cannot be used: which one, where it was found, and what it may be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its default."""

    profile: str = "default"
    base_url: str = DEFAULT_BASE_URL
    api_version: str = "2023-06-01"
    auth_style: AuthStyle = "x-api-key"
    """How an API key travels; a token is always a bearer."""
    workspace_id: str | None = None
    api_key_env: str = "ANTHROPIC_API_KEY"
    """Name of the environment variable that holds the key of this profile."""
    cache_dir: Path = Path(platformdirs.user_cache_dir("batch-tui"))
    theme: Literal["dark", "light"] = "dark"
    read_ahead_mb: int = 32
    """How far the download of results runs ahead of the last row looked at; 0 fetches everything."""
    poll_seconds: float = 10.0
    """Seconds between polls while batches run and nothing moves; 10 is the server's own hint."""


_CHOICES: dict[str, tuple[object, ...]] = {
    "api_version": get_args(ApiVersion),
    "auth_style": get_args(AuthStyle),
    "theme": ("dark", "light"),
}
_TYPES: dict[str, tuple[type, ...]] = {"read_ahead_mb": (int,), "poll_seconds": (int, float)}
_LOWEST = {"read_ahead_mb": 0, "poll_seconds": 1}


def default_config_path() -> Path:
    """Where the config file is looked for."""
    return Path(platformdirs.user_config_dir("batch-tui")) / "config.toml"


def load_settings(flags: Mapping[str, Any], environ: Mapping[str, str], config_path: Path) -> Settings:
    """Settings from flags (None means not given), environment and config file. Raises SettingsError."""
    config = _read(config_path)
    profiles = config.pop("profiles", {})
    chosen = flags.get("profile") or config.pop("profile", None) or "default"
    config.pop("profile", None)
    if not isinstance(profiles, dict) or (chosen != "default" and chosen not in profiles):
        known = ", ".join(sorted(profiles)) if isinstance(profiles, dict) and profiles else "none"
        raise SettingsError(f"There is no profile {chosen!r} in {config_path}. Profiles there: {known}.")
    merged = _checked(config, f"{config_path}")
    merged |= _checked(profiles.get(chosen, {}), f"[profiles.{chosen}] of {config_path}")
    if url := environ.get("ANTHROPIC_BASE_URL", "").strip():
        merged["base_url"] = url
    merged |= _checked({name: value for name, value in flags.items() if value is not None}, "the command line")
    return replace(Settings(), **merged | {"profile": chosen})


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error


def _checked(values: Any, where: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise SettingsError(f"{where} must be a table of settings.")
    names = {one.name for one in fields(Settings)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in names:
            raise SettingsError(f"{where}: there is no setting {name!r}. Settings: {', '.join(sorted(names))}.")
        if name in _CHOICES and value not in _CHOICES[name]:
            allowed = " or ".join(repr(one) for one in _CHOICES[name])
            raise SettingsError(f"{where}: {name} must be {allowed}, not {value!r}.")
        kinds = _TYPES.get(name, (str, Path))
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise SettingsError(f"{where}: {name} must be {'a number' if name in _TYPES else 'text'}, not {value!r}.")
        if name in _LOWEST and value < _LOWEST[name]:
            raise SettingsError(f"{where}: {name} must be at least {_LOWEST[name]}, not {value!r}.")
        checked[name] = Path(value).expanduser() if name == "cache_dir" else value
    return checked
