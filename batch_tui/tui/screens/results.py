"""The results of one batch: a table that fills while the body still arrives, and the record beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Container, Horizontal
from textual.widgets import Static

from batch_tui.results.errors import ResultsInUse
from batch_tui.tui import mask
from batch_tui.tui.key_names import key_for
from batch_tui.tui.messages import DownloadToggleRequested, DownloadUpdate, InputUpdate
from batch_tui.tui.result_rows import TAIL, ResultRows
from batch_tui.tui.results_messages import CopyLookRequested, RestRequested, RowsWanted, SummaryRequested
from batch_tui.tui.results_status import chips, gauge, heading, nothing_yet, rows_come
from batch_tui.tui.results_view import CHIPS, ResultsView
from batch_tui.tui.screens.dialogs import can_be_had_again
from batch_tui.tui.screens.find_rows import QUERY_EXAMPLES
from batch_tui.tui.screens.read_record import WIDE, ReadRecordScreen
from batch_tui.tui.text import Plain, plain
from batch_tui.tui.trouble import describe
from batch_tui.tui.widgets.filter_line import FilterLine
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.prompt_view import PromptView
from batch_tui.tui.widgets.record_view import RecordView
from batch_tui.tui.widgets.status_line import StatusLine
from batch_tui.tui.widgets.trouble_line import TroubleLine
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batch_tui.tui.context import AppContext, OpenResults
    from batch_tui.tui.messages import Update

_LETTERS = frozenset(
    {
        "open_record",
        "neighbour",
        "seek_error",
        "choose",
        "toggle_download",
        "summarise",
        "export",
        "resubmit",
        "copy",
        "turn",
        "wrap",
        "part",
        "markdown",
        "beside",
        "link_input",
    }
    | {"search", "query", "next_hit", "sort", "reverse", "column", "frequencies", "go_to"}
    | {"mark", "mark_range", "mark_all"}
)
"""Actions whose keys are text while a line is typed."""


_LOOKS_EVERY = 2
"""Seconds between two looks at whether what is stored still is what is shown."""

_TOGGLES = {"paused": "Go on", "waiting": "Fetch all", "failed": "Try again", "stopped": "Try again"} | dict.fromkeys(
    ("starting", "downloading", "retrying"), "Pause"
)
"""What the key of the download does, by its state."""

_DELETED = "The copy on this machine was deleted: these rows are gone once you leave."


class ResultsScreen(ReadRecordScreen):
    """Browses one results file; every row is known by its line number."""

    CSS_PATH = "later.tcss"
    AUTO_FOCUS = "#results"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012  (Textual's `ClassVar[…] | None` is none to mypy)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "seek_error(1)", "Next failed", id="results.next_error", tooltip="Next row without an answer"),
        Binding(
            "E",
            "seek_error(-1)",
            "Previous failed",
            show=False,
            id="results.previous_error",
            tooltip="Previous row without an answer",
        ),
        *(
            Binding(
                str(place),
                f"choose({place - 1})",
                name.capitalize(),
                show=False,
                id=f"results.{name}",
                tooltip=f"Show {name} rows",
            )
            for place, (name, _) in enumerate(CHIPS, 1)
        ),
        Binding(
            "P",
            "toggle_download",
            "Download",
            id="results.pause",
            tooltip="Pause the download, go on with it, fetch all of it, or try again",
        ),
        Binding("i", "summarise", "Summary", id="results.summary", tooltip="Tokens, cost and errors of all rows"),
    ]

    def __init__(self, context: AppContext, batch_id: str, opened: OpenResults) -> None:
        super().__init__()
        self._shared = context
        self._batch_id = batch_id
        self._opened = opened
        self._view = ResultsView(opened, context.host)

    @property
    def batch_id(self) -> str:
        """Whose results these are."""
        return self._batch_id

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield Static(id="chips", markup=False)
        yield FilterLine(QUERY_EXAMPLES, sign="f", id="query")
        yield FilterLine(Plain("text in any record; /re+gex/ between slashes"), id="search")
        yield TroubleLine(id="trouble")
        with Horizontal(id="body"):
            yield VirtualTable(self._view.rows(), self._view.table_columns(), id="results")
            with Container(id="pair"):
                yield PromptView(id="prompt")
                yield RecordView(id="record")
        yield Static(id="notice", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        # Link colours would hide which filters are empty.
        self.query_one("#chips").auto_links = False
        self._table.unmarkable = frozenset({TAIL})
        self._shared.updates.subscribe(self, self._take_update)
        # What came since this screen was made, nobody told it.
        self._take_rows()
        self.look_up_input()
        # What was open already may have been changed while nobody looked.
        self._look_at_copy()
        self.set_interval(_LOOKS_EVERY, self._look_at_copy)

    # State coming down

    def _take_update(self, update: Update) -> None:
        if isinstance(update, InputUpdate):
            self.take_input(update)
        if isinstance(update, DownloadUpdate) and update.batch_id == self._batch_id:
            self._take_rows()

    def _take_rows(self) -> None:
        """Show what the app has by now: more rows, or those of another file."""
        if self._view.take_file():
            # The first bytes came, or the download had to start over with another file.
            if self._table.marks:
                # They are marks of lines, and other rows stand there now.
                self._table.mark(self._table.marks, on=False)
                self.notify("Other rows came than before: the marks are gone.", severity="warning")
            to_the_end = self._table.follows_end
            self.hunt_again()
            self.new_basis()
            if to_the_end:
                self._table.action_last()
        elif self._whole and self._view.order is not None and not self._view.sorted:
            self.sort_again()
        self._table.rows_changed()
        self.show_state()
        self.seek_on()

    def _look_at_copy(self) -> None:
        if self._whole and self.is_current:
            self.post_message(CopyLookRequested(self._batch_id))

    def mask_changed(self) -> None:
        self.show_state()

    def show_state(self) -> None:
        view, opened, batch = self._view, self._opened, self._shared.catalog.get(self._batch_id)
        come = rows_come(view.file_rows, opened, batch)
        self.query_one(StatusLine).show(heading(self._batch_id), gauge(opened, come, differs=self._differs))
        self.query_one("#chips", Static).update(chips(view, opened, len(self._table.marks), self.size.width))
        self.show_lines()
        self._show_trouble()
        nothing = self._view.file_rows == 0
        if nothing and not self.typing():
            # The table keeps the keys while it is hidden; a pane would lose them for good.
            self.put_record_away()
        self.query_one("#body").display = not nothing
        notice = self.query_one("#notice", Static)
        notice.display = nothing
        if nothing:
            notice.update(nothing_yet(self._opened))
        self.show_panes()
        self.query_one(KeyBar).look_again()

    def _show_trouble(self) -> None:
        progress, line = self._opened.progress, self.query_one(TroubleLine)
        if progress.error is not None and progress.state in ("failed", "retrying"):
            again = f"{key_for('results.pause', 'P')} tries again." if progress.state == "failed" else "Trying again."
            note = f"{mask.written(plain(progress.note))} " if progress.note else ""
            words = f"! {note}{describe(progress.error, host=self._shared.host)}"
            line.say(plain(words if isinstance(progress.error, ResultsInUse) else f"{words} {again}"))
        else:
            said = self._about_rows()
            if self._opened.deleted:
                said = f"{_DELETED} {key_for('results.export', 'w')} writes them to a file."
            if self._can_be_had_again:
                # First, as what is wrong may be long and name a path.
                why = "" if self._opened.gone else "Not verified: "
                said = f"{why}{key_for('results.pause', 'P')} fetches them anew. {said or ''}".rstrip()
            line.say(None if said is None else plain(f"! {said}"), "warning")

    def _about_rows(self) -> str | None:
        """What is odd about the rows, or not as in the input; it may name some of them."""
        said = " ".join(one for one in (self._opened.progress.note, self._about_input()) if one)
        return mask.written(plain(said)) if said else None

    @property
    def _can_be_had_again(self) -> bool:
        return can_be_had_again(self._opened, self._shared.catalog.get(self._batch_id), self._shared)

    @property
    def _differs(self) -> bool:
        """Whether the results are not those of the linked input."""
        known = self._input
        return known is not None and known.match is not None and bool(known.match.sentences)

    def _about_input(self) -> str | None:
        """What is wrong with the linked input, or in which ways it and the results differ."""
        known = self._input
        if known is None or known.problem is not None:
            return None if known is None else known.problem
        return None if known.match is None else " ".join(known.match.sentences) or None

    # The record beside the table

    @on(VirtualTable.Viewed)
    def _want_rows(self, event: VirtualTable.Viewed) -> None:
        source, batch = self._table.source, self._shared.catalog.get(self._batch_id)
        if isinstance(source, ResultRows):
            total = max(self._view.file_rows, 0 if batch is None else batch.request_counts.total)
            if self._view.needs.take_up(source.seen(event.first, event.last), total):
                self._table.set_columns(self._view.table_columns())
        last = source.key(min(event.last, len(source) - 1)) if len(source) else TAIL
        self.post_message(RowsWanted(self._batch_id, self._view.file_rows if last == TAIL else int(last)))

    @on(VirtualTable.EndAsked)
    def want_all(self) -> None:
        self.post_message(RowsWanted(self._batch_id, None))

    @on(VirtualTable.RowOpened)
    def _open_row(self, event: VirtualTable.RowOpened) -> None:
        if event.key == TAIL:
            self.action_toggle_download()
            return
        self.read_record()

    def on_resize(self) -> None:
        self.show_state()
        self.ask_for_record()

    def show_rows(self) -> None:
        super().show_rows()
        pattern = None if self._view.search is None else self._view.search.condition
        self._record.stand_out(pattern)
        # Another part of a long text may hold it.
        self.ask_for_record()

    # Keys

    def action_choose(self, place: int) -> None:
        if place != self._view.chip:
            # Whoever asks for one kind wants all of that kind.
            self.want_all()
            self._view.chip = place
            self.new_basis()

    def action_toggle_download(self) -> None:
        self.post_message(DownloadToggleRequested(self._batch_id))

    def action_summarise(self) -> None:
        if self.refuses("summarise"):
            return
        # Shown is what has come; the next look is at all of it.
        self.want_all()
        self.post_message(SummaryRequested(self._batch_id, narrowed=self._view.narrowed))

    def action_seek_error(self, direction: int) -> None:
        """Move to the next row that is no answer, among the rows shown."""
        if self.refuses("seek_error"):
            return
        source = self._table.source
        row = source.next_without_answer(self._table.cursor_row, direction) if isinstance(source, ResultRows) else None
        if row is not None:
            self._table.move_to(row)
        elif direction > 0 and self._opened.progress.state != "complete":
            self.post_message(RestRequested(self._batch_id))
            self.notify(f"No further failed row so far; {self._opened.going_on}.", timeout=3)
        else:
            self.notify("No further failed row in this direction.", timeout=3)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a line is typed, letters are letters; a record that fills the screen is open already."""
        if action == "open_record" and self._alone:
            return False
        return not (self.typing() and action in _LETTERS)

    def key_name(self, action: str) -> str | None:
        """What the key of the download does now."""
        return _TOGGLES.get(self._opened.progress.state) if action == "toggle_download" else None

    def why_not(self, action: str) -> str | None:
        """Why an action is of no use now, or None."""
        done = self._opened.progress.state == "complete" and not self._can_be_had_again
        if action == "toggle_download" and done:
            return _DELETED if self._opened.deleted else "The results are saved already."
        return super().why_not(action)
