"""The states of the app that have a name: snapshots, screenshots and the hostile-text scan all use these."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual._styles_cache import StylesCache

from batch_tui.api import AsyncBatchClient, BatchClient
from batch_tui.monitor.catalog import NO_CHANGES
from batch_tui.monitor.poller import Pace
from batch_tui.results.store import ResultsStore
from batch_tui.simulator import Simulator
from batch_tui.tui.app import BatchApp
from batch_tui.tui.connection import Connection, Origin, Submissions
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.frequencies import FrequenciesScreen
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.screens.saved import SavedScreen
from batch_tui.tui.screens.summary import SummaryScreen
from batch_tui.tui.widgets.record_view import RecordView
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from textual.pilot import Pilot

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
NEVER = Pace(hurried=3600, running=3600, idle=3600, offline=3600)
"""One poll at the start and then only when asked: what is on screen stays as it is."""


class Clock:
    """A clock that stands still until somebody moves it; what the simulator and the app both look at."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**span)


@dataclass
class Stage:
    """A simulator, its clock, and an app that looks at it."""

    app: BatchApp
    simulator: Simulator
    clock: Clock
    release: threading.Event
    """Lets an app that was held back connect at last."""
    store: ResultsStore


async def until(pilot: Pilot[str], arrived: Callable[[], bool], what: str) -> None:
    """Wait until something is so; says what never was."""
    for _ in range(400):
        await pilot.pause(0.02)
        if arrived():
            return
    raise AssertionError(f"waited in vain for: {what}")


async def loaded(stage: Stage, pilot: Pilot[str]) -> None:
    """The list shows its first page."""
    await until(pilot, lambda: isinstance(stage.app.screen, BatchListScreen), "the list")
    await until(pilot, lambda: len(table(stage)) > 0, "batches in the list")
    await settled(stage, pilot)


async def settled(stage: Stage, pilot: Pilot[str]) -> None:
    """Nothing is being asked of the API and every message was handled."""
    before = -1
    while before != stage.simulator.request_count:
        before = stage.simulator.request_count
        await pilot.pause(0.06)


def table(stage: Stage) -> Any:
    """The rows of the table on screen."""
    return stage.app.screen.query_one(VirtualTable).source


async def go_to(stage: Stage, pilot: Pilot[str], wanted: Callable[[Any], bool]) -> str:
    """Put the cursor of the list on the first batch that fits, and say its id."""
    await loaded(stage, pilot)
    batches = stage.app.shared.catalog
    batch_id = next(batch.id for batch in batches if wanted(batch))
    stage.app.screen.query_one(VirtualTable).move_to_key(batch_id)
    await pilot.pause()
    return batch_id


def ended(batch: Any) -> bool:
    return bool(batch.processing_status == "ended" and batch.archived_at is None)


def big(batch: Any) -> bool:
    return ended(batch) and batch.request_counts.total > 1_000


def with_errors(batch: Any) -> bool:
    return ended(batch) and batch.request_counts.errored > 20 and batch.request_counts.total < 1_500


def running(batch: Any) -> bool:
    return bool(batch.processing_status == "in_progress" and batch.request_counts.total >= 1_000)


async def open_results(stage: Stage, pilot: Pilot[str], wanted: Callable[[Any], bool] = with_errors) -> None:
    """Results of a fitting batch are on screen, complete or failed."""
    await go_to(stage, pilot, wanted)
    await pilot.press("v")
    await until(pilot, lambda: isinstance(stage.app.screen, ResultsScreen), "the results screen")
    states = ("complete", "failed")
    await until(
        pilot,
        lambda: any(one.progress.state in states for one in stage.app.shared.monitor.results.values()),
        "the end of the download",
    )
    await settled(stage, pilot)


async def record_on_screen(stage: Stage, pilot: Pilot[str]) -> None:
    """The record pane shows a record."""
    await until(pilot, lambda: bool(stage.app.screen.query_one(RecordView).page_text), "a record")


@dataclass(frozen=True)
class Scene:
    """One state: the world it happens in, the size of the terminal, and how to get there."""

    drive: Callable[[Stage, Pilot[str]], Awaitable[None]]
    size: tuple[int, int] = (160, 48)
    theme: str = "dark"
    world: dict[str, Any] = field(default_factory=dict)
    """Arguments of the Simulator."""
    app: dict[str, Any] = field(default_factory=dict)
    """Arguments of the BatchApp."""
    no_color: bool = False
    """Whether NO_COLOR is set."""
    held: bool = False
    """The app cannot connect until it is released."""


