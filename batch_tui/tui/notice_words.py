"""What is said of batches that ended or are about to lose their results, and the sign of those watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_tui.monitor.conditions import RESULTS_KEPT
from batch_tui.tui import mask
from batch_tui.tui.key_names import key_for
from batch_tui.tui.text import Plain, duration, join, later, left, number, plain, plural
from batch_tui.tui.widgets.table_rows import Cell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.batch_notes import BatchNotes
    from batch_tui.tui.context import AppContext

WATCH_SIGN: Final = Plain("♪")
_KINDS = ("succeeded", "errored", "canceled", "expired")


def spoken_of(batch_id: str, notes: Mapping[str, BatchNotes]) -> Plain:
    """What a sentence calls a batch: what the user does, and the id behind it; the id alone without a name."""
    named = mask.noted(notes.get(batch_id))
    if named is None or not named.name:
        return plain(batch_id)
    return join(plain(named.name), Plain(" ("), plain(batch_id), Plain(")"))


def ended_sentence(batches: Sequence[MessageBatch], notes: Mapping[str, BatchNotes]) -> Plain:
    """What became of one batch, or how many ended and how well."""
    if len(batches) == 1:
        (batch,) = batches
        counts = batch.request_counts
        outcome = ", ".join(f"{getattr(counts, kind):,} {kind}" for kind in _KINDS if getattr(counts, kind))
        took = "" if batch.ended_at is None else f" after {duration(batch.ended_at - batch.created_at)}"
        if batch.unread:
            return join(spoken_of(batch.id, notes), Plain(" ended; how it went cannot be read."))
        return join(spoken_of(batch.id, notes), Plain(f" ended{took}: {outcome or 'no requests'}."))
    failed = sum(1 for batch in batches if batch.request_counts.errored or batch.request_counts.expired)
    how = f"{number(failed)} of them with failures" if failed else "none with failures"
    unknown = any("request_counts" in batch.unread for batch in batches)
    return Plain(f"{plural(len(batches), 'batch', 'batches')} ended, {how}{' as far as can be read' * unknown}.")


def expiring_sentence(
    batches: Sequence[MessageBatch], now: datetime, notes: Mapping[str, BatchNotes], *, listed: bool
) -> Plain:
    """Whose results will be gone, of batches that stand with the first to go first; `listed`: all are loaded."""
    first = batches[0]
    time = left(later(first.created_at, RESULTS_KEPT), now)
    if len(batches) == 1:
        where = (
            f"{key_for('batch.results', 'v')} fetches them"
            if listed
            else f"{key_for('batch.tab_expiring', '5')}, then {key_for('batch.load_all', 'L')}, lists it"
        )
        said = Plain(f": {time} until its results are gone; they are not saved here. {where}.")
        return join(spoken_of(first.id, notes), said)
    many = plural(len(batches), "batch", "batches")
    # The keys before the id: behind it, a 5 would look like a part of it.
    then = "" if listed else f", then {key_for('batch.load_all', 'L')},"
    lists = f"{key_for('batch.tab_expiring', '5')}{then} lists them"
    said = Plain(f"{many} soon lose their unsaved results: {lists}. First, {time}: ")
    return join(said, spoken_of(first.id, notes), Plain("."))


def why_not_watch(batch: MessageBatch, *, watch_all: bool) -> str | None:
    """Why it is of no use to watch a batch, or None."""
    if batch.processing_status == "ended":
        return "This batch has ended already."
    if watch_all:
        return 'Every batch is watched: the config says watch = "all".'
    return None


def with_watch_sign(batch_id: str, context: AppContext, cells: int, called: Callable[[int], Cell]) -> Cell:
    """What a batch is called in so many cells, behind the sign if it is watched."""
    if batch_id not in context.monitor.watched:
        return called(cells)
    sign = join(WATCH_SIGN, Plain(" "))
    return Cell(((sign, "accent"), *called(cells - len(sign)).parts))
