"""The part of the app that is about results: opening, fetching, reading, adding up and exporting them."""

from __future__ import annotations

import gc
import threading
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import anyio
from msgspec.structs import replace
from textual import on
from textual.screen import ModalScreen
from textual.signal import Signal
from textual.worker import get_current_worker

from batch_tui.monitor.catalog import NO_CHANGES
from batch_tui.results.download_control import DownloadProgress
from batch_tui.results.errors import ResultsStoreError
from batch_tui.tui import messages, results_messages
from batch_tui.tui.context import OpenResults, SavedResults
from batch_tui.tui.downloads import DownloadReport, Downloads, SavedDropped
from batch_tui.tui.export_app import ExportApp
from batch_tui.tui.messages import DownloadUpdate, MonitorUpdate, Update
from batch_tui.tui.screens.dialogs import delete_copy_dialog, why_no_results
from batch_tui.tui.text import plain, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual.message import Message
    from textual.screen import Screen
    from textual.worker import WorkType

    from batch_tui.api.models import MessageBatch
    from batch_tui.results.completeness import RequestCounts
    from batch_tui.results.results_source import ResultsSource
    from batch_tui.results.store import ResultsStore, StoredResults
    from batch_tui.submission.linked_input import LinkedInputs
    from batch_tui.tui.connection import Connection
    from batch_tui.tui.record_reader import RecordReader
    from batch_tui.tui.row_finder import RowFinder

_KEPT_OPEN = 4
"""Results files that stay open behind the list."""
_QUIET = 0.25
"""Seconds without a word from a download after which it is looked at unasked."""


