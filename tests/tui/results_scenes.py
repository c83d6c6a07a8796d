"""The states of results, records and linked inputs that have a name; beside `scenes`, and used in the same ways."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from batch_tui.tui.messages import DownloadUpdate
from batch_tui.tui.screens.prompt import PromptDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.screens.saved import SavedScreen
from batch_tui.tui.screens.summary import SummaryScreen
from batch_tui.tui.widgets.prompt_view import PromptView
from tests.tui import story
from tests.tui.scenes import (
    SMALL,
    Scene,
    ended,
    go_to,
    loaded,
    open_results,
    record_on_screen,
    settled,
    table,
    until,
    with_errors,
)

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from batch_tui.results.download_control import State
    from tests.tui.scenes import Stage


async def told(stage: Stage, pilot: Pilot[str], *keys: str, line: int = 0, missing: str = "", link: bool = True) -> str:
    """The story's results are on screen, their input linked, the cursor on a line; then keys are pressed."""
    batch_id = await go_to(stage, pilot, ended)
    story.save(stage, batch_id, story.as_lines(story.results()))
    if link:
        stage.app._inputs.link(batch_id, story.write_input(stage.store.directory.parent, without=missing))
    await pilot.press("v")
    await until(pilot, lambda: isinstance(stage.app.screen, ResultsScreen), "the results screen")
    await until(pilot, lambda: len(table(stage)) == len(story.QUESTIONS), "the rows")
    inputs = stage.app.shared.monitor.inputs
    if link:
        await until(pilot, lambda: batch_id in inputs and inputs[batch_id].match is not None, "a comparison")
    await pilot.press(*"j" * line)
    await settled(stage, pilot)
    await pilot.press(*keys)
    await settled(stage, pilot)
    return batch_id


async def _record(stage: Stage, pilot: Pilot[str], line: int, *keys: str) -> None:
    await told(stage, pilot, *keys, line=line)
    if stage.app.screen.query_one("#record").display:
        await record_on_screen(stage, pilot)
        await settled(stage, pilot)


async def _beside(stage: Stage, pilot: Pilot[str]) -> None:
    await told(stage, pilot, "b")
    await until(pilot, lambda: bool(stage.app.screen.query_one(PromptView).text), "the prompt")
    await settled(stage, pilot)


async def _mismatch(stage: Stage, pilot: Pilot[str]) -> None:
    await told(stage, pilot, missing="turns-1")


async def _link_refused(stage: Stage, pilot: Pilot[str]) -> None:
    await told(stage, pilot, "I", *"nowhere/prompts.jsonl", "enter", link=False)
    await until(pilot, lambda: isinstance(stage.app.screen, PromptDialog), "the question again")
    await settled(stage, pilot)


async def _summary(stage: Stage, pilot: Pilot[str]) -> None:
    await told(stage, pilot, "i")
    await until(pilot, lambda: isinstance(stage.app.screen, SummaryScreen), "the summary")
    await settled(stage, pilot)


async def _summary_end(stage: Stage, pilot: Pilot[str]) -> None:
    await _summary(stage, pilot)
    await pilot.press("G")
    await settled(stage, pilot)


async def _column(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)
    await pilot.press("equals_sign", "backspace", *"result.message.usage.service_tier", "enter")
    await settled(stage, pilot)
    await record_on_screen(stage, pilot)


async def _halted(stage: Stage, pilot: Pilot[str], state: State) -> None:
    """A download that stands still; how far a real one comes first depends on the network."""
    batch_id = await told(stage, pilot, link=False)
    opened = stage.app.shared.monitor.results[batch_id]
    opened.progress = replace(opened.progress, state=state)
    stage.app._updates.publish(DownloadUpdate(batch_id, opened.progress))
    await settled(stage, pilot)
    await record_on_screen(stage, pilot)


