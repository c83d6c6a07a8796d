"""What the page about one batch says, and what it must not pretend to know."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.monitor.catalog import NO_CHANGES
from batch_tui.tui.widgets.batch_detail import describe_batch
from tests.tui.play import playing
from tests.tui.scenes import ended, go_to, running, until, with_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tui.play import Play


def time_bar(play: Play) -> str:
    """The line that shows how much of the time to the expiry is spent, empty without one."""
    return next((line for line in play.shown("#detail-text").split("\n") if line.endswith(" of 24h")), "")


async def test_a_running_batch_shows_the_time_spent_of_what_it_has(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, running)
        batch = play.catalog.get(play.table.cursor_key)
        await play.press("enter")
        for hours, spent in ((6, 0.25), (18, 0.75)):
            play.stage.clock.advance(hours=hours - (play.stage.clock() - batch.created_at) / timedelta(hours=1))
            # The same answer as before: only time has passed.
            play.stage.app.publish(NO_CHANGES)
            await play.press()
            drawn = time_bar(play)
            assert f"{hours}h 00m of 24h" in drawn
            assert abs(drawn.count("━") / (drawn.count("━") + drawn.count("─")) - spent) < 0.05


async def test_an_ended_batch_needs_no_time_bar(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, ended)
        await play.press("enter")
        assert "of 24h" not in play.shown("#detail-text")


@pytest.mark.parametrize("expires", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
async def test_an_absurd_expiry_is_survived(tmp_path: Path, expires: datetime) -> None:
    async with playing(tmp_path) as play:
        batch = next(one for one in play.catalog if running(one))
        odd = batch.model_copy(update={"expires_at": expires})
        assert batch.id in describe_batch(odd, play.stage.app.shared, 40).plain


async def test_once_results_were_opened_the_page_tells_their_cost_and_errors(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(120, 44), live=False) as play:
        await go_to(play.stage, play.pilot, with_errors)
        batch = play.catalog.get(play.table.cursor_key)
        await play.press("enter")
        assert "COST AND ERRORS" not in play.shown("#detail-text")
        await play.press("v")
        digests = play.stage.app.shared.monitor.digests
        await until(play.pilot, lambda: digests.get(batch.id) is not None, "the sums")
        await play.press("escape")
        said = play.shown("#detail-text")
        cost = re.search(r"cost +\$([0-9.,]+) +estimated, at batch price", said)
        assert cost is not None
        assert float(cost[1].replace(",", "")) > 0
        told = [int(amount.replace(",", "")) for amount in re.findall(r"([0-9,]+) × [a-z_]+_error: ", said)]
        assert told == sorted(told, reverse=True)
        assert 0 < sum(told) <= batch.request_counts.errored


@pytest.mark.parametrize("wanted", [running, ended])
async def test_a_batch_that_goes_leaves_its_timeline_and_its_last_numbers(
    tmp_path: Path, wanted: Callable[[Any], bool]
) -> None:
    async with playing(tmp_path, size=(120, 44)) as play:
        batch_id = await go_to(play.stage, play.pilot, wanted)
        total = play.catalog.get(batch_id).request_counts.total
        await play.press("t", *"Mine", "enter", "enter")
        play.stage.app.publish(play.catalog.remove(batch_id, for_good=True))
        await play.press()
        said = play.shown("#detail-text")
        assert batch_id in said
        assert "Mine" in said
        assert "Gone: it was deleted" in said
        assert "SEEN HERE" in said
        assert "first seen" in said
        assert "AS IT WAS LAST SEEN" in said
        assert f"{total:,} request" in said
        assert "created" in said
        assert "results go" not in said
        for key in ("c", "D", "t", "v", "R", "m", "w", "y"):
            await play.press(key)
            assert len(play.stage.app.screen_stack) == 3
        assert play.said().count("This batch is gone") == 8
        assert "under the cursor" not in play.said()
