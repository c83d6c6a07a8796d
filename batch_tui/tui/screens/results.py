"""The results of one batch: a table that fills while the body still arrives, and the record beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from batch_tui.tui.messages import (
    DownloadToggleRequested,
    DownloadUpdate,
    RecordLoaded,
    RecordRequested,
    RowsWanted,
    SummaryRequested,
)
from batch_tui.tui.result_rows import COLUMNS, TAIL, ResultRows
from batch_tui.tui.results_view import CHIPS, ResultsView
from batch_tui.tui.screens.find_rows import QUERY_EXAMPLES
from batch_tui.tui.screens.take_out import TakeOutScreen
from batch_tui.tui.text import Plain, fit_middle, number, plain, plural, size
from batch_tui.tui.trouble import describe
from batch_tui.tui.widgets.filter_line import FilterLine
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.record_view import RecordView
from batch_tui.tui.widgets.status_line import StatusLine
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.widgets.trouble_line import TroubleLine
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        "copy",
        "turn",
        "wrap",
    }
    | {"search", "query", "next_hit", "sort", "reverse", "column", "frequencies", "go_to"}
    | {"mark", "mark_range", "mark_all"}
)
"""Actions whose keys are text while a line is typed."""
_WIDE = 120
"""Columns from which table and record stand side by side."""


class ResultsScreen(TakeOutScreen):
    """Browses one results file; every row is known by its line number."""

    AUTO_FOCUS = "#results"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012  (the base declares it so)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape",
            "close_record",
            "Back",
            id="record.close",
            tooltip="Close the record, then the results",
        ),
        Binding(
            "enter,l",
            "open_record",
            "Read",
            key_display="enter",
            id="results.open",
            tooltip="Read the record under the cursor",
        ),
        Binding("left_square_bracket", "turn(-1)", "Previous tab", show=False, id="record.previous_tab"),
        Binding(
            "right_square_bracket,tab",
            "turn(1)",
            "Tab",
            key_display="tab",
            id="record.next_tab",
            tooltip="Text, thinking, tools, raw JSON, usage",
        ),
        Binding(
            "J",
            "neighbour(1)",
            "Next",
            show=False,
            id="record.next",
            tooltip="Next record, the pane stays open",
        ),
        Binding(
            "K",
            "neighbour(-1)",
            "Previous",
            show=False,
            id="record.previous",
            tooltip="Previous record, the pane stays open",
        ),
        Binding("z", "wrap", "Wrap", show=False, id="record.wrap", tooltip="Wrap long lines of the record, or not"),
        Binding("e", "seek_error(1)", "Next failed", id="results.next_error", tooltip="Next row without an answer"),
        Binding("E", "seek_error(-1)", "Previous failed", show=False, id="results.previous_error"),
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
        Binding(
            "ctrl+f",
            "scroll_record(1)",
            "Scroll record",
            show=False,
            id="record.down",
            tooltip="Half a page down in the record",
        ),
        Binding(
            "ctrl+b",
            "scroll_record(-1)",
            "Scroll record back",
            show=False,
            id="record.up",
            tooltip="Half a page up in the record",
        ),
    ]

    def __init__(self, context: AppContext, batch_id: str, opened: OpenResults) -> None:
        super().__init__()
        self._shared = context
        self._batch_id = batch_id
        self._opened = opened
        self._file = opened.file
        self._view = ResultsView(opened, context.host)
        self._reading = False
        self._wish: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield Static(id="chips", markup=False)
        yield FilterLine(QUERY_EXAMPLES, sign="f", id="query")
        yield FilterLine(Plain("text in any record; /re+gex/ between slashes"), id="search")
        yield TroubleLine(id="trouble")
        with Horizontal(id="body"):
            yield VirtualTable(self._view.rows(), COLUMNS, id="results")
            yield RecordView(id="record")
        yield Static(id="notice", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        # Link colours would hide which filters are empty.
        self.query_one("#chips").auto_links = False
        self._table.rows_changed()
        self.show_state()
        self._shared.updates.subscribe(self, self._take_update)

    @property
    def _wide(self) -> bool:
        return self.size.width >= _WIDE

    # State coming down

    def _take_update(self, update: Update) -> None:
        if not isinstance(update, DownloadUpdate) or update.batch_id != self._batch_id:
            return
        if self._opened.file is not self._file:
            # The first bytes came, or the download had to start over with another file.
            self._file = self._opened.file
            self.hunt_again()
            self.new_basis()
        elif self._whole and self._view.order is not None and not self._view.sorted:
            self.sort_again()
        self._table.rows_changed()
        self.show_state()

    def show_state(self) -> None:
        self.query_one(StatusLine).show(self._heading(), self._gauge())
        self.query_one("#chips", Static).update(self._chips())
        self.show_lines()
        self._show_trouble()
        nothing = self._opened.rows == 0
        self.query_one("#body").display = not nothing
        notice = self.query_one("#notice", Static)
        notice.display = nothing
        if nothing:
            notice.update(self._nothing())
        self.set_class(self._reading, "-reading")
        self.query_one(KeyBar).refresh()

    def _heading(self) -> list[tuple[str, str]]:
        shown = fit_middle(plain(self._batch_id), max(14, self.size.width - 58))
        return [(" batch-tui", TONES["accent"]), ("  results ", "bold"), (shown, TONES["muted"])]

    def _gauge(self) -> list[tuple[str, str]]:
        progress = self._opened.progress
        amount = f"{self._rows_of_all()} · {size(progress.bytes)} "
        match progress.state:
            case "complete" if progress.verified:
                return [("✓ saved, complete", TONES["success"]), (f" · {amount}", TONES["muted"])]
            case "complete":
                return [("! saved, not verified", TONES["warning"]), (f" · {amount}", TONES["muted"])]
            case "failed" | "stopped":
                return [("! stopped", TONES["error"]), (f" · {amount}", TONES["muted"])]
            case "paused":
                return [("■ paused", TONES["warning"]), (f" · {amount}", TONES["muted"])]
            case "waiting":
                return [(amount, TONES["muted"]), ("· P fetches the rest ", TONES["running"])]
            case "starting":
                return [("… asking ", TONES["muted"])]
        speed = f"· {size(int(progress.bytes_per_second))}/s " if progress.bytes_per_second else ""
        return [("↓ ", TONES["running"]), (amount + speed, TONES["muted"])]

    def _rows_of_all(self) -> str:
        """The lines that came, and of how many where that is known and more are to come."""
        rows, batch = self._opened.rows, self._shared.catalog.get(self._batch_id)
        if self._opened.progress.state == "complete" or batch is None or rows >= batch.request_counts.total:
            return plural(rows, "row")
        return f"{number(rows)} of {number(batch.request_counts.total)} rows"

    def _chips(self) -> Content:
        """The filters with their counts; those that would show nothing leave when there is no room."""
        view = self._view
        amounts = view.counts()
        more = "" if self._opened.progress.state == "complete" else "+"
        labels = []
        for place, (name, chosen) in enumerate(CHIPS):
            amount = amounts.get(chosen, 0)
            style = "bold reverse" if place == view.chip else TONES["text" if amount else "faint"]
            click = Style.from_meta({"@click": f"screen.choose({place})"})
            text = f" {place + 1} {name} {number(amount)}{more if amount else ''} "
            labels.append((amount, Content.styled(text, style).stylize(click)))
        odd = [(name, amounts[name]) for name in ("unknown", "unreadable") if amounts.get(name)]
        labels += [(amount, Content.styled(f" {name} {number(amount)} ", TONES["warning"])) for name, amount in odd]
        if sum(label.cell_length for _, label in labels) >= self.size.width:
            labels = [one for place, one in enumerate(labels) if one[0] or place == view.chip]
        told = [Content.styled(f" {said} ", TONES["accent"]) for said in self._arrangement()]
        return Content.assemble(" ", *(label for _, label in labels), *told)

    def _arrangement(self) -> Iterator[Plain]:
        """The order and the marks, where there are any."""
        order, marks = self._view.order, len(self._table.marks)
        if order is not None:
            arrow = "…" if not self._view.sorted else "▼" if order.reverse else "▲"
            yield plain(f"{arrow} {order.name}")
        if marks:
            yield Plain(f"● {marks:,} marked")

    def _show_trouble(self) -> None:
        progress, line = self._opened.progress, self.query_one(TroubleLine)
        if progress.error is not None and progress.state in ("failed", "retrying"):
            again = "P tries again." if progress.state == "failed" else "Trying again."
            line.say(plain(f" ! {describe(progress.error, host=self._shared.host)} {again}"))
        else:
            line.say(None if progress.note is None else plain(f" ! {progress.note}"), "warning")

    def _nothing(self) -> Content:
        match self._opened.progress.state:
            case "failed" | "stopped":
                return Content.styled("No results arrived. P tries again.", "bold")
            case "complete":
                return Content.styled("The results file is empty.", "bold")
            case "paused":
                return Content.styled("The download is paused. P goes on.", "bold")
        return Content.styled("Asking for the results…", TONES["muted"])

    # The record beside the table

    @on(VirtualTable.CursorMoved)
    @on(RecordView.Rewrapped)
    def _ask_for_record(self) -> None:
        """Have the page of the record under the cursor laid out, unless it is on its way or hidden."""
        line, record = self._line, self._record
        if line is None:
            record.show(None)
            self._wish = ()
        elif self._reading or self._wide:
            wish = (self._file, line, record.page, record.cells)
            if wish != self._wish:
                self._wish = wish
                self.post_message(RecordRequested(self._batch_id, line, record.page, record.cells, self.post_message))

    @on(RecordLoaded)
    def _show_record(self, event: RecordLoaded) -> None:
        event.stop()
        if (event.file, event.line, event.page) == self._wish[:3]:
            self._record.show(event)

    @on(VirtualTable.Viewed)
    def _want_rows(self, event: VirtualTable.Viewed) -> None:
        source = self._table.source
        last = source.key(min(event.last, len(source) - 1)) if len(source) else TAIL
        self.post_message(RowsWanted(self._batch_id, self._opened.rows if last == TAIL else int(last)))

    @on(VirtualTable.EndAsked)
    def want_all(self) -> None:
        self.post_message(RowsWanted(self._batch_id, None))

    @on(VirtualTable.RowOpened)
    def _open_row(self, event: VirtualTable.RowOpened) -> None:
        if event.key == TAIL:
            self.action_toggle_download()
            return
        self._reading = True
        self.show_state()
        self._record.pane.focus()
        self._ask_for_record()

    def on_resize(self) -> None:
        self.show_state()
        self._ask_for_record()

    def show_rows(self) -> None:
        super().show_rows()
        pattern = None if self._view.search is None else self._view.search.condition
        pane = self._record.text_pane
        if pattern != pane.highlight:
            pane.highlight = pattern
            pane.scroll_to_match()
            pane.refresh()

    # Keys

    def action_open_record(self) -> None:
        self._table.open_row()

    def action_close_record(self) -> None:
        if self._reading and not self._wide:
            self._reading = False
            self.show_state()
            self._table.focus()
        elif not self._table.has_focus and self._opened.rows:
            self._table.focus()
        elif not self.clear_one_level():
            self.dismiss()

    def action_turn(self, step: int) -> None:
        self.action_choose_page(self._record.next_page(step))

    def action_choose_page(self, page: int) -> None:
        self._record.page = page
        self._ask_for_record()

    def action_wrap(self) -> None:
        record = self._record
        record.wraps = not record.wraps
        self.notify(
            "Long lines are wrapped." if record.wraps else "Long lines go on to the right.", markup=False, timeout=2
        )
        self._ask_for_record()

    def action_scroll_record(self, halves: int) -> None:
        self._record.pane.action_half_page(halves)

    def action_neighbour(self, step: int) -> None:
        self._table.action_move(step)

    def action_choose(self, place: int) -> None:
        if place != self._view.chip:
            # Whoever asks for one kind wants all of that kind.
            self.want_all()
            self._view.chip = place
            self.new_basis()

    def action_toggle_download(self) -> None:
        self.post_message(DownloadToggleRequested(self._batch_id))

    def action_summarise(self) -> None:
        self.post_message(SummaryRequested(self._batch_id))

    def action_seek_error(self, direction: int) -> None:
        """Move to the next row that is no answer, among the rows shown."""
        source = self._table.source
        row = source.next_without_answer(self._table.cursor_row, direction) if isinstance(source, ResultRows) else None
        if row is not None:
            self._table.move_to(row)
        elif direction > 0 and self._opened.progress.state != "complete":
            self.want_all()
            self.notify("No further failed row so far; fetching the rest.", markup=False, timeout=3)
        else:
            self.notify("No further failed row in this direction.", markup=False, timeout=3)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a line is typed, letters are letters."""
        return not (self.typing() and action in _LETTERS)

    def why_not(self, action: str) -> str | None:
        """Why an action is of no use now, or None."""
        if action == "toggle_download" and self._opened.progress.state == "complete":
            return "The results are saved already."
        return None
