"""Lines of a table that stay as they are are painted once, also in a terminal that was made larger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.app import App

from batch_tui.tui.text import Plain
from batch_tui.tui.widgets.table_rows import Cell, Column
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual.app import ComposeResult


class Numbers:
    """A thousand rows that count how often they are looked at."""

    last = 999

    def __init__(self) -> None:
        self.asked = 0

    def __len__(self) -> int:
        return 1000

    def key(self, row: int) -> str:
        return str(row)

    def index_of(self, key: str) -> int | None:
        return int(key)

    def nearest(self, key: str) -> int:
        return int(key)

    def version(self, row: int) -> Hashable:
        return 0

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        self.asked += 1
        return [Cell.of(Plain(f"row {row}")) for _ in widths]


class TableApp(App[None]):
    """A table and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = Numbers()

    def compose(self) -> ComposeResult:
        yield VirtualTable(self.numbers, [Column("name", "name", 10)])


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
