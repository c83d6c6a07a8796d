"""What was confirmed and not sent yet can be called off, found again, and says how it came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.bulk import BulkProgress
from batch_tui.tui.screens.menu import MenuDialog
from tests.tui.many import Minutes, asked, facts, finished, ids, mark
from tests.tui.play import playing
from tests.tui.scenes import ended, go_to, running, settled, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play


async def delete_nine(play: Play) -> int:
    """Have nine deletes under way, of which the budget lets some through: so many."""
    await mark(play, ids(play, ended, 9))
    await play.press("D", "d", "9", "enter")
    await until(play.pilot, lambda: len(asked(play, "DELETE")) > 2, "what the budget lets through")
    await settled(play.stage, play.pilot)
    sent = len(asked(play, "DELETE"))
    assert sent < 9
    return sent


def rows(play: Play) -> str:
    """All rows of the table."""
    return "\n".join(play.row(row) for row in range(len(play.table.source)))


async def test_what_waits_for_the_budget_when_a_bulk_is_stopped_is_never_asked(tmp_path: Path) -> None:
    minutes = Minutes()
    async with playing(tmp_path, app={"budget": minutes.budget}) as play:
        before = len(play.catalog)
        sent = await delete_nine(play)
        # Those behind the four that ask next wait for it just as well.
        assert rows(play).count("delete waits: rate limit") == 9 - sent
        await play.press("escape")
        await finished(play)
        assert f"{sent} batches deleted · {9 - sent} left as they were" in facts(play)
        assert rows(play).count("not asked") == 9 - sent
        minutes.pass_by(5)
        await play.poll()
        assert len(asked(play, "DELETE")) == sent
        assert len(play.catalog) == before - sent


async def test_a_cancel_that_waits_for_the_budget_can_be_called_off(tmp_path: Path) -> None:
    minutes = Minutes()
    async with playing(tmp_path, app={"budget": minutes.budget}) as play:
        minutes.use_up()
        await go_to(play.stage, play.pilot, running)
        await play.press("c", "y")
        assert "cancel waits: rate limit · u keeps it" in play.row(play.table.cursor_row)
        await play.press("c")
        assert "u calls it off" in play.said()
        await play.press("u")
        await finished(play)
        assert "stays as it is" in play.said()
        minutes.pass_by(5)
        await settled(play.stage, play.pilot)
        assert not asked(play, "POST")


async def test_a_row_says_that_it_waits_for_the_rate_limit_until_its_request_goes(tmp_path: Path) -> None:
    minutes = Minutes()
    async with playing(tmp_path, app={"budget": minutes.budget}) as play:
        minutes.use_up()
        await go_to(play.stage, play.pilot, running)
        row, before = play.table.cursor_row, play.table.source.version(play.table.cursor_row)
        await play.press("c", "y")
        assert "rate limit" in play.row(row)
        limited = play.table.source.version(row)
        assert limited != before
        # The last second before it goes is no reason to say something else.
        minutes.pass_by(59.5 / 60)
        await settled(play.stage, play.pilot)
        assert play.stage.app.shared.budget.waits is None
        assert "rate limit" in play.row(row)
        assert play.table.source.version(row) == limited
        minutes.pass_by()
        await finished(play)
        assert "is being canceled" in play.said()
        assert "rate limit" not in play.row(row)


async def test_what_waits_for_others_of_its_job_does_not_blame_the_rate_limit(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await mark(play, ids(play, ended, 9))
        play.stage.simulator.arm(method="DELETE", delay=1, count=4)
        await play.press("D", "d")
        await play.pilot.press("9", "enter")
        await until(play.pilot, lambda: "deleting…" in rows(play), "the first four")
        assert "delete waits for its turn" in rows(play)
        assert "rate limit" not in rows(play)
        await finished(play)


async def test_the_copy_a_delete_counts_on_is_looked_at_when_its_turn_has_come(tmp_path: Path) -> None:
    minutes = Minutes()
    async with playing(tmp_path, app={"budget": minutes.budget}) as play:
        batch_id = next(batch.id for batch in play.catalog if ended(batch) and batch.request_counts.total < 1_000)
        play.table.move_to_key(batch_id)
        await play.press("w")
        await until(play.pilot, lambda: batch_id in play.stage.app.shared.monitor.saved, "the results")
        minutes.use_up()
        await play.press("D", "y")
        play.stage.app._downloads.forget(batch_id)
        play.stage.store.delete(batch_id)
        minutes.pass_by()
        await finished(play)
        assert "is gone or was changed" in play.said()
        assert not asked(play, "DELETE")


async def test_a_delete_that_waits_for_the_end_can_be_called_off_and_its_cancel_stands(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, running)
        await play.press("D", "y")
        await until(play.pilot, lambda: asked(play, "POST") == [batch_id], "the cancel")
        assert "u keeps it" in play.row(play.table.cursor_row)
        assert "1 to delete" in play.status()
        await play.press("D")
        assert "deleted once it has ended; u calls that off" in play.said()
        await play.press("u")
        await finished(play)
        assert "is not deleted. It is canceled: that stands." in play.said()
        assert "no delete to take back" not in play.said()
        assert "to delete" not in play.status()
        play.stage.clock.advance(minutes=2)
        await play.poll()
        assert play.catalog.get(batch_id).processing_status == "ended"
        assert not asked(play, "DELETE")


async def test_what_was_sent_cannot_be_called_off_and_that_is_said(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, ended)
        play.stage.simulator.arm(method="DELETE", delay=1)
        await play.pilot.press("D")
        await settled(play.stage, play.pilot)
        await play.pilot.press("y", "u")
        await until(play.pilot, lambda: "sent to the API already" in play.said(), "the truth")
        await finished(play)
        assert "is deleted" in play.said()


async def test_a_bulk_behind_the_list_is_shown_counted_stopped_and_reported(tmp_path: Path) -> None:
    minutes = Minutes()
    async with playing(tmp_path, app={"budget": minutes.budget}) as play:
        sent = await delete_nine(play)
        await play.press("b")
        assert isinstance(play.screen, BatchListScreen)
        assert f"{9 - sent} to delete" in play.status()
        await play.press("b")
        assert isinstance(play.screen, BulkProgress)
        assert f"{sent} of 9" in facts(play)
        await play.press("b", "u")
        await finished(play)
        said = f"{sent} batches deleted · {9 - sent} left as they were. b on the list shows how each came out."
        assert said in play.said()
        assert len(asked(play, "DELETE")) == sent
        assert len(play.table.marks) == 9 - sent
        await play.press("b")
        assert isinstance(play.screen, BulkProgress)
        assert rows(play).count("✓ deleted") == sent
        assert rows(play).count("not asked") == 9 - sent
        await play.press("escape")
        assert isinstance(play.screen, BatchListScreen)


async def test_of_several_jobs_one_is_chosen_and_the_undo_window_goes_first(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"undo_seconds": 3600}) as play:
        await mark(play, ids(play, running, 2))
        play.stage.app._runner._undo_seconds = 0
        await play.press("D", "c", "2", "enter")
        await until(play.pilot, lambda: len(asked(play, "POST")) == 2, "the cancels")
        await play.press("b", "escape")
        play.stage.app._runner._undo_seconds = 3600
        kept = await go_to(play.stage, play.pilot, ended)
        await play.press("D", "y")
        assert "3 to delete" in play.status()
        await play.press("b")
        assert isinstance(play.screen, MenuDialog)
        await play.press("2")
        assert isinstance(play.screen, BulkProgress)
        assert "starts in 3600s" in facts(play)
        await play.press("q", "u")
        assert f"{kept} stays as it is" in play.said()
        assert "2 to delete" in play.status()
        await play.press("u")
        await finished(play)
        assert "0 batches deleted · 2 canceled, not deleted" in play.said()
        await play.press("b")
        assert rows(play).count("canceled, but not deleted") == 2


async def test_without_any_job_the_key_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("b")
        assert "Nothing is being canceled or deleted." in play.said()


async def test_saves_that_failed_are_not_called_refused(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await mark(play, ids(play, lambda batch: ended(batch) and batch.request_counts.total < 1_000, 2))
        play.stage.simulator.arm(status=403, path="results", count=99)
        await play.press("D", "s", "2", "enter")
        await finished(play)
        assert "0 batches deleted · 2 not saved, so not deleted" in facts(play)
        assert "refused" not in facts(play).splitlines()[0]
        assert rows(play).count("! stays: not saved whole") == 2


async def test_read_only_offers_neither_in_the_palette(tmp_path: Path) -> None:
    """Nothing was begun that could be taken back."""
    async with playing(tmp_path, app={"read_only": True}) as play:
        offered = {command.title for command in play.stage.app.get_system_commands(play.screen)}
        assert "Refresh" in offered
        assert not {"Undo delete", "Bulk job: show, stop"} & offered


async def test_the_palette_offers_both_where_something_can_be_changed(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        offered = {command.title for command in play.stage.app.get_system_commands(play.screen)}
        assert {"Undo delete", "Bulk job: show, stop"} <= offered
