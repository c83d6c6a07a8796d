"""Which profiles the dashboard can go over to, and with what settings it starts anew."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from batch_tui.settings import SettingsError, default_config_path, load_settings, profile_names
from batch_tui.verbs.keys import own_keymap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_tui.settings import Settings
    from batch_tui.tui.profile_app import ProfilesRead


def settings_for(profile: str, flags: Mapping[str, Any], first: str) -> Settings:
    """The settings of a profile; `first` is the one that this command line started with. Raises SettingsError.

    An address on the command line, or in the environment, was meant for that one: the key of another that has an
    address of its own must not go there.
    """
    base_url = flags.get("base_url") if profile == first else None
    chosen = {**flags, "profile": profile, "base_url": base_url}
    return load_settings(chosen, os.environ, default_config_path(), own_address=profile != first)


def read_profiles(flags: Mapping[str, Any], first: str) -> ProfilesRead:
    """Read the config file, and look at each profile as if it were started with."""
    from batch_tui.tui.profile_app import ProfilesRead
    from batch_tui.tui.profiles import ProfileChoice

    choices = []
    try:
        names = profile_names(default_config_path())
    except SettingsError as error:
        return ProfilesRead((), str(error))
    for name in names:
        try:
            settings = settings_for(name, flags, first)
            own_keymap(settings)
        except SettingsError as error:
            choices.append(ProfileChoice(name, "", str(error)))
        else:
            host = urlsplit(settings.base_url).netloc.rpartition("@")[2]
            workspace = f" · {settings.workspace_id}" if settings.workspace_id else ""
            only = " · read-only" if settings.read_only else ""
            choices.append(ProfileChoice(name, f"{host}{workspace}{only}"))
    return ProfilesRead(choices)
