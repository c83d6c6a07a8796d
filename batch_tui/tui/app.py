"""Joins client, catalog, results and screens; owns every worker and every change of state."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import anyio.to_thread
from textual import on
from textual.app import SystemCommand
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.worker import Worker, WorkerState

from batch_tui.monitor.catalog import NO_CHANGES, BatchCatalog, Changes
from batch_tui.monitor.forecast import FinishedHistory
from batch_tui.monitor.poller import OlderState, Pace, Poller, PollState
from batch_tui.results.errors import ResultsStoreError
from batch_tui.tui import garbage, messages
from batch_tui.tui.actions import Action, carry_out
from batch_tui.tui.context import AppContext, MonitorView, SavedResults
from batch_tui.tui.messages import MonitorUpdate
from batch_tui.tui.results_app import ResultsApp
from batch_tui.tui.screens.batch_detail import BatchDetailScreen
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.dialogs import (
    cancel_dialog,
    delete_dialog,
    why_not_cancel,
    why_not_delete,
)
from batch_tui.tui.screens.help import HelpScreen
from batch_tui.tui.screens.welcome import WelcomeScreen
from batch_tui.tui.text import plain
from batch_tui.tui.trouble import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, tzinfo
    from typing import Any

    from textual.binding import BindingType
    from textual.screen import Screen
    from textual.worker import WorkType

    from batch_tui.results.store import ResultsStore
    from batch_tui.tui.connection import Connection, Origin
    from batch_tui.tui.screens.dialogs import Answer

_NOT_IN_PALETTE = ("table.", "pane.", "app.palette", "app.back", "app.close")
"""Ids of bindings that are movements rather than actions."""


class BatchApp(ResultsApp):
    """The dashboard. Returns "demo" when the user asked for the demo instead."""

    CSS_PATH = "app.tcss"
    TITLE = "batch-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "refresh_now", "Refresh", id="app.refresh", tooltip="Ask the API now"),
        Binding("p", "pause", "Pause", id="app.pause", show=False, tooltip="Stop asking the API, or go on"),
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
        store: ResultsStore,
        *,
        origin: Origin,
        now: Callable[[], datetime],
        zone: tzinfo | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        pace: Pace | None = None,
        read_ahead: int = 32 * 2**20,
        cache_limit: int = 0,
        back_off: Callable[[float], None] | None = None,
        themes: tuple[str, str] = ("textual-dark", "textual-light"),
        no_credentials: str | None = None,
        read_only: bool = False,
    ) -> None:
        """Nothing is asked of the API before the first paint.

        `connect` may block: it runs in a thread. `back_off` stands in for the sleep between tries of a download.
        `themes`: the first one, and the other.
        """
        super().__init__(store, read_ahead=read_ahead, cache_limit=cache_limit, back_off=back_off, monotonic=monotonic)
        self._connect = connect
        self._poller: Poller | None = None
        self._watcher: Worker[None] | None = None
        self._pace = pace
        self._jitter = jitter
        self._themes = themes
        self._no_credentials = no_credentials
        self.shared = AppContext(
            catalog=BatchCatalog(),
            history=FinishedHistory(),
            monitor=MonitorView(PollState(), OlderState()),
            updates=self._updates,
            now=now,
            zone=zone,
            host=plain(origin.host),
            profile=plain(origin.profile),
            read_only=read_only,
        )

    def on_mount(self) -> None:
        self.theme = self._themes[0]
        self._end_well_on_signals()
        if not self.is_headless:
            # Not in tests: it is a setting of the whole process.
            self.call_after_refresh(garbage.tame)
            self.set_interval(1.0, garbage.sweep)
        if self._no_credentials is not None:
            self.push_screen(WelcomeScreen(self._no_credentials))
            return
        self.push_screen(BatchListScreen(self.shared))
        self._watcher = self._start(self._watch, "monitor")

    def _end_well_on_signals(self) -> None:
        """A closed window or a `kill` must leave the terminal and the demo's files as tidy as `q` does."""
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))

    async def on_unmount(self) -> None:
        self._downloads.stop_all()
        if self.connection is not None:
            await self.connection.client.close()
            self.connection.download_client.close()

    def _start(self, work: WorkType[None], group: str) -> Worker[None]:
        """Run asynchronous work; what it raises comes back as a sentence on screen."""
        return self.run_worker(work, group=group, exit_on_error=False)

    # Watching

    async def _watch(self) -> None:
        """Connect, then poll for as long as the app runs."""
        self.connection = await anyio.to_thread.run_sync(self._connect)
        try:
            stored = await anyio.to_thread.run_sync(self._downloads.stored)
            self.shared.monitor.saved |= {each: SavedResults(one.path, one.verified) for each, one in stored.items()}
        except ResultsStoreError as error:
            self._tell_failure(str(error))
        self._poller = Poller(
            self.connection.client, self.shared.catalog, now=self.shared.now, jitter=self._jitter, pace=self._pace
        )
        await self._poller.run(self._publish)

    def _publish(self, changes: Changes) -> None:
        """Tell whoever is on screen what moved."""
        context = self.shared
        moved = (context.catalog.get(batch_id) for batch_id in (*changes.added, *changes.updated))
        context.history.add(batch for batch in moved if batch is not None)
        if self._poller is not None:
            context.monitor.poll, context.monitor.older = self._poller.state, self._poller.older
        self._updates.publish(MonitorUpdate(changes))

    @on(messages.OlderPageRequested)
    def _want_older(self) -> None:
        if self._poller is not None and not self.shared.monitor.older.loading:
            self.shared.monitor.older = OlderState(loading=True)
            self._start(partial(self._load_older, self._poller), "older")

    async def _load_older(self, poller: Poller) -> None:
        self._publish(await poller.load_older())

    def action_refresh_now(self) -> None:
        if self._watcher is not None and self._watcher.is_finished:
            # It ended with an error that no poll expects; the user asks to try again.
            self._watcher = self._start(self._watch, "monitor")
        elif self._poller is not None:
            self._poller.hurry()
            if self.shared.monitor.older.error is not None:
                self._want_older()

    def action_pause(self) -> None:
        if self._poller is not None:
            self._poller.set_paused(not self._poller.state.paused)
            self._publish(NO_CHANGES)

    # Acting on a batch

    @on(messages.CancelRequested)
    def _ask_cancel(self, event: messages.CancelRequested) -> None:
        self._ask("cancel", event.batch_id)

    @on(messages.DeleteRequested)
    def _ask_delete(self, event: messages.DeleteRequested) -> None:
        self._ask("delete", event.batch_id)

    def _ask(self, action: Action, batch_id: str) -> None:
        # A second key press may arrive before the first question is on screen.
        if isinstance(self.screen, ModalScreen) or self.shared.read_only:
            return
        if batch_id in self.shared.monitor.pending:
            self.notify("The API is being asked about this batch already.", markup=False, timeout=3)
            return
        batch = self.shared.catalog.get(batch_id)
        reason = why_not_cancel(batch) if action == "cancel" else why_not_delete(batch)
        if batch is None or reason is not None:
            self.notify(reason or "", markup=False)
            return
        dialog = cancel_dialog if action == "cancel" else delete_dialog
        self.push_screen(dialog(batch, self.shared, self._monotonic), partial(self._answered, action, batch_id))

    def _answered(self, action: Action, batch_id: str, answer: Answer | None) -> None:
        if answer:
            self._start(partial(self._act, action, batch_id, with_copy=answer == "also"), "actions")

    async def _act(self, action: Action, batch_id: str, *, with_copy: bool) -> None:
        assert self.connection is not None  # a batch was listed, so there is a connection
        pending = self.shared.monitor.pending
        pending[batch_id] = action
        self._publish(NO_CHANGES)
        changes = NO_CHANGES
        try:
            outcome = await carry_out(action, batch_id, self.connection.client, self.shared)
            changes = outcome.changes
            if with_copy and outcome.severity != "error":
                self.delete_copy(batch_id)
            timeout = 5 if outcome.severity == "information" else 12
            self.notify(outcome.sentence, title=outcome.title, severity=outcome.severity, markup=False, timeout=timeout)
        finally:
            pending.pop(batch_id, None)
            self._publish(changes)
            self.action_refresh_now()

    # Screens

    @on(messages.DetailRequested)
    def _open_detail(self, event: messages.DetailRequested) -> None:
        # A second key press may arrive before the first page is on screen.
        if isinstance(self.screen, BatchListScreen):
            self.push_screen(BatchDetailScreen(self.shared, event.batch_id))

    def action_leave(self) -> None:
        if isinstance(self.screen, BatchListScreen | WelcomeScreen):
            self.exit()
        else:
            self.action_close()

    def action_close(self) -> None:
        if not isinstance(self.screen, BatchListScreen | WelcomeScreen):
            self.screen.dismiss()

    def action_help(self) -> None:
        self.push_screen(HelpScreen("Keys", self.screen.active_bindings.values()))

    def action_toggle_theme(self) -> None:
        first, second = self._themes
        self.theme = second if self.theme == first else first

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a connection there is nothing to ask."""
        return self._no_credentials is None or action not in ("refresh_now", "pause")

    def action_start_demo(self) -> None:
        self.exit("demo")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette offers what the keys of the screen offer, under the same names."""
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if not binding.id or binding.id in seen or binding.id.startswith(_NOT_IN_PALETTE):
                continue
            seen.add(binding.id)
            run = partial(self.run_action, binding.action, active.node)
            yield SystemCommand(binding.description, binding.tooltip or binding.description, run)
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
        self.notify(plain(sentence), severity="error", markup=False, timeout=15)
