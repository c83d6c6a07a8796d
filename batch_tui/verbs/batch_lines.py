"""Batches on stdout: the API's own objects as JSON lines, or an aligned table for people."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from batch_tui.monitor.batch_notes import NO_NOTES, NOTHING_NOTED
from batch_tui.monitor.conditions import RESULTS_KEPT
from batch_tui.tui.text import Plain, ago, duration, later, left, moment, number, plain, width

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.batch_notes import BatchNotes

_HEADINGS = ("BATCH", "STATUS", "REQUESTS", "SUCCEEDED", "ERRORED", "CANCELED", "EXPIRED", "CREATED", "TOOK", "RESULTS")
_RIGHT = range(2, 7)
_NAME = "NAME"
_SPARED = ("CANCELED", "EXPIRED", "SUCCEEDED", "TOOK", _NAME, "REQUESTS")
"""Columns that a narrow terminal goes without, those first that are missed least."""
_KINDS = ("succeeded", "errored", "canceled", "expired")
_TIMES = (
    ("created", "created_at"),
    ("cancel asked", "cancel_initiated_at"),
    ("ended", "ended_at"),
    ("archived", "archived_at"),
)
_UNKNOWN = "unknown"
"""What stands in place of a fact that the API's answer does not give in a way that can be read."""
_USUAL_ID = 33
"""Characters of the ids the API gives today, so that the columns of one page fit those of the next."""


def json_line(value: Any) -> str:
    """An object of the API on one line; what is not ASCII is escaped, so that a terminal can show any of it."""
    return json.dumps(value, separators=(",", ":"))


def print_table(
    batches: Iterable[MessageBatch],
    now: datetime,
    saved: Collection[str],
    notes: Mapping[str, BatchNotes] = NO_NOTES,
    *,
    headings: bool = True,
) -> None:
    """A line for each batch, columns aligned; what the user noted last, where there are `notes` at all."""
    rows = [(*_row(batch, now, saved), *([_named(batch, notes)] if notes else [])) for batch in batches]
    titles = (*_HEADINGS, *([_NAME] if notes else []))
    lines = [tuple(Plain(one) for one in titles), *rows] if headings else rows
    if not lines:
        return
    least = (*_least(), Plain(""))
    widths = [max(width(row[column]) for row in [*lines, least]) for column in range(len(titles))]
    kept = _fitting(titles, widths)
    for row in lines:
        click.echo("  ".join(_padded(row[place], widths[place], place in _RIGHT) for place in kept).rstrip())


def _fitting(titles: Sequence[str], widths: Sequence[int]) -> list[int]:
    """The columns that there is room for: all of them but on a narrow terminal."""
    kept = list(range(len(titles)))
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for spared in _SPARED:
        if room is None or sum(widths[place] + 2 for place in kept) - 2 <= room:
            break
        kept = [place for place in kept if titles[place] != spared]
    return kept


def _named(batch: MessageBatch, notes: Mapping[str, BatchNotes]) -> Plain:
    noted = notes.get(batch.id, NOTHING_NOTED)
    return plain(" ".join([*([noted.name] if noted.name else []), *(f"#{tag}" for tag in noted.tags)]))


def print_facts(
    batch: MessageBatch, now: datetime, saved: Collection[str], notes: Mapping[str, BatchNotes] = NO_NOTES
) -> None:
    """Everything known of one batch, a line for each fact."""
    noted, unread = notes.get(batch.id, NOTHING_NOTED), batch.unread
    facts: list[tuple[str, str]] = [("id", batch.id)]
    named = (("name", noted.name), ("tags", " ".join(f"#{tag}" for tag in noted.tags)), ("note", noted.note))
    facts += [(label, said) for label, said in named if said]
    facts.append(("status", _UNKNOWN if "processing_status" in unread else batch.processing_status))
    facts += _amounts(batch)
    for label, field in _TIMES:
        when: datetime | None = getattr(batch, field)
        if field in unread:
            facts.append((label, _UNKNOWN))
        elif when is not None:
            facts.append((label, f"{moment(when, None)}  {ago(when, now)}"))
    if batch.ended_at is not None:
        took = _UNKNOWN if "created_at" in unread else duration(batch.ended_at - batch.created_at)
        facts.append(("took", took))
    elif "expires_at" in unread:
        facts.append(("expires", _UNKNOWN))
    else:
        facts.append(("expires", f"{moment(batch.expires_at, None)}  {left(batch.expires_at, now)}"))
    facts.append(("results", _results(batch, now, saved)))
    for label, value in facts:
        click.echo(plain(f"{label:<13} {value}"))


def unread_sentence(batch: MessageBatch) -> Plain:
    """Which parts of the API's answer about a batch cannot be read."""
    return plain(f"{batch.id} could not be read whole: {', '.join(sorted(batch.unread))}.")


def _amounts(batch: MessageBatch) -> list[tuple[str, str]]:
    """Its requests; no numbers where the API gave none."""
    counts = batch.request_counts
    if "request_counts" in batch.unread:
        return [("requests", _UNKNOWN)]
    amounts = [("requests", counts.total), ("processing", counts.processing)]
    amounts += [(kind, getattr(counts, kind)) for kind in _KINDS]
    return [(label, number(amount)) for label, amount in amounts]


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
    counts, unread, unknown = batch.request_counts, batch.unread, Plain(_UNKNOWN)
    status = unknown if "processing_status" in unread else plain(batch.processing_status)
    amounts = [number(value) for value in (counts.total, *(getattr(counts, kind) for kind in _KINDS))]
    if "request_counts" in unread:
        amounts = [unknown] * len(amounts)
    created, took = ago(batch.created_at, now), Plain("…")
    if not unread.isdisjoint(("created_at", "ended_at")):
        created = unknown if "created_at" in unread else created
        took = took if batch.ended_at is None and "ended_at" not in unread else unknown
    elif batch.ended_at is not None:
        took = duration(batch.ended_at - batch.created_at)
    return (plain(batch.id), status, *amounts, created, took, _results(batch, now, saved))


def _results(batch: MessageBatch, now: datetime, saved: Collection[str]) -> Plain:
    if batch.id in saved:
        return Plain("saved")
    if not batch.unread.isdisjoint(("processing_status", "created_at")):
        return Plain(_UNKNOWN)
    if batch.processing_status != "ended":
        return Plain("–")
    until = later(batch.created_at, RESULTS_KEPT)
    return Plain("gone") if batch.archived_at is not None or until <= now else left(until, now)
