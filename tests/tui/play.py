"""A running app in a test: press keys, ask what was said, look at what is shown."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from textual.notifications import Notify
from textual.widgets import Static

from batch_tui.tui.widgets.status_line import StatusLine
from batch_tui.tui.widgets.virtual_table import VirtualTable
from tests.tui.scenes import SMALL, Scene, Stage, loaded, settled, staged, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from textual.message import Message
    from textual.pilot import Pilot


class Seconds:
    """A monotonic clock for dialogs: a person has always had time to read, unless a test says otherwise."""

    def __init__(self) -> None:
        self.value, self.step = 0.0, 1.0

    def __call__(self) -> float:
        self.value += self.step
        return self.value


class Play:
    """A running app with everything a test looks at."""

    def __init__(self, stage: Stage, pilot: Pilot[str], seconds: Seconds, heard: list[Message]) -> None:
        self.stage, self.pilot, self.seconds, self._heard = stage, pilot, seconds, heard

    @property
    def screen(self) -> Any:
        return self.stage.app.screen

    @property
    def table(self) -> VirtualTable:
        return self.stage.app.screen.query_one(VirtualTable)

    @property
    def catalog(self) -> Any:
        return self.stage.app.shared.catalog

    def heard(self, kind: type[Message]) -> list[Any]:
        """Every message of a kind so far."""
        # A message is heard at every node it bubbles through.
        return list({id(message): message for message in self._heard if isinstance(message, kind)}.values())

    def said(self) -> str:
        """Everything the toasts said so far."""
        notices = [message.notification for message in self.heard(Notify)]
        return "\n".join(f"{notice.title} {notice.message}" for notice in notices)

    def shown(self, selector: str) -> str:
        """The text of a Static, empty while it is hidden."""
        widget = self.stage.app.screen.query_one(selector, Static)
        return str(widget.visual) if widget.display else ""

    def status(self) -> str:
        """The line at the top."""
        return str(self.screen.query_one(StatusLine).render())

    def trouble(self) -> str:
        """The sentence below the status line, empty while there is none."""
        return self.shown("#trouble")

    def row(self, number: int) -> str:
        """The text of a row of the table."""
        widths = [(column.id, 40) for column in self.table.columns]
        return " ".join(text for cell in self.table.source.cells(number, widths) for text, _ in cell.parts)

    async def press(self, *keys: str) -> None:
        """Press keys and wait until all they caused is done; whoever answers y has read the question."""
        while "y" in keys[1:]:
            answer = keys.index("y", 1)
            await self.press(*keys[:answer])
            keys = keys[answer:]
        await self.pilot.press(*keys)
        await settled(self.stage, self.pilot)

    async def poll(self) -> None:
        """Ask the API now and wait for the answer."""
        before = self.stage.simulator.request_count
        await self.pilot.press("r")
        await until(self.pilot, lambda: self.stage.simulator.request_count > before, "a poll")
        await settled(self.stage, self.pilot)


@asynccontextmanager
async def playing(
    directory: Path,
    *,
    size: tuple[int, int] = SMALL,
    app: dict[str, Any] | None = None,
    toasts: bool = False,
    **world: Any,
) -> AsyncIterator[Play]:
    """An app on a simulator of that world, with its first page loaded; `toasts`: they are on screen too."""
    seconds = Seconds()
    heard: list[Message] = []
    scene = Scene(loaded, size=size, world=world, app={"monotonic": seconds} | (app or {}))
    with staged(scene, directory) as stage:
        async with stage.app.run_test(size=size, message_hook=heard.append, notifications=toasts) as pilot:
            await loaded(stage, pilot)
            yield Play(stage, pilot, seconds, heard)
