"""What screens ask for (messages going up) and what the app tells them (updates coming down the one signal)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from batch_tui.monitor.catalog import Changes
    from batch_tui.results.download_control import DownloadProgress
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.row_selection import Filter
    from batch_tui.tui.record_pages import RecordPages
    from batch_tui.tui.text import Plain
    from batch_tui.tui.wrapping import Row


class BatchIntent(Message):
    """A wish about one batch, named by its id whatever the list does meanwhile."""

    def __init__(self, batch_id: str) -> None:
        super().__init__()
        self.batch_id = batch_id


class DetailRequested(BatchIntent):
    """Show everything known of the batch."""


class ResultsRequested(BatchIntent):
    """Browse the results of the batch."""


class CancelRequested(BatchIntent):
    """Cancel the batch, after asking."""


class DeleteRequested(BatchIntent):
    """Delete the batch, after asking."""


class DownloadToggleRequested(BatchIntent):
    """Pause the download of the batch's results, or go on with it, or try again after it failed."""


class RowsWanted(BatchIntent):
    """The results are being looked at up to this row, so reading may run ahead of it."""

    def __init__(self, batch_id: str, row: int | None) -> None:
        super().__init__(batch_id)
        self.row = row
        """None wants all of them."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, RowsWanted) and message.batch_id == self.batch_id


class RecordRequested(BatchIntent):
    """Lay out one page of one record of the batch's results; answered with RecordLoaded."""

    def __init__(
        self, batch_id: str, line: int, page: int, cells: int, reply: Callable[[RecordLoaded], object]
    ) -> None:
        super().__init__(batch_id)
        self.line = line
        self.page = page
        self.cells = cells
        self.reply = reply
        """Called in another thread."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, RecordRequested)


class RecordLoaded(Message):
    """A page of a record is ready to be shown."""

    def __init__(self, file: ResultsFile, line: int, page: int, pages: RecordPages, rows: Sequence[Row]) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.page = page
        self.pages = pages
        self.rows = rows
        """The page, wrapped for the pane."""


class SummaryRequested(BatchIntent):
    """Add up the results of the batch and show the totals."""


class ExportRequested(BatchIntent):
    """Write rows of the batch's results to a file, after asking where."""

    def __init__(self, batch_id: str, chosen: Filter, name: str) -> None:
        super().__init__(batch_id)
        self.chosen = chosen
        """Which rows; None means all."""
        self.name = name
        """What these rows are called."""


class SummaryReady(Message):
    """The totals of a batch's results, as texts with tones."""

    def __init__(self, batch_id: str, page: Sequence[Row], note: str) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.page = page
        self.note = note
        """What limits them; empty when nothing does."""


class OverwriteAsked(Message):
    """There is a file already where rows were to be written."""

    def __init__(self, batch_id: str, chosen: Filter, path: Path) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.chosen = chosen
        self.path = path


class ExportDone(Message):
    """Rows were written."""

    def __init__(self, sentence: Plain) -> None:
        super().__init__()
        self.sentence = sentence


class OlderPageRequested(Message):
    """Load the page below the oldest batch known."""


@dataclass(frozen=True, slots=True)
class MonitorUpdate:
    """The catalog, the polling or a pending action moved."""

    changes: Changes


@dataclass(frozen=True, slots=True)
class DownloadUpdate:
    """A download of results moved."""

    batch_id: str
    progress: DownloadProgress


Update = MonitorUpdate | DownloadUpdate
