"""The part of the app that makes a new batch of a file: which file, what is in it, whether to send it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.screen import ModalScreen
from textual.worker import get_current_worker

from batch_tui.tui import mask
from batch_tui.tui.inputs_app import path_problem
from batch_tui.tui.key_names import key_for
from batch_tui.tui.new_batch_messages import FileChecked, FileRefused, NewBatchRequested
from batch_tui.tui.resubmit_app import ResubmitApp
from batch_tui.tui.text import Plain, join, plain

if TYPE_CHECKING:
    from batch_tui.tui.new_batch_work import FilePlan
    from batch_tui.tui.screens.dialogs import Answer

_TITLE = Plain("Send a file of requests as a new batch")
_HINT = Plain("A JSONL file, one request per line. It is checked, and you are asked, before it is sent; ")


class NewBatchApp(ResubmitApp):
    """One file at a time, sent as `create` and R do: noted first, and never twice."""

    @on(NewBatchRequested)
    def _want_new_batch(self) -> None:
        if isinstance(self.screen, ModalScreen) or self.shared.read_only:
            return
        if self._sending:
            self._say_busy(key_for("batch.new", "a"))
        elif self.connection is None:
            self._say("There is no connection to send with.", "information", 4)
        else:
            self._ask_for_requests()

    def _ask_for_requests(self, typed: str = "", problem: str | None = None) -> None:
        from batch_tui.tui.path_suggester import PathSuggester
        from batch_tui.tui.screens.prompt import PromptDialog

        dialog = PromptDialog(
            _TITLE,
            join(_HINT, Plain(f"{key_for('prompt.complete', 'tab')} completes.")),
            value=typed,
            verb="checks it",
            problem=problem,
            problem_with=partial(path_problem, linked=False),
            suggester=PathSuggester((".jsonl", ".ndjson", ".json")),
        )
        self.push_screen(dialog, self._check)

    def _check(self, typed: str | None) -> None:
        if typed:
            self._in_thread(partial(self._check_file, typed), "new batch")

    def _check_file(self, typed: str) -> None:
        from batch_tui.tui.new_batch_work import check_file

        worker = get_current_worker()
        found = check_file(typed, self._submissions, self.post_message)
        if not worker.is_cancelled:
            # Else another file was given meanwhile, and a question about this one would be taken for that about it.
            self.post_message(found)

    @on(FileRefused)
    def _ask_for_another(self, event: FileRefused) -> None:
        said = [plain(line) for line in event.problem.split("\n")]
        problem = "\n".join(map(mask.written, said) if event.quotes else said)
        if isinstance(self.screen, ModalScreen):
            self._say(problem.replace("\n", " "), "error", 15)
        else:
            self._ask_for_requests(event.typed, problem)

    @on(FileChecked)
    def _ask_whether_to_send(self, event: FileChecked) -> None:
        if isinstance(self.screen, ModalScreen):
            # The user went on to something else.
            return
        from batch_tui.tui.screens.resubmit_dialogs import new_batch_dialog

        dialog = new_batch_dialog(event.plan, self.shared, self._submissions.access, self._monotonic)
        self.push_screen(dialog, partial(self._answered_new_batch, event.plan))

    def show_new(self, batch_id: str) -> None:
        from batch_tui.tui.screens.batch_list import BatchListScreen

        if isinstance(self.screen, BatchListScreen) and not self.screen.select(batch_id):
            self._say("What the list is narrowed to does not show the new batch.", "information", 6)

    def _answered_new_batch(self, plan: FilePlan, answer: Answer | None) -> None:
        if answer:
            from batch_tui.tui.new_batch_work import NewOrder

            self._send_order(NewOrder(plan))
