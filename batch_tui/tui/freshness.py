"""How old what is shown is, and what is wrong with the polling, in a few words and in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.tui.key_names import key_for
from batch_tui.tui.text import Plain, ago, duration, plain, plural
from batch_tui.tui.trouble import describe
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from batch_tui.tui.context import AppContext


def freshness(context: AppContext) -> list[tuple[str, str]]:
    """The end of a status line: live, paused or stale, and since when."""
    poll, now = context.monitor.poll, context.now()
    age = None if poll.last_success is None else ago(poll.last_success, now)
    if poll.error is not None:
        since = f"data from {age}" if age else "no data yet"
        return [("● not live", "bold $text-error"), (f" · {since}", TONES["error"])]
    if poll.paused:
        goes_on = f", {key_for('app.pause', 'p')} goes on"
        since = f" · data from {age}" if age else ""
        return [("■ paused", "bold $text-warning"), (f"{goes_on}{since}", TONES["warning"])]
    if age is None:
        return [("○ connecting", TONES["muted"])]
    return [("● live", TONES["success"]), (f" {age}", TONES["muted"])]


def nameless_words(count: int) -> Plain:
    """That the API lists what cannot even be named; nothing the user set is to blame."""
    return Plain(
        f"! {plural(count, 'batch', 'batches')} in the API's list cannot be shown: without an id that can be read. "
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
