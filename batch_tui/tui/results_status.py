"""What stands above results: how far they have come and whether they can be trusted, and which of them are shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual.content import Content
from textual.style import Style

from batch_tui.tui.key_names import key_for
from batch_tui.tui.results_view import CHIPS
from batch_tui.tui.text import Plain, duration, number, plain, plural, size
from batch_tui.tui.widgets.chosen_label import fit_labels
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.context import OpenResults
    from batch_tui.tui.results_view import ResultsView
    from batch_tui.tui.widgets.status_line import Part

_STALLED = 3
"""Seconds without any data that are worth a word."""


def heading(batch_id: str) -> list[Part]:
    """Whose results these are: the left of the status line."""
    return [(" batch-tui", TONES["accent"]), ("  results ", "bold"), (plain(batch_id), TONES["muted"])]


def gauge(opened: OpenResults, come: str, *, differs: bool) -> list[Part]:
    """How the download stands and what is wrong with what came: the right of the line.

    `differs`: they are not the results of the linked input.
    """
    progress = opened.progress
    amount = f"{come} · {size(progress.bytes)} "
    match progress.state:
        case "complete" if opened.deleted or opened.gone:
            return [("! not saved any more", TONES["warning"]), (f" · {amount}", TONES["muted"])]
        case "complete" if differs:
            why = "not as the input" if progress.verified else "not verified, not as the input"
            return [(f"! saved, {why}", TONES["warning"]), (f" · {amount}", TONES["muted"])]
        case "complete" if progress.verified:
            return [("✓ saved, complete", TONES["success"]), (f" · {amount}", TONES["muted"])]
        case "complete":
            return [("! saved, not verified", TONES["warning"]), (f" · {amount}", TONES["muted"])]
        case "failed" | "stopped":
            return [("! stopped", TONES["error"]), (f" · {amount}", TONES["muted"])]
        case "paused":
            return [("■ paused", TONES["warning"]), (f" · {amount}", TONES["muted"])]
        case "waiting":
            return [
                (amount, TONES["muted"]),
                (f"· {key_for('results.pause', 'P')} fetches the rest ", TONES["running"]),
            ]
        case "starting":
            return [("… asking ", TONES["muted"])]
        case "checking":
            return [(f"… checking what is saved · {amount}", TONES["muted"])]
    if opened.silence >= _STALLED:
        silence = duration(timedelta(seconds=opened.silence))
        return [("↓ ", TONES["running"]), (amount, TONES["muted"]), (f"· no data for {silence} ", TONES["warning"])]
    # It is that of two seconds, and the last one was without any data.
    known = progress.bytes_per_second and not opened.silence
    speed = f"· {size(int(progress.bytes_per_second))}/s " if known else ""
    return [("↓ ", TONES["running"]), (amount + speed, TONES["muted"])]


def rows_come(rows: int, opened: OpenResults, batch: MessageBatch | None) -> str:
    """The lines that came, and of how many where that is known and more are to come."""
    if opened.progress.state == "complete" or batch is None or rows >= batch.request_counts.total:
        return plural(rows, "row")
    return f"{number(rows)} of {number(batch.request_counts.total)} rows"


def chips(view: ResultsView, opened: OpenResults, marks: int, cells: int) -> Content:
    """The filters with their counts; those that would show nothing leave when there is no room."""
    if not view.file_rows and opened.progress.state != "complete":
        # How many there are of each kind, nobody knows yet.
        return Content("")
    amounts = view.counts()
    more = "" if opened.progress.state in ("complete", "checking") else "+"
    labels, empty = [], []
    for place, (name, chosen) in enumerate(CHIPS):
        amount = amounts.get(chosen, 0)
        style = "bold reverse" if place == view.chip else TONES["text" if amount else "faint"]
        click = Style.from_meta({"@click": f"screen.choose({place})"})
        text = f" {key_for(f'results.{name}', str(place + 1))} {name} {number(amount)}{more if amount else ''} "
        labels.append(Content.styled(text, style).stylize(click))
        empty.append(not amount)
    odd = [(name, amounts[name]) for name in ("unknown", "unreadable") if amounts.get(name)]
    labels += [Content.styled(f" {name} {number(amount)} ", TONES["warning"]) for name, amount in odd]
    told = Content.assemble(*(Content.styled(f" {said} ", TONES["accent"]) for said in _arrangement(view, marks)))
    room = max(cells - told.cell_length, 1)
    return Content.assemble(" ", *fit_labels([labels], [*empty, *(False for _ in odd)], view.chip, room), told)


def _arrangement(view: ResultsView, marks: int) -> Iterator[Plain]:
    """The order and the marks, where there are any."""
    order = view.order
    if order is not None:
        arrow = "…" if not view.sorted else "▾" if order.reverse else "▴"
        yield plain(f"{arrow} {order.name}")
    if marks:
        yield Plain(f"● {marks:,} marked")


def nothing_yet(opened: OpenResults) -> Content:
    """What is said in place of rows while there are none."""
    match opened.progress.state:
        case "failed" | "stopped":
            return Content.styled(f"No results arrived. {key_for('results.pause', 'P')} tries again.", "bold")
        case "complete":
            return Content.styled("The results file is empty.", "bold")
        case "paused":
            return Content.styled(f"The download is paused. {key_for('results.pause', 'P')} goes on.", "bold")
    return Content.styled("Asking for the results…", TONES["muted"])
