"""The part of the app that adds results up once they are whole, for the page of their batch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message
from textual.worker import get_current_worker

from batch_tui.monitor.catalog import NO_CHANGES
from batch_tui.results.errors import ResultsStoreError
from batch_tui.tui.messages import MonitorUpdate
from batch_tui.tui.results_app import ResultsApp

if TYPE_CHECKING:
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.tui.downloads import DownloadReport
    from batch_tui.tui.results_digest import ResultsDigest


class DigestReady(Message):
    """Sent by the thread that added the results of a batch up."""

    def __init__(self, batch_id: str, digest: ResultsDigest) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.digest = digest


class DigestApp(ResultsApp):
    """Once for each batch: whole results do not change."""

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
