"""What the toasts said as rows of a table, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_tui.tui import mask
from batch_tui.tui.log_rows import LogRows
from batch_tui.tui.said import Message
from batch_tui.tui.text import Plain
from batch_tui.tui.widgets.table_rows import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_tui.tui.said import Severity
    from batch_tui.tui.widgets.outcome_bar import Part

COLUMNS = (
    Column("at", "TIME", 12),
    Column("severity", "KIND", 9),
    Column("sentence", "MESSAGE", 40, grow=1, least=10),
)
_KINDS: Final[dict[Severity, Part]] = {
    "information": (Plain("· note"), "muted"),
    "warning": (Plain("△ warning"), "warning"),
    "error": (Plain("! error"), "error"),
}


class MessageRows(LogRows[Message]):
    """A RowSource over the messages as they were."""

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        one = self.at(row)
        made = {
            "at": Cell.of(Plain(f"{one.at.astimezone(self._zone):%b %d %H:%M}"), "muted"),
            "severity": Cell((_KINDS[one.severity],)),
            # It may name what is hidden by now.
            "sentence": Cell.of(mask.written(one.sentence)),
        }
        return [made[column] for column, _ in widths]
