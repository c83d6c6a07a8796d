"""In which order to show batches: by which column, and which of two batches comes first there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from batch_tui.monitor.batch_notes import NO_NOTES
from batch_tui.monitor.conditions import RESULTS_KEPT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.batch_notes import BatchNotes

Column = Literal["batch", "status", "requests", "outcome", "created", "took", "results"]
COLUMNS: Final[tuple[Column, ...]] = ("batch", "status", "requests", "outcome", "created", "took", "results")

FIRST: Final[dict[Column, str]] = {
    "batch": "A to Z",
    "status": "running first",
    "requests": "most first",
    "outcome": "most failures first",
    "created": "newest first",
    "took": "longest first",
    "results": "least time left first",
}
"""What comes first when the order is not reversed, in words for a menu."""
REVERSED: Final[dict[Column, str]] = {
    "batch": "Z to A",
    "status": "ended first",
    "requests": "fewest first",
    "outcome": "fewest failures first",
    "created": "oldest first",
    "took": "shortest first",
    "results": "most time left first",
}
"""What comes first when it is."""

Rank: TypeAlias = tuple[int, float, str]
"""Group, number, text: compared one after the other, smallest first."""

_STATUS_RANKS: Final = {"in_progress": 0, "canceling": 1, "ended": 3}
_LAST_LETTER = 0x10FFFF


class BatchOrder(msgspec.Struct, frozen=True):
    """By a column, and among equals newest first; reversed, the column counts the other way round.

    A batch that has nothing in the column (not ended: no duration, no results; no local name) comes after those
    that have, either way.
    """

    column: Column = "created"
    reverse: bool = False

    @property
    def as_listed(self) -> bool:
        """Whether it is the order in which the API lists."""
        return self.column == "created" and not self.reverse

    @property
    def uses_names(self) -> bool:
        """Whether a local name can move a batch."""
        return self.column == "batch"

    @property
    def uses_saved(self) -> bool:
        """Whether saving its results can move a batch."""
        return self.column == "results"

    def rank(
        self, batch: MessageBatch, now: datetime, saved: Collection[str], names: Mapping[str, BatchNotes] = NO_NOTES
    ) -> Rank:
        """Where the batch belongs among others; `now` matters only for results that leave the API."""
        sign = -1.0 if self.reverse else 1.0
        match self.column:
            case "batch":
                notes = names.get(batch.id)
                name = notes.name if notes is not None else ""
                return (0 if name else 1, 0.0, self._text((name or batch.id).lower()))
            case "status":
                return (0, sign * _STATUS_RANKS.get(batch.processing_status, 2), "")
            case "requests":
                return (0, -sign * batch.request_counts.total, "")
            case "outcome":
                counts = batch.request_counts
                return (0, -sign * (counts.errored + counts.expired), "")
            case "created":
                return (0, -sign * batch.created_at.timestamp(), "")
            case "took":
                if batch.ended_at is None:
                    return (1, 0.0, "")
                return (0, -sign * (batch.ended_at - batch.created_at).total_seconds(), "")
            case "results":
                group = _results_group(batch, now, saved)
                return (group, 0.0 if group else sign * batch.created_at.timestamp(), "")

    def _text(self, text: str) -> str:
        if not self.reverse:
            return text
        # Mirrored letter by letter; with the end mark what is longer comes first, the reverse of "shorter first".
        return "".join(chr(_LAST_LETTER - ord(letter)) for letter in text) + chr(_LAST_LETTER)


NEWEST_FIRST = BatchOrder()


def _results_group(batch: MessageBatch, now: datetime, saved: Collection[str]) -> int:
    """At the API; saved here; not there yet; gone."""
    if batch.id in saved:
        return 1
    if batch.processing_status != "ended":
        return 2
    return 3 if batch.archived_at is not None or now - batch.created_at >= RESULTS_KEPT else 0
