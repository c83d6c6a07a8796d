"""Taking things out of a results file: copies of a record, and rows written to a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding

from batch_tui.tui import mask
from batch_tui.tui.key_names import key_for
from batch_tui.tui.record_pages import PAGES
from batch_tui.tui.resubmit_messages import ResubmitRequested
from batch_tui.tui.result_rows import TAIL, ResultRows
from batch_tui.tui.results_messages import ExportRequested, FileWorkRequested, PagerRequested, RecordText, RowsToWrite
from batch_tui.tui.results_view import CHIPS
from batch_tui.tui.results_work import MOST_COPIED, record_text
from batch_tui.tui.screens.arrange_rows import ArrangeRowsScreen
from batch_tui.tui.screens.batch_actions import READ_ONLY, without_changes
from batch_tui.tui.screens.menu import Choice, MenuDialog
from batch_tui.tui.text import Plain, plain, size
from batch_tui.tui.widgets.record_view import RecordView

if TYPE_CHECKING:
    from textual.binding import ActiveBinding, BindingType

    from batch_tui.results.results_file import ResultsFile
    from batch_tui.tui.context import AppContext


class TakeOutScreen(ArrangeRowsScreen):
    """The keys that copy, hand over and export."""

    _shared: AppContext

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "export", "Export", id="results.export", tooltip="Write the rows shown to a file"),
        Binding(
            "R",
            "resubmit",
            "Resubmit failed",
            id="results.resubmit",
            tooltip="Send what failed of the marked, else shown rows again",
        ),
        Binding("y", "copy", "Copy", id="results.copy", tooltip="Copy or open the record in other forms"),
    ]

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """What may not be done is not offered, though its key says why."""
        return without_changes(super().active_bindings) if self._shared.read_only else super().active_bindings

    @property
    def _record(self) -> RecordView:
        return self.query_one(RecordView)

    @property
    def _line(self) -> int | None:
        key = self._table.cursor_key
        return None if key is None or key == TAIL else int(key)

    def action_export(self) -> None:
        """Marked rows first, then those shown, then all."""
        view, file, choices = self._view, self._view.file, []
        if self.refuses("export") or file is None:
            return
        marks = sorted(int(key) for key in self._table.marks)
        if marks:
            choices.append(RowsToWrite("marked", marks))
        shown = self._table.source
        if (view.narrowed or view.sorted) and isinstance(shown, ResultRows):
            choices.append(RowsToWrite(CHIPS[view.chip][0] if view.chip else "shown", tuple(shown.lines)))
        choices.append(RowsToWrite("", range(len(file)), everything=True))
        self.post_message(ExportRequested(self._batch_id, file, choices, view.columns))

    def action_resubmit(self) -> None:
        """What failed of the marked rows, or else of those shown; of the whole batch where nothing is left out."""
        marks = sorted(int(key) for key in self._table.marks)
        if self.refuses("resubmit"):
            return
        if marks:
            self.post_message(ResubmitRequested(self._batch_id, marks, "marked"))
        elif self._view.query is not None and self._view.query.looking:
            self.notify(
                f"Still looking for the rows of that query; press {key_for('results.resubmit', 'R')} again then.",
                timeout=4,
            )
        elif self._view.narrowed and isinstance(shown := self._table.source, ResultRows):
            self.post_message(ResubmitRequested(self._batch_id, tuple(shown.lines), "shown"))
        else:
            self.post_message(ResubmitRequested(self._batch_id))

    def why_not(self, action: str) -> str | None:
        """Why an action is of no use now, or None."""
        file = self._view.file
        if action == "resubmit" and self._shared.read_only:
            return READ_ONLY
        if action != "resubmit" or file is None or not self._whole:
            return super().why_not(action)
        counts = file.counts()
        if any(counts[kind] for kind in ("errored", "canceled", "expired") if kind in counts):
            return None
        return "No request of this batch failed: there is nothing to send again."

    def action_copy(self) -> None:
        if mask.is_on():
            self.notify(mask.shows_first("then it can be copied"), timeout=4)
            return
        if self.refuses("copy"):
            return
        file, line = self._view.file, self._line
        if file is None or line is None:
            self.notify("There is no record under the cursor.", timeout=3)
            return
        choices = [
            Choice("y", Plain("the answer's text"), "text"),
            Choice("j", Plain("the record as JSON"), "json"),
            Choice("i", Plain("the custom_id"), "custom_id"),
            Choice("p", Plain("open in $PAGER"), "PAGER"),
            Choice("e", Plain("open in $EDITOR"), "EDITOR"),
        ]
        if self._record.line == line and self._record.page_text:
            page = plain(f"the {PAGES[self._record.page].lower()} page as shown")
            choices.insert(0, Choice("c", page, "page"))
        self.app.push_screen(MenuDialog(Plain("Copy"), choices), partial(self._take_copy, file, line))

    def _take_copy(self, file: ResultsFile, line: int, what: str | None) -> None:
        if what == "page":
            self._copy(self._record.page_text, "page")
        elif what is not None:
            work = partial(record_text, line=line, what=what)
            self.post_message(FileWorkRequested(self._batch_id, file, "copy", work, self.post_message))

    @on(RecordText)
    def _take_text(self, event: RecordText) -> None:
        event.stop()
        if event.what == "PAGER":
            self.post_message(PagerRequested(event.text, "PAGER", ".json"))
        elif event.what == "EDITOR":
            self.post_message(PagerRequested(event.text, "EDITOR", ".json"))
        else:
            self._copy(event.text, event.what)

    def _copy(self, text: str, what: str) -> None:
        if len(text) > MOST_COPIED:
            copy = key_for("results.copy", "y")
            write = key_for("results.export", "w")
            self.notify(
                f"{size(len(text))} are too much for a terminal's clipboard: "
                f"{copy} p opens it in $PAGER, {write} writes a file.",
                severity="warning",
                timeout=6,
            )
            return
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied the {what.replace('json', 'JSON')}, {size(len(text))}.", timeout=2)
