"""The order of the list: chosen, turned round, kept while batches change, honest about what is not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.tui.play import playing
from tests.tui.scenes import settled, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play


def totals(play: Play) -> list[int]:
    """The number of requests of each batch shown, from top to bottom."""
    source: Any = play.table.source
    return [play.catalog.get(source.key(row)).request_counts.total for row in range(source.batches)]


async def test_a_column_is_chosen_and_its_first_row_is_in_hand(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("j", "j", "j")
        await play.press("s", "r")
        assert totals(play) == sorted(totals(play), reverse=True)
        assert play.table.cursor_row == 0
        assert any("REQUESTS▾" in column.label for column in play.table.columns)


async def test_the_same_column_again_and_the_reverse_key_turn_it_round(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("s", "r", "s", "r")
        assert totals(play) == sorted(totals(play))
        await play.press("S")
        assert totals(play) == sorted(totals(play), reverse=True)


async def test_the_order_sticks_while_batches_change_and_escape_leaves_it(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        first = play.table.source.key(0)
        await play.press("s", "r")
        play.stage.clock.advance(minutes=20)
        await play.poll()
        assert totals(play) == sorted(totals(play), reverse=True)
        await play.press("escape", "g")
        assert play.table.source.key(0) == play.catalog.at(0).id
        assert play.catalog.index_of(first) > 0


async def test_an_order_works_under_a_tab_and_a_filter(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("3", "slash", *"requests>1000", "enter", "s", "r")
        assert totals(play) == sorted(totals(play), reverse=True)
        assert all(total > 1_000 for total in totals(play))


async def test_an_order_says_what_it_holds_for_and_all_can_be_loaded(tmp_path: Path) -> None:
    async with playing(tmp_path, batches=1_500, live=False) as play:
        await play.press("s", "r")
        last = len(totals(play))
        assert "loaded are in this order" in play.row(last)
        await play.press("L")
        await until(play.pilot, lambda: play.stage.app.shared.monitor.older.complete, "the end of the list")
        await settled(play.stage, play.pilot)
        assert len(totals(play)) == 1_500
        assert totals(play) == sorted(totals(play), reverse=True)
        assert "all 1,500 batches are in this order" in play.row(1_500)


async def test_loading_all_can_be_stopped(tmp_path: Path) -> None:
    async with playing(tmp_path, batches=3_000, live=False) as play:
        play.screen.action_load_all()
        play.screen.action_load_all()
        await settled(play.stage, play.pilot)
        assert not play.stage.app.shared.monitor.older.complete


@pytest.mark.parametrize("key", ["c", "s", "f", "t", "l", "n"])
async def test_each_column_can_be_chosen(tmp_path: Path, key: str) -> None:
    async with playing(tmp_path) as play:
        before = {batch.id for batch in play.catalog}
        await play.press("s", key)
        source = play.table.source
        assert {source.key(row) for row in range(len(totals(play)))} == before
