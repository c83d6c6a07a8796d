"""Results stored on this machine as rows of a table, last used first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batch_tui.tui.text import Plain, ago, fit_middle, number, plain, size
from batch_tui.tui.widgets.table_rows import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from batch_tui.results.store import StoredResults
    from batch_tui.tui.context import AppContext

COLUMNS = (
    Column("batch", "BATCH", 19, grow=3),
    Column("state", "AT THE API", 14),
    Column("checked", "CHECKED", 14),
    Column("rows", "ROWS", 8, right=True),
    Column("size", "SIZE", 8, right=True),
    Column("created", "CREATED", 9, right=True, drop=2),
    Column("pinned", "PIN", 3, drop=1),
)


class SavedRows:
    """A RowSource; keys are batch ids."""

    def __init__(self, context: AppContext, stored: Sequence[StoredResults]) -> None:
        self._context = context
        self._stored = sorted(stored, key=lambda one: (-one.used_at, one.batch_id))
        self._places = {one.batch_id: place for place, one in enumerate(self._stored)}

    def __len__(self) -> int:
        return len(self._stored)

    @property
    def last(self) -> int:
        return max(0, len(self) - 1)

    def key(self, row: int) -> str:
        return self._stored[row].batch_id

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)

    def nearest(self, key: str) -> int:
        return self._places.get(key, 0)

    def version(self, row: int) -> Hashable:
        one = self._stored[row]
        return one.pinned, one.verified, one.size

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        one = self._stored[row]
        made = {
            "state": self._state(one),
            "checked": Cell.of(Plain("✓ complete"), "success")
            if one.verified
            else Cell.of(Plain("! not verified"), "warning"),
            "rows": Cell.of(Plain("–") if one.rows is None else number(one.rows), "muted"),
            "size": Cell.of(size(one.size), "muted"),
            "created": Cell.of(self._created(one), "muted"),
            "pinned": Cell.of(Plain("●" if one.pinned else ""), "accent"),
        }
        return [
            Cell.of(fit_middle(plain(one.batch_id), cells)) if column == "batch" else made[column]
            for column, cells in widths
        ]

    def _state(self, one: StoredResults) -> Cell:
        batch = self._context.catalog.get(one.batch_id)
        if batch is None:
            return Cell.of(Plain("not loaded"), "muted")
        if batch.archived_at is not None or batch.results_url is None:
            return Cell.of(Plain("◷ results gone"), "warning")
        return Cell.of(Plain("there"), "muted")

    def _created(self, one: StoredResults) -> Plain:
        said = (one.batch or {}).get("created_at")
        try:
            created = datetime.fromisoformat(str(said))
        except ValueError:
            return Plain("–")
        return ago(created if created.tzinfo else created.replace(tzinfo=UTC), self._context.now())
