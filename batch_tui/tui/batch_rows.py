"""The catalog as rows of a table: one per batch, and a last one that says what lies below."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from batch_tui.monitor.conditions import EXPIRING_WITHIN, RESULTS_KEPT
from batch_tui.tui import mask
from batch_tui.tui.batch_progress import ROOM_FOR_TIME_BAR, progress_of
from batch_tui.tui.key_names import key_for
from batch_tui.tui.notice_words import with_watch_sign
from batch_tui.tui.text import (
    Plain,
    ago,
    duration,
    fit,
    fit_middle,
    join,
    later,
    left,
    number,
    plain,
    plural,
    size,
    width,
)
from batch_tui.tui.trouble import describe
from batch_tui.tui.widgets.outcome_bar import outcome
from batch_tui.tui.widgets.table_rows import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.batch_order import BatchOrder
    from batch_tui.monitor.conditions import Tab
    from batch_tui.monitor.selection import Selection
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.widgets.outcome_bar import Part

TAIL: Final = "\0tail"
"""Key of the last row; no batch id holds a NUL."""

PART_HERE: Final = Plain("partly")
"""What is said in place of results that did not come to their end."""

_SHORTEST_ID = 12
_TAIL_OF_ID = 7
"""Characters of an id that tell it apart from the others at a glance."""

COLUMNS = (
    Column("batch", "BATCH", 18, grow=2, least=9),
    Column("status", "STATUS", 11),
    Column("requests", "REQUESTS", 8, right=True, drop=1),
    Column("outcome", "OUTCOME", 24, grow=2, wanted=ROOM_FOR_TIME_BAR, least=10),
    Column("created", "CREATED", 8, right=True, drop=2),
    Column("took", "TOOK", 7, right=True, drop=4),
    Column("results", "RESULTS", 8, right=True, drop=3),
)


def columns_in(order: BatchOrder, tab: Tab) -> tuple[Column, ...]:
    """The columns; the one that the rows are ordered by has an arrow and is always shown, but for newest first.

    So is the time left where it is what the tab is about.
    """
    if tab == "expiring" and order.column != "results":
        shown = columns_in(order, "all")
        return tuple(replace(one, drop=0) if one.id == "results" else one for one in shown)
    if order.as_listed:
        return COLUMNS
    arrow = "▴" if order.reverse else "▾"
    return tuple(
        replace(one, label=f"{one.label}{arrow}", width=max(one.width, len(one.label) + 1), drop=0)
        if one.id == order.column
        else one
        for one in COLUMNS
    )


def status_of(batch: MessageBatch) -> Part:
    """The state of a batch as a glyph, a word and a tone."""
    counts = batch.request_counts
    match batch.processing_status:
        case "in_progress":
            return Plain("◐ running"), "running"
        case "canceling":
            return Plain("⊘ canceling"), "warning"
        case "ended" if counts.errored or counts.expired:
            return Plain("! ended"), "error" if counts.errored else "warning"
        case "ended" if counts.canceled and not counts.succeeded:
            return Plain("⊘ ended"), "muted"
        case "ended":
            return Plain("✓ ended"), "success"
        case other:
            return join(Plain("? "), plain(other)), "warning"


def requests_of(batch: MessageBatch) -> Plain:
    """How many requests it has."""
    return _unknown(batch, "request_counts") or number(batch.request_counts.total)


def unread_words(batch: MessageBatch) -> Plain:
    """Which parts of the API's answer about a batch cannot be read."""
    return plain(f"! unreadable: {', '.join(sorted(batch.unread))}")


def results_of(batch: MessageBatch, context: AppContext) -> Part:
    """Whether there are results to look at, here or at the API, and for how long."""
    opened = context.monitor.results.get(batch.id)
    saved = context.monitor.saved.get(batch.id)
    if saved is not None:
        return (Plain("saved"), "success") if saved.verified else (Plain("! saved"), "warning")
    if opened is not None and opened.progress.state in ("starting", "downloading", "retrying"):
        return join(Plain("↓"), size(opened.progress.bytes)), "running"
    # Once whole and not saved now, its file is not there any more: what is open can only be read on.
    if opened is None:
        some_here = batch.id in context.monitor.parts
    else:
        some_here = opened.progress.state != "complete" and (opened.rows > 0 or batch.id in context.monitor.parts)
    if some_here:
        return PART_HERE, "warning"
    if batch.archived_at is not None:
        return Plain("gone"), "muted"
    if batch.processing_status != "ended":
        return Plain("–"), "muted"
    if unknown := _unknown(batch, "created_at"):
        return unknown, "muted"
    until, now = later(batch.created_at, RESULTS_KEPT), context.now()
    if until <= now:
        return Plain("gone"), "muted"
    return left(until, now), "warning" if until - now < EXPIRING_WITHIN else "muted"


