"""Sending a batch once: checked, written down before the POST, and looked for where its fate is unknown."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from batch_tui.api.errors import BatchAPIError, CreateUncertain
from batch_tui.submission.journal import JournalError, SubmissionJournal, custom_ids_digest
from batch_tui.submission.request_file import RequestFileError
from batch_tui.tui.text import plain, plural
from batch_tui.tui.trouble import describe
from batch_tui.verbs.batch_lines import json_line
from batch_tui.verbs.inputs import link
from batch_tui.verbs.session import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from batch_tui.api.client import BatchClient
    from batch_tui.api.models import MessageBatch
    from batch_tui.api.params import MessageBatchIndividualRequest
    from batch_tui.results.store import ResultsStore
    from batch_tui.submission.journal import Submission
    from batch_tui.verbs.session import Session

_LISTED_AFTER: Final = timedelta(minutes=2)
"""A batch that was created is in the list by then: it takes up to a minute, in what was seen."""
_LOOKS: Final = (0.0, 5.0, 15.0, 40.0)
"""Seconds before each look for a batch whose answer was lost."""
_SLACK: Final = timedelta(minutes=5)
"""How far the clocks of client and server may differ."""
_SEVERAL: Final = "It may be any of these, which have its size and time:"
_LOST_WITHIN: Final = timedelta(minutes=20)
"""How long an attempt that was never settled may have taken."""


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

    @property
    def _origin(self) -> str:
        return self.session.settings.base_url

    def send(
        self,
        requests: Callable[[], Iterable[MessageBatchIndividualRequest]],
        input_path: Path,
        *,
        again: bool = False,
    ) -> int:
        """Send what `requests` gives (it is called twice, and must give the same) and give the exit code.

        Refuses while an earlier attempt with the same custom_ids may have created a batch; `again` overrides that.
        """
        custom_ids = [request["custom_id"] for request in requests()]
        count, digest = len(custom_ids), custom_ids_digest(custom_ids)
        if not again and (code := self._settle_doubts(count, digest)) is not None:
            return code
        self._mention_earlier(digest)
        submission = self.journal.intend(count=count, digest=digest, input_path=input_path, origin=self._origin)
        try:
            answer = self.client.messages.batches.with_raw_response.create(requests=requests())
        except CreateUncertain as error:
            self.journal.uncertain(submission, str(error))
            click.echo(plain(str(describe(error, host=self.session.host))), err=True)
            return self._look_for_lost(submission, error)
        except (BatchAPIError, RequestFileError, TypeError, ValueError) as error:
            # Raised before anything was created: a refusal, or a request that cannot be written.
            self.journal.refused(submission, str(error))
            if isinstance(error, TypeError | ValueError):
                raise click.ClickException(plain(str(error))) from error
            raise
        batch = answer.parse()
        self._accepted(submission, batch.id)
        self._print(batch, answer.json())
        return Exit.DONE

    def _accepted(self, submission: Submission, batch_id: str) -> None:
        self.journal.accepted(submission, batch_id)
        if self.links is not None and submission.input is not None:
            try:
                link(self.links, batch_id, Path(submission.input))
            except click.ClickException as error:
                # The batch is there all the same.
                click.echo(f"The batch was created, but its input was not linked to it: {error.message}", err=True)

    # Doubts

    def _settle_doubts(self, count: int, digest: str) -> int | None:
        """Find out what became of earlier attempts; a code to end with while one may have made a batch."""
        doubts = [
            one
            for one in self.journal.doubtful()
            if (one.digest, one.count, one.origin) == (digest, count, self._origin)
        ]
        for doubt in doubts:
            found = self._candidates(doubt)
            when = f"{doubt.written_at:%Y-%m-%d %H:%M:%S} UTC"
            lost = f"These requests were sent on {when}, and the answer was lost."
            if len(found) == 1:
                self._accepted(doubt, found[0].id)
                here = f"{lost} The batch they made is there: its size and time fit no other. Nothing is sent now"
                click.echo(plain(f"{here}; --again sends them nevertheless."), err=True)
                self._print(found[0], None)
                return Exit.DONE
            if found:
                names = ", ".join(batch.id for batch in found)
                click.echo(plain(f"{lost} {_SEVERAL} {names}. --again sends them nevertheless."), err=True)
                return Exit.REFUSED
            settled = doubt.settled_at or doubt.written_at + _LOST_WITHIN
            if self.now() - settled < _LISTED_AFTER:
                advice = "It may be on its way, or too new to be listed. Run this again in some minutes."
                click.echo(f"{lost} No batch of that size and time is there yet. {advice}", err=True)
                return Exit.NOT_READY
            self.journal.refused(doubt, "Looked for later, and not found in the list of batches.")
            click.echo(f"An attempt on {when}, whose answer was lost, created no batch; sending now.", err=True)
        return None

    def _candidates(self, doubt: Submission) -> list[MessageBatch]:
        """Batches that an attempt may have made, newest first: of its size and time, and not known as another's."""
        known = {one.batch_id for one in self.journal.submissions() if one.batch_id is not None}
        last = (doubt.settled_at or doubt.written_at + _LOST_WITHIN) + _SLACK
        found = []
        for batch in self.client.messages.batches.list(limit=100):
            if batch.created_at < doubt.written_at - _SLACK:
                break
            if batch.created_at <= last and batch.request_counts.total == doubt.count and batch.id not in known:
                found.append(batch)
        return found

    def _look_for_lost(self, submission: Submission, error: CreateUncertain) -> int:
        click.echo("Looking for it in the list of batches…", err=True)
        known = {one.batch_id for one in self.journal.submissions() if one.batch_id is not None}
        for pause in _LOOKS:
            self.sleep(pause)
            try:
                found = [batch for batch in self.client.messages.batches.find_created(error) if batch.id not in known]
            except BatchAPIError as trouble:
                click.echo(plain(str(describe(trouble, host=self.session.host))), err=True)
                continue
            if len(found) == 1:
                self._accepted(submission, found[0].id)
                click.echo("It was created: one batch of this size is from that moment.", err=True)
                self._print(found[0], None)
                return Exit.DONE
            if found:
                names = ", ".join(batch.id for batch in found)
                click.echo(plain(f"{_SEVERAL} {names}."), err=True)
                return Exit.REFUSED
        click.echo("It is not there (yet). The same command looks again before it sends anything.", err=True)
        return Exit.UNREACHABLE

    # Saying

    def _mention_earlier(self, digest: str) -> None:
        for one in reversed(self.journal.submissions()):
            if (one.digest, one.origin, one.outcome) == (digest, self._origin, "accepted") and one.batch_id:
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
            click.echo(f"{plural(batch.request_counts.total, 'request')} in process.", err=True)


def sender(session: Session, client: BatchClient, *, as_json: bool, links: bool = False) -> Sender:
    """A sender that writes to this user's journal, and perhaps links inputs."""
    store = session.store() if links else None
    return Sender(session, client, SubmissionJournal(session.journal_directory()), as_json=as_json, links=store)


def as_sentence(error: JournalError | RequestFileError) -> click.ClickException:
    """What a verb ends with when the disk is in the way."""
    return click.ClickException(plain(str(error)))
