"""The results that are open or arriving: a thread each, which reports to the app and touches nothing else."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.message import Message

from batch_tui.results.download_control import DownloadProgress
from batch_tui.results.errors import ResultsStoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from batch_tui.results.completeness import RequestCounts
    from batch_tui.results.download import ResultsDownload
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.results_source import ResultsSource, ResultsStream
    from batch_tui.results.store import ResultsStore, StoredResults


_CHUNK_SIZE = 524_288
"""Smaller than where nobody looks: it saves memory, and has keys wait less."""


class DownloadReport(Message):
    """How the results of a batch stand, sent by the thread that fetches them; `file` is None until there is one."""

    def __init__(self, batch_id: str, file: ResultsFile | None, progress: DownloadProgress) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.file = file
        self.progress = progress

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, DownloadReport) and message.batch_id == self.batch_id


class SavedDropped(Message):
    """Results that were dropped to make room, by batch id; or the sentence that says why no room could be made."""

    def __init__(self, batch_ids: Sequence[str], problem: str | None = None) -> None:
        super().__init__()
        self.batch_ids = batch_ids
        self.problem = problem


class _LateSource:
    """A source that is asked for only when something has to be fetched: what is stored opens without any."""

    def __init__(self, source: Callable[[], ResultsSource]) -> None:
        self._source = source

    def stream_results(
        self, message_batch_id: str, *, start: int = 0, chunk_size: int
    ) -> AbstractContextManager[ResultsStream]:
        return self._source().stream_results(message_batch_id, start=start, chunk_size=chunk_size)


class Downloads:
    """Starts, steers and stops the downloads. Every method is for the loop's thread."""

    def __init__(
        self,
        open_store: Callable[[], ResultsStore],
        source: Callable[[], ResultsSource],
        report: Callable[[DownloadReport], object],
        *,
        read_ahead: int,
        sleep: Callable[[float], None] | None = None,
        cache_limit: int = 0,
        dropped: Callable[[SavedDropped], object] | None = None,
    ) -> None:
        """`cache_limit` in bytes is what all stored results may take together, 0 for any amount."""
        self._open_store = open_store
        self._source = source
        self._report = report
        self._read_ahead = read_ahead
        self._sleep = sleep
        self._cache_limit = cache_limit
        self._ending = False
        self._dropped = dropped
        self._known: dict[str, ResultsDownload] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._paused: set[str] = set()

    @cached_property
    def store(self) -> ResultsStore:
        """Where the results are; touches no disk."""
        return self._open_store()

    def stored(self) -> dict[str, StoredResults]:
        """Whole results on this machine by batch id; reads the directory. Raises ResultsStoreError."""
        return {stored.batch_id: stored for stored in self.store.all_stored() if stored.problem is None}

    def stored_of(self, batch_id: str, *, through: bool = False) -> StoredResults | None:
        """Whole results of one batch; None also where nobody can tell. Looks at the disk, `through` at every byte."""
        try:
            stored = self.store.stored(batch_id)
            if through and stored is not None and stored.problem is None:
                stored = self._looked_through(stored)
        except ResultsStoreError:
            return None
        return stored if stored is not None and stored.problem is None else None

    def _looked_through(self, stored: StoredResults) -> StoredResults | None:
        from batch_tui.results.completeness import looked_through

        if stored.checksum is None:
            # There is nothing to hold it against.
            return stored
        file = self.store.open(stored.batch_id)
        return None if file is None else looked_through(self.store, stored, file, lambda: self._ending)

    def fetch(
        self,
        batch_id: str,
        expected: RequestCounts | int | None,
        batch: bytes | None = None,
        *,
        again: bool = False,
    ) -> None:
        """Open the results of a batch, from disk if they are there; does nothing while that is going on already."""
        running = self._threads.get(batch_id)
        if running is not None and running.is_alive():
            return
        download = self._known.get(batch_id)
        if download is None:
            from batch_tui.results.download import ResultsDownload

            download = ResultsDownload(
                _LateSource(self._source),
                batch_id,
                self.store,
                expected=expected,
                batch=batch,
                read_ahead=self._read_ahead,
                sleep=self._sleep,
                waits_for_others=True,
                chunk_size=_CHUNK_SIZE,
                on_progress=lambda progress: self._forward(batch_id, progress),
            )
            self._known[batch_id] = download
        if again:
            download.again()
        self._paused.discard(batch_id)
        download.resume()
        # A daemon: it may sit in a socket that says nothing, and quitting must not wait for that.
        thread = threading.Thread(target=self._run, args=(batch_id, download), name="results", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            error = ResultsStoreError("This machine has no further thread to give. Close something, then try again.")
            self._forward(batch_id, DownloadProgress("failed", error=error))
        else:
            self._threads[batch_id] = thread

    def fetch_again(self, batch_id: str, expected: RequestCounts | int | None, batch: bytes | None) -> None:
        """Fetch all of what is stored anew; until it is here, what is stored stays."""
        # Not the one that opened the copy: that one knows what was expected then.
        self.forget(batch_id)
        self.fetch(batch_id, expected, batch, again=True)
        self.want_row(batch_id, None)

    def want_row(self, batch_id: str, row: int | None) -> None:
        """Let reading run ahead of this row; None wants everything."""
        download = self._known.get(batch_id)
        if download is not None:
            if row is None:
                download.want_all()
            else:
                download.want_row(row)

    def untold(self, batch_id: str, shown: DownloadProgress) -> DownloadReport | None:
        """What is here beyond what is shown, if anything: before a line goes dead, more may come than is told of."""
        download = self._known.get(batch_id)
        progress, file = (None, None) if download is None else (download.progress, download.results)
        if progress is None or progress.state != "downloading" or file is None or file.index.fed <= shown.bytes:
            return None
        now = replace(progress, bytes=file.index.fed, rows=len(file), bytes_per_second=0.0)
        return DownloadReport(batch_id, file, now)

    def toggle(self, batch_id: str, expected: RequestCounts | int | None) -> None:
        """Pause what runs, go on with what is paused, try again what ended."""
        download, thread = self._known.get(batch_id), self._threads.get(batch_id)
        if download is None or thread is None or not thread.is_alive():
            self.fetch(batch_id, expected)
        elif download.progress.state == "checking":
            # All is here: there is nothing to pause.
            return
        elif batch_id in self._paused:
            self._paused.discard(batch_id)
            download.resume()
        elif download.progress.state == "waiting":
            download.want_all()
        else:
            self._paused.add(batch_id)
            download.pause()

    def forget(self, batch_id: str) -> None:
        """Let go of a download that has ended; its file closes with the last screen that shows it."""
        thread = self._threads.get(batch_id)
        if thread is None or not thread.is_alive():
            self._known.pop(batch_id, None)
            self._threads.pop(batch_id, None)

    def stop_all(self) -> None:
        """End every thread soon; what arrived stays on disk."""
        self._ending = True
        for download in self._known.values():
            download.stop()

    def _run(self, batch_id: str, download: ResultsDownload) -> None:
        try:
            # Before any line is read, and in this thread, as it takes some milliseconds to import.
            from batch_tui.results.large_blocks import give_back_large_blocks

            give_back_large_blocks()
            whole = download.run().state == "complete"
        except Exception as error:  # noqa: BLE001  (the thread would end and the screen wait for ever; run() tells what it expects)
            self._forward(batch_id, DownloadProgress("failed", error=error))
            return
        if whole and download.results is not None:
            # In a thread of its own: this one is waited for before the results can be fetched anew.
            note = (batch_id, download.results)
            thread = threading.Thread(target=self.store.remember_checksum, args=note, name="checksum", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # None can be had, so they wait.
                self.store.remember_checksum(*note)
        if whole and self._cache_limit:
            made = self._make_room()
            if self._dropped is not None:
                self._dropped(made)

    def _make_room(self) -> SavedDropped:
        """What came is whole, whether there is room or not."""
        from batch_tui.results.cache_limit import keep_within

        try:
            dropped = keep_within(self.store.all_in(self.store.directory.parent), self._cache_limit)
        except ResultsStoreError as error:
            return SavedDropped([], str(error))
        return SavedDropped([one.batch_id for one in dropped])

    def delete(self, batch_id: str) -> None:
        """Remove what is stored of a batch. Touches the disk; raises ResultsStoreError."""
        self.store.delete(batch_id)

    def set_pinned(self, batch_id: str, pinned: bool) -> None:
        """Keep these results whatever room they take, or not. Touches the disk; raises ResultsStoreError."""
        self.store.set_pinned(batch_id, pinned)

    def _forward(self, batch_id: str, progress: DownloadProgress) -> None:
        download = self._known.get(batch_id)
        self._report(DownloadReport(batch_id, None if download is None else download.results, progress))
