"""The line above the list: what runs, how old it is and how much is asked are never what is missing."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from anyio import fail_after

from batch_tui.monitor.request_budget import RequestBudget
from batch_tui.tui.connection import Origin
from batch_tui.tui.widgets.status_line import StatusLine
from tests.tui.play import playing
from tests.tui.scenes import SMALL, Scene, loaded, staged, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.play import Play

RUNNING, AGE, PACE = r"\b7 running\b", r"● live (just now|\d+[smh] ago)", r" · API \d+/min $"


def assert_says(play: Play, *patterns: str) -> None:
    said = play.status()
    assert len(said) == play.screen.size.width
    for pattern in patterns:
        assert re.search(pattern, said), (pattern, said)


@pytest.mark.parametrize("size", [SMALL, (100, 24), (160, 40)])
async def test_the_state_of_the_polling_its_age_and_the_requests_per_minute_are_always_there(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with playing(tmp_path, size=size) as play:
        assert_says(play, "^ batch-tui  production ", RUNNING, "100 loaded", AGE, PACE)
        assert ("api.anthropic.com" in play.status()) == (size[0] > 92)
        play.stage.clock.advance(seconds=40)
        play.stage.simulator.arm(status=529, count=9)
        await play.press("r")
        await until(play.pilot, lambda: "not live" in play.status(), "the trouble")
        assert_says(play, "production", RUNNING, "● not live · data from 40s ago", PACE)
        await play.press("p")
        assert_says(play, "production", RUNNING, PACE)


async def test_what_is_marked_new_and_read_only_leaves_the_profile_and_the_count_whole(tmp_path: Path) -> None:
    async with playing(tmp_path, size=SMALL, app={"read_only": True}) as play:
        assert_says(play, "production · read-only ", RUNNING, AGE, PACE)
        await play.press("space", "space", "space")
        assert_says(play, "production · read-only ", "3 marked · 7 running", AGE, PACE)


async def test_before_the_first_request_none_are_counted(tmp_path: Path) -> None:
    with staged(Scene(loaded, size=SMALL, held=True), tmp_path) as stage:
        async with stage.app.run_test(size=SMALL) as pilot:
            await pilot.pause()
            said = str(stage.app.screen.query_one(StatusLine).render())
            assert said.rstrip().endswith("○ connecting")


async def test_loading_all_says_how_far_it_is_at_80_columns(tmp_path: Path) -> None:
    async with playing(tmp_path, batches=3_000, live=False) as play:
        play.screen.action_load_all()
        assert_says(play, "^ (batch-tui  )?production", "loading all: 100, L stops", AGE, PACE)


async def test_a_long_profile_costs_the_name_of_the_program_first(tmp_path: Path) -> None:
    origin = Origin("gateway.internal:4000", "evaluation-staging-eu", "http://gateway.internal:4000")
    async with playing(tmp_path, app={"origin": origin}) as play:
        await play.press("space")
        assert_says(play, "^ evaluation-staging-eu ", r"1 marked · 7 running", AGE, PACE)


async def test_of_a_host_that_does_not_fit_no_scrap_is_shown(tmp_path: Path) -> None:
    """Nor the dot that sets it apart: `production · a…` would only look broken."""
    async with playing(tmp_path) as play:
        await play.press("space")
        for columns in range(60, 110):
            await play.pilot.resize_terminal(columns, 24)
            await play.pilot.pause()
            left = play.status().partition("1 marked")[0].rstrip()
            assert left.endswith("production") or re.search(r"production · api\.[a-z.]*…?[a-z.]*\.com$", left), left


async def test_it_fits_at_once_when_the_terminal_is_made_narrower(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 40)) as play:
        for columns in (120, 92, 80, 60, 54):
            await play.pilot.resize_terminal(columns, 24)
            await play.pilot.pause()
            assert_says(play, RUNNING, AGE, PACE)


async def test_what_stands_left_does_not_come_and_go_with_the_seconds(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        last = play.stage.clock()
        for columns in range(70, 106, 2):
            await play.pilot.resize_terminal(columns, 24)
            before = None
            for seconds in (2, 7, 30):
                play.stage.clock.moment = last + timedelta(seconds=seconds)
                play.screen.show_state()
                parts = "loaded" in play.status(), "batch-tui" in play.status(), "/min" in play.status()
                assert before in (None, parts)
                before = parts


@pytest.mark.parametrize("size", [SMALL, (160, 40)])
async def test_a_budget_that_is_used_up_is_told_with_when_it_goes_on(tmp_path: Path, size: tuple[int, int]) -> None:
    """Whoever presses r sees what it waits for, and not that all is live."""
    budget = RequestBudget(12)
    async with playing(tmp_path, size=size, app={"budget": budget}) as play:
        for _ in range(12):
            with suppress(TimeoutError), fail_after(0.01):
                await budget.turn("action")
        play.stage.clock.advance(seconds=30)
        await play.pilot.press("r", "r")
        await until(play.pilot, lambda: "waits" in play.status(), "the wait")
        assert_says(play, RUNNING, r"◌ waits (\d\ds|1m \d\ds): 12 requests/min · data from (30s ago|just now)")
        assert "live" not in play.status()


async def test_data_older_than_a_few_polls_is_not_live(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        play.stage.clock.advance(seconds=70)
        await play.press("j")
        assert_says(play, AGE)
        play.stage.clock.advance(seconds=70)
        await play.press("k")
        assert_says(play, "○ not live · data from 2m ago")


async def test_a_clock_that_was_set_back_has_no_data_from_the_future(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        play.stage.clock.advance(hours=-2)
        await play.press("j")
        assert_says(play, "● live just now")
