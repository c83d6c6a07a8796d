"""The light theme: its coloured texts can be read on every ground they stand on."""

from __future__ import annotations

import pytest
from textual.color import Color

from batch_tui.tui.themes import readable_light

AA = 4.5
"""The least contrast of small text, by the Web Content Accessibility Guidelines."""


def luminance(color: Color) -> float:
    parts = [part / 255 for part in color.rgb]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", ["background", "surface", "panel"])
def test_coloured_texts_of_the_light_theme_can_be_read(ground: str) -> None:
    theme = readable_light()
    colors = theme.to_color_system().generate() | theme.variables
    behind = Color.parse(colors[ground])
    muted = behind.blend(Color.parse(colors["foreground"]), 0.6)
    assert contrast(muted, behind) >= AA
    for tone in ("primary", "success", "warning", "error", "accent"):
        assert contrast(Color.parse(colors[f"text-{tone}"]), behind) >= AA, tone
