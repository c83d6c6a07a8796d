"""Acting on many batches in a test: mark them, see what was asked of the API, wait for the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
from textual.widgets import Static

from batch_tui.api.calls import CallRecord
from batch_tui.monitor.request_budget import RequestBudget
from tests.tui.scenes import settled, until

if TYPE_CHECKING:
    from tests.tui.play import Play


def ids(play: Play, wanted: Any, most: int = 3) -> list[str]:
    """The newest batches that fit."""
    return [batch.id for batch in play.catalog if wanted(batch)][:most]


async def mark(play: Play, batch_ids: list[str]) -> None:
    """Mark these in the list."""
    for batch_id in batch_ids:
        play.table.move_to_key(batch_id)
        await play.pilot.press("space")
    await play.press()


def facts(play: Play) -> str:
    """All that the dialog on screen says beside its table."""
    return "\n".join(str(one.visual) for one in play.screen.query(Static))


def asked(play: Play, method: str) -> list[str]:
    """The ids that requests of a method named."""
    paths = [one.path for one in play.stage.simulator.requests() if one.method == method]
    return sorted(path.split("/")[4] for path in paths)


async def finished(play: Play) -> None:
    """The job on screen has come to its end."""
    await until(play.pilot, lambda: not play.stage.app._runner.jobs, "the end of the job")
    await settled(play.stage, play.pilot)


PER_MINUTE = 6


class Minutes:
    """A request budget of six a minute, and its time: it stands still until somebody lets minutes go by."""

    def __init__(self) -> None:
        self._seconds, self._gone_by = 0.0, anyio.Event()
        self.budget = RequestBudget(PER_MINUTE, monotonic=lambda: self._seconds, sleep=self._sleep)

    def use_up(self) -> None:
        """Let nothing be left of this minute."""
        while self.budget.last_minute < PER_MINUTE:
            # As somebody does who did not ask for a turn.
            self.budget.note(CallRecord("GET", "/v1/messages/batches", 200, 0.01, None, "", 1, None))

    def pass_by(self, minutes: float = 1) -> None:
        """Let them go by."""
        self._seconds += 60 * minutes
        gone_by, self._gone_by = self._gone_by, anyio.Event()
        gone_by.set()

    async def _sleep(self, _: float) -> None:
        await self._gone_by.wait()
