"""The order of the list: chosen, turned round, kept while batches change, honest about what is not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import OptionList

from batch_tui.monitor.batch_order import NEWEST_FIRST, BatchOrder
from batch_tui.monitor.order_file import OrderFile
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


async def test_the_column_of_the_order_is_shown_on_a_narrow_terminal_too(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        shown = play.table.render_line(0).text
        assert "CREATED" in shown
        assert "TOOK" not in shown
        await play.press("s", "t")
        assert "TOOK▾" in play.table.render_line(0).text


async def test_the_menu_says_what_the_order_is_and_what_the_same_key_does(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        for keys, notes in (
            ([], ["oldest first (now newest first)", "most first"]),
            (["r"], ["newest first", "fewest first (now most first)"]),
            (["r"], ["newest first", "most first (now fewest first)"]),
            (["c"], ["oldest first (now newest first)", "most first"]),
        ):
            await play.press("s", *keys)
            if keys:
                await play.press("s")
            menu = play.screen.query_one(OptionList)
            lines = [str(option.prompt) for option in menu.options]
            shown = [next(line for line in lines if f" {label} " in line) for label in ("created", "requests")]
            assert [line.split("  ")[-1].strip() for line in shown] == notes
            await play.press("escape")


def heading(play: Play) -> str:
    """The labels of all columns."""
    return " ".join(column.label for column in play.table.columns)


async def test_the_order_is_that_of_the_last_time(tmp_path: Path) -> None:
    def file(profile: str) -> OrderFile:
        return OrderFile(tmp_path / "state" / "orders.json", profile)

    async with playing(tmp_path, app={"order_file": file("production")}) as play:
        await play.press("s", "r", "S")
    assert file("production").read() == BatchOrder("requests", reverse=True)
    async with playing(tmp_path, app={"order_file": file("staging")}) as play:
        assert "▴" not in heading(play)
    async with playing(tmp_path, app={"order_file": file("production")}) as play:
        assert "REQUESTS▴" in heading(play)
        assert totals(play) == sorted(totals(play))
        assert play.table.cursor_row == 0


@pytest.mark.parametrize("keys", [["s", "c"], ["escape"]])
async def test_back_to_newest_first_is_remembered_too(tmp_path: Path, keys: list[str]) -> None:
    file = OrderFile(tmp_path / "state" / "orders.json", "production")
    file.keep(BatchOrder("took"))
    async with playing(tmp_path, app={"order_file": file}) as play:
        assert "TOOK▾" in heading(play)
        await play.press(*keys)
        assert "▾" not in heading(play)
        assert play.table.source.key(0) == play.catalog.at(0).id
    assert file.read() == NEWEST_FIRST


async def test_an_order_chosen_just_before_the_end_is_remembered(tmp_path: Path) -> None:
    file = OrderFile(tmp_path / "state" / "orders.json", "production")
    async with playing(tmp_path, app={"order_file": file}) as play:
        await play.pilot.press("s", "f", "S", "S", "S", "q")
    assert file.read() == BatchOrder("outcome", reverse=True)


async def test_whoever_chooses_before_the_file_was_read_has_chosen(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("s", "f")
        play.screen.take_up_order(BatchOrder("took"))
        assert "OUTCOME▾" in heading(play)


@pytest.mark.parametrize("content", ["{", '{"version": 9, "profiles": {}}'])
async def test_a_file_that_is_not_understood_is_said_once_and_sorting_works(tmp_path: Path, content: str) -> None:
    path = tmp_path / "orders.json"
    path.write_text(content)
    async with playing(tmp_path, app={"order_file": OrderFile(path, "production")}) as play:
        await play.press("s", "r", "S")
        assert totals(play) == sorted(totals(play))
        assert play.said().count("orders.json") == 1
    assert path.read_text() == content


async def test_where_nothing_can_be_written_sorting_works_and_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "orders.json.lock").mkdir()
    file = OrderFile(tmp_path / "state" / "orders.json", "production")
    async with playing(tmp_path, app={"order_file": file}) as play:
        await play.press("s", "r", "S")
        assert totals(play) == sorted(totals(play))
        assert play.said().count("lasts until the end") == 1
