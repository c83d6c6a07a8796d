"""The light theme, and which theme the user chose, taken along to the dashboard of another profile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.theme import BUILTIN_THEMES

if TYPE_CHECKING:
    from textual.theme import Theme

# As with `mask`: one dashboard ends, and the next one on this terminal is made by who knows nothing of either.
_chosen: list[str] = []


def take_along(theme: str) -> None:
    """The next dashboard of this process begins with it."""
    _chosen[:] = [theme]


def taken_along() -> str | None:
    """What the last dashboard ended with, if the user had chosen it; told once."""
    return _chosen.pop() if _chosen else None


def readable_light() -> Theme:
    """The light theme of Textual on a lighter ground, its coloured texts dark enough to be read there (WCAG AA)."""
    light = BUILTIN_THEMES["textual-light"]
    texts = {"text-success": "#1C6B36", "text-warning": "#855100", "text-accent": "#855100", "text-error": "#A02345"}
    return replace(
        light, background="#F4F4F4", surface="#EAEAEA", panel="#DDDDDD", variables={**light.variables, **texts}
    )
