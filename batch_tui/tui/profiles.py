"""The profiles of the config file, as the dashboard offers them."""

from __future__ import annotations

import msgspec


class ProfileChoice(msgspec.Struct, frozen=True):
    """A profile that can be gone over to; the strings are the user's own."""

    name: str
    about: str
    problem: str | None = None
    """Why it cannot be used, or None."""