def called(batch_id: str, context: AppContext, cells: int) -> Cell:
    """What the user calls a batch, with the end of its id where there is room; the id for one without a name."""
    notes = mask.noted(context.monitor.notes.get(batch_id))
    if not notes:
        return Cell.of(fit_middle(plain(batch_id), cells))
    tags = plain("".join(f" #{tag}" for tag in notes.tags))
    if not notes.name:
        room = max(cells - width(tags), _SHORTEST_ID)
        return Cell(((fit_middle(plain(batch_id), room), "text"), (tags, "accent")))
    name = plain(notes.name)
    tail = Plain(f" …{plain(batch_id)[-_TAIL_OF_ID:]}")
    spare = cells - width(name) - width(tags)
    return Cell(((name, "text"), (tags, "accent"), (tail if spare >= len(tail) else Plain(""), "muted")))


class BatchRows:
    """A RowSource over the catalog, or over those of its batches that were selected."""

    def __init__(
        self,
        context: AppContext,
        selection: Selection | None = None,
        *,
        goes_to_end: Callable[[], bool] = lambda: False,
    ) -> None:
        """`goes_to_end`: whether the table is on its way to the very end, and loads what is missing."""
        self._shared = context
        self._selection = selection
        self._goes_to_end = goes_to_end
        self._cells: dict[str, Callable[[MessageBatch, int], Cell]] = {
            "batch": lambda batch, cells: with_watch_sign(
                batch.id, context, cells, lambda room: called(batch.id, context, room)
            ),
            "status": self._status,
            "requests": lambda batch, _: Cell.of(requests_of(batch)),
            "outcome": self._outcome,
            "created": lambda batch, _: Cell.of(
                _unknown(batch, "created_at") or ago(batch.created_at, context.now()), "muted"
            ),
            "took": self._took,
            "results": lambda batch, _: Cell((results_of(batch, context),)),
        }

    @property
    def batches(self) -> int:
        """How many rows are batches."""
        return len(self._shared.catalog if self._selection is None else self._selection)

    @property
    def whole(self) -> bool:
        """Whether nothing that belongs here is still to be loaded."""
        if self._selection is None:
            return self._shared.monitor.older.complete
        return self._shared.monitor.older.complete or self._selection.searched_all(
            self._shared.catalog, self._shared.now()
        )

    def __len__(self) -> int:
        return self.batches + 1 if self.batches else 0

    @property
    def last(self) -> int:
        # Where more is to come, the end is where it will stand.
        return max(0, len(self) - (2 if self.whole else 1))

    def key(self, row: int) -> str:
        return self._at(row).id if row < self.batches else TAIL

    def index_of(self, key: str) -> int | None:
        # The last row is a place, not a thing: what stands there changes as batches arrive.
        if key == TAIL:
            return None
        return (self._shared.catalog if self._selection is None else self._selection).index_of(key)

    def nearest(self, key: str) -> int:
        batch = self._shared.catalog.get(key)
        if batch is None:
            return 0
        return (self.index_of(key) or 0) if self._selection is None else self._selection.nearest(batch)

    def version(self, row: int) -> Hashable:
        context = self._shared
        if row >= self.batches:
            return context.monitor.older, self.batches, len(context.catalog), self.whole, self._goes_to_end()
        batch = self._at(row)
        now = context.now()
        # Seconds matter to what runs; the times of an ended batch are shown in minutes.
        pending = context.monitor.pending.get(batch.id)
        tick = int(now.timestamp()) // (1 if pending is not None or _shows_seconds(batch, now) else 60)
        aside = context.monitor.notes.get(batch.id), batch.id in context.monitor.watched
        doing = pending, pending is not None and context.budget.holds_up("action")
        return context.catalog.version(batch.id), tick, doing, results_of(batch, context), aside

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        if row >= self.batches:
            return [self._tail()]
        batch = self._at(row)
        return [self._cells[column](batch, cells) for column, cells in widths]

    def _at(self, row: int) -> MessageBatch:
        if self._selection is None:
            return self._shared.catalog.at(row)
        selected = self._selection.at(row)
        # A batch may have changed, or gone, since the selection was made.
        return self._shared.catalog.get(selected.id) or selected

    def _status(self, batch: MessageBatch, _: int) -> Cell:
        pending = self._shared.monitor.pending.get(batch.id)
        if pending is not None:
            return Cell.of(Plain("… to delete" if pending.action == "delete" else "… to cancel"), "warning")
        return Cell((status_of(batch),))

    def _outcome(self, batch: MessageBatch, cells: int) -> Cell:
        pending = self._shared.monitor.pending.get(batch.id)
        if pending is not None:
            held_up = self._shared.budget.holds_up("action")
            return Cell.of(fit(pending.words(self._shared.now(), held_up=held_up), cells), "warning")
        if batch.unread:
            return Cell.of(fit(unread_words(batch), cells), "warning")
        if batch.processing_status == "ended":
            return Cell(outcome(batch.request_counts, cells))
        return Cell(progress_of(batch, self._shared, cells))

    def _took(self, batch: MessageBatch, _: int) -> Cell:
        if unknown := _unknown(batch, "created_at", "ended_at"):
            return Cell.of(unknown, "muted")
        if batch.ended_at is None:
            return Cell.of(Plain("…"), "muted")
        return Cell.of(duration(batch.ended_at - batch.created_at), "muted")

    def _tail(self) -> Cell:
        older = self._shared.monitor.older
        loaded = number(len(self._shared.catalog))
        if older.error is not None and not self.whole:
            trouble = describe(older.error, host=self._shared.host)
            request = f"request {trouble.request_id} · " if trouble.request_id else ""
            said = plain(f"{request}{trouble.sentence}")
            again = Plain(f"! Older batches did not load; {key_for('batch.detail', 'enter')} tries again. ")
            return Cell(((again, "error"), (said, "muted")))
        if self._selection is not None:
            return Cell.of(self._selected_tail(self._selection), "muted")
        if older.complete:
            return Cell.of(Plain(f"— end of the list: {loaded} batches —"), "muted")
        if self._goes_to_end():
            stops = key_for("batch.clear_filter", "esc")
            return Cell.of(Plain(f"… on the way to the end: {loaded} loaded, {stops} stops"), "accent")
        return Cell.of(Plain("… loading older batches"), "muted")

    def _ordered_tail(self, loaded: Plain) -> Plain:
        """Whether the order holds for every batch there is."""
        if self._shared.monitor.older.loading:
            return Plain(f"… loading older batches into this order · {loaded} so far")
        if not self.whole:
            return Plain(f"… the {loaded} loaded are in this order; {_loads_older()}")
        return Plain(f"— end of the list: all {loaded} batches are in this order —")

    def _selected_tail(self, selection: Selection) -> Plain:
        """How many match, of how many, and whether there may be more."""
        older, loaded = self._shared.monitor.older, number(len(self._shared.catalog))
        matches = f"{number(len(selection))} of {loaded} loaded"
        if not selection.narrowed:
            return self._ordered_tail(loaded)
        if older.loading:
            return Plain(f"… loading older batches · {matches} match so far")
        if not self.whole:
            return Plain(f"… {matches} match; {_loads_older()}")
        if selection.tab == "running" and not selection.wanted:
            return Plain(f"— {plural(len(selection), 'unfinished batch', 'unfinished batches')}, none is missing —")
        if older.complete:
            return Plain(f"— end of the list: {number(len(selection))} of {loaded} batches match —")
        return Plain(f"— {matches} match; older ones cannot —")


def _shows_seconds(batch: MessageBatch, now: datetime) -> bool:
    return batch.processing_status != "ended" or now - batch.created_at < timedelta(minutes=1)


def _unknown(batch: MessageBatch, *fields: str) -> Plain | None:
    """What stands in place of a number that the API did not give."""
    return None if batch.unread.isdisjoint(fields) else Plain("?")


def _loads_older() -> str:
    return f"{key_for('batch.detail', 'enter')} loads older ones, {key_for('batch.load_all', 'L')} all"
