"""Results of a test's own lines on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.tui.screens.results import ResultsScreen
from tests.results.lines import body
from tests.tui import story
from tests.tui.scenes import ended, go_to, settled, until

if TYPE_CHECKING:
    from batch_tui.tui.context import OpenResults
    from tests.tui.play import Play


async def own_rows(play: Play, *values: object) -> str:
    """A batch whose stored results are these lines, on screen and whole; gives its id."""
    batch_id = await go_to(play.stage, play.pilot, ended)
    story.save(play.stage, batch_id, body(*values))
    await play.pilot.press("v")
    await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results screen")
    await until(play.pilot, lambda: opened_of(play, batch_id).progress.state == "complete", "the rows")
    await settled(play.stage, play.pilot)
    return batch_id


def opened_of(play: Play, batch_id: str) -> OpenResults:
    """What the app has open of a batch."""
    opened: OpenResults = play.stage.app.shared.monitor.results[batch_id]
    return opened
