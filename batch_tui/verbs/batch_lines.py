"""Batches on stdout: the API's own objects as JSON lines, or an aligned table for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from batch_tui.monitor.conditions import RESULTS_KEPT
from batch_tui.tui.text import Plain, ago, duration, later, left, moment, number, plain, width

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from batch_tui.api.models import MessageBatch

_HEADINGS = ("BATCH", "STATUS", "REQUESTS", "SUCCEEDED", "ERRORED", "CANCELED", "EXPIRED", "CREATED", "TOOK", "RESULTS")
_RIGHT = range(2, 7)
_KINDS = ("succeeded", "errored", "canceled", "expired")
_USUAL_ID = 33
"""Characters of the ids the API gives today, so that the columns of one page fit those of the next."""


def json_line(value: Any) -> str:
    """An object of the API on one line; what is not ASCII is escaped, so that a terminal can show any of it."""
    return json.dumps(value, separators=(",", ":"))


def print_table(
    batches: Iterable[MessageBatch], now: datetime, saved: Collection[str], *, headings: bool = True
) -> None:
    """A line for each batch, columns aligned."""
    rows = [_row(batch, now, saved) for batch in batches]
    lines = [tuple(Plain(one) for one in _HEADINGS), *rows] if headings else rows
    if not lines:
        return
    widths = [max(width(row[column]) for row in [*lines, _least()]) for column in range(len(_HEADINGS))]
    for row in lines:
        click.echo("  ".join(_padded(text, widths[place], place in _RIGHT) for place, text in enumerate(row)).rstrip())


def print_facts(batch: MessageBatch, now: datetime, saved: Collection[str]) -> None:
    """Everything known of one batch, a line for each fact."""
    counts = batch.request_counts
    facts: list[tuple[str, str]] = [("id", batch.id), ("status", batch.processing_status)]
    facts += [("requests", number(counts.total)), ("processing", number(counts.processing))]
    facts += [(kind, number(getattr(counts, kind))) for kind in _KINDS]
    times = (
        ("created", batch.created_at),
        ("cancel asked", batch.cancel_initiated_at),
        ("ended", batch.ended_at),
        ("archived", batch.archived_at),
    )
    facts += [(label, f"{moment(when, None)}  {ago(when, now)}") for label, when in times if when is not None]
    if batch.ended_at is None:
        facts.append(("expires", f"{moment(batch.expires_at, None)}  {left(batch.expires_at, now)}"))
    else:
        facts.append(("took", duration(batch.ended_at - batch.created_at)))
    facts.append(("results", _results(batch, now, saved)))
    for label, value in facts:
        click.echo(plain(f"{label:<13} {value}"))


def _least() -> Sequence[Plain]:
    """Widths below which no column goes."""
    return (
        Plain("x" * _USUAL_ID),
        Plain("in_progress"),
        *(Plain(one) for one in _HEADINGS[2:7]),
        *(Plain("9" * 8),) * 3,
    )


def _padded(text: Plain, cells: int, right: bool) -> str:
    blanks = " " * (cells - width(text))
    return blanks + text if right else text + blanks


def _row(batch: MessageBatch, now: datetime, saved: Collection[str]) -> tuple[Plain, ...]:
    counts = batch.request_counts
    took = Plain("…") if batch.ended_at is None else duration(batch.ended_at - batch.created_at)
    amounts = (number(value) for value in (counts.total, *(getattr(counts, kind) for kind in _KINDS)))
    times = (ago(batch.created_at, now), took, _results(batch, now, saved))
    return (plain(batch.id), plain(batch.processing_status), *amounts, *times)


def _results(batch: MessageBatch, now: datetime, saved: Collection[str]) -> Plain:
    if batch.id in saved:
        return Plain("saved")
    if batch.processing_status != "ended":
        return Plain("–")
    until = later(batch.created_at, RESULTS_KEPT)
    return Plain("gone") if batch.archived_at is not None or until <= now else left(until, now)
