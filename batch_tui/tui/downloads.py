"""The results that are open or arriving: one thread each, which reports to the app and touches nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from batch_tui.results.download import ResultsDownload

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.results.download import ResultsSource
    from batch_tui.results.download_control import DownloadProgress
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.store import ResultsStore


class DownloadReport(Message):
    """How the results of a batch stand, sent by the thread that fetches them; `file` is None until there is one."""

    def __init__(self, batch_id: str, file: ResultsFile | None, progress: DownloadProgress) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.file = file
        self.progress = progress

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, DownloadReport) and message.batch_id == self.batch_id


class Downloads:
    """Starts, steers and stops the downloads; each `fetch` runs in a thread of its own."""

    def __init__(
        self,
        store: ResultsStore,
        source: Callable[[], ResultsSource],
        report: Callable[[DownloadReport], object],
        *,
        read_ahead: int,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._store = store
        self._source = source
        self._report = report
        self._read_ahead = read_ahead
        self._sleep = sleep
        self._known: dict[str, ResultsDownload] = {}
        self._stopping = False

    def saved_ids(self) -> set[str]:
        """Ids of all batches whose results are stored whole; reads the directory. Raises ResultsStoreError."""
        return {stored.batch_id for stored in self._store.all_stored() if stored.problem is None}

    def fetch(self, batch_id: str, expected_total: int | None) -> None:
        """Open the results of a batch, from disk if they are there; blocks until they are whole, failed or stopped."""
        download = self._known.get(batch_id)
        if download is None:
            download = ResultsDownload(
                self._source(),
                batch_id,
                self._store,
                expected_total=expected_total,
                read_ahead=self._read_ahead,
                sleep=self._sleep,
                on_progress=lambda progress: self._forward(batch_id, progress),
            )
            self._known[batch_id] = download
        if not self._stopping:
            download.run()

    def want_row(self, batch_id: str, row: int | None) -> None:
        """Let reading run ahead of this row; None wants everything."""
        download = self._known.get(batch_id)
        if download is not None:
            if row is None:
                download.want_all()
            else:
                download.want_row(row)

    def toggle(self, batch_id: str, state: str) -> bool:
        """Pause or go on; true when the thread had ended and has to be started again."""
        download = self._known.get(batch_id)
        if download is None or state in ("failed", "stopped"):
            return True
        if state == "paused":
            download.resume()
        elif state == "waiting":
            download.want_all()
        else:
            download.pause()
        return False

    def stop_all(self) -> None:
        """End every thread soon; what arrived stays on disk."""
        self._stopping = True
        for download in self._known.values():
            download.stop()

    def _forward(self, batch_id: str, progress: DownloadProgress) -> None:
        self._report(DownloadReport(batch_id, self._known[batch_id].results, progress))
