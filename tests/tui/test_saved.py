"""Results saved on this machine: found, opened, pinned and deleted, also when the API knows them no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.screens.saved import SavedScreen
from batch_tui.tui.screens.welcome import WelcomeScreen
from tests.results.lines import many
from tests.tui import story
from tests.tui.play import Play, Seconds, playing
from tests.tui.results_scenes import told
from tests.tui.scenes import Scene, ended, go_to, loaded, open_results, settled, staged, table, until

if TYPE_CHECKING:
    from pathlib import Path

WIDE = (120, 30)


async def saved_list(play: Play) -> str:
    """Have results saved, and look at the list of what is; gives the batch's id."""
    await open_results(play.stage, play.pilot)
    (batch_id,) = play.stage.app.shared.monitor.saved
    await play.press("escape", "o")
    await until(play.pilot, lambda: isinstance(play.screen, SavedScreen), "what is saved")
    await settled(play.stage, play.pilot)
    return batch_id


async def test_saved_results_open_after_their_batch_was_deleted(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        (batch_id,) = play.stage.app.shared.monitor.saved
        await play.press("escape", "D")
        assert isinstance(play.screen, ConfirmDialog)
        await play.press("y")
        await until(play.pilot, lambda: batch_id not in play.catalog, "the end of the batch")
        play.stage.app.shared.monitor.results.clear()
        play.stage.app._downloads.forget(batch_id)
        asked = play.stage.simulator.request_count
        await play.press("o")
        await until(play.pilot, lambda: isinstance(play.screen, SavedScreen), "what is saved")
        await settled(play.stage, play.pilot)
        assert "✓ complete" in play.row(0)
        await play.press("enter")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await until(play.pilot, lambda: len(play.table.source) > 100, "the rows")
        assert play.stage.simulator.request_count == asked
        await play.press("escape")
        assert isinstance(play.screen, SavedScreen)
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)


async def test_deleting_a_batch_can_take_its_copy_and_its_link_along(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await told(play.stage, play.pilot)
        stored = play.stage.store.results_path(batch_id)
        inputs = play.stage.store.directory / "inputs"
        assert stored.exists()
        assert len(list(inputs.iterdir())) == 1
        await play.press("escape", "D")
        await play.press("x")
        await until(play.pilot, lambda: not stored.exists(), "the end of the copy")
        await until(play.pilot, lambda: not list(inputs.iterdir()), "the end of the link")
        assert batch_id not in play.catalog
        assert (play.stage.store.directory.parent / "prompts.jsonl").exists()


async def test_without_a_key_what_is_saved_can_be_read_all_the_same(tmp_path: Path) -> None:
    scene = Scene(loaded, size=WIDE, app={"no_credentials": "No credentials: ANTHROPIC_API_KEY is not set."})
    with staged(scene, tmp_path) as stage:
        async with stage.app.run_test(size=WIDE) as pilot:
            await pilot.press("o")
            await until(pilot, lambda: isinstance(stage.app.screen, SavedScreen), "what is saved")
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(stage.app.screen, WelcomeScreen), "the welcome")


async def test_deleting_a_batch_offers_to_delete_the_copy_too(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        await open_results(play.stage, play.pilot)
        monitor = play.stage.app.shared.monitor
        (saved,) = monitor.saved.values()
        await play.press("escape", "D", "x")
        await until(play.pilot, lambda: not saved.path.exists(), "the end of the copy")
        await settled(play.stage, play.pilot)
        assert not monitor.saved


async def test_x_answers_only_where_it_is_offered(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("4", "D")
        assert isinstance(play.screen, ConfirmDialog)
        await play.press("x")
        assert isinstance(play.screen, ConfirmDialog)


async def test_a_copy_is_pinned_and_deleted_after_asking(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await saved_list(play)
        await play.press("P")
        await until(play.pilot, lambda: "●" in play.row(0), "the pin")
        await play.press("D")
        assert "fetched again" in str([str(one.visual) for one in play.screen.query(".dialog-fact")])
        await play.press("n")
        assert len(play.table.source) == 1
        await play.press("D", "y")
        await until(play.pilot, lambda: len(play.table.source) == 0, "an empty list")
        assert "No results are saved" in play.shown("#notice")
        assert batch_id not in play.stage.app.shared.monitor.saved


async def test_the_least_recently_used_are_dropped_to_make_room(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"cache_limit": 1}) as play:
        await open_results(play.stage, play.pilot)
        first = next(iter(play.stage.app.shared.monitor.saved))
        # What is open is never dropped, however little room there is.
        assert play.stage.app.shared.monitor.saved[first].path.exists()


async def test_room_that_cannot_be_made_is_told_and_takes_nothing_from_what_came(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"cache_limit": 1}) as play:
        story.save(play.stage, "msgbatch_older", b'{"custom_id":"a","result":{"type":"expired"}}\n')
        # What is in the way of deleting it.
        play.stage.store.part_path("msgbatch_older").mkdir()
        await open_results(play.stage, play.pilot)
        await until(play.pilot, lambda: "Could not delete" in play.said(), "the sentence")
        (opened,) = play.stage.app.shared.monitor.results.values()
        assert opened.progress.state == "complete"
        assert opened.progress.verified


async def test_a_part_from_an_earlier_run_is_told_of_in_the_list(tmp_path: Path) -> None:
    async with playing(tmp_path / "before", size=WIDE) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
    with staged(Scene(loaded, size=WIDE, app={"monotonic": Seconds()}), tmp_path / "after") as stage:
        stage.store.prepare()
        stage.store.part_path(batch_id).write_bytes(many(3))
        async with stage.app.run_test(size=WIDE) as pilot:
            await go_to(stage, pilot, ended)

            def told() -> str:
                row = table(stage).index_of(batch_id)
                return " ".join(text for cell in table(stage).cells(row, [("results", 20)]) for text, _ in cell.parts)

            await until(pilot, lambda: told() == "partly", "what an earlier run left")
            await pilot.press("enter")
            await settled(stage, pilot)
            detail = str(stage.app.screen.query_one("#detail-text", Static).visual)
            assert "A part of them is on this machine" in detail
            assert "not saved on this machine" not in detail
            await pilot.press("v")
            await until(pilot, lambda: batch_id in stage.app.shared.monitor.saved, "the rest")
            await pilot.press("escape", "escape")
            await settled(stage, pilot)
            assert told() == "saved"
            await pilot.press("o")
            await until(pilot, lambda: isinstance(stage.app.screen, SavedScreen), "what is saved")
            await pilot.press("D")
            await settled(stage, pilot)
            await pilot.press("y")
            await until(pilot, lambda: not stage.store.results_path(batch_id).exists(), "the end of the copy")
            await pilot.press("escape")
            await settled(stage, pilot)
            assert told().endswith(" left")