@contextmanager
def staged(scene: Scene, directory: Path) -> Iterator[Stage]:
    """Raise the curtain on a scene; results go below `directory`."""
    clock, release = Clock(), threading.Event()
    if not scene.held:
        release.set()
    with Simulator(now=clock, **scene.world) as simulator, pytest.MonkeyPatch.context() as patch:
        # Else a slow machine takes toasts off the picture before it is drawn.
        patch.setattr(BatchApp, "NOTIFICATION_TIMEOUT", 3_600)
        if scene.no_color:
            patch.setenv("NO_COLOR", "1")

        def connect() -> Connection:
            release.wait()
            on_call = app.shared.activity.note
            options: dict[str, Any] = {"api_key": "test-key", "base_url": simulator.url, "on_call": on_call}
            return Connection(AsyncBatchClient(**options), BatchClient(**options))

        themes = ("textual-dark", "textual-light")
        arguments: dict[str, Any] = {
            "origin": Origin("api.anthropic.com", "production"),
            "submissions": Submissions(directory / "submissions", simulator.url, "key of TEST_KEY"),
            "now": clock,
            "zone": UTC,
            "pace": NEVER,
            "read_ahead": 0,
            "jitter": lambda: 1.0,
            "back_off": lambda seconds: None,
            "undo_seconds": 0,
            "themes": themes if scene.theme == "dark" else themes[::-1],
        }
        store = ResultsStore(directory, simulator.url)
        app = BatchApp(connect, lambda: store, **(arguments | scene.app))
        app.animation_level = "none"
        try:
            yield Stage(app, simulator, clock, release, store)
        finally:
            release.set()
            # It would hold what the widgets of the last apps painted, for the rest of the run.
            StylesCache.get_inner_outer.cache_clear()


async def _list(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)


async def _list_scrolled_to_the_end(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)
    while not stage.app.shared.monitor.older.complete:
        await pilot.press("G")
        await settled(stage, pilot)
    await pilot.press("G")
    await pilot.pause()


async def _list_loading(stage: Stage, pilot: Pilot[str]) -> None:
    await until(pilot, lambda: isinstance(stage.app.screen, BatchListScreen), "the list")


async def _list_empty(stage: Stage, pilot: Pilot[str]) -> None:
    await until(pilot, lambda: stage.app.shared.monitor.poll.last_success is not None, "an answer")
    await pilot.pause()


async def _list_refused(stage: Stage, pilot: Pilot[str]) -> None:
    await until(pilot, lambda: stage.app.shared.monitor.poll.error is not None, "a refusal")
    await pilot.pause()


async def _list_stale(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)
    stage.simulator.arm(status=529, count=9)
    stage.clock.advance(minutes=2)
    await pilot.press("r")
    await until(pilot, lambda: stage.app.shared.monitor.poll.error is not None, "an error")
    await settled(stage, pilot)


async def _list_older_failed(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)
    stage.simulator.arm(status=500, path="after_id", count=9)
    await pilot.press("G")
    await until(pilot, lambda: stage.app.shared.monitor.older.error is not None, "a failed page")
    await pilot.press("G")
    await settled(stage, pilot)


async def _list_paused(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)
    stage.clock.advance(seconds=40)
    await pilot.press("p")
    await settled(stage, pilot)


async def _list_late(stage: Stage, pilot: Pilot[str]) -> None:
    """Hours later, without an answer in between: time bars of every length."""
    await loaded(stage, pilot)
    stage.clock.advance(hours=21)
    stage.app.publish(NO_CHANGES)
    await settled(stage, pilot)


async def _list_by_time(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)
    await pilot.press("s", "t")
    await settled(stage, pilot)


async def _list_filter(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)
    await pilot.press("slash", *"requests>1000", "space", *"older:12h")
    await settled(stage, pilot)


async def _list_watched(stage: Stage, pilot: Pilot[str]) -> None:
    await go_to(stage, pilot, running)
    await pilot.press("m", "j")
    await settled(stage, pilot)


async def _list_failures(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)
    await pilot.press("4", "j", "j")
    await settled(stage, pilot)


async def _detail(stage: Stage, pilot: Pilot[str]) -> None:
    await go_to(stage, pilot, with_errors)
    await pilot.press("enter")
    await settled(stage, pilot)


async def _detail_running(stage: Stage, pilot: Pilot[str]) -> None:
    await _list_scrolled_to_the_end(stage, pilot)
    await go_to(stage, pilot, running)
    await pilot.press("enter")
    await settled(stage, pilot)


async def _results(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)
    await record_on_screen(stage, pilot)


async def _results_narrow(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)


async def _results_errored(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)
    await pilot.press("3")
    await record_on_screen(stage, pilot)
    await pilot.pause(0.1)


async def _results_raw(stage: Stage, pilot: Pilot[str]) -> None:
    await _results(stage, pilot)
    await pilot.press("left_square_bracket", "left_square_bracket")
    await pilot.pause()


async def _results_found(stage: Stage, pilot: Pilot[str]) -> None:
    """A query, a search, an order and marks, all at once."""
    await open_results(stage, pilot)
    await pilot.press("f", *"out>100", "enter")
    await settled(stage, pilot)
    await pilot.press("slash", *"depot", "enter")
    await settled(stage, pilot)
    await pilot.press("space", "space", "s", "o")
    await settled(stage, pilot)
    await pilot.press("g")
    await pilot.pause(0.2)


