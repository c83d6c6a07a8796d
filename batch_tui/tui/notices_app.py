"""Tells the user what happened while they looked elsewhere: on screen, by bell, notification, title and hooks."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from textual import on
from textual.app import App

from batch_tui.api.errors import BatchAPIError, NotFoundError
from batch_tui.monitor.catalog import NO_CHANGES
from batch_tui.monitor.expiry_walk import leaving_below
from batch_tui.monitor.notices import Notices
from batch_tui.monitor.watch_file import WatchFileError
from batch_tui.tui import messages
from batch_tui.tui.announce import Alerts, Title, signal_of
from batch_tui.tui.freshness import nameless_words
from batch_tui.tui.messages import MonitorUpdate
from batch_tui.tui.notice_words import ended_sentence, expiring_sentence, spoken_of, why_not_watch
from batch_tui.tui.text import Plain, join, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Literal

    from textual.signal import Signal
    from textual.worker import WorkType

    from batch_tui.api.client import AsyncBatchClient
    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.catalog import Changes
    from batch_tui.monitor.hook_runner import HookEvent
    from batch_tui.monitor.request_budget import RequestBudget
    from batch_tui.monitor.watch_file import Warned
    from batch_tui.tui.connection import Connection
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.messages import Update

_LOOK_AGAIN = 60.0
"""Seconds between looks for results about to be lost, which need no news from the API."""
_LOOK_BELOW_AGAIN, _LOOK_BELOW_SOON = 6 * 3600.0, 600.0
"""Seconds until the batches that are not loaded are looked at again, after a look that worked and one that did not."""


_VOUCHED_FOR = timedelta(seconds=150)
"""How long after a poll that succeeded the time is taken to be right: a few polls of a list that nobody looks at."""


class NoticesApp(App[str]):
    """Follows the updates that every screen gets; `shared`, `budget` and `_updates` are set by the whole app."""

    shared: AppContext
    budget: RequestBudget
    connection: Connection | None
    _updates: Signal[Update]

    def start_notices(self, alerts: Alerts | None) -> None:
        """Say how the user wants to hear; call before the app runs."""
        self._alerts = Alerts() if alerts is None else alerts
        self._notices = Notices(watch_all=self._alerts.watch_all, warn_before=self._alerts.warn_before)
        self._window_title = Title(self._alerts.environ)
        self._remembers = False
        self._has_looked = False
        self._to_find: set[str] = set()
        """What an earlier run watched, until it was looked for."""
        self._nameless = 0
        self._missed: list[Changes] = []
        """What moved before it was known what is watched."""

    @cached_property
    def _memory_turn(self) -> anyio.Lock:
        return anyio.Lock()

    def on_mount(self) -> None:
        self.shared.monitor.watched = self._notices.watched
        self._tell_terminal(self._window_title.show(0))
        self._updates.subscribe(self, self._take_news)
        self.set_interval(_LOOK_AGAIN, self._look_for_expiring)
        # Nothing that takes its time before the first frame.
        self.call_after_refresh(self._work, self._recall, "notices")
        if self._alerts.look_below_after is not None:
            self.call_after_refresh(self._work, partial(self._look_below, self._alerts.look_below_after), "expiry")

    async def on_unmount(self) -> None:
        self._tell_terminal(self._window_title.restore())

    def _tell_terminal(self, data: str) -> None:
        """Past the screen, straight to the terminal; what is no terminal is told nothing."""
        if data and self._driver is not None and not self.is_headless:
            self._driver.write(data)
            self._driver.flush()

    def _work(self, work: WorkType[None], group: str) -> None:
        self.run_worker(work, group=group, exit_on_error=False)

    # Remembering

    async def _recall(self) -> None:
        """Learn from earlier runs what is watched, then take up what came in the meantime."""
        try:
            if self._alerts.memory is not None:
                found = await anyio.to_thread.run_sync(self._alerts.memory.read)
                self._notices.watched.update(found.watched)
                self._notices.warned.update(found.warned)
        except WatchFileError as error:
            self._say_failure(plain(str(error)))
        finally:
            self._remembers = True
            self._to_find = set(self._notices.watched)
            missed, self._missed = self._missed, []
            for changes in missed:
                self._take_changes(changes)
            self._updates.publish(MonitorUpdate(NO_CHANGES))

    def _remember(
        self, *, watch: Collection[str] = (), unwatch: Collection[str] = (), warned: Mapping[str, Warned] | None = None
    ) -> None:
        memory = self._alerts.memory
        if memory is None or not (watch or unwatch or warned):
            return

        async def write() -> None:
            try:
                # In the order of the keys: two threads would race for the file.
                async with self._memory_turn:
                    await anyio.to_thread.run_sync(partial(memory.change, watch=watch, unwatch=unwatch, warned=warned))
            except WatchFileError as error:
                self._say_failure(plain(str(error)))

        self._work(write, "notices")

    async def _find_watched(self, client: AsyncBatchClient, batch_ids: Collection[str]) -> None:
        """Ask for what an earlier run watched and no page shows: it may have ended long since, below what is loaded."""
        for batch_id in batch_ids:
            if batch_id in self.shared.catalog or batch_id not in self._notices.watched:
                continue
            await self.budget.turn("page")
            try:
                batch = await client.messages.batches.retrieve(batch_id)
            except NotFoundError:
                self._notices.watched.discard(batch_id)
                self._remember(unwatch=[batch_id])
                gone = join(spoken_of(batch_id, self.shared.monitor.notes), Plain(" was watched, and is gone."))
                self.notify(gone, severity="warning", timeout=12)
            except (BatchAPIError, ValueError):
                # The poller meets the same trouble and says so; the next start asks again.
                return
            else:
                self._tell_ended(self._notices.found_ended(batch))

    # Watching

    @on(messages.WatchRequested)
    def _toggle_watch(self, event: messages.WatchRequested) -> None:
        watched = self._notices.watched
        batches = [batch for each in event.batch_ids if (batch := self.shared.catalog.get(each)) is not None]
        reasons = [why_not_watch(batch, watch_all=self._alerts.watch_all) for batch in batches]
        able = [batch.id for batch, reason in zip(batches, reasons, strict=True) if reason is None]
        if not able:
            self.notify(next(iter(reasons), None) or "There is no batch under the cursor.", timeout=4)
            return
        if watched.issuperset(able):
            watched.difference_update(able)
            self._remember(unwatch=able)
            said = "You will not be told when it ends." if len(able) == 1 else "You will not be told when they end."
        else:
            watched.update(able)
            self._remember(watch=able)
            said = "You will be told when it ends." if len(able) == 1 else "You will be told when each of them ends."
        self.notify(said, timeout=3)
        self._updates.publish(MonitorUpdate(NO_CHANGES))

    # News

    def _take_news(self, update: Update) -> None:
        if not isinstance(update, MonitorUpdate):
            return
        if self._remembers:
            self._take_changes(update.changes)
        else:
            self._missed.append(update.changes)

    def _take_changes(self, changes: Changes) -> None:
        context = self.shared
        self._tell_terminal(self._window_title.show(len(context.catalog.unfinished)))
        if context.monitor.poll.last_success is None and not changes:
            # Nothing is known yet, so nothing can have ended since.
            return
        if context.monitor.poll.nameless > self._nameless:
            said = nameless_words(context.monitor.poll.nameless)
            self.notify(said, severity="warning", timeout=12)
        self._nameless = context.monitor.poll.nameless
        for batch_id in changes.added:
            context.monitor.leaving_below.pop(batch_id, None)
        self._tell_ended(self._notices.ended(changes, context.catalog, context.now()))
        if self._to_find and self.connection is not None and context.monitor.poll.last_success is not None:
            self._work(partial(self._find_watched, self.connection.client, self._to_find), "notices")
            self._to_find = set()
        if not self._has_looked and len(context.catalog):
            # Later pages wait for the next look: a sentence for each would bury the list.
            self._look_for_expiring()

    def _tell_ended(self, ended: Sequence[MessageBatch]) -> None:
        self._remember(unwatch=[batch.id for batch in ended])
        if ended:
            failed = any(batch.request_counts.errored or batch.request_counts.expired for batch in ended)
            severity: Literal["information", "warning"] = "warning" if failed else "information"
            self._announce("on_end", ended, ended_sentence(ended, self.shared.monitor.notes), severity)

    def _knows_the_time(self) -> bool:
        """Whether the API, asked a moment ago, says nothing against the clock: no alarm must come from a wrong one."""
        poll = self.shared.monitor.poll
        if poll.error is not None or poll.last_success is None or not self._alerts.clock_is_sure():
            return False
        return abs(self.shared.now() - poll.last_success) < _VOUCHED_FOR

    def _look_for_expiring(self) -> None:
        context = self.shared
        if self._remembers and self._knows_the_time():
            self._has_looked = True
            self._warn(self._notices.expiring(context.catalog, context.now(), context.monitor.saved))

    async def _look_below(self, first_after: float) -> None:
        """Every few hours, also look at the batches that are not loaded."""
        wait = first_after
        while True:
            await anyio.sleep(wait)
            wait = _LOOK_BELOW_AGAIN
            context, span, connection = self.shared, self._notices.longest_span, self.connection
            oldest = len(context.catalog) - 1
            if connection is None or oldest < 0:
                # Nothing came yet: hours later would be late for whoever has a slow line.
                wait = first_after
                continue
            if span is None or context.catalog.complete:
                continue
            if not self._knows_the_time():
                wait = _LOOK_AGAIN
                continue
            try:
                leaving = await leaving_below(
                    connection.client,
                    context.catalog.at(oldest).id,
                    span,
                    context.now(),
                    context.monitor.saved,
                    turn=partial(self.budget.turn, "page"),
                )
            except BatchAPIError:
                # The poller meets the same trouble and says so; the loss is days away.
                wait = _LOOK_BELOW_SOON
                continue
            below = {batch.id: batch.created_at for batch in leaving if batch.id not in context.catalog}
            context.monitor.leaving_below = below
            self._warn(self._notices.not_warned_of(leaving, context.now()))
            self._updates.publish(MonitorUpdate(NO_CHANGES))

    def _warn(self, expiring: Sequence[MessageBatch]) -> None:
        if expiring:
            self.shared.monitor.warnings += 1
            self._remember(warned={batch.id: self._notices.warned[batch.id] for batch in expiring})
            context = self.shared
            listed = all(batch.id in context.catalog for batch in expiring)
            sentence = expiring_sentence(expiring, context.now(), context.monitor.notes, listed=listed)
            self._announce("on_expiring", expiring, sentence, "warning")

    def _announce(
        self,
        event: HookEvent,
        batches: Sequence[MessageBatch],
        sentence: Plain,
        severity: Literal["information", "warning"],
    ) -> None:
        """One notice however many batches it is about; the hook runs for each."""
        self._tell_terminal(signal_of(self._alerts.notify, sentence, self._alerts.environ))
        self.notify(sentence, severity=severity, timeout=12)
        hooks = self._alerts.hooks
        if hooks is not None and hooks.listens_to(event):
            self._work(partial(self._run_hooks, event, batches), "hooks")

    async def _run_hooks(self, event: HookEvent, batches: Sequence[MessageBatch]) -> None:
        assert self._alerts.hooks is not None  # asked before the worker was started
        failures = await self._alerts.hooks.run(event, batches, self.shared.monitor.notes)
        if failures:
            more = f" And {len(failures) - 1:,} more." if len(failures) > 1 else ""
            self._say_failure(plain(f"{failures[0]}{more}"))

    def _say_failure(self, sentence: Plain) -> None:
        self.notify(sentence, severity="error", timeout=15)
