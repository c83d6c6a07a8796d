"""Sending a batch once: checked, written down before the POST, and looked for where its fate is unknown."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from batch_tui.api.errors import BatchAPIError, CreateUncertain
from batch_tui.submission.journal import JournalError, SubmissionJournal, custom_ids_digest
from batch_tui.submission.request_file import RequestFileError
from batch_tui.tui.text import number, plain, plural
from batch_tui.tui.trouble import describe
from batch_tui.verbs.batch_lines import json_line
from batch_tui.verbs.inputs import link
from batch_tui.verbs.lost_batch import Look, access_of, is_it
from batch_tui.verbs.session import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from batch_tui.api.client import BatchClient
    from batch_tui.api.models import MessageBatch
    from batch_tui.api.params import MessageBatchIndividualRequest
    from batch_tui.results.store import ResultsStore
    from batch_tui.submission.journal import Submission
    from batch_tui.verbs.session import Session

_LOOKS: Final = (0.0, 5.0, 15.0, 40.0)
"""Seconds before each look for a batch whose answer was lost."""
NOTHING_SENT: Final = "Stopped before anything was sent."
_LEFT_OPEN: Final = "Stopped. Whether a batch was created is not known: the same command looks before it sends."
_DECIDE: Final = (
    "When it has ended, the same command compares its custom_ids with these. "
    "Sooner, if you know: --made ID takes it for this one, --again sends nevertheless."
)


@dataclass(slots=True)
class Sender:
    """Sends requests as one batch, never twice. The clocks are for tests.

    Every method raises JournalError where nothing may be sent, and BatchAPIError for trouble with the API.
    """

    session: Session
    client: BatchClient
    journal: SubmissionJournal
    as_json: bool = False
    links: ResultsStore | None = None
    """Where the input is linked to the batch that was made of all of it; None if only parts of it are sent."""
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    if_stopped: str = NOTHING_SENT
    """What is true of a stop at this moment."""

    def send(
        self,
        requests: Callable[[], Iterable[MessageBatchIndividualRequest]],
        input_path: Path,
        *,
        again: bool = False,
        made: str | None = None,
    ) -> int:
        """Send what `requests` gives (it is called twice, and must give the same) and give the exit code.

        Refuses while an earlier attempt with the same custom_ids may have created a batch; `again` overrides that.
        With `made`, sends nothing: that is the id of the batch which such an attempt made.
        """
        custom_ids = [request["custom_id"] for request in requests()]
        count, digest = len(custom_ids), custom_ids_digest(custom_ids)
        if made is not None:
            if again:
                raise click.UsageError("--made sends nothing and --again sends: choose one of them.")
            return self._take(made, count, digest)
        if not again and (code := self._settle_doubts(count, digest)) is not None:
            return code
        self._mention_earlier(digest)
        self.if_stopped = _LEFT_OPEN
        submission = self.journal.intend(
            count=count,
            digest=digest,
            input_path=input_path,
            origin=self.session.settings.base_url,
            access=access_of(self.session.settings),
        )
        try:
            answer = self.client.messages.batches.with_raw_response.create(requests=requests())
        except CreateUncertain as error:
            return self._look_for_lost(submission, error)
        except KeyboardInterrupt:
            # With its end noted, the next attempt need not fear that this one is still on its way.
            self._note_doubt(submission, "Stopped by the user while it was being sent.")
            raise
        except (BatchAPIError, RequestFileError, TypeError, ValueError) as error:
            # Raised before anything was created: a refusal, or a request that cannot be written.
            self.if_stopped = "Stopped. No batch was created."
            try:
                self.journal.refused(submission, str(error))
            except JournalError as trouble:
                click.echo(plain(f"No batch was created, but this could not be noted: {trouble.problem}"), err=True)
            if isinstance(error, TypeError | ValueError):
                raise click.ClickException(plain(str(error))) from error
            raise
        return self._made(submission, answer.parse(), answer.json())

    def _made(self, submission: Submission, batch: MessageBatch, raw: Any) -> int:
        """Tell of a batch that is there: first its id, which nobody could find out later."""
        self.if_stopped = plain(f"Stopped. The batch was created all the same: {batch.id}.")
        try:
            self._print(batch, raw)
        finally:
            # Even if nobody reads what is printed, or it was just then that the user stopped it.
            noted = self._note_made(submission, batch.id)
        if self.links is not None:
            self._link(self.links, submission, batch.id)
        return Exit.DONE if noted else Exit.REFUSED

    def _link(self, links: ResultsStore, submission: Submission, batch_id: str) -> None:
        """Link the input to its batch, which is there whether this succeeds or not."""
        if submission.input_path is None:
            return
        try:
            if submission.input_changed():
                raise click.ClickException(plain(f"{submission.input_path} was changed since it was sent."))
            link(links, batch_id, submission.input_path)
        except click.ClickException as error:
            click.echo(f"The batch was created, but its input was not linked to it: {error.message}", err=True)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            sentence = f"The batch was created, but its input was not linked to it: {submission.input_path}: {reason}."
            click.echo(plain(sentence), err=True)

    def _note_made(self, submission: Submission, batch_id: str) -> bool:
        try:
            self.journal.accepted(submission, batch_id)
        except JournalError as error:
            sentence = f"The batch was created, as {batch_id}, but this could not be noted: {error.problem}"
            advice = "Keep the id: the same command does not know of it, and may send these requests again."
            click.echo(plain(f"{sentence} {advice}"), err=True)
            return False
        return True

    # Doubts

    def _doubts(self, count: int, digest: str) -> list[Submission]:
        """Earlier attempts at this API with the same custom_ids that may have made a batch, oldest first."""
        wanted = (digest, count, self.session.settings.base_url)
        return [one for one in self.journal.doubtful() if (one.digest, one.count, one.origin) == wanted]

    def _settle_doubts(self, count: int, digest: str) -> int | None:
        """Find out what became of earlier attempts; a code to end with while one may have made a batch."""
        for doubt in self._doubts(count, digest):
            look = Look.at_the_list(self.client, self.now)
            when = f"{doubt.written_at:%Y-%m-%d %H:%M:%S} UTC"
            lost = f"These requests were sent on {when}, and the answer was lost."
            if not look.sees(doubt, access_of(self.session.settings)):
                there = f"workspace {doubt.workspace}" if doubt.workspace else f"the {doubt.access}"
                click.echo(plain(f"{lost} That was with {there}, and can be looked for only there."), err=True)
                continue
            fitting = look.fitting(doubt, self._known())
            if any(batch.results_url for batch in fitting):
                click.echo("Comparing custom_ids with those of a batch that has ended…", err=True)
            verdicts = {batch.id: is_it(self.client, batch, doubt) for batch in fitting}
            found = [batch for batch in fitting if verdicts[batch.id] is not False]
            if len(found) == 1 and verdicts[found[0].id]:
                here = f"{lost} The batch they made is there: it has their custom_ids. Nothing is sent now"
                click.echo(f"{here}; --again sends them nevertheless.", err=True)
                return self._made(doubt, found[0], None)
            if found:
                click.echo(f"{lost} Nothing is sent now.", err=True)
                return self._may_be(found)
            if look.too_early_for(doubt):
                advice = "It may be on its way, or too new to be listed. Run this again in some minutes."
                click.echo(f"{lost} No batch of that size and time is there yet. {advice}", err=True)
                return Exit.NOT_READY
            self.journal.refused(doubt, "Looked for later, and not found in the list of batches.")
            click.echo(f"An attempt on {when}, whose answer was lost, created no batch; sending now.", err=True)
        return None

    def _look_for_lost(self, submission: Submission, error: CreateUncertain) -> int:
        click.echo(plain(str(describe(error, host=self.session.host))), err=True)
        submission = self._note_doubt(submission, str(error), error.sent_at)
        click.echo("Looking for it in the list of batches…", err=True)
        for pause in _LOOKS:
            self.sleep(pause)
            try:
                look = Look.at_the_list(self.client, self.now)
                submission = self._noting(submission, look)
                found = look.fitting(submission, self._known_if_readable())
            except BatchAPIError as trouble:
                click.echo(plain(str(describe(trouble, host=self.session.host))), err=True)
                continue
            if found:
                return self._may_be(found)
        click.echo("It is not there (yet). The same command looks again before it sends anything.", err=True)
        return Exit.UNREACHABLE

    def _note_doubt(self, submission: Submission, reason: str, sent_at: datetime | None = None) -> Submission:
        try:
            return self.journal.uncertain(submission, reason, sent_at=sent_at)
        except JournalError as trouble:
            # The note from before it was sent warns as well, if it is still there.
            click.echo(plain(f"This could not be noted: {trouble.problem}"), err=True)
            return submission

    def _noting(self, submission: Submission, look: Look) -> Submission:
        """The submission with what a later look needs: by then this machine's clock may have been put right."""
        if submission.clock_ahead is not None:
            return submission
        ahead = None if look.ahead is None else look.ahead.total_seconds()
        try:
            return self.journal.looked_for(submission, workspace=look.workspace, clock_ahead=ahead)
        except JournalError:
            # Told already, when the doubt itself could not be noted.
            return submission

    def _may_be(self, found: Sequence[MessageBatch]) -> int:
        """Name the batches that fit; somebody else may have made one of that size at that time."""
        names = ", ".join(batch.id for batch in found)
        which = "It may be this one" if len(found) == 1 else "It may be one of these"
        click.echo(plain(f"{which}: {names}. Only size and time speak for it. {_DECIDE}"), err=True)
        return Exit.REFUSED

    def _take(self, batch_id: str, count: int, digest: str) -> int:
        """Note the batch that the user knows to be that of an attempt in doubt."""
        doubts = self._doubts(count, digest)
        if not doubts:
            raise click.UsageError("--made: there is no attempt with these custom_ids whose answer was lost.")
        if batch_id in self._known():
            raise click.UsageError(f"--made: {plain(batch_id)} is known as the batch of another attempt.")
        batch = self.client.messages.batches.retrieve(batch_id)
        if batch.request_counts.total != count:
            has = f"{plain(batch_id)} has {plural(batch.request_counts.total, 'request')}, not {number(count)}"
            raise click.UsageError(f"--made: {has}.")
        return self._made(doubts[-1], batch, None)

    def _known(self) -> set[str]:
        """Batches that are known to be those of other attempts."""
        return {one.batch_id for one in self.journal.submissions() if one.batch_id is not None}

    def _known_if_readable(self) -> set[str]:
        try:
            return self._known()
        except JournalError:
            return set()

    # Saying

    def _mention_earlier(self, digest: str) -> None:
        here = (digest, self.session.settings.base_url, "accepted")
        for one in reversed(self.journal.submissions()):
            if (one.digest, one.origin, one.outcome) == here and one.batch_id:
                when = f"{one.written_at:%Y-%m-%d %H:%M} UTC"
                click.echo(plain(f"The same custom_ids were sent on {when} as {one.batch_id}."), err=True)
                return

    def _print(self, batch: MessageBatch, raw: Any) -> None:
        if self.as_json:
            if raw is None:
                raw = self.client.messages.batches.with_raw_response.retrieve(batch.id).json()
            click.echo(json_line(raw))
        else:
            click.echo(plain(batch.id))
            state = "in process" if batch.ended_at is None else "ended"
            click.echo(f"{plural(batch.request_counts.total, 'request')} {state}.", err=True)


def stopped(sends: Sender | None) -> int:
    """Say what is true after Ctrl+C at that moment, and give the exit code."""
    click.echo(NOTHING_SENT if sends is None else sends.if_stopped, err=True)
    return Exit.INTERRUPTED


def sender(session: Session, client: BatchClient, *, as_json: bool, links: bool = False) -> Sender:
    """A sender that writes to this user's journal, and perhaps links inputs."""
    store = session.store() if links else None
    return Sender(session, client, SubmissionJournal(session.journal_directory()), as_json=as_json, links=store)


def as_sentence(error: JournalError | RequestFileError) -> click.ClickException:
    """What a verb ends with when the disk is in the way."""
    return click.ClickException(plain(str(error)))
