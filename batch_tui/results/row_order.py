"""Rows of a whole file in another order than they came in."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from batch_tui.results.json_path import MISSING, JsonPath, show
from batch_tui.results.result_line import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.results.results_file import ResultsFile

SortName = Literal["line", "custom_id", "kind", "stop", "model", "input", "output"]
SortKey: TypeAlias = SortName | JsonPath

_Rank: TypeAlias = float | str
_EVERY = 256
"""Rows between two looks at whether to stop."""


def sort_rows(
    file: ResultsFile,
    rows: Sequence[int],
    key: SortKey,
    *,
    reverse: bool = False,
    should_stop: Callable[[], bool] | None = None,
) -> array[int] | None:
    """The rows by that key, equal ones in file order; None when told to stop.

    Numbers come before texts; rows without a value come last, in both directions. Only custom_id and paths
    read the lines.
    """
    rank = _rank_of(file, key)
    # Packed, as a hundred thousand pairs would take many megabytes that Python never gives back.
    numbers, texts = (array("I"), array("d")), (array("I"), list[str]())
    missing = array("I")
    for place, row in enumerate(sorted(rows)):
        if should_stop is not None and place % _EVERY == 0 and should_stop():
            return None
        value = rank(row)
        if value is None:
            missing.append(row)
        elif isinstance(value, str):
            texts[0].append(row)
            texts[1].append(value)
        else:
            numbers[0].append(row)
            numbers[1].append(value)
    ordered = [_ordered(*numbers, reverse=reverse), _ordered(*texts, reverse=reverse)]
    first, second = reversed(ordered) if reverse else ordered
    return first + second + missing


def _ordered(rows: array[int], values: Sequence[float] | Sequence[str], *, reverse: bool) -> array[int]:
    # A stable sort backwards would turn equal rows round.
    places = sorted(range(len(rows)), key=values.__getitem__, reverse=reverse)
    return array("I", map(rows.__getitem__, places))


def _rank_of(file: ResultsFile, key: SortKey) -> Callable[[int], _Rank | None]:
    index = file.index
    if isinstance(key, JsonPath):
        return lambda row: _rank(key.value(file.read(row).value))
    match key:
        case "line":
            return lambda row: row
        case "kind":
            return lambda row: KINDS[index.kinds[row]]
        case "custom_id":
            return lambda row: file.row(row).custom_id
        case "stop" | "model":
            numbers, table = (
                (index.stop_numbers, index.stop_reasons) if key == "stop" else (index.model_numbers, index.models)
            )
            return lambda row: table.names[numbers[row]]
    column = 0 if key == "input" else 1
    return lambda row: index.tokens(column, row)


def _rank(value: object) -> _Rank | None:
    if value is MISSING or value is None:
        return None
    if isinstance(value, int | float):
        if value != value:
            # NaN is neither less nor more than any number.
            return None
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    return show(value)


class OrderedRows(Sequence[int]):
    """Rows in a fixed order that can tell where each of them stands."""

    def __init__(self, rows: array[int]) -> None:
        self._rows = rows
        self._by_row = array("I", sorted(range(len(rows)), key=rows.__getitem__))

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, position: int) -> int: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[int]: ...
    def __getitem__(self, position: int | slice) -> int | Sequence[int]:
        return self._rows[position]

    def index_of(self, row: int) -> int | None:
        """Where a row stands, or None."""
        place = bisect_left(self._by_row, row, key=self._rows.__getitem__)
        found = place < len(self._by_row) and self._rows[self._by_row[place]] == row
        return self._by_row[place] if found else None

    def nearest(self, row: int) -> int:
        """Where a row stands; the first position when it is not here."""
        return self.index_of(row) or 0
