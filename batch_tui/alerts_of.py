"""How the dashboard tells of what happened to a batch, from the settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from batch_tui.verbs.session import state_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from batch_tui.settings import Settings
    from batch_tui.tui.announce import Alerts


def alerts_of(settings: Settings, now: Callable[[], datetime], *, remembers: bool) -> Alerts:
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
        environ=os.environ,
    )
