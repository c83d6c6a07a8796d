"""An action on many batches: the dry run with a number to type, then the progress, which becomes the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from batch_tui.tui.action_plan import as_it_stands, may_finish
from batch_tui.tui.bulk_rows import COLUMNS, BulkRows
from batch_tui.tui.jobs import said_of
from batch_tui.tui.key_names import key_for
from batch_tui.tui.mask_key import MASK_KEY
from batch_tui.tui.screens.floating import LOW, FloatingScreen, Hint
from batch_tui.tui.text import Plain, number, plain, plural
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

    from batch_tui.tui.action_plan import ActionPlan
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.jobs import Job
    from batch_tui.tui.messages import Update

_BAR = 40
_ROWS_SHOWN: Final = 9
"""Rows of the table without scrolling: what fits into a terminal of 24 lines with all that stands around it."""


class NumberInput(Input):
    """Digits, and the keys that move the list above without leaving the line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move(-1)", "Up", show=False, id="bulk.up"),
        Binding("down", "screen.move(1)", "Down", show=False, id="bulk.down"),
        Binding("pageup", "screen.page(-1)", "Page up", show=False, id="bulk.page_up"),
        Binding("pagedown", "screen.page(1)", "Page down", show=False, id="bulk.page_down"),
    ]


class BulkDialog(FloatingScreen["ActionPlan | None"]):
    """Shows every batch by id with what will happen to it; answers with that once their number was typed.

    What ends or goes meanwhile is taken out of it.
    """

    AUTO_FOCUS = "#bulk-number"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Keep them", id="bulk.keep")]

    def __init__(self, plan: ActionPlan, context: AppContext) -> None:
        super().__init__()
        self._plan = plan
        self._shared = context

    def compose(self) -> ComposeResult:
        plan = self._plan
        with Vertical(id="bulk"):
            yield Static(id="dialog-title", markup=False)
            yield Static(classes="bulk-fact", id="bulk-fate", markup=False)
            yield Static(classes="bulk-fact", id="bulk-left-out", markup=False)
            yield VirtualTable(BulkRows(plan, self._shared), COLUMNS, id="bulk-rows")
            yield NumberInput(restrict="[0-9]*", max_length=9, compact=True, id="bulk-number")
            keep = key_for("bulk.keep", "esc")
            yield Hint(
                f"enter {plan.action}s them · ↑ ↓ look through them · {keep} leaves them as they are",
                f"enter {plan.action}s them · {keep} keeps them",
                id="bulk-hint",
            )

    def on_resize(self, event: Resize) -> None:
        _fit(self.query_one(VirtualTable), event.size.height)

    def on_mount(self) -> None:
        self._show_plan()
        self.query_one(VirtualTable).rows_changed()
        self.query_one(Input).cursor_blink = self.app.animation_level != "none"
        self._shared.updates.subscribe(self, self._follow)

    def _show_plan(self) -> None:
        """All but the rows."""
        plan, catalog = self._plan, self._shared.catalog
        verb = "Cancel" if plan.action == "cancel" else "Delete"
        amount = len(plan.todo)
        title = Plain(
            f"{verb} {plural(amount, 'batch', 'batches')}?" if amount else f"Nothing is left to {plan.action}"
        )
        self.query_one("#dialog-title", Static).update(Content.styled(title, "bold"))
        fate = Content("")
        if plan.action == "cancel" and amount:
            found = [batch for one in plan.todo if (batch := catalog.get(one.batch_id)) is not None]
            fate = Content(f"{may_finish(found)}; the rest are canceled, unbilled. What finished keeps its results.")
        elif plan.losing:
            lost = f"{plural(plan.losing, 'batch', 'batches')} with results that are not saved on this machine: gone."
            fate = Content.styled(lost, TONES["error"])
        self._say("#bulk-fate", fate)
        left, gone = len(plan.left_out), any(one.batch_id not in catalog for one in plan.left_out)
        one, several = ("is left out", "are left out") if gone else ("stays", "stay")
        stay = f"{number(left)} of those marked {one if left == 1 else several}, see below." if left else ""
        self._say("#bulk-left-out", Content.styled(stay, TONES["muted"]))
        self.query_one(Input).placeholder = f"type {amount} to {plan.action} them" if amount else ""

    def _say(self, where: str, said: Content) -> None:
        line = self.query_one(where, Static)
        line.display = bool(said)
        line.update(said)

    def _follow(self, _: Update) -> None:
        """A batch may have ended, or gone: then it is not asked about any more."""
        before, plan = self._plan, as_it_stands(self._plan, self._shared)
        if plan == before:
            self.query_one(VirtualTable).refresh_stale()
            return
        self._plan = plan
        self.query_one(VirtualTable).set_source(BulkRows(plan, self._shared))
        self._show_plan()
        if out := len(before.todo) - len(plan.todo):
            self._warn(f"{plural(out, 'batch', 'batches')} ended or went meanwhile. {self._how()}")

    def _how(self) -> str:
        keep, amount = key_for("bulk.keep", "esc"), len(self._plan.todo)
        return f"Type {amount} and press enter, or {keep} to leave them as they are." if amount else f"{keep} closes."

    def _warn(self, said: str) -> None:
        self.query_one("#bulk-hint", Static).update(Content.styled(said, TONES["error"]))

    def action_move(self, rows: int) -> None:
        self.query_one(VirtualTable).action_move(rows)

    def action_page(self, pages: int) -> None:
        self.query_one(VirtualTable).action_page(pages)

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        amount = len(self._plan.todo)
        if amount and event.value == str(amount):
            self.dismiss(self._plan)
        else:
            self._warn(self._how())


