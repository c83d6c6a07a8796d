"""The theme that the user chose, taken along to the dashboard of another profile."""

from __future__ import annotations

# As with `mask`: one dashboard ends, and the next one on this terminal is made by who knows nothing of either.
_chosen: list[str] = []


def take_along(theme: str) -> None:
    """The next dashboard of this process begins with it."""
    _chosen[:] = [theme]


def taken_along() -> str | None:
    """What the last dashboard ended with, if the user had chosen it; told once."""
    return _chosen.pop() if _chosen else None