class ResultsApp(ExportApp):
    """Owns the threads that fetch and read results; `shared` and `connection` are set by the whole app."""

    connection: Connection | None

    def __init__(
        self,
        open_store: Callable[[], ResultsStore],
        *,
        read_ahead: int,
        cache_limit: int,
        back_off: Callable[[float], None] | None,
        monotonic: Callable[[], float],
        own_prices: Path | None = None,
    ) -> None:
        super().__init__()
        self.connection = None
        self._monotonic = monotonic
        self._own_prices = own_prices
        self._downloads = Downloads(
            open_store,
            self._results_source,
            self.post_message,
            read_ahead=read_ahead,
            sleep=back_off,
            cache_limit=cache_limit,
            dropped=self.post_message,
        )
        # One at a time, so that what was read before a change is never told after it.
        self._saved_turn = threading.Lock()
        self._updates: Signal[Update] = Signal(self, "updates")

    # What only results need is imported when they are looked at, or once the list stands: it is half of the start.

    def preload(self) -> None:
        """Import what the list does not need, so that the first screen of each kind opens at once."""
        import batch_tui.results.download
        import batch_tui.tui.batch_copies
        import batch_tui.tui.results_work
        import batch_tui.tui.screens.activity
        import batch_tui.tui.screens.batch_detail
        import batch_tui.tui.screens.bulk
        import batch_tui.tui.screens.help
        import batch_tui.tui.screens.menu
        import batch_tui.tui.screens.name_batch
        import batch_tui.tui.screens.progress
        import batch_tui.tui.screens.prompt
        import batch_tui.tui.screens.resubmit_dialogs
        import batch_tui.tui.screens.results
        import batch_tui.tui.screens.saved
        import batch_tui.tui.screens.summary  # noqa: F401  (only to be loaded: others import it later)

        if not self.is_headless:
            # Schemas leave garbage in circles when they are made, and nothing was collected since the start.
            # Not in tests: they have all that hundreds of others left to look through.
            gc.collect()

    @cached_property
    def _inputs(self) -> LinkedInputs:
        from batch_tui.submission.linked_input import LinkedInputs

        return LinkedInputs(self._downloads.store.directory / "inputs")

    @cached_property
    def _records(self) -> RecordReader:
        from batch_tui.tui.record_reader import RecordReader

        return RecordReader()

    @cached_property
    def _finder(self) -> RowFinder:
        from batch_tui.tui.row_finder import RowFinder

        return RowFinder(self._monotonic)

    async def on_unmount(self) -> None:
        # Their threads would hold this app, and all it shows, for as long as the process lives.
        if "_finder" in vars(self):
            self._finder.stop()
        if "_records" in vars(self):
            self._records.forget()

    @on(messages.ResultsRequested)
    def _open_results(self, event: messages.ResultsRequested) -> None:
        batch_id = event.batch_id
        batch = self.shared.catalog.get(batch_id)
        reason = why_no_results(batch, self.shared, saved=batch_id in self.shared.monitor.saved)
        if reason is not None:
            self.notify(reason)
            return
        from batch_tui.tui.screens.results import ResultsScreen

        if isinstance(self.screen, ModalScreen | ResultsScreen):
            return
        results = self.shared.monitor.results
        opened = results.setdefault(batch_id, OpenResults(None, DownloadProgress("starting")))
        if opened.progress.state in ("starting", "failed", "stopped"):
            self.fetch_results(batch_id)
        self.push_screen(ResultsScreen(self.shared, batch_id, opened), lambda _: self._close_results(batch_id))

    def fetch_results(self, batch_id: str) -> None:
        """Receive the results of a batch, or open them where they are on disk."""
        batch = self.shared.catalog.get(batch_id)
        self._downloads.fetch(batch_id, self.counts_of(batch_id), None if batch is None else json_of(batch))

    def counts_of(self, batch_id: str) -> RequestCounts | None:
        """How many requests of a batch came to which end, where that is known."""
        batch = self.shared.catalog.get(batch_id)
        return None if batch is None or "request_counts" in batch.unread else batch.request_counts

    def _close_results(self, batch_id: str) -> None:
        """Keep the last few files open, so that coming back is instant, and let the others go."""
        self._finder.stop()
        self._records.forget()
        results = self.shared.monitor.results
        opened = results.pop(batch_id, None)
        if opened is not None and not opened.deleted:
            results[batch_id] = opened
        ended = [each for each, one in results.items() if one.progress.state in ("complete", "failed", "stopped")]
        for each in ended[:-_KEPT_OPEN]:
            del results[each]
            self._downloads.forget(each)
        self.look_for_parts()

    def _results_source(self) -> ResultsSource:
        if self.connection is None:
            raise ResultsStoreError("These results are not on this machine, and there is no connection to fetch them.")
        # A download has a back-off of its own, which can be stopped; one beneath could not.
        return self.connection.download_client.with_options(max_retries=0).messages.batches

    @on(DownloadReport)
    def _take_report(self, report: DownloadReport) -> None:
        monitor, batch_id = self.shared.monitor, report.batch_id
        opened = monitor.results.setdefault(batch_id, OpenResults(report.file, report.progress))
        if opened.file is not None and opened.file is not report.file:
            self._forget_what_was_found(batch_id, opened)
        opened.file, opened.progress, opened.silence = report.file, report.progress, 0
        if report.progress.state == "complete" and report.file is not None:
            monitor.saved[batch_id] = SavedResults(report.file.path, report.progress.verified)
            self.compare_input(batch_id)
        self._finder.wake()
        self._updates.publish(DownloadUpdate(batch_id, report.progress))
        self._note_report(report)
        if report.progress.state == "downloading":
            self._look_after(batch_id, report.progress, self._monotonic())

    def _look_after(self, batch_id: str, shown: DownloadProgress, since: float) -> None:
        self.set_timer(_QUIET, partial(self._take_silence, batch_id, shown, since))

    def _take_silence(self, batch_id: str, shown: DownloadProgress, since: float) -> None:
        """Show what came after the last word of a download, or how long nothing did, where it has been quiet since."""
        opened = self.shared.monitor.results.get(batch_id)
        if opened is None or opened.progress is not shown:
            return
        # Taken at once: whatever it says next comes after it.
        report = self._downloads.untold(batch_id, shown)
        if report is not None:
            self._take_report(report)
            return
        silence = int(self._monotonic() - since)
        if silence != opened.silence:
            opened.silence = silence
            self._updates.publish(DownloadUpdate(batch_id, shown))
        self._look_after(batch_id, shown, since)

    def _forget_what_was_found(self, batch_id: str, opened: OpenResults) -> None:
        """Another file takes the place of the one that all this was found out of."""
        monitor = self.shared.monitor
        opened.changed, opened.gone, opened.deleted = None, False, False
        monitor.digests.pop(batch_id, None)
        known = monitor.inputs.get(batch_id)
        if known is not None:
            monitor.inputs[batch_id] = replace(known, match=None)

    def _note_report(self, report: DownloadReport) -> None:
        """For whoever waits for results without looking at them."""

    @on(SavedDropped)
    def _note_dropped(self, event: SavedDropped) -> None:
        if event.problem is not None:
            self.notify(plain(f"No room was made. {event.problem}"), severity="warning", timeout=15)
        if not event.batch_ids:
            return
        for batch_id in event.batch_ids:
            self.shared.monitor.saved.pop(batch_id, None)
        said = plural(len(event.batch_ids), "stored results file")
        self.notify(f"Dropped the {said} not opened for longest, to make room.", timeout=8)

    # Saved results

    def look_for_parts(self) -> None:
        """Find out of which batches a part of the results is here."""
        work: WorkType[None] = self._read_parts
        self.run_worker(work, group="parts", exclusive=True, exit_on_error=False)

    async def _read_parts(self) -> None:
        try:
            self.shared.monitor.parts = await anyio.to_thread.run_sync(self._downloads.store.parts)
        except ResultsStoreError:
            # Nobody asked for it; whoever opens results is told what is wrong with the disk.
            return
        self._updates.publish(MonitorUpdate(NO_CHANGES))

    async def look_for_copies(self, batch_ids: Sequence[str], *, through: bool = False) -> None:
        """Look on the disk which of these copies are still there, as they were; `through` reads all of them."""

        def look() -> dict[str, StoredResults | None]:
            return {each: self._downloads.stored_of(each, through=through) for each in batch_ids}

        for batch_id, stored in (await anyio.to_thread.run_sync(look)).items():
            if stored is None:
                self.shared.monitor.saved.pop(batch_id, None)
            else:
                self.shared.monitor.saved[batch_id] = SavedResults(stored.path, stored.verified)

    @on(messages.SavedListRequested)
    def _list_saved(self, event: messages.SavedListRequested) -> None:
        work = partial(self._read_saved, self.screen if event.opens else None)
        self.run_worker(work, group="saved", thread=True, exclusive=True, exit_on_error=False, description="saved")

    def _read_saved(self, over: Screen[Any] | None) -> None:
        with self._saved_turn:
            self.post_message(messages.SavedListed(list(self._downloads.stored().values()), over))

    @on(messages.SavedListed)
    def _show_saved(self, event: messages.SavedListed) -> None:
        from batch_tui.tui.screens.saved import SavedScreen

        monitor = self.shared.monitor
        monitor.saved.clear()
        monitor.saved |= {one.batch_id: SavedResults(one.path, one.verified) for one in event.stored}
        self.look_for_parts()
        if isinstance(self.screen, SavedScreen):
            self.screen.show(event.stored)
        elif event.over is self.screen:
            # Whoever went elsewhere meanwhile does not want it any more.
            self.push_screen(SavedScreen(self.shared, event.stored))

    @on(messages.SavedDeleteRequested)
    def _ask_delete_saved(self, event: messages.SavedDeleteRequested) -> None:
        def answered(yes: str | None) -> None:
            if yes:
                self.delete_copy(event.batch_id)

        self.push_screen(delete_copy_dialog(event.batch_id, event.listed, self._monotonic), answered)

    @on(messages.SavedPinRequested)
    def _pin(self, event: messages.SavedPinRequested) -> None:
        self._change_saved(partial(self._downloads.set_pinned, event.batch_id, event.pinned))

    def delete_copy(self, batch_id: str) -> None:
        """Delete what is stored of a batch on this machine."""
        self._let_go_of(batch_id)
        self.shared.monitor.saved.pop(batch_id, None)
        gone = self.shared.catalog.get(batch_id) is None

        def delete() -> None:
            self._downloads.delete(batch_id)
            if gone:
                # Nobody can come back to it: the input itself stays, only the link goes.
                self._inputs.unlink(batch_id)

        self._change_saved(delete)

    def _let_go_of(self, batch_id: str) -> None:
        """Its file is about to be deleted; whoever looks at it keeps it until they leave, and is told."""
        from batch_tui.tui.screens.results import ResultsScreen

        results = self.shared.monitor.results
        opened = results.get(batch_id)
        if any(isinstance(one, ResultsScreen) and one.batch_id == batch_id for one in self.screen_stack) and opened:
            opened.deleted = True
            self._updates.publish(DownloadUpdate(batch_id, opened.progress))
        else:
            results.pop(batch_id, None)
        self._downloads.forget(batch_id)

    def _change_saved(self, change: Callable[[], None]) -> None:
        def work() -> None:
            with self._saved_turn:
                try:
                    change()
                finally:
                    self.post_message(messages.SavedListed(list(self._downloads.stored().values())))

        # A group of its own: a look at the list, which is exclusive, would cancel what has not begun yet.
        self.run_worker(work, group="change saved", thread=True, exit_on_error=False)

    @on(results_messages.RowsWanted)
    def _want_rows(self, event: results_messages.RowsWanted) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if event.row is None and opened is not None and opened.progress.state == "paused":
            # Who asks for everything takes back that nothing was to be fetched.
            self._downloads.toggle(event.batch_id, self.counts_of(event.batch_id))
        self._downloads.want_row(event.batch_id, event.row)

    @on(results_messages.RecordRequested)
    def _load_record(self, event: results_messages.RecordRequested) -> None:
        from batch_tui.tui.record_reader import Wish

        known = self.shared.monitor.inputs.get(event.batch_id)
        linked = None if known is None else known.linked
        self._records.ask(Wish(event.file, event.wish, linked, event.reply))

    # Finding

    @on(results_messages.FindRequested)
    def _find(self, event: results_messages.FindRequested) -> None:
        if event.condition is None or event.file is None:
            self._finder.stop(event.purpose)
        else:
            from batch_tui.tui.row_finder import Hunt

            self._finder.start(Hunt(event.purpose, event.file, event.condition, event.found, event.reply))

    @on(results_messages.FileWorkRequested)
    def _work_on_file(self, event: results_messages.FileWorkRequested) -> None:
        self.run_worker(
            partial(self._do_work, event),
            group=event.group,
            thread=True,
            exclusive=True,
            exit_on_error=False,
            description=event.group,
        )

    @staticmethod
    def _do_work(event: results_messages.FileWorkRequested) -> None:
        worker = get_current_worker()
        try:
            said: Message | None = event.work(event.file, lambda: worker.is_cancelled)
        except ResultsStoreError as error:
            said = results_messages.FileWorkFailed(str(error))
        if said is not None and not worker.is_cancelled:
            event.reply(said)

    @on(results_messages.FileWorkFailed)
    def _say_failed(self, event: results_messages.FileWorkFailed) -> None:
        self.notify(plain(event.sentence), severity="error", timeout=8)


def json_of(batch: MessageBatch) -> bytes:
    """A batch as it is remembered beside its results."""
    from batch_tui.api.salvage import as_read

    return as_read(batch)
