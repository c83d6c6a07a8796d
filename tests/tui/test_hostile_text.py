"""A server that is out to harm the terminal, and an app that shows all it says without harm."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.tui.action_plan import plan_delete
from batch_tui.tui.connection import Origin
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.widgets.virtual_table import VirtualTable
from tests.tui.hostile_server import hostile_server
from tests.tui.scan import OBEYED, assert_harmless
from tests.tui.scenes import until
from tests.tui.served_app import served_app

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from batch_tui.tui.app import BatchApp


@pytest.fixture
def hostile_app(tmp_path: Path) -> Any:
    with hostile_server() as url:
        yield served_app(
            url,
            tmp_path,
            origin=Origin("host\x1b[31m[/x]", "[red]prof\x9bile"),
            read_ahead=0,
            # A person has always had time to read the question.
            monotonic=count(0.0, 1.0).__next__,
        )


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_a_hostile_server(hostile_app: BatchApp, size: tuple[int, int]) -> None:
    app = hostile_app
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: len(app.shared.catalog) == 5, "batches")
        for keys in (["G"], ["g"], ["enter"], ["escape"], ["D"], ["n"], ["j", "enter"], ["escape"]):
            await pilot.press(*keys)
            await pilot.pause()
            assert_harmless(app)
        await until(pilot, lambda: app.shared.monitor.older.error is not None, "the refused page")
        await pilot.press("G")
        await pilot.pause()
        assert_harmless(app)
        await look_at_every_record(app, pilot)


async def look_at_every_record(app: BatchApp, pilot: Pilot[str]) -> None:
    await pilot.press("g", "v")
    await until(pilot, lambda: isinstance(app.screen, ResultsScreen), "results")
    table = app.screen.query_one(VirtualTable)
    await until(pilot, lambda: len(table.source) >= 15, "rows")
    await pilot.press("enter")
    for _ in range(len(table.source)):
        for _ in range(5):
            await pilot.press("right_square_bracket")
            assert_harmless(app)
        await pilot.press("y")
        assert_harmless(app)
        await pilot.press("escape", "J")


async def test_a_refused_action_cannot_speak_to_the_terminal(hostile_app: BatchApp) -> None:
    app = hostile_app
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: len(app.shared.catalog) == 5, "batches")
        app._begin(plan_delete([app.shared.catalog.at(0).id], app.shared))
        await until(pilot, lambda: len(app._notifications) > 0, "a toast")
        await pilot.pause(0.1)
        assert_harmless(app)


@pytest.mark.parametrize("character", ["\x1b", "\x9b", "\u202e", "\u2028", "\ud800", "\x00"])
def test_the_scan_would_notice(character: str) -> None:
    assert OBEYED.search(f"a{character}b") is not None
