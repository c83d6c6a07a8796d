"""The part of a long text that is shown at once, and where it begins when something in it is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_tui.results.search import SearchPattern

LONGEST: Final = 2_000_000
"""Characters that are shown at once."""
REACHED: Final = 500_000
"""Characters from whose start what is looked for is reached by scrolling."""
_BEFORE = 2_000
"""Characters that are shown before what was found."""
_AT_ONCE = 100_000
_LONGEST_MATCH = 1_000


def beginning(texts: Iterable[str], pattern: SearchPattern) -> int:
    """Where to begin so that the first place that fits can be seen: at the start, unless it is far behind."""
    before = 0
    for text in texts:
        place = _first(text, pattern)
        if place is not None:
            place += before
            return 0 if place < REACHED else place - _BEFORE
        before += len(text)
    return 0


def _first(text: str, pattern: SearchPattern) -> int | None:
    """Where the pattern fits first; in pieces, as looking through megabytes would hold up every other thread."""
    for start in range(0, len(text), _AT_ONCE):
        found = pattern.spans(text[start : start + _AT_ONCE + _LONGEST_MATCH])
        if found:
            return start + found[0][0]
    return None
