"""Carrying out confirmed actions on batches, one or hundreds, and saying how each went."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import anyio
from msgspec.structs import replace

from batch_tui.api.errors import APIConnectionError, BatchAPIError, NotFoundError
from batch_tui.monitor.catalog import NO_CHANGES
from batch_tui.results.errors import ResultsInUse
from batch_tui.tui.action_plan import Pending
from batch_tui.tui.jobs import Job, Outcome
from batch_tui.tui.key_names import key_for
from batch_tui.tui.notice_words import spoken_of
from batch_tui.tui.text import Plain, join, later, plain
from batch_tui.tui.trouble import describe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from batch_tui.api.client import AsyncBatchClient
    from batch_tui.monitor.catalog import Changes
    from batch_tui.tui.action_plan import Action, ActionPlan, Planned, Stage
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.jobs import Fate

_AT_ONCE = 4
"""Requests of actions that are under way at the same time."""
_SAVED_AT_ONCE = 2
"""Results that are received at the same time so that their batches can be deleted."""


class Moves:
    """Wakes those who wait for something that is looked up in the app's state, whenever that state moved."""

    def __init__(self) -> None:
        self._next: anyio.Event | None = None
        """What the next move sets; None while nobody waits."""

    def tell(self) -> None:
        """Something moved."""
        moved, self._next = self._next, None
        if moved is not None:
            moved.set()

    async def until(self, so: Callable[[], bool]) -> None:
        """Wait until it is so."""
        while not so():
            self._next = self._next or anyio.Event()
            await self._next.wait()


