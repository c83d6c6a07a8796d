"""The part of the app that is about results: opening, fetching, reading, adding up and exporting them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import App
from textual.screen import ModalScreen
from textual.signal import Signal
from textual.worker import get_current_worker

from batch_tui.results.download_control import DownloadProgress
from batch_tui.results.errors import ExportExists
from batch_tui.tui import messages
from batch_tui.tui.context import OpenResults, SavedResults
from batch_tui.tui.downloads import DownloadReport, Downloads
from batch_tui.tui.messages import DownloadUpdate, Update
from batch_tui.tui.record_reader import RecordReader, Wish
from batch_tui.tui.results_work import Export, export, summarise
from batch_tui.tui.screens.dialogs import overwrite_dialog, why_no_results
from batch_tui.tui.screens.export import ExportDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.screens.summary import SummaryScreen
from batch_tui.tui.text import Plain, plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_tui.results.download import ResultsSource
    from batch_tui.results.row_selection import Filter
    from batch_tui.results.store import ResultsStore
    from batch_tui.tui.connection import Connection
    from batch_tui.tui.context import AppContext

_KEPT_OPEN = 4
"""Results files that stay open behind the list."""


class ResultsApp(App[str]):
    """Owns the threads that fetch and read results; `shared` and `connection` are set by the whole app."""

    shared: AppContext
    connection: Connection | None

    def __init__(
        self,
        store: ResultsStore,
        *,
        read_ahead: int,
        back_off: Callable[[float], None] | None,
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__()
        self.connection = None
        self._monotonic = monotonic
        self._records = RecordReader()
        self._downloads = Downloads(
            store, self._results_source, self.post_message, read_ahead=read_ahead, sleep=back_off
        )
        self._updates: Signal[Update] = Signal(self, "updates")

    @on(messages.ResultsRequested)
    def _open_results(self, event: messages.ResultsRequested) -> None:
        batch_id = event.batch_id
        batch = self.shared.catalog.get(batch_id)
        reason = why_no_results(batch, self.shared)
        if reason is not None:
            self.notify(reason, markup=False)
            return
        if isinstance(self.screen, ModalScreen | ResultsScreen):
            return
        results = self.shared.monitor.results
        opened = results.setdefault(batch_id, OpenResults(None, DownloadProgress("starting")))
        if opened.progress.state in ("starting", "failed", "stopped"):
            self._downloads.fetch(batch_id, self._total(batch_id))
        self.push_screen(ResultsScreen(self.shared, batch_id, opened), lambda _: self._close_results(batch_id))

    def _total(self, batch_id: str) -> int | None:
        batch = self.shared.catalog.get(batch_id)
        return None if batch is None else batch.request_counts.total

    def _close_results(self, batch_id: str) -> None:
        """Keep the last few files open, so that coming back is instant, and let the others go."""
        results = self.shared.monitor.results
        results[batch_id] = results.pop(batch_id)
        ended = [each for each, one in results.items() if one.progress.state in ("complete", "failed", "stopped")]
        for each in ended[:-_KEPT_OPEN]:
            del results[each]
            self._downloads.forget(each)

    def _results_source(self) -> ResultsSource:
        assert self.connection is not None  # a batch was listed, so there is a connection
        # A download has a back-off of its own, which can be stopped; one beneath could not.
        return self.connection.download_client.with_options(max_retries=0).messages.batches

    @on(DownloadReport)
    def _take_report(self, report: DownloadReport) -> None:
        monitor, batch_id = self.shared.monitor, report.batch_id
        opened = monitor.results.setdefault(batch_id, OpenResults(report.file, report.progress))
        opened.file, opened.progress = report.file, report.progress
        if report.progress.state == "complete" and report.file is not None:
            monitor.saved[batch_id] = SavedResults(report.file.path, report.progress.verified)
        self._updates.publish(DownloadUpdate(batch_id, report.progress))

    @on(messages.DownloadToggleRequested)
    def _toggle_download(self, event: messages.DownloadToggleRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is None or opened.progress.state == "complete":
            self.notify("The results are complete and saved on this machine.", markup=False)
        else:
            self._downloads.toggle(event.batch_id, self._total(event.batch_id))

    @on(messages.RowsWanted)
    def _want_rows(self, event: messages.RowsWanted) -> None:
        self._downloads.want_row(event.batch_id, event.row)

    @on(messages.RecordRequested)
    def _load_record(self, event: messages.RecordRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is not None and opened.file is not None:
            self._records.ask(Wish(opened.file, event.line, event.page, event.cells, event.reply))

    # Adding up

    @on(messages.SummaryRequested)
    def _add_up(self, event: messages.SummaryRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is None or opened.file is None or isinstance(self.screen, ModalScreen):
            return
        work = partial(self._summarise, event.batch_id, opened)
        self.run_worker(work, group="summary", thread=True, exclusive=True, exit_on_error=False, description="summary")

    def _summarise(self, batch_id: str, opened: OpenResults) -> None:
        assert opened.file is not None  # checked before the thread was started
        whole = opened.progress.state == "complete"
        note = "" if whole else f"Only the first {opened.rows:,} rows: the rest is still to come."
        worker = get_current_worker()
        page = summarise(opened.file, lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            self.post_message(messages.SummaryReady(batch_id, page, note))

    @on(messages.SummaryReady)
    def _show_summary(self, event: messages.SummaryReady) -> None:
        # Whoever went elsewhere meanwhile does not want it any more.
        if isinstance(self.screen, ResultsScreen):
            self.push_screen(SummaryScreen(event.batch_id, event.page, event.note))

    # Writing out

    @on(messages.ExportRequested)
    def _ask_where(self, event: messages.ExportRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is None or opened.file is None or isinstance(self.screen, ModalScreen):
            return
        if opened.progress.state != "complete":
            self._downloads.want_row(event.batch_id, None)
            self.notify("Fetching the rest first; press w again when it is complete.", markup=False)
            return
        amount = len(opened.file.rows(event.chosen))
        kind = "" if event.chosen is None else f"_{event.name}"
        suggestion = f"{plain(event.batch_id).replace('/', '_')}{kind}.jsonl"
        what = Plain(f"{amount:,} {'' if event.chosen is None else event.name + ' '}{'row' if amount == 1 else 'rows'}")
        self.push_screen(ExportDialog(what, suggestion), partial(self._export_to, event.batch_id, event.chosen))

    def _export_to(self, batch_id: str, chosen: Filter, path: Path | None, overwrite: bool = False) -> None:
        opened = self.shared.monitor.results.get(batch_id)
        if path is not None and opened is not None and opened.file is not None:
            work = partial(self._export, batch_id, Export(opened.file, chosen, path, overwrite))
            self.run_worker(work, group="export", thread=True, exit_on_error=False, description="export")

    def _export(self, batch_id: str, order: Export) -> None:
        worker = get_current_worker()
        try:
            said = export(order, lambda: worker.is_cancelled)
        except ExportExists:
            self.post_message(messages.OverwriteAsked(batch_id, order.chosen, order.path))
        else:
            self.post_message(messages.ExportDone(said))

    @on(messages.ExportDone)
    def _say_exported(self, event: messages.ExportDone) -> None:
        self.notify(event.sentence, markup=False, timeout=8)

    @on(messages.OverwriteAsked)
    def _ask_overwrite(self, event: messages.OverwriteAsked) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self._export_to(event.batch_id, event.chosen, event.path, overwrite=True)

        self.push_screen(overwrite_dialog(plain(str(event.path)), self._monotonic), answered)
