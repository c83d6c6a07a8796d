"""The part of the app that is about results: opening, fetching, reading, adding up and exporting them."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual import on
from textual.screen import ModalScreen
from textual.signal import Signal
from textual.worker import get_current_worker

from batch_tui.results.download_control import DownloadProgress
from batch_tui.results.errors import ExportExists, ExportStopped, ResultsStoreError
from batch_tui.submission.linked_input import LinkedInputs
from batch_tui.tui import messages
from batch_tui.tui.context import OpenResults, SavedResults
from batch_tui.tui.downloads import DownloadReport, Downloads, SavedDropped
from batch_tui.tui.inputs_app import InputsApp
from batch_tui.tui.messages import DownloadUpdate, Update
from batch_tui.tui.outside import OutsideError, show_outside
from batch_tui.tui.record_reader import RecordReader, Wish
from batch_tui.tui.results_work import FORMATS, Export, export, summarise
from batch_tui.tui.row_finder import Hunt, RowFinder
from batch_tui.tui.screens.dialogs import delete_copy_dialog, overwrite_dialog, why_no_results
from batch_tui.tui.screens.menu import Choice, MenuDialog
from batch_tui.tui.screens.progress import ProgressDialog
from batch_tui.tui.screens.prompt import PromptDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.screens.saved import SavedScreen
from batch_tui.tui.screens.summary import SummaryScreen
from batch_tui.tui.text import Plain, join, plain, plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.api.models import MessageBatch
    from batch_tui.results.download import ResultsSource
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.store import ResultsStore
    from batch_tui.tui.connection import Connection

_ROWS_WORTH_A_BAR = 5_000
"""Rows from which writing them takes long enough to be shown."""
_KEPT_OPEN = 4
"""Results files that stay open behind the list."""


class ResultsApp(InputsApp):
    """Owns the threads that fetch and read results; `shared` and `connection` are set by the whole app."""

    connection: Connection | None

    def __init__(
        self,
        store: ResultsStore,
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
        self._inputs = LinkedInputs(store.directory / "inputs")
        self._records = RecordReader()
        self._finder = RowFinder(monotonic)
        self._downloads = Downloads(
            store,
            self._results_source,
            self.post_message,
            read_ahead=read_ahead,
            sleep=back_off,
            cache_limit=cache_limit,
            dropped=self.post_message,
        )
        self._updates: Signal[Update] = Signal(self, "updates")

    @on(messages.ResultsRequested)
    def _open_results(self, event: messages.ResultsRequested) -> None:
        batch_id = event.batch_id
        batch = self.shared.catalog.get(batch_id)
        reason = why_no_results(batch, self.shared, saved=batch_id in self.shared.monitor.saved)
        if reason is not None:
            self.notify(reason, markup=False)
            return
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
        self._downloads.fetch(batch_id, self._total(batch_id), None if batch is None else _json_of(batch))

    def _total(self, batch_id: str) -> int | None:
        batch = self.shared.catalog.get(batch_id)
        return None if batch is None else batch.request_counts.total

    def _close_results(self, batch_id: str) -> None:
        """Keep the last few files open, so that coming back is instant, and let the others go."""
        self._finder.stop()
        results = self.shared.monitor.results
        results[batch_id] = results.pop(batch_id)
        ended = [each for each, one in results.items() if one.progress.state in ("complete", "failed", "stopped")]
        for each in ended[:-_KEPT_OPEN]:
            del results[each]
            self._downloads.forget(each)

    def _results_source(self) -> ResultsSource:
        if self.connection is None:
            raise ResultsStoreError("These results are not on this machine, and there is no connection to fetch them.")
        # A download has a back-off of its own, which can be stopped; one beneath could not.
        return self.connection.download_client.with_options(max_retries=0).messages.batches

    @on(DownloadReport)
    def _take_report(self, report: DownloadReport) -> None:
        monitor, batch_id = self.shared.monitor, report.batch_id
        opened = monitor.results.setdefault(batch_id, OpenResults(report.file, report.progress))
        opened.file, opened.progress = report.file, report.progress
        if report.progress.state == "complete" and report.file is not None:
            monitor.saved[batch_id] = SavedResults(report.file.path, report.progress.verified)
            self.compare_input(batch_id)
        self._finder.wake()
        self._updates.publish(DownloadUpdate(batch_id, report.progress))
        self._note_report(report)

    def _note_report(self, report: DownloadReport) -> None:
        """For whoever waits for results without looking at them."""

    @on(SavedDropped)
    def _note_dropped(self, event: SavedDropped) -> None:
        for batch_id in event.batch_ids:
            self.shared.monitor.saved.pop(batch_id, None)
        said = plural(len(event.batch_ids), "stored results file")
        self.notify(f"Dropped the {said} not opened for longest, to make room.", markup=False, timeout=8)

    # Saved results

    @on(messages.SavedListRequested)
    def _list_saved(self) -> None:
        self.run_worker(self._read_saved, group="saved", thread=True, exclusive=True, exit_on_error=False)

    def _read_saved(self) -> None:
        self.post_message(messages.SavedListed(list(self._downloads.stored().values())))

    @on(messages.SavedListed)
    def _show_saved(self, event: messages.SavedListed) -> None:
        monitor = self.shared.monitor
        monitor.saved.clear()
        monitor.saved |= {one.batch_id: SavedResults(one.path, one.verified) for one in event.stored}
        if isinstance(self.screen, SavedScreen):
            self.screen.show(event.stored)
        elif event.opens and not isinstance(self.screen, ModalScreen):
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
        self.shared.monitor.results.pop(batch_id, None)
        self.shared.monitor.saved.pop(batch_id, None)
        self._downloads.forget(batch_id)
        gone = self.shared.catalog.get(batch_id) is None

        def delete() -> None:
            self._downloads.delete(batch_id)
            if gone:
                # Nobody can come back to it: the input itself stays, only the link goes.
                self._inputs.unlink(batch_id)

        self._change_saved(delete)

    def _change_saved(self, change: Callable[[], None]) -> None:
        def work() -> None:
            change()
            self.post_message(messages.SavedListed(list(self._downloads.stored().values()), opens=False))

        self.run_worker(work, group="saved", thread=True, exit_on_error=False)

    @on(messages.DownloadToggleRequested)
    def _toggle_download(self, event: messages.DownloadToggleRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is None or opened.progress.state == "complete":
            self.notify("The results are complete and saved on this machine.", markup=False)
        else:
            self._downloads.toggle(event.batch_id, self._total(event.batch_id))

    @on(messages.RowsWanted)
    def _want_rows(self, event: messages.RowsWanted) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if event.row is None and opened is not None and opened.progress.state == "paused":
            # Who asks for everything takes back that nothing was to be fetched.
            self._downloads.toggle(event.batch_id, self._total(event.batch_id))
        self._downloads.want_row(event.batch_id, event.row)

    @on(messages.RecordRequested)
    def _load_record(self, event: messages.RecordRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is not None and opened.file is not None:
            known = self.shared.monitor.inputs.get(event.batch_id)
            linked = None if known is None else known.linked
            self._records.ask(Wish(opened.file, event.wish, linked, event.reply))

    # Finding

    @on(messages.FindRequested)
    def _find(self, event: messages.FindRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if event.condition is None or opened is None or opened.file is None:
            self._finder.stop(event.purpose)
        else:
            self._finder.start(Hunt(event.purpose, opened.file, event.condition, event.found, event.reply))

    @on(messages.FileWorkRequested)
    def _work_on_file(self, event: messages.FileWorkRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is not None and opened.file is not None:
            work = partial(self._do_work, event, opened.file)
            self.run_worker(
                work, group=event.group, thread=True, exclusive=True, exit_on_error=False, description=event.group
            )

    @staticmethod
    def _do_work(event: messages.FileWorkRequested, file: ResultsFile) -> None:
        worker = get_current_worker()
        said = event.work(file, lambda: worker.is_cancelled)
        if said is not None and not worker.is_cancelled:
            event.reply(said)

    @on(messages.PagerRequested)
    def _open_pager(self, event: messages.PagerRequested) -> None:
        try:
            # The terminal is the program's until it ends, so there is nothing to keep alive meanwhile.
            show_outside(self, event.text, event.program, event.ending, os.environ)
        except OutsideError as error:
            self.notify(plain(str(error)), markup=False, severity="error", timeout=8)

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
        note = "" if whole else f"Only the first {opened.rows:,} rows: the rest is still to come. "
        worker = get_current_worker()
        page, problem = summarise(opened.file, lambda: worker.is_cancelled, self._own_prices)
        if not worker.is_cancelled:
            self.post_message(messages.SummaryReady(batch_id, page, note + problem))

    @on(messages.SummaryReady)
    def _show_summary(self, event: messages.SummaryReady) -> None:
        # Whoever went elsewhere meanwhile does not want it any more.
        if isinstance(self.screen, ResultsScreen):
            self.push_screen(SummaryScreen(event.batch_id, event.page, event.note))

    # Writing out

    @on(messages.ExportRequested)
    def _ask_what(self, event: messages.ExportRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is None or opened.file is None or isinstance(self.screen, ModalScreen):
            return
        if opened.progress.state != "complete":
            if opened.progress.state in ("failed", "stopped", "paused"):
                self._downloads.toggle(event.batch_id, self._total(event.batch_id))
            self._downloads.want_row(event.batch_id, None)
            self.notify("Fetching the rest first; press w again when it is complete.", markup=False)
            return
        if len(event.choices) == 1:
            self._ask_where(event, opened.file, "0")
            return
        choices = [
            Choice(key, _called(one), str(place))
            for place, (key, one) in enumerate(zip("123", event.choices, strict=False))
        ]
        menu = MenuDialog(Plain("Write to a file"), choices)
        self.push_screen(menu, partial(self._ask_where, event, opened.file))

    def _ask_where(self, event: messages.ExportRequested, file: ResultsFile, place: str | None) -> None:
        if place is None:
            return
        chosen = event.choices[int(place)]
        kind = "" if chosen.everything else f"_{chosen.name}"
        suggestion = Path(f"{plain(event.batch_id).replace('/', '_')}{kind}.jsonl")
        self._ask_path(Export(file, chosen.rows, _called(chosen), suggestion, event.columns))

    def _ask_path(self, order: Export, problem: str | None = None) -> None:
        hint = Plain(".jsonl keeps every byte; .csv opens in a spreadsheet, without formulas; .md is for reading.")
        dialog = PromptDialog(
            join(Plain("Write "), order.called, Plain(" to a file")),
            hint,
            value=plain(str(order.path)),
            verb="writes",
            problem=problem,
            problem_with=_path_problem,
        )

        def write(typed: str | None) -> None:
            if typed is not None:
                self._export(replace(order, path=Path(typed).expanduser()))

        self.push_screen(dialog, write)

    def _export(self, order: Export) -> None:
        worker = self.run_worker(
            partial(self._write, order), group="export", thread=True, exit_on_error=False, description="export"
        )

        def stopped(yes: bool | None) -> None:
            if yes:
                worker.cancel()

        if len(order.rows) >= _ROWS_WORTH_A_BAR:
            said = join(Plain("Writing "), plain(order.path.name))
            self.push_screen(ProgressDialog(said, len(order.rows)), stopped)

    def _write(self, order: Export) -> None:
        worker = get_current_worker()

        def moved(written: int) -> None:
            self.post_message(messages.ExportMoved(written))

        try:
            said = export(order, moved, lambda: worker.is_cancelled)
        except ExportExists:
            self.post_message(messages.OverwriteAsked(order))
        except ExportStopped as stopped:
            self.post_message(messages.ExportDone(plain(str(stopped)), well=False))
        except ResultsStoreError as error:
            self.post_message(messages.ExportDone(plain(str(error)), well=False, again=order))
        else:
            self.post_message(messages.ExportDone(said))

    @on(messages.ExportMoved)
    def _show_progress(self, event: messages.ExportMoved) -> None:
        if isinstance(self.screen, ProgressDialog):
            self.screen.show(event.written)

    def _close_progress(self) -> None:
        if isinstance(self.screen, ProgressDialog):
            self.screen.dismiss(False)

    @on(messages.ExportDone)
    def _say_exported(self, event: messages.ExportDone) -> None:
        self._close_progress()
        if event.again is not None and isinstance(self.screen, ResultsScreen):
            self._ask_path(replace(event.again, overwrite=False), event.sentence)
            return
        severity: Literal["information", "error"] = "information" if event.well else "error"
        self.notify(event.sentence, markup=False, timeout=8, severity=severity)

    @on(messages.OverwriteAsked)
    def _ask_overwrite(self, event: messages.OverwriteAsked) -> None:
        self._close_progress()

        def answered(yes: str | None) -> None:
            if yes:
                self._export(replace(event.order, overwrite=True))

        self.push_screen(overwrite_dialog(plain(str(event.order.path)), self._monotonic), answered)


def _json_of(batch: MessageBatch) -> bytes:
    return batch.model_dump_json(warnings=False).encode("utf-8", "backslashreplace")


def _called(rows: messages.RowsToWrite) -> Plain:
    """What rows are called in a sentence."""
    many = plural(len(rows.rows), "row")
    if rows.everything:
        return join(Plain("all "), many) if len(rows.rows) != 1 else many
    amount, _, noun = many.partition(" ")
    return plain(f"{amount} {rows.name} {noun}")


def _path_problem(typed: str) -> str | None:
    """Why a file name cannot be written to, or None."""
    try:
        path = Path(typed).expanduser()
    except RuntimeError:
        return "There is no such user."
    if not typed or path.suffix.lower() not in FORMATS:
        return "Give a file name that ends in .jsonl, .csv or .md."
    return None
