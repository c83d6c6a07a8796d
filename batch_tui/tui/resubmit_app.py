"""The part of the app that sends failed requests again: finding them and their file, asking, sending once."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on
from textual.screen import ModalScreen
from textual.worker import get_current_worker

from batch_tui.results.download_control import DownloadProgress
from batch_tui.results.errors import NO_THREAD
from batch_tui.tui import mask
from batch_tui.tui.actions_app import ActionsApp
from batch_tui.tui.context import OpenResults
from batch_tui.tui.input_messages import InputRead, InputRefused
from batch_tui.tui.key_names import key_for
from batch_tui.tui.resubmit_messages import (
    ResubmitEnded,
    ResubmitMade,
    ResubmitNeedsInput,
    ResubmitPlanned,
    ResubmitRequested,
    ResubmitSaid,
)
from batch_tui.tui.text import Plain, fit_middle, join, plain, plural
from batch_tui.tui.trouble import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

    from batch_tui.results.results_file import ResultsFile
    from batch_tui.submission.sending import InDoubt
    from batch_tui.tui.connection import Submissions
    from batch_tui.tui.downloads import DownloadReport
    from batch_tui.tui.resubmit_work import ResubmitPlan, Sending
    from batch_tui.tui.said import Severity
    from batch_tui.tui.screens.dialogs import Answer

_ROWS_WORTH_A_WORD = 5_000
"""Rows from which finding what failed, in them and in the file of requests, takes long enough to be told."""
_WHICH_FILE = Plain("Which file was this batch made from?")


class ResubmitApp(ActionsApp):
    """One resubmission at a time: what is found out belongs to the wish it was found out for."""

    def start_resubmitting(self, submissions: Submissions, sleep: Callable[[float], None] | None) -> None:
        """Be ready to send; `sleep` stands in for the usual one."""
        self._submissions = submissions
        self._sleep = sleep
        self._fetching: ResubmitRequested | None = None
        """The wish that waits for its results."""
        self._asking_for_file: ResubmitRequested | None = None
        """The wish that waits for the file its batch was made from."""
        self._sending = False

    @on(ResubmitRequested)
    def _want_resubmit(self, event: ResubmitRequested) -> None:
        if isinstance(self.screen, ModalScreen) or self.shared.read_only:
            return
        if self._sending:
            self._say_busy(key_for("batch.resubmit", "R"))
            return
        if self.connection is None:
            self.notify("There is no connection to send with.", timeout=4)
            return
        opened = self.shared.monitor.results.setdefault(event.batch_id, OpenResults(None, DownloadProgress("starting")))
        if opened.progress.state == "complete" and opened.file is not None:
            self._find_failed(event, opened.progress, opened.file)
        elif event.rows is not None:
            # What a row is may change with a download that starts over.
            self._fetch_all(event.batch_id, opened)
            first, key = opened.going_on.capitalize(), key_for("results.resubmit", "R")
            self.notify(f"{first} first; press {key} again when it is complete.")
        else:
            from batch_tui.tui.screens.progress import ProgressDialog

            self._fetching = event
            said = join(Plain("Fetching the results of "), fit_middle(plain(event.batch_id), 30))
            hint = f"{key_for('progress.stop', 'esc')} goes back; what came is kept, and the rest still comes"
            batch = self.shared.catalog.get(event.batch_id)
            total = 0 if batch is None else batch.request_counts.total
            self.push_screen(ProgressDialog(said, total, hint), self._stop_waiting)
            self._fetch_all(event.batch_id, opened)

    def _fetch_all(self, batch_id: str, opened: OpenResults) -> None:
        if opened.progress.state == "paused":
            self._downloads.toggle(batch_id, self.counts_of(batch_id))
        self._save_results(batch_id)

    def _stop_waiting(self, yes: bool | None) -> None:
        if yes:
            self._fetching = None

    def _note_report(self, report: DownloadReport) -> None:
        super()._note_report(report)
        wish, progress = self._fetching, report.progress
        if wish is None or wish.batch_id != report.batch_id:
            return
        from batch_tui.tui.screens.progress import ProgressDialog

        if progress.state in ("complete", "failed", "stopped"):
            self._fetching = None
            if isinstance(self.screen, ProgressDialog):
                self.screen.dismiss(False)
        elif isinstance(self.screen, ProgressDialog):
            self.screen.show(progress.rows)
        if progress.state == "complete" and report.file is not None:
            self._find_failed(wish, progress, report.file)
        elif progress.error is not None and progress.state == "failed":
            said = f"Nothing was sent: the results did not come. {describe(progress.error, host=self.shared.host)}"
            self._say(said, "error")

    def _find_failed(self, wish: ResubmitRequested, progress: DownloadProgress, file: ResultsFile) -> None:
        if not progress.verified:
            # The note may name some of the rows.
            note = mask.written(plain(progress.note or ""))
            said = f"The results are not complete, so it is not certain what failed. {note}"
            self._say(said.rstrip(), "error")
            return
        if len(file) >= _ROWS_WORTH_A_WORD:
            self.notify(f"Looking for what failed among {plural(len(file), 'row')}…", timeout=4)
        self._in_thread(partial(self._plan, wish, file), "resubmit plan")

    def _plan(self, wish: ResubmitRequested, file: ResultsFile) -> None:
        from batch_tui.tui.resubmit_work import plan_resubmit

        worker = get_current_worker()
        found = plan_resubmit(wish, file, self._inputs, self._submissions, lambda: worker.is_cancelled)
        if found is not None and not worker.is_cancelled:
            self.post_message(found)

    # The file

    @on(ResubmitNeedsInput)
    def _ask_for_file(self, event: ResubmitNeedsInput) -> None:
        if isinstance(self.screen, ModalScreen):
            self._say(event.problem or "Nothing was sent: it is not known which file this batch was made from.")
            return
        known = self.shared.monitor.inputs.get(event.wish.batch_id)
        typed = event.typed or ("" if known is None else str(known.linked.path))
        self._asking_for_file = event.wish
        self.ask_for_path(event.wish.batch_id, typed, event.problem, _WHICH_FILE)

    def take_path(self, batch_id: str, over: Screen[Any], typed: str | None) -> None:
        """Link what was typed; whoever closes the question does not want to send either."""
        if not typed:
            self._asking_for_file = None
        super().take_path(batch_id, over, typed)

    @on(InputRefused)
    def _give_up_file(self, event: InputRefused) -> None:
        if self.screen is not event.over:
            # It is told, and not asked for again.
            self._asking_for_file = None

    @on(InputRead)
    def _go_on_with_file(self, event: InputRead) -> None:
        wish = self._asking_for_file
        if event.fresh and wish is not None and wish.batch_id == event.linked.batch_id:
            self._asking_for_file = None
            self.post_message(ResubmitRequested(wish.batch_id, wish.rows, wish.among))

    # Asking

    @on(ResubmitPlanned)
    def _ask_whether(self, event: ResubmitPlanned) -> None:
        if isinstance(self.screen, ModalScreen):
            # The user went on to something else.
            return
        from batch_tui.tui.screens.resubmit_dialogs import resubmit_dialog

        plan, notes = event.plan, mask.noted(self.shared.monitor.notes.get(event.plan.batch_id))
        name = plain(notes.name) if notes is not None else Plain("")
        self.push_screen(resubmit_dialog(plan, name, self._monotonic), partial(self._answered_resubmit, plan))

    def _answered_resubmit(self, plan: ResubmitPlan, answer: Answer | None) -> None:
        if answer:
            from batch_tui.tui.resubmit_work import Order

            self._send_order(Order(plan, plan.usual + plan.refused if answer == "also" else plan.proposed))

    # Sending

    def _say_busy(self, key: str) -> None:
        self._say(f"A new batch is being sent; press {key} again once that is over.", "information", 4)

    def _send_order(self, order: Sending) -> None:
        if self._sending:
            # Two may have been looked into at the same time, one with each key.
            self._say_busy(key_for(*order.key))
            return
        self._sending = True
        self.notify(f"Sending {plural(order.count, 'request')} as a new batch…", timeout=4)
        self.start_work(partial(self._send_in_turn, order), "resubmit send")

    async def _send_in_turn(self, order: Sending) -> None:
        await self.budget.turn("action", held_up=self._say_held_up)
        from batch_tui.tui.resubmit_work import Post, send_order

        assert self.connection is not None  # the batch was listed, or its results fetched
        way = Post(
            self.connection.download_client,
            self._submissions,
            self._inputs,
            self.shared.host,
            self.post_message,
            self._sleep,
        )
        # A daemon: the answer may take minutes, and whoever quits was told what that means.
        try:
            threading.Thread(target=send_order, args=(order, way), name="sending", daemon=True).start()
        except RuntimeError:
            # Else it would count as being sent for ever.
            self.post_message(ResubmitEnded(order, f"No batch was made. {NO_THREAD}"))

    def _say_held_up(self) -> None:
        self._say("The new batch waits for the rate limit; it is sent as soon as that lets it go.", "information")

    @on(ResubmitMade)
    def _show_made(self, event: ResubmitMade) -> None:
        batch = event.batch
        self.publish(self.shared.catalog.merge([batch]))
        self._note_answer(batch.id, True)
        if event.earlier:
            said = "was made of these requests before, when the answer was lost. Nothing is sent now."
            self._say(f"{batch.id} {said}", "information")
        else:
            many = plural(batch.request_counts.total, "request")
            self._say(f"Made {batch.id} of {many}.", "information")
        if event.new:
            self.show_new(batch.id)

    def show_new(self, batch_id: str) -> None:
        """Put the cursor on a batch that was just made of a whole file, if the list is on screen and shows it."""
        raise NotImplementedError

    @on(ResubmitSaid)
    def _say_on(self, event: ResubmitSaid) -> None:
        self._say(event.sentence, event.severity)

    def _say(self, sentence: str, severity: Severity = "warning", timeout: float = 10) -> None:
        self.notify(plain(sentence), severity=severity, timeout=timeout)

    @on(ResubmitEnded)
    def _end_sending(self, event: ResubmitEnded) -> None:
        from batch_tui.submission.sending import InDoubt

        self._sending = False
        if event.linked is not None:
            self.post_message(InputRead(event.linked, None, fresh=False))
        if isinstance(event.outcome, str):
            self._say(f"{event.outcome} {key_for(*event.order.key)} tries again.", "error", 20)
        elif isinstance(event.outcome, InDoubt):
            self._tell_doubt(event.order, event.outcome)
        self.action_refresh_now()

    def _tell_doubt(self, order: Sending, doubt: InDoubt) -> None:
        from batch_tui.submission.sending import lost_sentence
        from batch_tui.tui.screens.resubmit_dialogs import doubt_dialog, may_be

        if doubt.earlier and not isinstance(self.screen, ModalScreen):
            self.push_screen(
                doubt_dialog(doubt, self._monotonic, key_for(*order.key)), partial(self._answered_doubt, order)
            )
            return
        what = "Nothing is sent now." if doubt.earlier else "Nothing is lost, and nothing is sent twice."
        again = key_for(*order.key)
        later = f"{again} looks again before it sends, and tells it by its custom_ids once it has ended."
        self._say(f"{lost_sentence(doubt.submission)} {may_be(doubt)} {what} {later}", "error", 30)

    def _answered_doubt(self, order: Sending, answer: Answer | None) -> None:
        if answer:
            self._send_order(order.despite_doubt())

    # Leaving

    def leave_or_ask(self, result: str | None = None) -> None:
        """Quit with that result; while a batch is being sent, ask first."""
        if not self._sending:
            super().leave_or_ask(result)
            return
        from batch_tui.tui.screens.resubmit_dialogs import quit_while_sending_dialog

        def answered(yes: Answer | None) -> None:
            if yes:
                super(ResubmitApp, self).leave_or_ask(result)

        self.push_screen(quit_while_sending_dialog(self._monotonic), answered)
