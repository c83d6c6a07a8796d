"""The part of the app that cancels and deletes: questions, plans, jobs, the undo window, and how it went."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.screen import ModalScreen

from batch_tui.api.errors import NotFoundError
from batch_tui.results.download_control import DownloadProgress
from batch_tui.tui import mask, messages
from batch_tui.tui.action_plan import first_reason, plan_cancel, plan_delete, why_not_save
from batch_tui.tui.actions import ActionRunner
from batch_tui.tui.context import OpenResults
from batch_tui.tui.digest_app import DigestApp
from batch_tui.tui.jobs import said_of
from batch_tui.tui.key_names import key_for
from batch_tui.tui.messages import JobUpdate
from batch_tui.tui.screens.dialogs import quit_dialog
from batch_tui.tui.text import Plain, fit, fit_middle, join, plain, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.worker import Worker, WorkType

    from batch_tui.api.client import AsyncBatchClient
    from batch_tui.monitor.catalog import Changes
    from batch_tui.monitor.poller import Poller
    from batch_tui.monitor.request_budget import RequestBudget
    from batch_tui.tui.action_plan import ActionPlan
    from batch_tui.tui.downloads import DownloadReport
    from batch_tui.tui.jobs import Job
    from batch_tui.tui.said import Severity
    from batch_tui.tui.screens.batch_question import BatchQuestion
    from batch_tui.tui.screens.dialogs import Answer


class ActionsApp(DigestApp):
    """Every change at the API goes through here: asked for by id, confirmed, carried out by id."""

    budget: RequestBudget
    _undo_seconds: float

    def start_actions(self, undo_seconds: float) -> None:
        """Be ready to act; `shared` is there by now. Deletes wait this long for a change of mind."""
        self._undo_seconds = undo_seconds
        self._runner = ActionRunner(
            self.shared,
            self._acting_client,
            save=self._save_results,
            publish=self.publish,
            turn=partial(self.budget.turn, "action"),
            answered=self._note_answer,
            look_through=partial(self.look_for_copies, through=True),
            undo_seconds=undo_seconds,
        )

    @abstractmethod
    def publish(self, changes: Changes) -> None:
        """Tell whoever is on screen what moved."""

    @property
    @abstractmethod
    def poller(self) -> Poller | None:
        """What keeps the list in step with the API; None while it does not run."""

    @abstractmethod
    def action_refresh_now(self) -> None:
        """Ask the API now."""

    def _note_answer(self, batch_id: str, known: bool) -> None:
        """The API did something to a batch, or says that it does not know it; the poller makes use of both."""
        if self.poller is None:
            return
        if known:
            self.poller.reached()
        else:
            self.poller.doubt(batch_id)

    def _acting_client(self) -> AsyncBatchClient:
        assert self.connection is not None  # a batch was listed, so there is a connection
        return self.connection.client

    def start_work(self, work: WorkType[None], group: str) -> Worker[None]:
        """Run asynchronous work; what it raises comes back as a sentence on screen."""
        return self.run_worker(work, group=group, exit_on_error=False)

    # Asking

    @on(messages.ActionRequested)
    def _ask(self, event: messages.ActionRequested) -> None:
        # A second key press may arrive before the first question is on screen.
        if isinstance(self.screen, ModalScreen) or self.shared.read_only or not event.batch_ids:
            return
        counted_on = [each for each in event.batch_ids if each in self.shared.monitor.saved]
        if event.action == "delete" and counted_on:
            self.run_worker(
                self._look_and_ask(event, counted_on), group="question", exclusive=True, exit_on_error=False
            )
        else:
            self._ask_now(event)

    async def _look_and_ask(self, event: messages.ActionRequested, counted_on: Sequence[str]) -> None:
        """Another batch-tui may have dropped what this one saved: the question must not say that it stays."""
        asked_on = self.screen
        await self.look_for_copies(counted_on)
        if self.screen is asked_on:
            self._ask_now(event)

    def _ask_now(self, event: messages.ActionRequested) -> None:
        if len(event.batch_ids) == 1:
            self._ask_one(event)
        elif event.action == "cancel":
            self._ask_number(plan_cancel(event.batch_ids, self.shared))
        else:
            self._ask_way(event.batch_ids)

    def _ask_one(self, event: messages.ActionRequested) -> None:
        from batch_tui.tui.screens.batch_question import BatchQuestion

        context = self.shared
        plan = (
            plan_cancel(event.batch_ids, context)
            if event.action == "cancel"
            else plan_delete(event.batch_ids, context, ends_first=True)
        )
        if not plan.todo:
            self.notify(first_reason(plan), timeout=4)
            return
        dialog = BatchQuestion(event.action, event.batch_ids[0], context, self._monotonic)
        self.push_screen(dialog, partial(self._answered, dialog))

    def _answered(self, dialog: BatchQuestion, answer: Answer | None) -> None:
        if not answer:
            return
        plan = dialog.plan
        if answer == "saved":
            batch_ids = [one.batch_id for one in plan.todo]
            plan = plan_delete(batch_ids, self.shared, ends_first=True, saves_first=True)
        self._begin(plan, with_copies=answer == "also")

    def _ask_way(self, batch_ids: Sequence[str]) -> None:
        """Several are to be deleted: what about those that run, and the results that are saved nowhere?"""
        from batch_tui.tui.screens.delete_ways import DeleteWays, plan_way, ways_to_delete

        ways = ways_to_delete(batch_ids, self.shared)

        def chosen(way: str | None) -> None:
            if way is not None:
                self._ask_number(plan_way(way, batch_ids, self.shared))

        if len(ways) > 1:
            self.push_screen(DeleteWays(batch_ids, self.shared), chosen)
        else:
            self._ask_number(plan_delete(batch_ids, self.shared))

    def _ask_number(self, plan: ActionPlan) -> None:
        if not plan.todo:
            self.notify(first_reason(plan), timeout=4)
            return

        from batch_tui.tui.screens.bulk import BulkDialog

        def typed(shown: ActionPlan | None) -> None:
            if shown is not None:
                self._show_job(self._begin(shown))

        self.push_screen(BulkDialog(plan, self.shared), typed)

    # Carrying out

    def _begin(self, plan: ActionPlan, *, with_copies: bool = False) -> Job:
        job = self._runner.new_job(plan, with_copies=with_copies, undo=timedelta(seconds=self._undo_seconds))
        said = ""
        if job.undo_until is not None and len(plan.todo) == 1:
            which = self._briefly(plan.todo[0].batch_id)
            when = ", once it has ended: starts" if plan.todo[0].ends_first else ""
            said = f"Deleting {which}{when} in {self._undo_seconds:.0f}s · {key_for('batch.undo', 'u')} keeps it"
            self.notify(said, timeout=self._undo_seconds)
        self.start_work(partial(self._carry_out, job, said), "actions")
        return job

    def _briefly(self, batch_id: str) -> Plain:
        """The name, then the id; short, because the toast is gone before a long one is read."""
        short_id, notes = fit_middle(plain(batch_id), 22), mask.noted(self.shared.monitor.notes.get(batch_id))
        if notes is None or not notes.name:
            return short_id
        return join(fit(plain(notes.name), 30), Plain(" ("), short_id, Plain(")"))

    async def _carry_out(self, job: Job, said: str) -> None:
        try:
            await self._runner.run(job)
        finally:
            if said:
                # It promised what is done or taken back by now.
                self.take_back(said)
        if job.with_copies:
            for batch_id, outcome in job.outcomes.items():
                if outcome.severity != "error" and not outcome.kept:
                    self.delete_copy(batch_id)
        self._updates.publish(JobUpdate(job))
        self._say_outcome(job)
        self.action_refresh_now()

    def _say_outcome(self, job: Job) -> None:
        from batch_tui.tui.screens.bulk import BulkProgress

        if isinstance(self.screen, BulkProgress) and self.screen.job is job:
            # It says so itself.
            return
        if len(job.plan.todo) == 1:
            (outcome,) = job.outcomes.values()
            timeout = 5 if outcome.severity == "information" else 12
            self.notify(outcome.sentence, title=outcome.title, severity=outcome.severity, timeout=timeout)
            return
        shows = f"{key_for('batch.job', 'b')} on the list shows how each came out."
        severity: Severity = "error" if job.bad else "information"
        self.notify(f"{said_of(job)}. {shows}", severity=severity, timeout=12)

    def action_undo(self) -> None:
        if self._runner.undo():
            return
        said = "There is no delete to take back."
        if self._runner.jobs:
            said = "All of it was sent to the API already: there is nothing left to call off."
        self.notify(said, timeout=3)

    def action_job(self) -> None:
        """Show what is being canceled or deleted, or else how the last of it came out."""
        jobs = self._runner.jobs
        if len(jobs) > 1:
            from batch_tui.tui.screens.menu import Choice, MenuDialog

            choices = [Choice(str(place + 1), self._named(job), str(place)) for place, job in enumerate(jobs[:9])]

            def chosen(place: str | None, shown: Sequence[Job] = tuple(jobs)) -> None:
                if place is not None:
                    self._show_job(shown[int(place)])

            self.push_screen(MenuDialog(Plain("Which of these?"), choices), chosen)
        elif (job := jobs[0] if jobs else self._runner.reported) is not None:
            self._show_job(job)
        else:
            self.notify("Nothing is being canceled or deleted.", timeout=3)

    def _named(self, job: Job) -> Plain:
        todo = job.plan.todo
        what = self._briefly(todo[0].batch_id) if len(todo) == 1 else plural(len(todo), "batch", "batches")
        return join(Plain(f"{job.plan.action} "), what)

    def _show_job(self, job: Job) -> None:
        from batch_tui.tui.screens.bulk import BulkProgress

        self.push_screen(BulkProgress(job, self.shared, self._runner.stop))

    def _save_results(self, batch_id: str) -> None:
        """Receive the whole results of a batch in the background."""
        opened = self.shared.monitor.results.setdefault(batch_id, OpenResults(None, DownloadProgress("starting")))
        gone = opened.progress.state == "complete" and batch_id not in self.shared.monitor.saved
        if gone or opened.progress.state in ("failed", "stopped"):
            opened.progress = DownloadProgress("starting")
        self.fetch_results(batch_id)
        self._downloads.want_row(batch_id, None)

    @on(messages.SaveRequested)
    def _save_asked(self, event: messages.SaveRequested) -> None:
        counted_on = [each for each in event.batch_ids if each in self.shared.monitor.saved]
        if counted_on:
            self.start_work(partial(self._look_and_save, event, counted_on), "saves")
        else:
            self._save_now(event)

    async def _look_and_save(self, event: messages.SaveRequested, counted_on: Sequence[str]) -> None:
        """What somebody removed meanwhile is not saved already."""
        await self.look_for_copies(counted_on)
        self._save_now(event)

    def _save_now(self, event: messages.SaveRequested) -> None:
        batches = [batch for each in event.batch_ids if (batch := self.shared.catalog.get(each)) is not None]
        reasons = [why_not_save(batch, self.shared) for batch in batches]
        able = [batch.id for batch, reason in zip(batches, reasons, strict=True) if reason is None]
        if able:
            of = self._briefly(able[0]) if len(able) == 1 else plural(len(able), "batch", "batches")
            said = f"Saving the results of {of}; you will be told."
            self.notify(said, timeout=4)
            self.start_work(partial(self._save_all, able, said), "saves")
        elif batches:
            alike = reasons[0] if len(set(reasons)) == 1 else None
            self.notify(alike or "None of these has results to save.", timeout=4)

    async def _save_all(self, batch_ids: Sequence[str], promised: str) -> None:
        failed = await self._runner.save_all(batch_ids)
        self.take_back(promised)
        done = len(batch_ids) - len(failed)
        said = f"Saved the results of {plural(done, 'batch', 'batches')}."
        if failed:
            left = plural(len(failed), "batch", "batches")
            why = f"{key_for('batch.results', 'v')} tells why, and tries again."
            said = f"{f'{said} ' if done else ''}Those of {left} did not come whole: {why}"
        self.notify(said, severity="error" if failed else "information", timeout=8)

    def _note_report(self, report: DownloadReport) -> None:
        super()._note_report(report)
        if isinstance(report.progress.error, NotFoundError):
            self._note_answer(report.batch_id, False)
        self._runner.moves.tell()

    # Leaving

    def leave_or_ask(self, result: str | None = None) -> None:
        """Quit with that result; where batches wait for their turn to be canceled or deleted, ask first."""
        left = sum(job.left for job in self._runner.jobs if not job.stopped)
        if not left:
            self.exit(result)
            return

        def answered(yes: Answer | None) -> None:
            if yes:
                self.exit(result)
            self._runner.hold(False)

        # What the question says stays as it is must not happen behind it.
        self._runner.hold(True)
        self.push_screen(quit_dialog(plural(left, "batch", "batches"), self._monotonic), answered)