class ActionRunner:
    """Carries out jobs: each batch by its id, whatever the list shows by then, a few at a time."""

    def __init__(
        self,
        context: AppContext,
        client: Callable[[], AsyncBatchClient],
        *,
        save: Callable[[str], None],
        publish: Callable[[Changes], None],
        turn: Callable[[], Awaitable[None]],
        answered: Callable[[str, bool], None],
        look_through: Callable[[Sequence[str]], Awaitable[None]],
        undo_seconds: float,
    ) -> None:
        """`save` starts receiving the whole results of a batch; `publish` tells everyone what moved.

        `turn` waits until one more request may be made. `answered` hears of each batch that the API did as it was
        asked with (True), and of each that it says it does not know (False). `look_through` looks which of some copies
        that are said to be saved still are on the disk, and reads whether they are what they were.
        """
        self._context = context
        self._client = client
        self._save = save
        self._publish = publish
        self._turn = turn
        self._answered = answered
        self._look_through = look_through
        self._undo_seconds = undo_seconds
        self._held = False
        self.moves = Moves()
        self.jobs: list[Job] = []
        """Those under way."""
        self.reported: Job | None = None
        """The last one of several batches that came to its end."""

    def new_job(self, plan: ActionPlan, *, with_copies: bool, undo: timedelta) -> Job:
        """Take a plan on: its batches are pending from now on."""
        undoable = plan.action == "delete" and self._undo_seconds > 0
        job = Job(plan, later(self._context.now(), undo) if undoable else None, with_copies)
        self.jobs.append(job)
        self._stage_all(job, "undoable" if undoable else "waiting")
        return job

    def stop(self, job: Job) -> None:
        """What was not asked of the API yet stays as it is."""
        job.stopped = True
        self.moves.tell()

    def undo(self) -> int:
        """Call off what is in its undo window, or else all that was not sent yet; says how many batches stay."""
        pending = self._context.monitor.pending
        for stages in ({"undoable"}, {"waiting", "saving", "ending"}):
            kept = 0
            for job in self.jobs:
                found = (pending.get(one.batch_id) for one in job.plan.todo if not job.stopped)
                if unsent := sum(1 for one in found if one is not None and one.stage in stages):
                    kept += unsent
                    self.stop(job)
            if kept:
                return kept
        return 0

    async def run(self, job: Job) -> None:
        """Carry a job out to its end; every refusal is an outcome, none is raised."""
        try:
            if job.undo_until is not None:
                await self._leave_time(job)
            if not job.stopped:
                self._stage_all(job, "waiting")
            calls, saves = anyio.CapacityLimiter(_AT_ONCE), anyio.CapacityLimiter(_SAVED_AT_ONCE)
            async with anyio.create_task_group() as group:
                for one in job.plan.todo:
                    group.start_soon(self._run_one, job, one, calls, saves)
        finally:
            for one in job.plan.todo:
                self._context.monitor.pending.pop(one.batch_id, None)
            job.finished = True
            self.jobs.remove(job)
            if len(job.plan.todo) > 1:
                self.reported = job
            self._publish(NO_CHANGES)

    async def _leave_time(self, job: Job) -> None:
        """Wait for a change of mind; while a question about it all is open, nothing happens behind it."""
        undo = timedelta(seconds=self._undo_seconds)
        while not job.stopped:
            with anyio.move_on_after(self._undo_seconds):
                await self.moves.until(lambda: job.stopped or self._held)
            if not self._held:
                return
            await self.moves.until(lambda: job.stopped or not self._held)
            job.undo_until = later(self._context.now(), undo)
            self._stage_all(job, "undoable")

    def hold(self, held: bool) -> None:
        """Let no undo window end until it is let go again; each begins anew then."""
        self._held = held
        self.moves.tell()

    async def _run_one(
        self, job: Job, one: Planned, calls: anyio.CapacityLimiter, saves: anyio.CapacityLimiter
    ) -> None:
        outcome = await self._steps(job, one, calls, saves)
        job.outcomes[one.batch_id] = outcome
        self._context.monitor.pending.pop(one.batch_id, None)
        self._publish(outcome.changes)

    async def _steps(
        self, job: Job, one: Planned, calls: anyio.CapacityLimiter, saves: anyio.CapacityLimiter
    ) -> Outcome:
        if one.ends_first and (trouble := await self._end(job, one, calls)) is not None:
            return trouble
        if (known := self._nothing_left(one)) is not None:
            return known
        if one.saves_first:
            async with saves:
                if (trouble := await self._receive(job, one)) is not None:
                    return trouble
        async with calls:
            if not await self._has_turn(job, one):
                return self._kept(job, one)
            # Much may have happened until it was its turn.
            if (known := self._nothing_left(one)) is not None:
                return known
            if (one.keeps or one.saves_first) and not job.with_copies and not await self._is_kept(one):
                said = Plain("the copy of its results on this machine is gone or was changed.")
                return self._stays(
                    one, said, "without their copy, so not deleted", Plain("stays: its copy is not here")
                )
            if job.stopped:
                return self._kept(job, one)
            self._stage(one, "asking")
            return await self._carry_out(one.action, one.batch_id)

    async def _has_turn(self, job: Job, one: Planned) -> bool:
        """Wait until one more request may be made; false where the job is stopped before that."""
        if job.stopped:
            return False
        pending = self._context.monitor.pending.get(one.batch_id)
        if pending is None or pending.stage != "waiting":
            self._stage(one, "waiting")
        async with anyio.create_task_group() as group:

            async def call_off() -> None:
                await self.moves.until(lambda: job.stopped)
                group.cancel_scope.cancel()

            group.start_soon(call_off)
            await self._turn()
            group.cancel_scope.cancel()
        return not job.stopped

    def _nothing_left(self, one: Planned) -> Outcome | None:
        """What became of a batch by itself, so that there is nothing to ask for; None where there is."""
        batch = self._context.catalog.get(one.batch_id)
        if batch is None:
            said = join(self._called(one), Plain(" is gone: nothing was asked of the API."))
            return Outcome(
                NO_CHANGES,
                said,
                "gone already",
                in_row=Plain("gone already, so not asked"),
                title="The batch is gone already",
                severity="warning",
            )
        if one.action == "cancel" and batch.processing_status == "ended":
            return _ended_already(NO_CHANGES, self._called(one), Plain("ended already, so not asked"))
        return None

    async def _carry_out(self, action: Action, batch_id: str) -> Outcome:
        """Do it to that id, whatever the list shows by now; every refusal is an outcome, none is raised."""
        context, seen = self._context, self._context.catalog.seen
        seen.asked(batch_id, action)
        try:
            outcome = await _ask(action, batch_id, self._client(), context)
            self._answered(batch_id, True)
        except NotFoundError as error:
            # Deleted elsewhere, or our own delete whose answer was lost and that was tried again; but a replica may
            # also answer so for a batch that is there, so the row stays until the poller has made sure.
            self._answered(batch_id, False)
            said = plain(str(describe(error, host=context.host)))
            outcome = Outcome(
                NO_CHANGES,
                said,
                "gone already",
                in_row=Plain("seems gone already"),
                title="The batch seems to be gone already",
                severity="warning",
            )
        except BatchAPIError as error:
            said = plain(str(describe(error, host=context.host)))
            fate: Fate = "without an answer" if isinstance(error, APIConnectionError) else "refused"
            outcome = Outcome(NO_CHANGES, said, fate, title=f"Could not {action} the batch", severity="error")
        seen.answered(batch_id, action, None if outcome.severity == "information" else outcome.sentence)
        return outcome

    async def _end(self, job: Job, one: Planned, calls: anyio.CapacityLimiter) -> Outcome | None:
        """Cancel a batch that runs and wait for its end; an outcome says that there will be none."""
        catalog = self._context.catalog

        def runs() -> bool:
            batch = catalog.get(one.batch_id)
            return batch is not None and batch.processing_status != "ended"

        def is_untouched() -> bool:
            batch = catalog.get(one.batch_id)
            return batch is not None and batch.processing_status == "in_progress"

        async with calls:
            if is_untouched() and not await self._has_turn(job, one):
                return self._kept(job, one)
            if is_untouched():
                self._stage(one, "asking")
                canceled = await self._carry_out("cancel", one.batch_id)
                self._publish(canceled.changes)
                if canceled.fate == "being canceled":
                    job.canceled.add(one.batch_id)
                if canceled.severity != "information" and (trouble := await self._look_again(job, one, canceled)):
                    return trouble
        self._stage(one, "ending")
        await self.moves.until(lambda: job.stopped or not runs())
        return self._kept(job, one) if job.stopped else None

    async def _look_again(self, job: Job, one: Planned, refused: Outcome) -> Outcome | None:
        """After a cancel that was refused; None where the batch has ended, and there is nothing left to wait for."""
        batch_id = one.batch_id
        if not await self._has_turn(job, one):
            return refused
        try:
            batch = await self._client().messages.batches.retrieve(batch_id)
        except NotFoundError:
            self._answered(batch_id, False)
            return refused
        except BatchAPIError:
            return refused
        self._answered(batch_id, True)
        self._publish(self._context.catalog.merge([batch]))
        if batch.processing_status == "ended":
            return None
        return replace(refused, title="Could not cancel the batch", severity="error")

    async def _receive(self, job: Job, one: Planned) -> Outcome | None:
        """Wait until the results of a batch are whole on this machine; an outcome says that they will not be."""
        if job.stopped:
            return self._kept(job, one)
        if not self._is_whole(one.batch_id):
            self._stage(one, "saving")
            self._save(one.batch_id)
            await self.moves.until(lambda: job.stopped or self._is_over(one.batch_id))
        if self._is_whole(one.batch_id):
            return None
        if job.stopped:
            return self._kept(job, one)
        show = key_for("batch.results", "v")
        said = Plain(f"its results could not be saved whole. {show} shows what came.")
        return self._stays(one, said, "not saved, so not deleted", Plain("stays: not saved whole"))

    async def _is_kept(self, one: Planned) -> bool:
        """Whether the copy that the user counts on is there."""
        await self._look_through([one.batch_id])
        # Of one that was not verified the user was told so.
        return one.batch_id in self._context.monitor.saved if one.loses else self._is_whole(one.batch_id)

    async def save_all(self, batch_ids: Sequence[str]) -> list[str]:
        """Receive the whole results of these, a few at a time; those that are not whole after that."""
        saves = anyio.CapacityLimiter(_SAVED_AT_ONCE)

        async def save(batch_id: str) -> None:
            async with saves:
                self._save(batch_id)
                await self.moves.until(lambda: self._is_over(batch_id))

        async with anyio.create_task_group() as group:
            for batch_id in batch_ids:
                group.start_soon(save, batch_id)
        return [batch_id for batch_id in batch_ids if not self._is_whole(batch_id)]

    def _is_whole(self, batch_id: str) -> bool:
        saved = self._context.monitor.saved.get(batch_id)
        return saved is not None and saved.verified

    def _is_over(self, batch_id: str) -> bool:
        opened = self._context.monitor.results.get(batch_id)
        if opened is None:
            return False
        # Another batch-tui may take its time with them, as when nobody scrolls there.
        elsewhere = isinstance(opened.progress.error, ResultsInUse)
        return elsewhere or opened.progress.state in ("complete", "failed", "stopped")

    def _stage_all(self, job: Job, stage: Stage) -> None:
        pending = self._context.monitor.pending
        pending |= {one.batch_id: Pending(one.action, stage, job.undo_until, one.ends_first) for one in job.plan.todo}
        self._publish(NO_CHANGES)

    def _stage(self, one: Planned, stage: Stage) -> None:
        self._context.monitor.pending[one.batch_id] = Pending(one.action, stage)
        self._publish(NO_CHANGES)

    def _called(self, one: Planned) -> Plain:
        return spoken_of(one.batch_id, self._context.monitor.notes)

    def _stays(self, one: Planned, said: Plain, fate: Fate, in_row: Plain) -> Outcome:
        """A batch that is not deleted because something went wrong before it was asked for."""
        sentence = join(self._called(one), Plain(" stays: "), said)
        return Outcome(NO_CHANGES, sentence, fate, in_row=in_row, title="Not deleted", severity="error")

    def _kept(self, job: Job, one: Planned) -> Outcome:
        """A batch whose action was called off."""
        fate: Fate = "left as they were"
        said, in_row = Plain(" stays as it is."), Plain("not asked: stays as it is")
        if one.batch_id in job.canceled:
            fate = "canceled, not deleted"
            said, in_row = Plain(" is not deleted. It is canceled: that stands."), Plain("canceled, but not deleted")
        return Outcome(NO_CHANGES, join(self._called(one), said), fate, in_row=in_row, kept=True)


