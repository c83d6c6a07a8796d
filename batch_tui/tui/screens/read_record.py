"""Reading one record of a results file: beside the table or alone, its tabs, and the prompt it answers beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding

from batch_tui.tui.input_messages import InputWanted, LinkInputRequested
from batch_tui.tui.key_names import key_for
from batch_tui.tui.long_text import REACHED
from batch_tui.tui.record_pages import REQUEST
from batch_tui.tui.results_messages import PageWish, RecordLoaded, RecordRequested
from batch_tui.tui.screens.take_out import TakeOutScreen
from batch_tui.tui.widgets.prompt_view import PromptView
from batch_tui.tui.widgets.record_view import RecordView
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.binding import BindingType

    from batch_tui.results.search import SearchPattern
    from batch_tui.tui.context import BatchInput
    from batch_tui.tui.messages import InputUpdate
    from batch_tui.tui.results_messages import Pane

WIDE = 120
"""Columns from which table and record stand side by side."""
_VAST = 150
"""Columns from which table, prompt and record do."""


class ReadRecordScreen(TakeOutScreen):
    """The keys that show a record, turn its tabs and set how it is laid out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close_record", "Back", id="record.close", tooltip="Close the record, then the results"),
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
            "Page",
            key_display="tab",
            id="record.next_tab",
            tooltip="Text, thinking, tools, raw JSON, usage, request",
        ),
        Binding("J", "neighbour(1)", "Next", show=False, id="record.next", tooltip="Next record, the pane stays open"),
        Binding(
            "K",
            "neighbour(-1)",
            "Previous",
            show=False,
            id="record.previous",
            tooltip="Previous record, the pane stays open",
        ),
        Binding(
            "right_curly_bracket",
            "part(1)",
            "Next part",
            key_display="}",
            show=False,
            id="record.next_part",
            tooltip="The next part of a long text",
        ),
        Binding(
            "left_curly_bracket",
            "part(-1)",
            "Previous part",
            key_display="{",
            show=False,
            id="record.previous_part",
            tooltip="The part of a long text before",
        ),
        Binding("z", "wrap", "Wrap", show=False, id="record.wrap", tooltip="Wrap long lines of the record, or not"),
        Binding(
            "M",
            "markdown",
            "Markdown",
            show=False,
            id="record.markdown",
            tooltip="Lay answers out as Markdown, or leave them plain",
        ),
        Binding(
            "b", "beside", "Prompt", show=False, id="record.prompt", tooltip="The prompt beside the answer, or not"
        ),
        Binding(
            "I",
            "link_input",
            "Link input",
            show=False,
            id="results.input",
            tooltip="Name the file the requests came from",
        ),
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

    def __init__(self) -> None:
        super().__init__()
        self._reading = False
        self._beside = False
        self._wishes: dict[Pane, tuple[object, ...]] = {}

    @property
    def _prompt(self) -> PromptView:
        return self.query_one(PromptView)

    @property
    def _alone(self) -> bool:
        """Whether there is no room for the table beside what is read."""
        return self._reading and self.size.width < (_VAST if self._beside else WIDE)

    @property
    def _shows_record(self) -> bool:
        """Whether there is a record on screen, beside the table or alone."""
        return self._reading or self.size.width >= WIDE

    @property
    def _input(self) -> BatchInput | None:
        return self._shared.monitor.inputs.get(self._batch_id)

    def show_panes(self) -> None:
        """Bring what stands beside what up to date."""
        self.set_class(self._alone, "-alone")
        self.set_class(self._beside, "-beside")

    def look_up_input(self) -> None:
        """Ask which input is linked to the batch."""
        self.post_message(InputWanted(self._batch_id))

    def take_input(self, update: InputUpdate) -> None:
        """The input was linked or read: what is shown of it is out of date."""
        if update.batch_id == self._batch_id:
            self._wishes.clear()
            self._beside = self._beside and self._input is not None
            self.ask_for_record()
            self.show_state()

    @on(VirtualTable.CursorMoved)
    @on(RecordView.Rewrapped)
    @on(PromptView.Rewrapped)
    def ask_for_record(self) -> None:
        """Have what is shown of the record under the cursor laid out, unless it is on its way or hidden."""
        line, record = self._line, self._record
        if line is None:
            record.show(None)
            self._prompt.show(None)
            self._wishes.clear()
        elif self._shows_record:
            begins, sought = record.begins_at(line), self._sought_in(line)
            self._ask(PageWish(line, record.page, record.cells, record.markdown, start=begins, sought=sought))
            if self._beside:
                self._ask(PageWish(line, REQUEST, self._prompt.cells, pane="prompt"))

    def _sought_in(self, line: int) -> SearchPattern | None:
        """What is searched for, where the record may be too long to be shown with all that was found in it."""
        file, search = self._view.file, self._view.search
        if file is None or search is None:
            return None
        start, stop = file.index.span(line)
        return search.condition if stop - start > REACHED else None

    def _ask(self, wish: PageWish) -> None:
        file = self._view.file
        if file is not None and (file, wish) != self._wishes.get(wish.pane):
            self._wishes[wish.pane] = (file, wish)
            self.post_message(RecordRequested(self._batch_id, file, wish, self.post_message))

    @on(RecordLoaded)
    def _show_record(self, event: RecordLoaded) -> None:
        event.stop()
        if (event.file, event.wish) == self._wishes.get(event.wish.pane):
            (self._prompt if event.wish.pane == "prompt" else self._record).show(event)

    def read_record(self) -> None:
        """Give the record the keys."""
        self._reading = True
        self.show_state()
        self._record.pane.focus()
        self.ask_for_record()

    def put_record_away(self) -> None:
        """Give the keys back to the table."""
        self._reading = self._beside = False
        self.set_focus(self._table)

    # Keys

    def action_open_record(self) -> None:
        if not self.refuses("open_record"):
            self._table.open_row()

    def action_close_record(self) -> None:
        if self._alone:
            self.put_record_away()
            self.show_state()
        elif not self._table.has_focus and self._view.file_rows:
            self._table.focus()
        elif not self.clear_one_level():
            self.dismiss()

    def why_not(self, action: str) -> str | None:
        """Why an action is of no use now, or None."""
        if action.startswith("turn") and self._view.file_rows and not self._shows_record:
            return f"No record is shown: {key_for('results.open', 'enter')} opens the one under the cursor."
        return super().why_not(action)

    def action_turn(self, step: int) -> None:
        if self.refuses("turn"):
            return
        self.action_choose_page(self._record.next_page(step))

    def action_choose_page(self, page: int) -> None:
        self._record.page = page
        self.ask_for_record()

    def action_next_hit(self, direction: int) -> None:
        before = self._table.cursor_key
        super().action_next_hit(direction)
        if self._table.cursor_key == before:
            # Nowhere else is what is searched for: whoever went on reading here comes back to it.
            self._record.forget_part()
            self._record.text_pane.scroll_to_match()
            self.ask_for_record()

    def action_part(self, step: int) -> None:
        if self._record.turn_part(step):
            self.ask_for_record()
        else:
            self._tell("All of it is shown." if step > 0 else "This is the beginning of it.")

    def action_wrap(self) -> None:
        record = self._record
        record.wraps = not record.wraps
        self._tell("Long lines are wrapped." if record.wraps else "Long lines go on to the right.")
        self.ask_for_record()

    def action_markdown(self) -> None:
        record = self._record
        record.markdown = not record.markdown
        self._tell("Answers are laid out as Markdown." if record.markdown else "Answers are shown as they are.")
        self.ask_for_record()

    def action_beside(self) -> None:
        if self._input is None:
            link = key_for("results.input", "I")
            self._tell(
                f"The input of this batch is not linked: {link} links the file its requests came from.",
                5,
            )
            return
        self._beside = not self._beside
        self._wishes.pop("prompt", None)
        if self._beside and not self._reading:
            self.read_record()
        else:
            self.show_state()
            self.ask_for_record()

    def action_link_input(self) -> None:
        self.post_message(LinkInputRequested(self._batch_id))

    def _tell(self, sentence: str, seconds: float = 2) -> None:
        self.notify(sentence, timeout=seconds)

    def action_scroll_record(self, halves: int) -> None:
        self._record.pane.action_half_page(halves)

    def action_neighbour(self, step: int) -> None:
        self._table.action_move(step)
