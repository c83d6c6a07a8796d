"""Joins client, catalog, results and screens; owns every worker and every change of state."""

from __future__ import annotations

import random
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import anyio.to_thread
from msgspec.structs import replace
from textual import on
from textual.app import SystemCommand
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.worker import Worker, WorkerState

from batch_tui.monitor.activity_log import ActivityLog
from batch_tui.monitor.catalog import NO_CHANGES, BatchCatalog, Changes
from batch_tui.monitor.forecast import FinishedHistory
from batch_tui.monitor.poller import OlderState, Pace, Poller, PollState
from batch_tui.monitor.request_budget import RequestBudget
from batch_tui.results.errors import ResultsStoreError
from batch_tui.tui import garbage, mask, messages, themes
from batch_tui.tui.context import AppContext, MonitorView, SavedResults
from batch_tui.tui.ending import end_on_signals, end_with_terminal
from batch_tui.tui.messages import MonitorUpdate
from batch_tui.tui.notices_app import NoticesApp
from batch_tui.tui.order_app import OrderApp
from batch_tui.tui.said import SaidLog
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.text import plain
from batch_tui.tui.trouble import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime, tzinfo
    from typing import Any

    from textual.binding import BindingType
    from textual.screen import Screen

    from batch_tui.monitor.notes_file import NotesFile
    from batch_tui.monitor.order_file import OrderFile
    from batch_tui.results.store import ResultsStore
    from batch_tui.tui.announce import Alerts
    from batch_tui.tui.connection import Connection, Origin, Submissions
    from batch_tui.tui.profile_app import ProfilesRead

_NOT_IN_PALETTE = ("table.", "pane.", "app.palette", "app.back", "app.close")
"""Ids of bindings that are movements rather than actions."""

_LATER_STYLES = Path(__file__).with_name("screens") / "later.tcss"
"""The styles of all screens but the list (their `CSS_PATH`)."""

_STANDS_AFTER = 1.5
"""Seconds after which the start is over, on any machine."""


