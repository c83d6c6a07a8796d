"""The activity log on screen: what was asked, how it went, and nothing that is secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.tui.screens.activity import ActivityScreen
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.widgets.status_line import StatusLine
from tests.tui.play import playing
from tests.tui.scenes import settled, until

if TYPE_CHECKING:
    from pathlib import Path


async def test_each_request_is_a_row_the_latest_first(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 40)) as play:
        await play.press("exclamation_mark")
        assert isinstance(play.screen, ActivityScreen)
        before = len(play.table.source)
        assert "✓ 200" in play.row(0)
        assert "GET    /v1/messages/batches ?limit=" in play.row(0)
        assert "req_" in play.row(0)
        play.stage.simulator.arm(status=529)
        await play.press("r")
        await until(play.pilot, lambda: len(play.table.source) > before, "a row")
        assert "! 529" in play.row(0)
        assert "overloaded" in play.row(0)
        assert "in the last minute" in str(play.screen.query_one(StatusLine).render())
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)


async def test_a_request_id_is_copied(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("exclamation_mark", "y")
        assert play.stage.app.clipboard.startswith("req_")


async def test_downloads_are_in_it_and_the_key_is_not(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch = next(one for one in play.catalog if one.results_url and one.request_counts.total < 1_000)
        play.table.move_to_key(batch.id)
        await play.press("v")
        await until(play.pilot, lambda: batch.id in play.stage.app.shared.monitor.saved, "the results")
        await settled(play.stage, play.pilot)
        await play.press("exclamation_mark")
        rows = [play.row(row) for row in range(len(play.table.source))]
        assert any("/results" in row for row in rows)
        assert not any("test-key" in row for row in rows)


async def test_what_the_toasts_said_is_kept_and_can_be_copied(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("u")
        await play.press("exclamation_mark", "tab")
        assert "no delete to take back" in play.row(0)
        assert "no delete to take back" in play.shown("#activity-whole")
        assert "messages 1" in play.shown("#chips")
        await play.press("y")
        assert "no delete to take back" in play.stage.app.clipboard
        await play.press("tab")
        assert "GET    /v1/messages/batches" in play.row(0)


async def test_a_masked_screen_hides_what_messages_may_name(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        play.stage.app.notify("Made for customer Ada.")
        await play.press("exclamation_mark", "tab", "X")
        try:
            assert "Ada" not in play.row(0) + play.shown("#activity-whole")
            await play.press("y")
            assert play.stage.app.clipboard == ""
            assert "Masked: X shows what people wrote, then it can be copied." in play.said()
            await play.press("tab", "y")
            assert play.stage.app.clipboard.startswith("req_")
            await play.press("tab")
        finally:
            await play.press("X")
        assert "Ada" in " ".join(play.row(row) for row in range(len(play.table.source)))