def _fit(table: VirtualTable, height: int) -> None:
    """As many rows as there are; on a low terminal, as many as the rest leaves room for."""
    table.styles.height = "1fr" if height < LOW else min(len(table.source), _ROWS_SHOWN) + 1


class BulkProgress(FloatingScreen[None]):
    """Follows a job row by row; stays as its report until it is closed."""

    AUTO_FOCUS = "#bulk-rows"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,u", "stop", "Stop", id="bulk.stop", tooltip="Stop: what was not asked yet stays as it is"),
        Binding("b,q", "dismiss(None)", "Background", id="bulk.background", tooltip="Goes on behind the list"),
        MASK_KEY,
    ]

    def __init__(self, job: Job, context: AppContext, stop: Callable[[Job], None]) -> None:
        super().__init__()
        self.job = job
        """What is followed."""
        self._shared = context
        self._stop = stop
        self._rows = BulkRows(job.plan, context, job)

    def compose(self) -> ComposeResult:
        with Vertical(id="bulk"):
            yield Static(id="dialog-title", markup=False)
            yield Static(id="bulk-bar", markup=False)
            yield VirtualTable(self._rows, COLUMNS, id="bulk-rows")
            yield Static(id="bulk-said", markup=False)
            yield Static(id="bulk-hint", markup=False)

    def on_mount(self) -> None:
        self.query_one(VirtualTable).rows_changed()
        self._show()
        self._shared.updates.subscribe(self, self._take_update)
        self.set_interval(1, self._show)

    def on_resize(self, event: Resize) -> None:
        _fit(self.query_one(VirtualTable), event.size.height)

    def mask_changed(self) -> None:
        self._show()

    def action_stop(self) -> None:
        if self.job.finished:
            self.dismiss(None)
        else:
            self._stop(self.job)

    def _take_update(self, _: Update) -> None:
        self._show()

    @on(VirtualTable.CursorMoved)
    def _say_whole(self) -> None:
        """What the API said to the batch under the cursor, which a row has no room for."""
        batch_id = self.query_one(VirtualTable).cursor_key or ""
        outcome = self.job.outcomes.get(batch_id)
        line = self.query_one("#bulk-said", Static)
        line.display = outcome is not None and outcome.severity == "error"
        if outcome is not None:
            line.update(Content.styled(plain(f"! {self._rows.said(batch_id, outcome)}"), TONES["error"]))

    def _show(self) -> None:
        job = self.job
        total, done = len(job.plan.todo), len(job.outcomes)
        filled = _BAR * done // max(total, 1)
        bar = Content.assemble(
            ("━" * filled, TONES["running"]),
            ("─" * (_BAR - filled), TONES["faint"]),
            (f"  {number(done)} of {number(total)}", TONES["muted"]),
        )
        self.query_one("#dialog-title", Static).update(Content.styled(self._title(), "bold"))
        self.query_one("#bulk-bar", Static).update(bar)
        if job.finished:
            hint = f"{key_for('bulk.stop', 'esc')} closes · batches that came out badly stay marked"
        elif job.stopped:
            hint = "Stopping: waiting for what was asked already."
        else:
            stop, behind = key_for("bulk.stop", "esc"), key_for("bulk.background", "b")
            hint = f"{stop} stops: the rest stay as they are · {behind} goes on behind the list"
        self.query_one("#bulk-hint", Static).update(Content.styled(hint, TONES["muted"]))
        self.query_one(VirtualTable).refresh_stale()
        self._say_whole()

    def _title(self) -> Plain:
        job = self.job
        if job.finished:
            return said_of(job)
        if job.undo_until is not None and not job.stopped:
            seconds = round((job.undo_until - self._shared.now()).total_seconds())
            if seconds > 0 and not job.outcomes:
                return Plain(f"Deleting starts in {seconds}s; {key_for('bulk.stop', 'u')} leaves everything as it is")
        verb = "Canceling" if job.plan.action == "cancel" else "Deleting"
        return Plain(f"{verb} {plural(len(job.plan.todo), 'batch', 'batches')}")
