"""What results screens ask of the app, and what it answers: rows, records, finds, summaries, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from textual.message import Message

from batch_tui.tui.messages import BatchIntent

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Mapping, Sequence

    from batch_tui.results.frequencies import Frequency
    from batch_tui.results.json_path import JsonPath
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.row_order import SortKey
    from batch_tui.results.row_query import RowQuery
    from batch_tui.results.row_selection import FoundRows
    from batch_tui.results.search import SearchPattern
    from batch_tui.results.store import StoredResults
    from batch_tui.tui.json_tree import JsonTree
    from batch_tui.tui.record_pages import RecordPages
    from batch_tui.tui.results_work import Export
    from batch_tui.tui.row_finder import Purpose
    from batch_tui.tui.text import Plain
    from batch_tui.tui.wrapping import Row, Span


class RowsWanted(BatchIntent):
    """The results are being looked at up to this row, so reading may run ahead of it."""

    def __init__(self, batch_id: str, row: int | None) -> None:
        super().__init__(batch_id)
        self.row = row
        """None wants all of them."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, RowsWanted) and message.batch_id == self.batch_id


class CopyLookRequested(BatchIntent):
    """Look whether the copy on this machine still is what was stored."""


class CopyLooked(BatchIntent):
    """What is stored now, while `file` is open; `asked`: somebody wants to have it fetched anew."""

    def __init__(self, batch_id: str, file: ResultsFile, stored: StoredResults | None, *, asked: bool) -> None:
        super().__init__(batch_id)
        self.file = file
        self.stored = stored
        self.asked = asked


class RestRequested(BatchIntent):
    """Fetch what is missing of the results, also after the download was paused or ended before its time."""


Pane = Literal["record", "prompt"]
"""Which of the two panes of a record something is for; each gets the newest of what it asked for."""


class PageWish(msgspec.Struct, frozen=True):
    """One page of one record, for a pane that is so many cells wide."""

    line: int
    page: int
    cells: int
    """0 leaves lines as long as they are."""
    markdown: bool = True
    """Whether an answer is laid out as Markdown."""
    pane: Pane = "record"
    start: int | None = None
    """Where what is shown of a long page is to begin; None leaves it to what is sought."""
    sought: SearchPattern | None = None


class RecordRequested(BatchIntent):
    """Lay out one page of one record of the batch's results; answered with RecordLoaded."""

    def __init__(
        self, batch_id: str, file: ResultsFile, wish: PageWish, reply: Callable[[RecordLoaded], object]
    ) -> None:
        super().__init__(batch_id)
        self.file = file
        self.wish = wish
        self.reply = reply
        """Called in another thread."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, RecordRequested) and message.wish.pane == self.wish.pane


class RecordLoaded(Message):
    """A page of a record is ready to be shown."""

    def __init__(
        self,
        file: ResultsFile,
        wish: PageWish,
        pages: RecordPages,
        rows: Sequence[Row],
        spans: Mapping[int, Sequence[Span]],
        tree: JsonTree | None = None,
    ) -> None:
        super().__init__()
        self.file = file
        self.wish = wish
        self.pages = pages
        self.rows = rows
        """The page, laid out for the pane."""
        self.spans = spans
        """Parts of rows with tones of their own, by the places of the rows."""
        self.tree = tree
        """The page as a tree, where it is one."""

    @property
    def line(self) -> int:
        """The line number of the record."""
        return self.wish.line

    @property
    def page(self) -> int:
        """Which page it is, a position in PAGES."""
        return self.wish.page


class FindRequested(BatchIntent):
    """Look for rows that fulfil a condition, as a query or as a search; None ends what is looked for."""

    def __init__(
        self,
        batch_id: str,
        file: ResultsFile | None,
        purpose: Purpose,
        condition: RowQuery | SearchPattern | None,
        found: FoundRows,
        reply: Callable[[RowsFound], object],
    ) -> None:
        super().__init__(batch_id)
        self.file = file
        self.purpose = purpose
        self.condition = condition
        self.found = found
        self.reply = reply
        """Called in another thread."""


class RowsFound(Message):
    """A hunt for rows got further; `looking` while it goes on."""

    def __init__(self, purpose: Purpose, found: FoundRows, *, looking: bool, trouble: str | None = None) -> None:
        super().__init__()
        self.purpose = purpose
        self.found = found
        self.looking = looking
        self.trouble = trouble


class FileWorkRequested(BatchIntent):
    """Do something with a file of the batch's results that takes a while.

    `file` is the one that rows on screen are of: the app may have another by now. `work` is called in a thread,
    with the file and a function that tells when to stop; the message it gives, if any, goes to `reply`. A later
    request of the same `group` ends an earlier one.
    """

    def __init__(
        self,
        batch_id: str,
        file: ResultsFile,
        group: str,
        work: Callable[[ResultsFile, Callable[[], bool]], Message | None],
        reply: Callable[[Message], object],
    ) -> None:
        super().__init__(batch_id)
        self.file = file
        self.group = group
        self.work = work
        self.reply = reply


class FileWorkFailed(Message):
    """Work on a file came to nothing: the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class RowsSorted(Message):
    """Rows in an order that was asked for; `basis` is what was to be put in order."""

    def __init__(self, basis: object, rows: array[int], key: SortKey, *, reverse: bool) -> None:
        super().__init__()
        self.basis = basis
        self.rows = rows
        self.key = key
        self.reverse = reverse


