"""Everything known of one batch: counts, timeline, outlook and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from batch_tui.monitor.batch_notes import NOTHING_NOTED
from batch_tui.monitor.conditions import RESULTS_KEPT
from batch_tui.tui import mask
from batch_tui.tui.batch_rows import PART_HERE, results_of, status_of, unread_words
from batch_tui.tui.key_names import key_for
from batch_tui.tui.notice_words import WATCH_SIGN
from batch_tui.tui.text import Plain, ago, duration, fit, join, later, left, moment, number, plain, plural, roughly
from batch_tui.tui.widgets.outcome_bar import KINDS, bar
from batch_tui.tui.widgets.time_bar import time_bar, time_given
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.forecast import Forecast
    from batch_tui.tui.context import AppContext

_LABEL = 14
_MOST_EVENTS = 12
_UNKNOWN: Final = Plain("unknown")
"""In place of what the API did not give."""
_TIMES: Final = frozenset({"created_at", "expires_at"})


class BatchDetail(VerticalScroll):
    """Shows one batch of the context by its id; `show` again when something moved."""

    can_focus = False

    def __init__(self, context: AppContext, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shared = context
        self._batch_id: str | None = None
        self._shown: Content | None = None
        self._known: MessageBatch | None = None
        """The batch as it was when it was last there."""

    def compose(self) -> ComposeResult:
        yield Static(id="detail-text", markup=False)

    def on_resize(self) -> None:
        self.show(self._batch_id)

    def mask_changed(self) -> None:
        self.show(self._batch_id)

    def show(self, batch_id: str | None) -> None:
        """Show a batch, or that there is none."""
        if batch_id != self._batch_id:
            self.scroll_home(animate=False)
        self._batch_id = batch_id
        if not self.display:
            # There is no room for it; on_resize comes once there is.
            return
        batch = None if batch_id is None else self._shared.catalog.get(batch_id)
        cells = max(self.size.width - 4, 30)
        if batch is not None:
            self._known = batch
            content = describe_batch(batch, self._shared, cells)
        elif batch_id is None:
            content = Content("")
        else:
            known = self._known if self._known is not None and self._known.id == batch_id else None
            content = _describe_gone(batch_id, known, self._shared, cells)
        before, self._shown = self._shown, content
        if before is None or not content.is_same(before):
            text = self.query_one("#detail-text", Static)
            # Laying the screen out anew takes longer than painting it, and most news is as long as what it replaces.
            width = text.content_size.width
            as_long = width and before is not None and content.get_height({}, width) == before.get_height({}, width)
            text.update(content, layout=not as_long)


def describe_batch(batch: MessageBatch, context: AppContext, cells: int) -> Content:
    """The whole page about one batch, for a column of so many cells."""
    status, tone = status_of(batch)
    parts: list[Content] = [
        *_names(batch.id, context),
        Content.assemble((status, TONES[tone]), ("  " + _headline(batch, context), TONES["muted"])),
        *([Content.styled(unread_words(batch), TONES["warning"])] if batch.unread else []),
        Content(""),
        *_counts(batch, cells),
        Content(""),
        _section("TIMELINE"),
        *_time_bar(batch, context.now(), cells),
        *_timeline(batch, context),
        Content(""),
        *_seen(batch.id, context),
        *_outlook(batch, context),
        *_results(batch, context),
        *_digest(batch, context, cells),
        *_input(batch, context),
    ]
    return Content("\n").join(parts)


def _describe_gone(batch_id: str, known: MessageBatch | None, context: AppContext, cells: int) -> Content:
    """What is left to tell of a batch that is not there any more; `known`: as it was before."""
    parts: list[Content] = [
        *_names(batch_id, context),
        Content.styled("Gone: it was deleted, or belongs to another workspace.", TONES["warning"]),
        Content(""),
        *_seen(batch_id, context),
    ]
    if known is not None:
        status, tone = status_of(known)
        parts += [
            Content.assemble(("AS IT WAS LAST SEEN  ", TONES["accent"]), (status, TONES[tone])),
            Content.styled(_headline(known, context), TONES["muted"])
            if known.ended_at is not None
            else Content.styled(plural(known.request_counts.total, "request"), TONES["muted"]),
            *_counts(known, cells),
            Content(""),
            *_past(known, context),
            Content(""),
        ]
    if saved := _saved(batch_id, context):
        opens = Content.styled(f"{key_for('batch.saved', 'o')} on the list opens them.", TONES["muted"])
        parts += [*saved, opens]
    return Content("\n").join(parts)


def _names(batch_id: str, context: AppContext) -> list[Content]:
    """What the user noted, and the id."""
    notes = mask.noted(context.monitor.notes.get(batch_id)) or NOTHING_NOTED
    return [
        *([Content.styled(plain(notes.name), TONES["accent"])] if notes.name else []),
        Content.styled(plain(batch_id), TONES["muted"] if notes.name else "bold"),
        *([Content.styled(plain(" ".join(f"#{tag}" for tag in notes.tags)), TONES["accent"])] if notes.tags else []),
        *([Content(plain(notes.note))] if notes.note else []),
    ]


def _section(title: str) -> Content:
    return Content.styled(title, TONES["accent"])


def _line(label: str, value: Plain, note: Plain | str = "", tone: str = "text") -> Content:
    return Content.assemble(
        (label.ljust(_LABEL), TONES["muted"]),
        (value, TONES[tone]),
        (f"  {note}" if note else "", TONES["muted"]),
    )


def _headline(batch: MessageBatch, context: AppContext) -> Plain:
    total = plural(batch.request_counts.total, "request")
    if batch.unread:
        # The line below says what is missing.
        return total if "request_counts" not in batch.unread else Plain("")
    if batch.ended_at is not None:
        return join(total, Plain(" in "), duration(batch.ended_at - batch.created_at))
    return join(total, Plain(" for "), duration(context.now() - batch.created_at))


def _counts(batch: MessageBatch, cells: int) -> list[Content]:
    counts = batch.request_counts
    if "request_counts" in batch.unread:
        return [_section("REQUESTS"), Content.styled(_UNKNOWN, TONES["muted"])]
    drawn = Content.assemble(*((text, TONES[tone]) for text, tone in bar(counts, min(cells, 60))))
    rows = [_section("REQUESTS"), drawn]
    for field, glyph, tone in KINDS:
        amount = getattr(counts, field)
        share = _share(amount, counts.total)
        rows.append(
            Content.assemble(
                (glyph * 2 + " ", TONES[tone]),
                (field.ljust(_LABEL), TONES["text" if amount else "muted"]),
                (number(amount).rjust(8), TONES["text" if amount else "muted"]),
                (share, TONES["muted"]),
            )
        )
    if batch.processing_status != "ended" and counts.processing == counts.total:
        rows.append(Content.styled("The API tells outcomes only once the whole batch has ended.", TONES["muted"]))
    return rows


def _share(amount: int, total: int) -> str:
    """A percentage that is 0 or 100 only when it is exactly that."""
    if not amount or not total:
        return ""
    shown = f"{amount / total:.1%}"
    if shown == "100.0%" and amount < total:
        shown = ">99.9%"
    elif shown == "0.0%":
        shown = "<0.1%"
    return f"{shown:>8}"


def _time_bar(batch: MessageBatch, now: datetime, cells: int) -> list[Content]:
    given = time_given(batch)
    if batch.processing_status == "ended" or given is None or not batch.unread.isdisjoint(_TIMES):
        return []
    said = f"  {duration(now - batch.created_at)} of {given}"
    drawn = time_bar(batch, now, max(min(cells, 60) - len(said), 10))
    return [Content.assemble(*((text, TONES[tone]) for text, tone in drawn), (said, TONES["muted"]))]


def _past(batch: MessageBatch, context: AppContext) -> list[Content]:
    """What happened to it already."""
    if "created_at" in batch.unread:
        return [_line("created", _UNKNOWN, tone="muted")]
    now, zone = context.now(), context.zone
    times = {"created": batch.created_at, "cancel asked": batch.cancel_initiated_at, "ended": batch.ended_at}
    return [_line(label, moment(when, zone), ago(when, now)) for label, when in times.items() if when is not None]


def _timeline(batch: MessageBatch, context: AppContext) -> list[Content]:
    now, zone = context.now(), context.zone
    rows = _past(batch, context)
    if "created_at" in batch.unread:
        return rows
    if batch.ended_at is None and ("expires_at" in batch.unread or batch.processing_status == "ended"):
        rows.append(_line("ended" if batch.processing_status == "ended" else "expires", _UNKNOWN, tone="muted"))
    elif batch.ended_at is None:
        rows.append(_line("expires", moment(batch.expires_at, zone), left(batch.expires_at, now)))
    until = later(batch.created_at, RESULTS_KEPT)
    if batch.archived_at is not None:
        rows.append(_line("archived", moment(batch.archived_at, zone), ago(batch.archived_at, now)))
    else:
        rows.append(_line("results go", moment(until, zone), left(until, now) if until > now else "gone"))
    return rows


def _seen(batch_id: str, context: AppContext) -> list[Content]:
    """What this app saw of the batch, and asked for it, latest last; nothing when it only ever saw one state."""
    events = context.catalog.events(batch_id)
    if len(events) < 2:
        return []
    today = context.now().astimezone(context.zone).date()
    rows = [_section("SEEN HERE")]
    left_out = len(events) - _MOST_EVENTS
    if left_out > 0:
        rows.append(Content.styled(f"{number(left_out)} earlier left out", TONES["faint"]))
    for event in events[-_MOST_EVENTS:]:
        at = event.at.astimezone(context.zone)
        when = f"{at:%H:%M:%S}" if at.date() == today else f"{at:%b %d %H:%M}"
        rows.append(_line(when, plain(event.what), tone="error" if event.kind == "refused" else "text"))
    return [*rows, Content("")]


def _outlook(batch: MessageBatch, context: AppContext) -> list[Content]:
    if batch.processing_status == "ended":
        return []
    rows = [_section("OUTLOOK")]
    forecast = context.history.forecast(batch, context.now())
    if batch.cancel_initiated_at is not None:
        rows.append(Content("Canceling: it ends once the requests already running have finished."))
    elif batch.unread:
        rows.append(Content.styled(_UNKNOWN, TONES["muted"]))
    elif forecast is None:
        rows.append(Content.styled("No history yet: too few finished batches of this size are loaded.", TONES["muted"]))
    elif forecast.half_within is None or forecast.most_within is None:
        over = number(forecast.similar - forecast.still_running)
        rows.append(Content(f"{over} of {_similar(forecast)} had ended after {duration(forecast.elapsed)}."))
    else:
        rows.append(_line("likely", join(roughly(forecast.half_within), Plain(" more"))))
        rows.append(
            Content.styled(
                f"Of {_similar(forecast)}, {number(forecast.still_running)} were still running "
                f"after {duration(forecast.elapsed)}. Half of those ended within {roughly(forecast.half_within)} more, "
                f"nine in ten within {roughly(forecast.most_within)}.",
                TONES["muted"],
            )
        )
    if batch.id in context.monitor.watched:
        rows.append(
            Content.styled(
                f"{WATCH_SIGN} You will be told when it ends; {key_for('batch.watch', 'm')} changes that.",
                TONES["accent"],
            )
        )
    return [*rows, Content("")]


def _similar(forecast: Forecast) -> str:
    """Which finished batches it is made from."""
    smallest, largest = forecast.sizes
    return f"{number(forecast.similar)} similar batches ({number(smallest)} to {number(largest)} requests)"


def _saved(batch_id: str, context: AppContext) -> list[Content]:
    """What of its results is on this machine; nothing where none are."""
    saved = context.monitor.saved.get(batch_id)
    if saved is None:
        return []
    said = Content.styled("Saved on this machine, but not verified as complete.", TONES["warning"])
    if saved.verified:
        said = Content.styled("Saved on this machine, complete: every line is there.", TONES["success"])
    return [_section("RESULTS"), said, Content.styled(plain(str(saved.path)), TONES["muted"])]


def _results(batch: MessageBatch, context: AppContext) -> list[Content]:
    text, tone = results_of(batch, context)
    if rows := _saved(batch.id, context):
        return rows
    rows = [_section("RESULTS")]
    if text == PART_HERE:
        keys = f"{key_for('batch.results', 'v')} shows it, and fetches the rest if the API still has it."
        rows.append(Content.assemble(("A part of them is on this machine; ", TONES[tone]), (keys, TONES["muted"])))
    elif batch.archived_at is not None:
        rows.append(Content("Gone: the API keeps results for 29 days from creation."))
    elif batch.processing_status != "ended":
        rows.append(Content.styled("Available once the batch has ended.", TONES["muted"]))
    else:
        rows.append(Content.assemble((text, TONES[tone]), (" at the API; not saved on this machine.", TONES["muted"])))
    return rows


def _digest(batch: MessageBatch, context: AppContext, cells: int) -> list[Content]:
    """Cost and errors, once the results were opened here."""
    digest = context.monitor.digests.get(batch.id)
    if digest is None:
        return []
    about = digest.left_out or "estimated, at batch price"
    rows = [Content(""), _section("COST AND ERRORS"), _line("cost", digest.cost, about)]
    if digest.suspicious:
        rows.append(
            _line(
                "suspicious",
                number(digest.suspicious),
                f"{key_for('batch.results', 'v')}, then {key_for('results.suspicious', '6')}, shows them",
                "warning",
            )
        )
    rows += [Content.styled(mask.written(fit(said, cells)), TONES["error"]) for said in digest.errors]
    more = f"{plural(digest.more_errors, 'kind')} more: " if digest.more_errors else ""
    rows.append(
        Content.styled(
            f"{more}{key_for('batch.results', 'v')}, then {key_for('results.summary', 'i')}, tells all.", TONES["muted"]
        )
    )
    return rows


def _input(batch: MessageBatch, context: AppContext) -> list[Content]:
    """The linked input, where there is one."""
    known = context.monitor.inputs.get(batch.id)
    if known is None:
        return []
    rows = [Content(""), _section("INPUT"), Content.styled(plain(str(known.linked.path)), TONES["muted"])]
    if known.problem is not None:
        return [*rows[:2], Content.styled(plain(known.problem), TONES["warning"])]
    amount, total = len(known.linked), batch.request_counts.total
    if known.match is not None:
        match = known.match
        rate = f"{number(match.answered)} of {number(match.asked)} custom_ids found in the results."
        rows.append(Content.styled(rate, TONES["success" if not match.sentences else "warning"]))
        rows += [Content.styled(mask.written(plain(sentence)), TONES["warning"]) for sentence in match.sentences]
    elif amount == total:
        rows.append(Content.styled(f"{plural(amount, 'request')}, as many as the batch has.", TONES["muted"]))
    else:
        said = f"{plural(amount, 'request')}, but the batch has {number(total)}."
        rows.append(Content.styled(said, TONES["warning"]))
    return rows
