"""Which batches may have come to match, or not, since the last look: so that looking again costs only those."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from batch_tui.monitor.batch_notes import BatchNotes
    from batch_tui.monitor.catalog import BatchCatalog

_WORTH_IT = 32
"""Where more than one batch in so many moved, looking at all of them at once is cheaper."""
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


class News:
    """What moved between two looks: batches that changed, that grew too old, that were saved or named.

    `edges` are the ages that matter; `uses_saved` and `uses_names` say whether those do.
    """

    def __init__(self, edges: Iterable[timedelta], *, uses_saved: bool, uses_names: bool) -> None:
        self._edges = tuple(edges)
        self._uses_saved = uses_saved
        self._uses_names = uses_names
        self._catalog: BatchCatalog | None = None
        self._version = 0
        self._looked_at = _FIRST
        self._saved: frozenset[str] = frozenset()
        self._names: dict[str, BatchNotes] = {}

    def take(
        self, catalog: BatchCatalog, now: datetime, saved: Collection[str], names: Mapping[str, BatchNotes]
    ) -> set[str] | None:
        """The ids to look at again, some of which may be gone; None: all, because it is the first look or too many."""
        first = catalog is not self._catalog
        moved: set[str] = set() if first else set(catalog.changed_since(self._version))
        if not first and now != self._looked_at:
            earlier, later = sorted((self._looked_at, now))
            for edge in self._edges:
                moved.update(catalog.created_between(_before(earlier, edge), _before(later, edge)))
        if self._uses_saved:
            saved_now = frozenset(saved)
            moved |= saved_now ^ self._saved
            self._saved = saved_now
        if self._uses_names and names != self._names:
            moved.update(each for each in {**self._names, **names} if self._names.get(each) != names.get(each))
            self._names = dict(names)
        self._catalog, self._version, self._looked_at = catalog, catalog.last_version, now
        return None if first or len(moved) * _WORTH_IT > len(catalog) else moved


def _before(moment: datetime, age: timedelta) -> datetime:
    """The moment so long ago, or the first there is: a user may ask for a million weeks."""
    try:
        return min(moment - age, _LAST)
    except OverflowError:
        return _FIRST