async def _results_query_problem(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)
    await pilot.press("f", *"type:wrong")
    await settled(stage, pilot)


async def _results_sort(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)
    await pilot.press("s")
    await pilot.pause()


async def _results_values(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)
    await pilot.press("H", "e")
    await until(pilot, lambda: isinstance(stage.app.screen, FrequenciesScreen), "the values")
    await settled(stage, pilot)


async def _results_export(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)
    await pilot.press("3", "w", "enter")
    await settled(stage, pilot)


async def _summary(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)
    await pilot.press("i")
    await until(pilot, lambda: isinstance(stage.app.screen, SummaryScreen), "the summary")
    await settled(stage, pilot)


async def _saved(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)
    await pilot.press("escape", "o")
    await until(pilot, lambda: isinstance(stage.app.screen, SavedScreen), "what is saved")
    await settled(stage, pilot)
    await pilot.press("P")
    await settled(stage, pilot)


async def _record_narrow(stage: Stage, pilot: Pilot[str]) -> None:
    await open_results(stage, pilot)
    await pilot.press("enter")
    await record_on_screen(stage, pilot)


async def _results_cut(stage: Stage, pilot: Pilot[str]) -> None:
    stage.simulator.arm(cut_results_at=0.5, count=99)
    await open_results(stage, pilot)
    await record_on_screen(stage, pilot)


async def _confirm_cancel(stage: Stage, pilot: Pilot[str]) -> None:
    await go_to(stage, pilot, running)
    await pilot.press("c")
    await pilot.pause()


async def _confirm_delete(stage: Stage, pilot: Pilot[str]) -> None:
    await go_to(stage, pilot, with_errors)
    await pilot.press("D")
    await pilot.pause()


async def _help(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)
    await pilot.press("question_mark")
    await pilot.pause()


async def _results_help(stage: Stage, pilot: Pilot[str]) -> None:
    await _results(stage, pilot)
    await pilot.press("question_mark")
    await pilot.pause()


async def _welcome(stage: Stage, pilot: Pilot[str]) -> None:
    await pilot.pause()


SMALL = (80, 24)
_NO_KEY = {"no_credentials": "No credentials: neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set."}

SCENES: dict[str, Scene] = {
    "list": Scene(_list),
    "list-light": Scene(_list, theme="light"),
    "list-120": Scene(_list, size=(120, 30)),
    "list-80": Scene(_list, size=SMALL),
    "list-end": Scene(_list_scrolled_to_the_end, size=SMALL),
    "list-loading": Scene(_list_loading, size=SMALL, held=True),
    "list-empty": Scene(_list_empty, size=SMALL, world={"batches": 0, "live": False}),
    "list-refused": Scene(_list_refused, size=SMALL, world={"api_key": "another-key"}),
    "list-stale": Scene(_list_stale, size=SMALL),
    "list-older-failed": Scene(_list_older_failed, size=SMALL),
    "list-paused": Scene(_list_paused, size=SMALL),
    "list-filter": Scene(_list_filter, size=SMALL),
    "list-watched": Scene(_list_watched),
    "list-failures": Scene(_list_failures),
    "list-gradual": Scene(_list, size=SMALL, world={"counts": "gradual"}),
    "list-gradual-120": Scene(_list, size=(120, 30), world={"counts": "gradual"}),
    "list-late": Scene(_list_late, size=(120, 16), no_color=True),
    "list-late-light": Scene(_list_late, size=(120, 16), theme="light"),
    "list-by-time": Scene(_list_by_time, size=SMALL),
    "detail": Scene(_detail, size=(120, 36)),
    "detail-running": Scene(_detail_running, size=SMALL),
    "results": Scene(_results),
    "results-light": Scene(_results, theme="light"),
    "results-80": Scene(_results_narrow, size=SMALL),
    "results-errored": Scene(_results_errored),
    "results-raw": Scene(_results_raw),
    "results-cut": Scene(_results_cut),
    "results-found": Scene(_results_found),
    "results-found-80": Scene(_results_found, size=SMALL, theme="light"),
    "results-query-problem": Scene(_results_query_problem, size=SMALL),
    "results-sort": Scene(_results_sort, size=SMALL),
    "results-values": Scene(_results_values, size=SMALL),
    "results-export": Scene(_results_export, size=SMALL),
    "summary": Scene(_summary, size=(120, 44)),
    "saved": Scene(_saved, size=(120, 24)),
    "record-80": Scene(_record_narrow, size=SMALL),
    "confirm-cancel": Scene(_confirm_cancel, size=(120, 36)),
    "confirm-delete": Scene(_confirm_delete, size=SMALL),
    "confirm-delete-light": Scene(_confirm_delete, size=SMALL, theme="light"),
    "help": Scene(_help, size=(120, 36)),
    "help-80": Scene(_help, size=SMALL),
    "results-help": Scene(_results_help),
    "welcome": Scene(_welcome, size=SMALL, app=_NO_KEY),
    "welcome-light": Scene(_welcome, size=SMALL, app=_NO_KEY, theme="light"),
}
