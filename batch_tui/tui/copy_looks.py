"""What was done to a stored copy while it was open, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from batch_tui.results.store import StoredResults
    from batch_tui.tui.context import OpenResults

_GONE = "The copy on this machine was deleted behind our back: these rows can be read until you leave."
_CUT = "The copy on this machine was changed behind our back: it has {now:,} bytes, and {then:,} were read from it."
_WRITTEN = "The copy on this machine was changed behind our back: it may not say any more what came."


def note_change(opened: OpenResults, stored: StoredResults | None) -> bool:
    """Call open results no longer verified where a look found that something changed the copy; whether that is news."""
    said = _change(opened, stored)
    if said is None or said == opened.changed or opened.deleted:
        return False
    opened.changed, opened.gone = said, stored is None
    opened.progress = replace(opened.progress, verified=False, note=said)
    return True


def _change(opened: OpenResults, stored: StoredResults | None) -> str | None:
    if stored is None:
        return _GONE
    if stored.problem is not None:
        return _CUT.format(now=stored.size, then=0 if opened.file is None else opened.file.size)
    # Who opened it with a doubt was told which.
    return None if stored.doubt is None or stored.doubt in (opened.progress.note or "") else _WRITTEN