class LineFound(Message):
    """Where the line `typed` as a number or a custom_id stands; None if it is not among the first `looked`."""

    def __init__(self, file: ResultsFile, typed: str, looked: int, line: int | None, sentence: Plain) -> None:
        super().__init__()
        self.file = file
        self.typed = typed
        self.looked = looked
        self.line = line
        self.sentence = sentence


class ValuesCounted(Message):
    """How often each value of a subject occurs; `whole`: in all rows there are, not in those that had come."""

    def __init__(self, subject: object, values: Sequence[Frequency], *, whole: bool) -> None:
        super().__init__()
        self.subject = subject
        self.values = values
        self.whole = whole


class RecordText(Message):
    """A record in the form that was asked for."""

    def __init__(self, text: str, what: str) -> None:
        super().__init__()
        self.text = text
        self.what = what


class PagerRequested(Message):
    """Show a text in the user's pager or editor, outside the app."""

    def __init__(self, text: str, program: Literal["PAGER", "EDITOR"], ending: str) -> None:
        super().__init__()
        self.text = text
        self.program = program
        self.ending = ending


class SummaryRequested(BatchIntent):
    """Add up the results of the batch and show the totals; `narrowed`: only some rows are shown."""

    def __init__(self, batch_id: str, *, narrowed: bool) -> None:
        super().__init__(batch_id)
        self.narrowed = narrowed


class ExportRequested(BatchIntent):
    """Write rows of a file of the batch's results to another, after asking where."""

    def __init__(
        self, batch_id: str, file: ResultsFile, choices: Sequence[RowsToWrite], columns: Sequence[JsonPath]
    ) -> None:
        super().__init__(batch_id)
        self.file = file
        self.choices = choices
        """Which rows it can be; the likeliest first."""
        self.columns = columns


class RowsToWrite(msgspec.Struct, frozen=True):
    """Rows that can be written: what they are called, which they are, and whether those are all."""

    name: str
    rows: Sequence[int]
    everything: bool = False


class SummaryReady(Message):
    """The totals of a batch's results: `page` gives texts with tones, as they may be shown when it is called."""

    def __init__(self, batch_id: str, page: Callable[[], Sequence[Row]], note: str) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.page = page
        self.note = note
        """What limits them; empty when nothing does."""


class OverwriteAsked(Message):
    """There is a file already where rows were to be written."""

    def __init__(self, order: Export) -> None:
        super().__init__()
        self.order = order


class ExportMoved(Message):
    """So many rows were written."""

    def __init__(self, written: int) -> None:
        super().__init__()
        self.written = written

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ExportMoved)


class ExportDone(Message):
    """The writing of rows has ended, well or not; `again` is the order that another place or a retry may help."""

    def __init__(self, sentence: Plain, *, well: bool = True, again: Export | None = None) -> None:
        super().__init__()
        self.sentence = sentence
        self.well = well
        self.again = again
