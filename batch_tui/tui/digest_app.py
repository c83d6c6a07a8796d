"""What the app finds out about whole results: what they add up to, and whether their copy is still what was stored."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message
from textual.screen import ModalScreen
from textual.worker import get_current_worker

from batch_tui.monitor.catalog import NO_CHANGES
from batch_tui.results.errors import ResultsStoreError
from batch_tui.tui import messages, results_messages
from batch_tui.tui.context import SavedResults
from batch_tui.tui.messages import DownloadUpdate, MonitorUpdate
from batch_tui.tui.results_app import ResultsApp, json_of
from batch_tui.tui.screens.dialogs import can_be_had_again, fetch_again_dialog

if TYPE_CHECKING:
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.tui.context import OpenResults
    from batch_tui.tui.downloads import DownloadReport
    from batch_tui.tui.results_digest import ResultsDigest


class DigestReady(Message):
    """Sent by the thread that added the results of a batch up."""

    def __init__(self, batch_id: str, digest: ResultsDigest) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.digest = digest


class DigestApp(ResultsApp):
    """Adds up once for each batch: whole results do not change."""

    def _note_report(self, report: DownloadReport) -> None:
        digests, file = self.shared.monitor.digests, report.file
        if report.progress.state != "complete" or file is None or report.batch_id in digests:
            return
        # None until it is there, so that the next report does not start another.
        digests[report.batch_id] = None
        work = partial(self._digest, report.batch_id, file)
        self.run_worker(work, group="digest", thread=True, exit_on_error=False, description="digest")

    def _digest(self, batch_id: str, file: ResultsFile) -> None:
        # With the other parts that only results need, not before the list stands.
        from batch_tui.tui.results_digest import digest_of

        worker = get_current_worker()
        try:
            digest = digest_of(file, self._own_prices, lambda: worker.is_cancelled)
        except ResultsStoreError:
            # Nobody asked for it; whoever opens the results is told what is wrong with them.
            return
        if not worker.is_cancelled:
            self.post_message(DigestReady(batch_id, digest))

    @on(DigestReady)
    def _take_digest(self, event: DigestReady) -> None:
        self.shared.monitor.digests[event.batch_id] = event.digest
        self._updates.publish(MonitorUpdate(NO_CHANGES))

    # Adding up for whoever asks

    @on(results_messages.SummaryRequested)
    def _add_up(self, event: results_messages.SummaryRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is None or opened.file is None or isinstance(self.screen, ModalScreen):
            return
        work = partial(self._summarise, event.batch_id, opened, narrowed=event.narrowed)
        self.run_worker(work, group="summary", thread=True, exclusive=True, exit_on_error=False, description="summary")

    def _summarise(self, batch_id: str, opened: OpenResults, *, narrowed: bool) -> None:
        from batch_tui.tui.results_work import summarise

        assert opened.file is not None  # checked before the thread was started
        whole = opened.progress.state == "complete"
        note = "" if whole else f"Only the first {opened.rows:,} rows: the rest is still to come. "
        if narrowed and whole:
            note = f"These are of all {opened.rows:,} rows, not only of those shown. "
        elif narrowed:
            note = f"{note}Those that are filtered out count too. "
        worker = get_current_worker()
        try:
            page, problem = summarise(opened.file, lambda: worker.is_cancelled, self._own_prices)
        except ResultsStoreError as error:
            self.post_message(results_messages.FileWorkFailed(str(error)))
            return
        if not worker.is_cancelled:
            self.post_message(results_messages.SummaryReady(batch_id, page, note + problem))

    @on(results_messages.SummaryReady)
    def _show_summary(self, event: results_messages.SummaryReady) -> None:
        from batch_tui.tui.screens.results import ResultsScreen
        from batch_tui.tui.screens.summary import SummaryScreen

        if isinstance(self.screen, ResultsScreen) and self.screen.batch_id == event.batch_id:
            self.push_screen(SummaryScreen(event.batch_id, event.page, event.note))

    # Whether the copy is what it was

    @on(messages.DownloadToggleRequested)
    def _toggle_download(self, event: messages.DownloadToggleRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is not None and opened.progress.state != "complete":
            self._downloads.toggle(event.batch_id, self.counts_of(event.batch_id))
        else:
            self._look_at_copy(event.batch_id, asked=True)

    def _look_at_copy(self, batch_id: str, *, asked: bool = False) -> None:
        opened = self.shared.monitor.results.get(batch_id)
        if opened is not None and opened.file is not None and opened.progress.state == "complete":
            work = partial(self._read_copy, batch_id, opened.file, asked=asked)
            self.run_worker(work, group="look at copy", thread=True, exit_on_error=False, description="look at copy")

    def _read_copy(self, batch_id: str, file: ResultsFile, *, asked: bool) -> None:
        try:
            stored = self._downloads.store.stored(batch_id)
        except ResultsStoreError as error:
            if asked:
                self.post_message(results_messages.FileWorkFailed(str(error)))
            return
        self.post_message(results_messages.CopyLooked(batch_id, file, stored, asked=asked))

    @on(results_messages.CopyLookRequested)
    def _want_look(self, event: results_messages.CopyLookRequested) -> None:
        self._look_at_copy(event.batch_id)

    @on(results_messages.CopyLooked)
    def _take_look(self, event: results_messages.CopyLooked) -> None:
        monitor, batch_id, stored = self.shared.monitor, event.batch_id, event.stored
        opened = monitor.results.get(batch_id)
        if opened is None or opened.file is not event.file or opened.progress.state != "complete":
            return
        from batch_tui.tui.copy_looks import note_change

        if note_change(opened, stored):
            if stored is None:
                monitor.saved.pop(batch_id, None)
            else:
                monitor.saved[batch_id] = SavedResults(stored.path, verified=False)
            self._updates.publish(DownloadUpdate(batch_id, opened.progress))
        if event.asked:
            self._fetch_anew_or_say(batch_id, opened)

    def _fetch_anew_or_say(self, batch_id: str, opened: OpenResults) -> None:
        batch = self.shared.catalog.get(batch_id)

        def fetch(yes: str | None) -> None:
            if yes and batch is not None:
                self._downloads.fetch_again(batch_id, self.counts_of(batch_id), json_of(batch))

        if not can_be_had_again(opened, batch, self.shared):
            said = "The results are complete and saved on this machine."
            if opened.deleted:
                said = "The copy on this machine was deleted."
            elif not opened.progress.verified:
                said = "The API has these results no more."
            self.notify(said)
        elif opened.gone:
            # There is no copy that could be lost.
            fetch("yes")
        elif not isinstance(self.screen, ModalScreen):
            self.push_screen(fetch_again_dialog(batch_id, self._monotonic), fetch)
