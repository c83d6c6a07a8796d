"""The part of the app that hands out what is in results: rows to a file, as asked for, and a record to a pager."""

from __future__ import annotations

import os
from abc import abstractmethod
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual import on
from textual.screen import ModalScreen
from textual.worker import get_current_worker

from batch_tui.results.errors import ExportExists, ExportStopped, ResultsStoreError
from batch_tui.tui import messages, results_messages
from batch_tui.tui.inputs_app import InputsApp
from batch_tui.tui.key_names import key_for
from batch_tui.tui.screens.dialogs import overwrite_dialog
from batch_tui.tui.text import Plain, join, plain, plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.results.completeness import RequestCounts
    from batch_tui.tui.downloads import Downloads
    from batch_tui.tui.results_work import Export
    from batch_tui.tui.screens.progress import ProgressDialog


_ROWS_WORTH_A_BAR = 5_000
"""Rows from which writing them takes long enough to be shown."""


class ExportApp(InputsApp):
    """Asks what and where, and writes in a thread; the results and their downloads belong to the app above it."""

    _downloads: Downloads
    _monotonic: Callable[[], float]

    @abstractmethod
    def counts_of(self, batch_id: str) -> RequestCounts | None:
        """How many requests of a batch came to which end, where that is known."""

    @on(results_messages.ExportRequested)
    def _ask_what(self, event: results_messages.ExportRequested) -> None:
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is None or isinstance(self.screen, ModalScreen):
            return
        if opened.progress.state != "complete":
            self.fetch_rest(event)
            first, key = opened.going_on.capitalize(), key_for("results.export", "w")
            self.notify(f"{first} first; press {key} again when it is complete.")
            return
        if len(event.choices) == 1:
            self._ask_where(event, "0")
            return
        from batch_tui.tui.screens.menu import Choice, MenuDialog

        choices = [
            Choice(key, _called(one), str(place))
            for place, (key, one) in enumerate(zip("123", event.choices, strict=False))
        ]
        menu = MenuDialog(Plain("Write to a file"), choices)
        self.push_screen(menu, partial(self._ask_where, event))

    @on(results_messages.RestRequested)
    def fetch_rest(self, event: messages.BatchIntent) -> None:
        """Have the download go on to the end, however it stands."""
        opened = self.shared.monitor.results.get(event.batch_id)
        if opened is not None and opened.progress.state in ("failed", "stopped", "paused"):
            self._downloads.toggle(event.batch_id, self.counts_of(event.batch_id))
        self._downloads.want_row(event.batch_id, None)

    def _ask_where(self, event: results_messages.ExportRequested, place: str | None) -> None:
        if place is None:
            return
        chosen = event.choices[int(place)]
        kind = "" if chosen.everything else f"_{chosen.name}"
        suggestion = Path(f"{plain(event.batch_id).replace('/', '_')}{kind}.jsonl")
        from batch_tui.tui.results_work import Export

        self._ask_path(Export(event.file, chosen.rows, _called(chosen), suggestion, event.columns))

    def _ask_path(self, order: Export, problem: str | None = None) -> None:
        hint = Plain(".jsonl keeps every byte; .csv opens in a spreadsheet, without formulas; .md is for reading.")
        from batch_tui.tui.screens.prompt import PromptDialog

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
            from batch_tui.tui.screens.progress import ProgressDialog

            said = join(Plain("Writing "), plain(order.path.name))
            self.push_screen(ProgressDialog(said, len(order.rows)), stopped)

    def _write(self, order: Export) -> None:
        from batch_tui.tui.results_work import export

        worker = get_current_worker()

        def moved(written: int) -> None:
            self.post_message(results_messages.ExportMoved(written))

        try:
            said = export(order, moved, lambda: worker.is_cancelled)
        except ExportExists:
            self.post_message(results_messages.OverwriteAsked(order))
        except ExportStopped as stopped:
            self.post_message(results_messages.ExportDone(plain(str(stopped)), well=False))
        except ResultsStoreError as error:
            self.post_message(results_messages.ExportDone(plain(str(error)), well=False, again=order))
        else:
            self.post_message(results_messages.ExportDone(said))

    @on(results_messages.ExportMoved)
    def _show_progress(self, event: results_messages.ExportMoved) -> None:
        for screen in self._progress():
            screen.show(event.written)

    def _progress(self) -> list[ProgressDialog]:
        """The bar of the export, where there is one, perhaps below another screen."""
        from batch_tui.tui.screens.progress import ProgressDialog

        return [screen for screen in self.screen_stack if isinstance(screen, ProgressDialog)]

    def _close_progress(self) -> None:
        for screen in self._progress():
            screen.end()

    @on(results_messages.ExportDone)
    def _say_exported(self, event: results_messages.ExportDone) -> None:
        from batch_tui.tui.screens.results import ResultsScreen

        self._close_progress()
        if event.again is not None and isinstance(self.screen, ResultsScreen):
            self._ask_path(replace(event.again, overwrite=False), event.sentence)
            return
        severity: Literal["information", "error"] = "information" if event.well else "error"
        self.notify(event.sentence, timeout=8, severity=severity)

    @on(results_messages.OverwriteAsked)
    def _ask_overwrite(self, event: results_messages.OverwriteAsked) -> None:
        from batch_tui.tui.screens.progress import ProgressDialog

        self._close_progress()
        if isinstance(self.screen, ModalScreen) and not isinstance(self.screen, ProgressDialog):
            # Whoever asks something else meanwhile is not asked two things at once.
            said = join(
                plain(str(event.order.path)),
                Plain(f" exists: nothing was written. {key_for('results.export', 'w')} asks again."),
            )
            self.notify(said, timeout=8, severity="warning")
            return

        def answered(yes: str | None) -> None:
            if yes:
                self._export(replace(event.order, overwrite=True))

        self.push_screen(overwrite_dialog(plain(str(event.order.path)), self._monotonic), answered)

    @on(results_messages.PagerRequested)
    def _open_pager(self, event: results_messages.PagerRequested) -> None:
        from batch_tui.tui.outside import OutsideError, show_outside

        try:
            # The terminal is the program's until it ends, so there is nothing to keep alive meanwhile.
            said = show_outside(self, event.text, event.program, event.ending, os.environ, monotonic=self._monotonic)
        except OutsideError as error:
            self.notify(plain(str(error)), severity="error", timeout=8)
        else:
            if said is not None:
                self.notify(said, severity="warning", timeout=8)


def _called(rows: results_messages.RowsToWrite) -> Plain:
    """What rows are called in a sentence."""
    many = plural(len(rows.rows), "row")
    if rows.everything:
        return join(Plain("all "), many) if len(rows.rows) != 1 else many
    amount, _, noun = many.partition(" ")
    return plain(f"{amount} {rows.name} {noun}")


def _path_problem(typed: str) -> str | None:
    """Why a file name cannot be written to, or None."""
    from batch_tui.tui.results_work import FORMATS

    try:
        path = Path(typed).expanduser()
    except RuntimeError:
        return "There is no such user."
    if not typed or path.suffix.lower() not in FORMATS:
        return "Give a file name that ends in .jsonl, .csv or .md."
    return None
