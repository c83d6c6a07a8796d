"""Lines of a table that stay as they are are painted once, also in a terminal that was made larger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.app import App

from batch_tui.results.frequencies import Frequency
from batch_tui.tui.screens.frequencies import FrequencyRows
from batch_tui.tui.widgets.table_rows import Cell, Column
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


class Numbers(FrequencyRows):
    """A thousand rows that count how often they are looked at."""

    def __init__(self) -> None:
        super().__init__([Frequency(str(number), 1, None) for number in range(1000)])
        self.asked = 0

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        self.asked += 1
        return super().cells(row, widths)


class TableApp(App[None]):
    """A table and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = Numbers()

    def compose(self) -> ComposeResult:
        yield VirtualTable(self.numbers, [Column("value", "VALUE", 10)])


@pytest.mark.parametrize("pages", [0, 20], ids=["fresh", "after many lines"])
async def test_in_a_terminal_made_larger_lines_are_painted_once(pages: int) -> None:
    app = TableApp()
    async with app.run_test(size=(40, 24)) as pilot:
        app.query_one(VirtualTable).focus()
        await pilot.press(*["pagedown"] * pages, "home")
        await pilot.resize_terminal(40, 200)
        await pilot.pause()
        before = app.numbers.asked
        app.query_one(VirtualTable).refresh()
        await pilot.pause()
        assert app.numbers.asked - before == 0