class BatchApp(NoticesApp, OrderApp):
    """The dashboard. Returns "demo" when the user asked for the demo instead, or what names another profile."""

    CSS_PATH = "app.tcss"
    TITLE = "batch-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "refresh_now", "Refresh", id="app.refresh", tooltip="Ask the API now"),
        Binding("p", "pause", "Pause", id="app.pause", show=False, tooltip="Stop asking the API, or go on"),
        Binding(
            "plus", "pace('faster')", "Faster", key_display="+", show=False, id="app.faster", tooltip="Ask more often"
        ),
        Binding(
            "minus", "pace('slower')", "Slower", key_display="-", id="app.slower", show=False, tooltip="Ask less often"
        ),
        Binding(
            "exclamation_mark",
            "activity",
            "Log",
            key_display="!",
            id="app.activity",
            show=False,
            tooltip="Each request to the API and how it went, and each message that was shown",
        ),
        Binding("T", "toggle_theme", "Theme", id="app.theme", show=False, tooltip="Light or dark"),
        Binding(
            "colon,ctrl+p",
            "command_palette",
            "Palette",
            id="app.palette",
            show=False,
            tooltip="Find an action by name",
        ),
        Binding("q", "leave", "Back", id="app.back", show=False, tooltip="Back; on the list, quit"),
        Binding("escape", "close", "Close", id="app.close", show=False, tooltip="Back one level; never quits"),
        Binding("ctrl+q,ctrl+c", "quit", "Quit", id="app.quit", show=False, priority=True, tooltip="Quit at once"),
        Binding(
            "question_mark,f1",
            "help",
            "Help",
            id="app.help",
            key_display="?",
            tooltip="The keys of this screen",
        ),
    ]

    def __init__(
        self,
        connect: Callable[[], Connection],
        open_store: Callable[[], ResultsStore],
        *,
        origin: Origin,
        submissions: Submissions,
        now: Callable[[], datetime],
        zone: tzinfo | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        pace: Pace | None = None,
        budget: RequestBudget | None = None,
        read_ahead: int = 32 * 2**20,
        cache_limit: int = 0,
        back_off: Callable[[float], None] | None = None,
        themes: tuple[str, str] = ("textual-dark", "textual-light"),
        no_credentials: str | None = None,
        read_only: bool = False,
        undo_seconds: float = 5.0,
        notes_file: NotesFile | None = None,
        order_file: OrderFile | None = None,
        activity: ActivityLog | None = None,
        alerts: Alerts | None = None,
        own_prices: Path | None = None,
        keymap: Mapping[str, str] | None = None,
        masked: bool = False,
        profiles: Callable[[], ProfilesRead] | None = None,
    ) -> None:
        """Nothing is asked of the API before the first paint. `activity` hears of the requests of the clients.

        `connect` may block: it runs in a thread. `back_off` stands in for the sleep between tries of a download,
        and between looks for a batch whose answer was lost. `submissions`: where it is noted what is sent.
        `themes`: the first one, and the other. `undo_seconds`: how long a confirmed delete waits, 0 for not at all.
        `own_prices` is where the user may have put prices of their own, `keymap` the keys of their own by action id.
        `masked`: what people wrote is hidden at first. `profiles`: which others there are; None offers none.
        """
        super().__init__(
            open_store,
            read_ahead=read_ahead,
            cache_limit=cache_limit,
            back_off=back_off,
            monotonic=monotonic,
            own_prices=own_prices,
        )
        self._connect = connect
        self._poller: Poller | None = None
        self._preloaded = False
        self._watcher: Worker[None] | None = None
        self._pace = pace
        self.budget = budget or RequestBudget(monotonic=monotonic)
        self._jitter = jitter
        self._themes = themes
        self._came_along: str | None = None
        """The theme that the user chose in the dashboard before."""
        self._own_keys = keymap or {}
        self._masked_at_first = masked
        self.profiles = profiles
        self._no_credentials = no_credentials
        self._home: Screen[None] | None = None
        """The screen that nothing goes back from."""
        self.shared = AppContext(
            catalog=BatchCatalog(now),
            history=FinishedHistory(),
            monitor=MonitorView(PollState(), OlderState()),
            updates=self._updates,
            now=now,
            zone=zone,
            host=plain(origin.host),
            profile=plain(origin.profile),
            base_url=plain(origin.base_url),
            activity=activity or ActivityLog(now, monotonic=monotonic),
            said=SaidLog(),
            budget=self.budget,
            read_only=read_only,
        )
        self.notes_file = notes_file
        self.start_ordering(order_file)
        self.start_actions(undo_seconds)
        self.start_resubmitting(submissions, back_off)
        self.start_notices(alerts)

    def on_mount(self) -> None:
        self.register_theme(themes.readable_light())
        self._came_along = themes.taken_along()
        self.theme = self._came_along or self._themes[0]
        self.use_keys(self._own_keys)
        mask.put_on(self._masked_at_first)
        end_on_signals(self)
        if not self.is_headless:
            # Not in tests: it is a setting of the whole process.
            self.set_timer(_STANDS_AFTER, garbage.tame)
            self.set_timer(_STANDS_AFTER, end_with_terminal)
            self.set_interval(1.0, garbage.Sweeper())
        if self._no_credentials is not None:
            from batch_tui.tui.screens.welcome import WelcomeScreen

            self._home = WelcomeScreen(self._no_credentials)
            self.push_screen(self._home)
            return
        self._home = BatchListScreen(self.shared, width=self.size.width)
        self.push_screen(self._home)
        # The client takes longer to import than the list to paint.
        self.call_after_refresh(self._start_watching)

    def _start_watching(self) -> None:
        # Else the first dialog would have all styles read anew.
        self.stylesheet.read(_LATER_STYLES)
        self._watcher = self.start_work(self._watch, "monitor")

    async def on_unmount(self) -> None:
        if self.return_value is not None and (self._came_along or self.theme != self._themes[0]):
            themes.take_along(self.theme)
        self._downloads.stop_all()
        if self.connection is not None:
            await self.connection.client.close()
            self.connection.download_client.close()

    # Watching

    async def _watch(self) -> None:
        """Connect, then poll for as long as the app runs."""
        await self.read_notes()
        await self.read_order()
        self.connection = await anyio.to_thread.run_sync(self._connect)
        try:
            stored = await anyio.to_thread.run_sync(self._downloads.stored)
            self.shared.monitor.saved |= {each: SavedResults(one.path, one.verified) for each, one in stored.items()}
        except ResultsStoreError as error:
            self._tell_failure(str(error))
        self._poller = Poller(
            self.connection.client,
            self.shared.catalog,
            now=self.shared.now,
            jitter=self._jitter,
            pace=self._pace,
            budget=self.budget,
        )
        self._poller.set_focused(self.app_focus)
        await self._poller.run(self.publish)

    def publish(self, changes: Changes) -> None:
        """Tell whoever is on screen what moved."""
        context = self.shared
        if not self._preloaded:
            # Now that the list stands: before, it would have waited for what only results need.
            self._preloaded = True
            self.run_worker(self.preload, group="preload", thread=True, exit_on_error=False)
            self.look_for_parts()
        moved = (context.catalog.get(batch_id) for batch_id in (*changes.added, *changes.updated))
        context.history.add(batch for batch in moved if batch is not None)
        if self._poller is not None:
            context.monitor.poll, context.monitor.older = self._poller.state, self._poller.older
        self._updates.publish(MonitorUpdate(changes))
        self._runner.moves.tell()

    @on(messages.OlderPageRequested)
    def _want_older(self) -> None:
        if self._poller is not None and not self.shared.monitor.older.loading:
            self.shared.monitor.older = OlderState(loading=True)
            self.start_work(partial(self._load_older, self._poller), "older")

    async def _load_older(self, poller: Poller) -> None:
        self.publish(await poller.load_older())

    @property
    def poller(self) -> Poller | None:
        """What keeps the list in step with the API; None while it does not run."""
        return self._poller

    def action_refresh_now(self) -> None:
        if self._watcher is not None and self._watcher.is_finished:
            # It ended with an error that no poll expects; the user asks to try again.
            self._start_watching()
        elif self._poller is not None:
            self._poller.hurry()
            if self.shared.monitor.older.error is not None:
                self._want_older()

    def watch_app_focus(self, focused: bool) -> None:
        """A terminal that nobody looks at is served more slowly."""
        if self._poller is not None:
            self._poller.set_focused(focused)

    def action_pause(self) -> None:
        if self._poller is not None:
            self._poller.set_paused(not self._poller.state.paused)
            self.publish(NO_CHANGES)

    # Screens

    @on(messages.DetailRequested)
    def _open_detail(self, event: messages.DetailRequested) -> None:
        # A second key press may arrive before the first page is on screen.
        if isinstance(self.screen, BatchListScreen):
            from batch_tui.tui.screens.batch_detail import BatchDetailScreen

            self.push_screen(BatchDetailScreen(self.shared, event.batch_id))

    def action_leave(self) -> None:
        if self.screen is self._home:
            self.leave_or_ask()
        else:
            self.action_close()

    def action_close(self) -> None:
        if self.screen is not self._home:
            self.screen.dismiss()

    def action_pace(self, way: Literal["faster", "slower"]) -> None:
        if self._poller is not None:
            seconds = self._poller.faster() if way == "faster" else self._poller.slower()
            self.notify(f"Asks the API each {seconds:.3g}s while nothing moves.", timeout=3)

    def action_activity(self) -> None:
        from batch_tui.tui.screens.activity import ActivityScreen

        if not isinstance(self.screen, ModalScreen | ActivityScreen):
            self.push_screen(ActivityScreen(self.shared))

    def action_help(self) -> None:
        from batch_tui.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen("Keys", self.screen.active_bindings.values()))

    def action_toggle_theme(self) -> None:
        first, second = self._themes
        self.theme = second if self.theme == first else first

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a connection there is nothing to ask."""
        if self._no_credentials is not None and action in ("refresh_now", "pause", "pace"):
            return False
        return super().check_action(action, parameters)

    def action_start_demo(self) -> None:
        self.exit("demo")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette offers what the keys of the screen offer, under the same names, and tells the keys."""
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if not binding.id or binding.id in seen or binding.id.startswith(_NOT_IN_PALETTE):
                continue
            seen.add(binding.id)
            run = partial(self.run_action, binding.action, active.node)
            about = f"{self.get_key_display(binding)}  {binding.tooltip or binding.description}"
            yield SystemCommand(binding.description, about, run)
        yield SystemCommand("Choose a theme", "All colour themes, with a preview", self.action_change_theme)

    # Trouble

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what ended a worker; expected errors are a sentence, others ask for a report."""
        error = event.worker.error
        if event.state is not WorkerState.ERROR or not isinstance(error, Exception):
            return
        monitor = self.shared.monitor
        if event.worker is self._watcher:
            # Nothing is watched any more, so nothing may look alive.
            monitor.poll = replace(monitor.poll, error=error, asking=False, next_at=None)
            self._poller = None
            self._updates.publish(MonitorUpdate(NO_CHANGES))
        else:
            self._tell_failure(str(describe(error, host=self.shared.host)))

    def _tell_failure(self, sentence: str) -> None:
        self.notify(plain(sentence), severity="error", timeout=15)
