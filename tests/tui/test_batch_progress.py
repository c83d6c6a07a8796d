"""What a row of the list says of a batch that runs: the time spent as a bar and in words, a forecast, counts if any."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batch_tui.tui.batch_progress import ROOM_FOR_TIME_BAR, progress_of
from batch_tui.tui.text import width
from batch_tui.tui.widgets.time_bar import time_bar
from tests.tui.play import playing
from tests.tui.scenes import running

if TYPE_CHECKING:
    from pathlib import Path

    from batch_tui.api.models import MessageBatch
    from tests.tui.play import Play

LINE = "━╾─"
STOPS = "┤┫"


def painted(play: Play) -> list[str]:
    """The rows on screen as they are painted, without the heading."""
    return [play.table.render_line(line).text for line in range(1, play.table.size.height)]


def first_running(play: Play) -> MessageBatch:
    found: MessageBatch = next(batch for batch in play.catalog if running(batch))
    return found


def spell(play: Play, batch: MessageBatch, cells: int) -> str:
    return "".join(text for text, _ in progress_of(batch, play.stage.app.shared, cells))


@pytest.mark.parametrize("size", [(110, 30), (120, 30), (160, 48)])
async def test_a_running_row_has_a_bar_towards_its_end_and_an_ended_one_has_not(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with playing(tmp_path, size=size) as play:
        rows = painted(play)
        assert any("◐ running" in row for row in rows)
        for row in rows:
            drawn = re.search(rf"[{LINE}]{{7}}[{STOPS}] (\S.*?24h)", row)
            assert (drawn is not None) == ("◐ running" in row), row


async def test_the_bar_is_as_long_as_the_time_spent(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch = first_running(play)

        def drawn(**spent: float) -> str:
            return "".join(text for text, _ in time_bar(batch, batch.created_at + timedelta(**spent), 8))

        assert drawn(seconds=1) == "╾──────┤"
        assert drawn(hours=6) == "━━─────┤"
        assert drawn(hours=12) == "━━━╾───┤"
        assert drawn(hours=23, minutes=59) == "━━━━━━╾┤"
        assert drawn(hours=24) == drawn(days=400) == "━━━━━━━┫"
        assert drawn(hours=-1) == "───────┤"


@pytest.mark.parametrize("counts", ["final", "gradual"])
@pytest.mark.parametrize("spent", [timedelta(seconds=9), timedelta(minutes=59, seconds=59), timedelta(hours=23.99)])
async def test_no_word_is_cut_at_any_width_and_the_bar_goes_first(
    tmp_path: Path, counts: str, spent: timedelta
) -> None:
    async with playing(tmp_path, counts=counts) as play:
        shared, clock = play.stage.app.shared, play.stage.clock
        for batch in [one for one in play.catalog if one.processing_status == "in_progress"]:
            play.stage.clock.moment = batch.created_at + spent
            for cells in range(24, 80):
                said = progress_of(batch, shared, cells)
                assert sum(width(text) for text, _ in said) <= cells
                line = spell(play, batch, cells)
                forecast = shared.history.forecast(batch, clock())
                elapsed = line.replace(" ", "")
                if counts == "final":
                    assert any(stop in line for stop in STOPS) == (cells >= ROOM_FOR_TIME_BAR)
                    assert "24h" in line
                    assert (" more" in line) == (forecast is not None and forecast.half_within is not None)
                assert any(word in elapsed for word in ("9s", "59m59s", "23h59m"))


async def test_where_there_is_room_the_words_are_said_in_full(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch = first_running(play)
        play.stage.clock.moment = batch.created_at + timedelta(minutes=5)
        assert re.fullmatch(r"5m 00s/24h · \S+ more", spell(play, batch, 24))
        assert re.fullmatch(r"5m 00s of 24h · \S+ more", spell(play, batch, 26))
        assert re.fullmatch(r"╾─{6}┤ 5m 00s/24h · \S+ more", spell(play, batch, 32))
        assert re.fullmatch(r"╾─{6}┤ 5m 00s of 24h · \S+ more", spell(play, batch, 35))
        assert re.fullmatch(r"╾─{6}┤ 5m 00s of 24h · likely \S+ more", spell(play, batch, 42))


async def test_counts_that_move_before_the_end_are_drawn_in_place_of_the_time(tmp_path: Path) -> None:
    async with playing(tmp_path, counts="gradual") as play:
        moving = [one for one in play.catalog if running(one) and one.request_counts.processing]
        assert moving
        for batch in moving:
            total = batch.request_counts.total
            done = total - batch.request_counts.processing
            assert 0 < done < total
            wide = spell(play, batch, 44)
            assert f" {done:,} of {total:,} · " in wide
            assert wide.endswith(" of 24h")
            narrow = spell(play, batch, 24)
            assert f" {done * 100 // total}% · " in narrow
            assert not any(stop in wide + narrow for stop in STOPS)


async def test_a_share_is_never_all_or_nothing_before_it_is(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch = first_running(play)
        for processing, succeeded, said in ((99_999, 1, " <1% "), (1, 99_999, " 99% "), (0, 100_000, " 100% ")):
            counts = batch.request_counts.model_copy(update={"processing": processing, "succeeded": succeeded})
            assert said in spell(play, batch.model_copy(update={"request_counts": counts}), 24)


async def test_times_that_make_no_sense_leave_the_time_spent(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch = first_running(play)
        odd = batch.model_copy(update={"expires_at": batch.created_at})
        assert "24h" not in spell(play, odd, 40)
        assert spell(play, odd, 40).split(" ·")[0] == spell(play, batch, 26).split(" of")[0]
