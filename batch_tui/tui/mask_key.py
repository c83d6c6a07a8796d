"""The key that hides what people wrote: of the whole app, and of what lies over a screen and shows some of it."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding

MASK_KEY: Final = Binding(
    "X",
    "app.mask",
    "Mask",
    id="app.mask",
    show=False,
    tooltip="Hide prompts, answers, ids and names, or show them",
)
