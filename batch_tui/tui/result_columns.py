"""The columns of results: as wide as what is in them needs, so that the answer gets all other room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from batch_tui.results.result_line import COUNT_LIMIT
from batch_tui.tui.text import Plain, fit_start, number, plain, up_to, width
from batch_tui.tui.widgets.table_rows import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batch_tui.results.json_path import JsonPath
    from batch_tui.results.result_row import ResultRow
    from batch_tui.tui.results_view import Order

EXTRACTED: Final = "path:"
"""What the ids of extracted columns begin with."""

_PATH_CELLS: Final = 14
"""Cells of a column of values, where it is narrow."""
_USUAL_ID, _LONGEST_ID = 18, 36
"""Cells of a custom_id where the answer would be too short beside more, and where it would not."""
_ANSWER: Final = 28
_AMPLE: Final = 40
"""Cells of an answer from which there is room for what is told of it in passing: tokens that went in, why it ended."""


def tokens_said(count: int | None) -> Plain:
    """How many tokens a row tells of, if any."""
    return Plain("–") if count is None else up_to(COUNT_LIMIT, count)


class ColumnNeeds:
    """How wide the columns must be for what was on screen so far; none ever shrinks, as that would unsettle the eye."""

    def __init__(self) -> None:
        self._number, self._custom_id, self._input, self._output = 3, len("CUSTOM_ID"), 5, 5

    def _all(self) -> tuple[int, ...]:
        return self._number, self._custom_id, self._input, self._output

    def take_up(self, rows: Iterable[ResultRow], total: int) -> bool:
        """Look at rows that come on screen, of so many that are to come; says whether a column needs more."""
        before = self._all()
        self._number = max(self._number, len(number(total)))
        for row in rows:
            if row.custom_id is not None:
                self._custom_id = min(max(self._custom_id, width(plain(row.custom_id))), _LONGEST_ID)
            self._input = max(self._input, len(tokens_said(row.input_tokens)))
            self._output = max(self._output, len(tokens_said(row.output_tokens)))
        return self._all() != before

    def columns(self, paths: Sequence[JsonPath] = (), order: Order | None = None) -> tuple[Column, ...]:
        """The columns of the table, with extracted ones before the answer; the one sorted by has an arrow and stays."""
        extracted = [
            Column(f"{EXTRACTED}{place}", fit_start(Plain(plain(path.text).upper()), _PATH_CELLS), _PATH_CELLS, grow=1)
            for place, path in enumerate(paths)
        ]
        usual = min(self._custom_id, _USUAL_ID)
        room = _AMPLE - _ANSWER + self._custom_id - usual
        columns = (
            Column("number", "#", self._number, right=True, drop=1),
            Column("custom_id", "CUSTOM_ID", usual, wanted=self._custom_id, least=9),
            Column("kind", "KIND", 12),
            Column("stop", "STOP", 10, drop=5, spares=room),
            Column("input", "IN", self._input, right=True, drop=4, spares=room),
            Column("output", "OUT", self._output, right=True, drop=3),
            *extracted,
            Column("preview", "ANSWER", _ANSWER, grow=4, least=10),
        )
        return columns if order is None else tuple(_in_order(one, order, paths) for one in columns)


def _in_order(column: Column, order: Order, paths: Sequence[JsonPath]) -> Column:
    """The column, with an arrow if it is the one that the rows are sorted by."""
    by = (
        order.key
        if isinstance(order.key, str)
        else f"{EXTRACTED}{paths.index(order.key)}"
        if order.key in paths
        else ""
    )
    if column.id != by:
        return column
    arrow = "▾" if order.reverse else "▴"
    if column.id.startswith(EXTRACTED):
        label = f"{fit_start(plain(column.label), _PATH_CELLS - 1)}{arrow}"
    else:
        label = f"{column.label}{arrow}"
    return replace(column, label=label, width=max(column.width, width(plain(label))), drop=0)
