"""Sending a batch once from the command line: what is printed, what is linked, and the exit code."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from batch_tui.submission.journal import JournalError, SubmissionJournal
from batch_tui.submission.sending import (
    BatchSender,
    InDoubt,
    Made,
    NotRepeated,
    count_and_digest,
    lost_sentence,
)
from batch_tui.tui.text import number, plain, plural
from batch_tui.tui.trouble import describe
from batch_tui.verbs.batch_lines import json_line
from batch_tui.verbs.inputs import link
from batch_tui.verbs.session import Exit, access_of, confirmed

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable
    from pathlib import Path

    from batch_tui.api.client import BatchClient
    from batch_tui.api.params import MessageBatchIndividualRequest
    from batch_tui.results.store import ResultsStore
    from batch_tui.submission.journal import Submission
    from batch_tui.submission.request_file import RequestFileError
    from batch_tui.submission.sending import Sent
    from batch_tui.verbs.session import Session

NOTHING_SENT: Final = "Stopped before anything was sent."
_LEFT_OPEN: Final = "Stopped. Whether a batch was created is not known: the same command looks before it sends."
_DECIDE: Final = (
    "When it has ended, the same command compares its custom_ids with these. "
    "Sooner, if you know: --made ID takes it for this one, --again sends nevertheless."
)


@dataclass(slots=True)
class Sender:
    """Sends requests as one batch, never twice, and says how it went. The clocks are for tests.

    Every method raises JournalError where nothing may be sent, RequestFileError for requests that cannot be, and
    BatchAPIError for trouble with the API.
    """

    session: Session
    client: BatchClient
    journal: SubmissionJournal
    links: ResultsStore
    """Where the input is linked to the batch that was made of it."""
    as_json: bool = False
    only: Container[str] | None = None
    """The custom_ids that are sent where not all of the input is."""
    repeats: Callable[[], bool] = lambda: True
    """Whether to send once more what was sent, word for word, in the last day."""
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _engine: BatchSender = field(init=False)

    def __post_init__(self) -> None:
        host = self.session.host
        self._engine = BatchSender(
            self.client,
            self.journal,
            origin=self.session.settings.base_url,
            access=access_of(self.session.settings),
            explain=lambda error: str(describe(error, host=host)),
            say=_say,
            tell=self._print,
            repeats=lambda _: self.repeats(),
            sleep=self.sleep,
            now=self.now,
        )

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
        if made is None:
            try:
                outcome = self._engine.send(requests, input_path, again=again)
            except NotRepeated:
                click.echo("Nothing was sent.", err=True)
                return Exit.REFUSED
        elif again:
            raise click.UsageError("--made sends nothing and --again sends: choose one of them.")
        else:
            outcome = self._take(made, *count_and_digest(requests()))
        if isinstance(outcome, InDoubt):
            return _in_doubt(outcome)
        self._link(outcome.submission, outcome.batch.id)
        return Exit.DONE if outcome.noted else Exit.REFUSED

    @property
    def if_stopped(self) -> str:
        """What is true of a stop at this moment."""
        match self._engine.stage:
            case "nothing sent":
                return NOTHING_SENT
            case "open":
                return _LEFT_OPEN
            case "nothing made":
                return "Stopped. No batch was created."
        return plain(f"Stopped. The batch was created all the same: {self._engine.batch_id}.")

    def _link(self, submission: Submission, batch_id: str) -> None:
        """Link the input to its batch, which is there whether this succeeds or not."""
        if submission.input_path is None:
            return
        try:
            if submission.input_changed():
                raise click.ClickException(plain(f"{submission.input_path} was changed since it was sent."))
            link(self.links, batch_id, submission.input_path, only=self.only)
        except click.ClickException as error:
            click.echo(f"The batch was created, but its input was not linked to it: {error.message}", err=True)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            _say(f"The batch was created, but its input was not linked to it: {submission.input_path}: {reason}.")

    def _take(self, batch_id: str, count: int, digest: str) -> Sent:
        """Note the batch that the user knows to be that of an attempt in doubt."""
        doubts = self._engine.doubts(count, digest)
        if not doubts:
            raise click.UsageError("--made: there is no attempt with these custom_ids whose answer was lost.")
        if batch_id in self._engine.known():
            raise click.UsageError(f"--made: {plain(batch_id)} is known as the batch of another attempt.")
        batch = self.client.messages.batches.retrieve(batch_id)
        if batch.request_counts.total != count:
            has = f"{plain(batch_id)} has {plural(batch.request_counts.total, 'request')}, not {number(count)}"
            raise click.UsageError(f"--made: {has}.")
        return self._engine.take(doubts[-1], Made(batch, None))

    # Saying

    def _print(self, made: Made) -> None:
        batch, raw = made.batch, made.raw
        if made.earlier is not None:
            there = f"{lost_sentence(made.earlier)} The batch they made is there: it has their custom_ids."
            _say(f"{there} Nothing is sent now; --again sends them nevertheless.")
        if self.as_json:
            if raw is None:
                raw = self.client.messages.batches.with_raw_response.retrieve(batch.id).json()
            click.echo(json_line(raw))
        else:
            click.echo(plain(batch.id))
            state = "in process" if batch.ended_at is None else "ended"
            click.echo(f"{plural(batch.request_counts.total, 'request')} {state}.", err=True)


def _say(sentence: str) -> None:
    click.echo(plain(sentence), err=True)


def _in_doubt(outcome: InDoubt) -> int:
    """Name the batches that fit; somebody else may have made one of that size at that time."""
    lost = lost_sentence(outcome.submission)
    if outcome.found:
        if outcome.earlier:
            _say(f"{lost} Nothing is sent now.")
        names = ", ".join(batch.id for batch in outcome.found)
        which = "It may be this one" if len(outcome.found) == 1 else "It may be one of these"
        _say(f"{which}: {names}. Only size and time speak for it. {_DECIDE}")
        return Exit.REFUSED
    if outcome.earlier:
        advice = "It may be on its way, or too new to be listed. Run this again in some minutes."
        _say(f"{lost} No batch of that size and time is there yet. {advice}")
        return Exit.NOT_READY
    _say("It is not there (yet). The same command looks again before it sends anything.")
    return Exit.UNREACHABLE


def stopped(sends: Sender | None) -> int:
    """Say what is true after Ctrl+C at that moment, and give the exit code."""
    click.echo(NOTHING_SENT if sends is None else sends.if_stopped, err=True)
    return Exit.INTERRUPTED


def sender(
    session: Session, client: BatchClient, *, as_json: bool, yes: bool, only: Container[str] | None = None
) -> Sender:
    """A sender that writes to this user's journal, and links inputs; on a terminal it asks before it repeats itself."""
    journal = SubmissionJournal(session.journal_directory())

    def repeats() -> bool:
        # Scripts have always sent what they were told to.
        return yes or not sys.stdin.isatty() or confirmed("Send them again, as another batch?", yes=False)

    return Sender(session, client, journal, session.store(), as_json=as_json, only=only, repeats=repeats)


def as_sentence(error: JournalError | RequestFileError) -> click.ClickException:
    """What a verb ends with when the disk is in the way."""
    return click.ClickException(plain(str(error)))
