"""How far an unfinished batch is, in one cell of the list: what the API said of it, the time spent, and a forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_tui.tui.text import Plain, ago, duration, join, number, roughly
from batch_tui.tui.widgets.outcome_bar import BAR, bar, bar_cells
from batch_tui.tui.widgets.time_bar import time_bar, time_given

if TYPE_CHECKING:
    from datetime import timedelta

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.widgets.outcome_bar import Part

_BESIDE_BAR = BAR + 1
_COUNTS = len("100,000 of 100,000")
_SPENT = len(" · 59m 59s")
_GIVEN = len(" of 24h")
_FORECAST = len(" · ~40m more")
_LIKELY = len("likely ")
_CLOSE = len("59m 59s/24h") + _FORECAST
_ROOMY = len("59m 59s") + _GIVEN + _FORECAST
"""Cells that the longest of the usual texts take: every row of a column is worded alike, whatever it says."""

ROOM_FOR_TIME_BAR: Final = _BESIDE_BAR + _CLOSE
"""Cells from which a row has room for the bar without a word less."""


def progress_of(batch: MessageBatch, context: AppContext, cells: int) -> tuple[Part, ...]:
    """How far an unfinished batch is, saying nothing that the API did not."""
    now = context.now()
    if batch.cancel_initiated_at is not None:
        return ((join(Plain("cancel asked "), ago(batch.cancel_initiated_at, now)), "muted"),)
    forecast = context.history.forecast(batch, now)
    half_within = None if forecast is None else forecast.half_within
    if batch.request_counts.processing < batch.request_counts.total:
        return _counted(batch, context, half_within, cells)
    drawn = time_bar(batch, now, BAR) if cells >= ROOM_FOR_TIME_BAR else []
    room = cells - _BESIDE_BAR if drawn else cells
    spent, given = duration(now - batch.created_at), time_given(batch)
    if given is None:
        said = spent
    elif room >= _ROOMY:
        said = Plain(f"{spent} of {given}")
    else:
        said = Plain(f"{spent}/{given}")
    gap = [(Plain(" "), "text")] if drawn else []
    return (*drawn, *gap, (said, "text"), *_outlook(half_within, likely=room >= _ROOMY + _LIKELY))


def _counted(batch: MessageBatch, context: AppContext, half_within: timedelta | None, cells: int) -> tuple[Part, ...]:
    """Where counts move before the end, they are drawn in place of the time."""
    counts, drawn = batch.request_counts, bar_cells(cells)
    room = cells - drawn - 1
    done, total = counts.total - counts.processing, counts.total
    spent, given = duration(context.now() - batch.created_at), time_given(batch)
    if room < _COUNTS + _SPENT:
        # Rounded down: 100 would say that all are done.
        share = "<1%" if 0 < done * 100 < total else f"{done * 100 // total}%"
        return (*bar(counts, drawn), (Plain(f" {share}"), "text"), (Plain(f" · {spent}"), "muted"))
    said = Plain(f" · {spent}")
    if given is not None and room >= _COUNTS + _SPENT + _GIVEN:
        said = join(said, Plain(f" of {given}"))
    outlook = _outlook(half_within, likely=False) if room >= _COUNTS + _SPENT + _GIVEN + _FORECAST else ()
    return (*bar(counts, drawn), (Plain(f" {number(done)} of {number(total)}"), "text"), (said, "muted"), *outlook)


def _outlook(half_within: timedelta | None, *, likely: bool) -> tuple[Part, ...]:
    if half_within is None:
        return ()
    return ((Plain(f" · {'likely ' if likely else ''}{roughly(half_within)} more"), "muted"),)
