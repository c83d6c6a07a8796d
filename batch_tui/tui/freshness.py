"""How old what is shown is, and what is wrong with the polling, in a few words and in a sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from batch_tui.tui.key_names import key_for
from batch_tui.tui.text import Plain, ago, duration, number, plain, plural
from batch_tui.tui.trouble import describe
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from batch_tui.tui.context import AppContext


_LIVE_FOR: Final = timedelta(seconds=75)
"""Older data are not live: the longest wait between polls, and time to answer."""


def freshness(context: AppContext) -> list[tuple[str, str]]:
    """The end of a status line: live, paused or stale, and since when."""
    poll, now = context.monitor.poll, context.now()
    # A clock that was set back would have it in the future.
    last = None if poll.last_success is None else min(poll.last_success, now)
    age = None if last is None else ago(last, now)
    waits = context.budget.waits
    if poll.error is not None:
        since = f"data from {age}" if age else "no data yet"
        return [("● not live", "bold $text-error"), (f" · {since}", TONES["error"])]
    if poll.paused:
        goes_on = f", {key_for('app.pause', 'p')} goes on"
        since = f" · data from {age}" if age else ""
        return [("■ paused", "bold $text-warning"), (f"{goes_on}{since}", TONES["warning"])]
    if waits is not None:
        since = f" · data from {age}" if age else ""
        said = f": {number(waits.per_minute)} requests/min{since}"
        return [
            (f"◌ waits {duration(timedelta(seconds=waits.seconds))}", "bold $text-warning"),
            (said, TONES["warning"]),
        ]
    if last is None:
        return [("○ connecting", TONES["muted"])]
    if now - last > _LIVE_FOR:
        again = "" if poll.next_at is None or poll.next_at <= now else f", asks in {duration(poll.next_at - now)}"
        return [("○ not live", "bold $text-warning"), (f" · data from {age}{again}", TONES["warning"])]
    return [("● live", TONES["success"]), (f" {age}", TONES["muted"])]


def nameless_words(count: int) -> Plain:
    """That the API lists what cannot even be named; nothing the user set is to blame."""
    return Plain(
        f"! {plural(count, 'batch', 'batches')} in the API's list cannot be shown, for want of a readable id. "
        "The others are up to date."
    )


def trouble_line(context: AppContext) -> Plain | None:
    """The sentence below the status line while polling fails, or None."""
    poll, now = context.monitor.poll, context.now()
    if poll.error is None:
        return nameless_words(poll.nameless) if poll.nameless else None
    trouble = describe(poll.error, host=context.host)
    again = ""
    if poll.next_at is not None and not poll.asking:
        wait = duration(poll.next_at - now)
        again = " Trying again now." if wait == "0s" else f" Trying again in {wait}."
    return plain(f"! {trouble}{again}")
