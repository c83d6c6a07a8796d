"""Looks at every painted cell for characters that a terminal would obey."""

from __future__ import annotations

import re
from typing import Any

OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def assert_harmless(app: Any) -> None:
    """Look at every segment the compositor would write."""
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        for segment in strip:
            if segment.control is None:
                assert not OBEYED.search(segment.text), f"line {y}: {segment.text!r}"
