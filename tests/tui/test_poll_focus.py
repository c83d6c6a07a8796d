"""The dashboard asks less often while its terminal is not looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from batch_tui.monitor.pace import Pace
from tests.tui.scenes import Scene, loaded, staged

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_poller_hears_whether_the_terminal_is_looked_at(tmp_path: Path) -> None:
    pace = Pace(hurried=100, running=100, idle=100, slowest=900)
    with staged(Scene(loaded, app={"pace": pace}), tmp_path) as stage:
        async with stage.app.run_test(size=(120, 40)) as pilot:
            await loaded(stage, pilot)
            poller = stage.app._poller
            assert poller is not None
            for event, interval in ((events.AppBlur(), 300), (events.AppFocus(), 100)):
                stage.app.post_message(event)
                await pilot.pause()
                assert poller.interval == interval
