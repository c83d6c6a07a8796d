"""How much of the time that an unfinished batch has is spent: what is known, where progress is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from batch_tui.tui.text import Plain, duration

if TYPE_CHECKING:
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.widgets.outcome_bar import Part

_DAY = timedelta(hours=24)


def time_given(batch: MessageBatch) -> Plain | None:
    """How long the batch may run before it expires; None when its times make no sense."""
    whole = batch.expires_at - batch.created_at
    if whole == _DAY:
        return Plain("24h")
    return duration(whole) if whole > timedelta() else None


def time_bar(batch: MessageBatch, now: datetime, cells: int) -> list[Part]:
    """A line of exactly so many cells that runs towards an end stop; no outcome is drawn with the like of it.

    It reaches the stop only when the time is up, and has begun once the batch runs. Nothing when times make no sense.
    """
    whole = batch.expires_at - batch.created_at
    if whole <= timedelta():
        return []
    share = (now - batch.created_at) / whole
    line = cells - 1
    if share >= 1:
        return [(Plain("━" * line + "┫"), "warning")]
    # Half a cell at a time: of 24 h in eight cells, a whole one takes three.
    halves = min(max(round(2 * line * share), int(share > 0)), 2 * line - 1)
    spent = Plain("━" * (halves // 2) + "╾" * (halves % 2))
    return [(spent, "running"), (Plain("─" * (line - len(spent)) + "┤"), "faint")]