async def _asking(stage: Stage, pilot: Pilot[str]) -> None:
    await go_to(stage, pilot, with_errors)
    stage.simulator.arm(delay=60, path="/results")
    await pilot.press("v")
    await until(pilot, lambda: isinstance(stage.app.screen, ResultsScreen), "the results screen")
    await pilot.pause(0.1)


async def _failed(stage: Stage, pilot: Pilot[str]) -> None:
    stage.simulator.arm(status=403, path="/results", count=99)
    await open_results(stage, pilot)


async def _offline(stage: Stage, pilot: Pilot[str]) -> None:
    """Saved results of a batch that nobody can ask about."""
    story.save(stage, "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d", story.as_lines(story.results()))
    await pilot.pause()
    await pilot.press("o")
    await until(pilot, lambda: isinstance(stage.app.screen, SavedScreen), "what is saved")
    await settled(stage, pilot)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(stage.app.screen, ResultsScreen), "the results")
    await until(pilot, lambda: len(table(stage)) > 1, "the rows")
    await record_on_screen(stage, pilot)
    await settled(stage, pilot)


async def _nothing_found(stage: Stage, pilot: Pilot[str]) -> None:
    await told(stage, pilot, "f", *"out>9000", "enter")


async def _saved_empty(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)
    await pilot.press("o")
    await until(pilot, lambda: isinstance(stage.app.screen, SavedScreen), "what is saved")
    await settled(stage, pilot)


_TAB = "right_square_bracket"
_NO_KEY = {"no_credentials": "No credentials: neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set."}

RESULTS_SCENES: dict[str, Scene] = {
    "record-markdown": Scene(partial(_record, line=0)),
    "record-markdown-light": Scene(partial(_record, line=0), theme="light"),
    "record-markdown-80": Scene(lambda stage, pilot: _record(stage, pilot, 0, "enter"), size=SMALL),
    "record-plain": Scene(lambda stage, pilot: _record(stage, pilot, 0, "M")),
    "record-thinking": Scene(lambda stage, pilot: _record(stage, pilot, 0, _TAB)),
    "record-tool": Scene(lambda stage, pilot: _record(stage, pilot, 1, _TAB)),
    "record-search": Scene(lambda stage, pilot: _record(stage, pilot, 2, _TAB)),
    "record-search-80": Scene(lambda stage, pilot: _record(stage, pilot, 2, "enter", _TAB), size=SMALL),
    "record-code": Scene(lambda stage, pilot: _record(stage, pilot, 3, _TAB)),
    "record-refused": Scene(partial(_record, line=5)),
    "record-usage": Scene(lambda stage, pilot: _record(stage, pilot, 4, *[_TAB] * 2)),
    "record-request": Scene(lambda stage, pilot: _record(stage, pilot, 4, "left_square_bracket")),
    "record-request-light": Scene(lambda stage, pilot: _record(stage, pilot, 1, "left_square_bracket"), theme="light"),
    "record-request-80": Scene(
        lambda stage, pilot: _record(stage, pilot, 4, "enter", "left_square_bracket"), size=SMALL
    ),
    "record-beside": Scene(_beside),
    "record-beside-120": Scene(_beside, size=(120, 36)),
    "record-beside-80": Scene(_beside, size=SMALL),
    "results-mismatch": Scene(_mismatch, size=SMALL),
    "results-link-refused": Scene(_link_refused, size=SMALL),
    "results-column": Scene(_column),
    "results-waiting": Scene(partial(_halted, state="waiting")),
    "results-paused": Scene(partial(_halted, state="paused")),
    "results-asking": Scene(_asking, size=SMALL),
    "results-failed": Scene(_failed, size=SMALL),
    "results-offline": Scene(_offline, app=_NO_KEY),
    "results-nothing-found": Scene(_nothing_found, size=SMALL),
    "summary-tools": Scene(_summary, size=(120, 48)),
    "summary-80": Scene(_summary, size=SMALL),
    "summary-80-end": Scene(_summary_end, size=SMALL),
    "saved-empty": Scene(_saved_empty, size=SMALL),
}
