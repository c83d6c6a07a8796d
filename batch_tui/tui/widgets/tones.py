"""The tones of text: names for what a colour means, so that no widget names a colour itself."""

from __future__ import annotations

from typing import Final

TONES: Final = {
    "text": "$text",
    "muted": "$foreground 60%",
    "faint": "$foreground 35%",
    "accent": "bold $text-accent",
    "running": "$text-primary",
    "success": "$text-success",
    "warning": "$text-warning",
    "error": "$text-error",
    "heading": "bold",
    "match": "bold on $warning-muted",
}
"""Tone → style of Content; `app.tcss` gives the same tones to what is painted line by line."""

MARKDOWN_TONES: Final = ("emphasis", "link", "code", "code_label")
"""Tones that only an answer's Markdown has; only `later.tcss` knows them, since the list must not wait for them."""
