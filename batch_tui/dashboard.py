"""Puts the dashboard together from the settings; the clients are made later, in a thread of the app."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from batch_tui.access import PATIENCE, client_options
from batch_tui.settings import own_prices_path
from batch_tui.verbs.keys import own_keymap
from batch_tui.verbs.session import access_of, journal_directory, state_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from batch_tui.api.calls import CallRecord
    from batch_tui.api.credentials import Credentials
    from batch_tui.monitor.server_clock import ServerClock
    from batch_tui.results.store import ResultsStore
    from batch_tui.settings import Settings
    from batch_tui.tui.announce import Alerts
    from batch_tui.tui.app import BatchApp
    from batch_tui.tui.profile_app import ProfilesRead


def dashboard_for(
    settings: Settings,
    credentials: Credentials | None,
    *,
    now: Callable[[], datetime] | None = None,
    no_credentials: str | None = None,
    remembers: bool = True,
    profiles: Callable[[], ProfilesRead] | None = None,
) -> BatchApp:
    """The app; `no_credentials` is what to say where there are none, without `remembers` it leaves nothing behind.

    Raises SettingsError for keys of the user's own that cannot be.
    """
    from batch_tui.api.wall_clock import utc_now
    from batch_tui.monitor.activity_log import ActivityLog
    from batch_tui.monitor.notes_file import NOTES_NAME, NotesFile
    from batch_tui.monitor.order_file import ORDERS_NAME, OrderFile
    from batch_tui.monitor.poller import Pace
    from batch_tui.monitor.request_budget import RequestBudget
    from batch_tui.monitor.server_clock import ServerClock, elapsed
    from batch_tui.tui import mask
    from batch_tui.tui.app import BatchApp
    from batch_tui.tui.connection import Connection, Origin, Submissions

    clock = ServerClock(now or utc_now, elapsed=elapsed if now is None else None)

    activity, budget = ActivityLog(clock), RequestBudget(settings.requests_per_minute)

    def note_request(call: CallRecord) -> None:
        activity.note(call)
        budget.note(call)

    def note_call(call: CallRecord) -> None:
        clock.note(call)
        note_request(call)

    def connect() -> Connection:
        from batch_tui.api.client import AsyncBatchClient, BatchClient
        from batch_tui.api.transport import patience

        options = client_options(settings, credentials)
        client = AsyncBatchClient(on_call=note_call, timeout=patience(PATIENCE), **options)
        return Connection(client, BatchClient(on_call=note_request, timeout=patience(2 * PATIENCE), **options))

    def open_store() -> ResultsStore:
        from batch_tui.results.store import ResultsStore

        return ResultsStore(settings.cache_dir / "results", settings.base_url)

    split = urlsplit(settings.base_url)
    themes = ("textual-dark", "textual-light")
    return BatchApp(
        connect,
        open_store,
        origin=Origin(split.netloc.rpartition("@")[2] or settings.base_url, settings.profile, settings.base_url),
        submissions=Submissions(
            journal_directory() if remembers else settings.cache_dir / "submissions",
            settings.base_url,
            access_of(settings),
            settings.api_version,
        ),
        now=clock,
        pace=Pace(
            running=min(settings.poll_seconds, settings.poll_slowest_seconds),
            idle=min(max(30.0, settings.poll_seconds), settings.poll_slowest_seconds),
            slowest=settings.poll_slowest_seconds,
        ),
        budget=budget,
        read_ahead=settings.read_ahead_mb * 2**20,
        cache_limit=round(settings.cache_limit_gb * 1e9),
        themes=themes if settings.theme == "dark" else (themes[1], themes[0]),
        no_credentials=no_credentials,
        # Whoever has masked the screen goes over to another profile masked.
        masked=settings.mask or mask.is_on(),
        profiles=profiles,
        read_only=settings.read_only,
        undo_seconds=settings.undo_seconds,
        activity=activity,
        notes_file=NotesFile(settings.data_dir / NOTES_NAME),
        order_file=OrderFile(state_directory() / ORDERS_NAME, settings.profile) if remembers else None,
        own_prices=own_prices_path(),
        keymap=own_keymap(settings),
        alerts=_alerts(settings, clock, remembers=remembers),
    )


def _alerts(settings: Settings, now: ServerClock, *, remembers: bool) -> Alerts:
    """Bell, desktop and hooks; without `remembers` the watched batches are forgotten at the end."""
    from batch_tui.monitor.hook_runner import HookRunner
    from batch_tui.monitor.notices import WARN_BEFORE
    from batch_tui.monitor.watch_file import WatchFile
    from batch_tui.tui.announce import Alerts

    hooks = settings.hooks
    return Alerts(
        notify=settings.notify,
        watch_all=settings.watch == "all",
        hooks=HookRunner(
            {"on_end": hooks.on_end, "on_expiring": hooks.on_expiring},
            environ=os.environ,
            secret=settings.key_variables,
            time_limit=settings.hook_timeout_seconds,
        ),
        memory=WatchFile(state_directory() / "watched.json", now=now) if remembers else None,
        warn_before=WARN_BEFORE,
        look_below_after=20.0,
        clock_is_sure=lambda: now.is_sure,
        environ=os.environ,
    )