def _ended_already(changes: Changes, called: Plain, in_row: Plain) -> Outcome:
    said = join(called, Plain(" has ended already: there was nothing left to cancel."))
    return Outcome(changes, said, "ended already", in_row=in_row)


async def _ask(action: Action, batch_id: str, client: AsyncBatchClient, context: AppContext) -> Outcome:
    catalog = context.catalog
    if action == "delete":
        await client.messages.batches.delete(batch_id)
        changes = catalog.remove(batch_id, for_good=True)
        # The name only now: it may be hidden since the question.
        said = join(spoken_of(batch_id, context.monitor.notes), Plain(" is deleted."))
        return Outcome(changes, said, "deleted", in_row=Plain("deleted"))
    # Not at the top: they bring what only requests need.
    from batch_tui.api.not_given import NOT_GIVEN
    from batch_tui.api.salvage import cancel
    from batch_tui.monitor.listing import as_known

    batch = as_known((await client.fetch(cancel(batch_id), NOT_GIVEN)).value, catalog)
    changes, called = catalog.merge([batch]), spoken_of(batch_id, context.monitor.notes)
    if batch.processing_status == "ended":
        return _ended_already(changes, called, Plain("had ended already"))
    return Outcome(
        changes, join(called, Plain(" is being canceled.")), "being canceled", in_row=Plain("being canceled")
    )
