"""`create` and `resubmit`: a file of requests, or those of them that failed, sent once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batch_tui.submission.journal import JournalError, SubmissionJournal
from batch_tui.submission.request_file import RequestFileError, iter_requests
from batch_tui.submission.resubmit import FAILED, requests_to_resubmit
from batch_tui.tui.text import number, plain, plural
from batch_tui.verbs.inputs import linked_path
from batch_tui.verbs.request_checks import report
from batch_tui.verbs.results import stored_or_fetched
from batch_tui.verbs.session import Exit, confirmed
from batch_tui.verbs.submitting import as_sentence, sender

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from batch_tui.submission.resubmit import Kind
    from batch_tui.verbs.session import Session


def create(session: Session, file: Path, *, as_json: bool, again: bool) -> int:
    """Check a file and send it as one batch."""
    session.must_not_be_read_only("create")
    if not report(session, file, to_stderr=True):
        click.echo("Nothing was sent.", err=True)
        return Exit.REFUSED
    try:
        with session.connect() as client:
            sends = sender(session, client, as_json=as_json, links=True)
            return sends.send(lambda: iter_requests(file), file, again=again)
    except (JournalError, RequestFileError) as error:
        raise as_sentence(error) from error


def resubmit(
    session: Session,
    batch_id: str,
    *,
    input_path: Path | None,
    kinds: Collection[Kind],
    partial: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    again: bool,
) -> int:
    """Send those requests of an input whose result in a batch is of one of `kinds` as a new batch."""
    if not dry_run:
        session.must_not_be_read_only("resubmit")
    try:
        known = input_path or SubmissionJournal(session.journal_directory()).input_of(batch_id)
        file = known or linked_path(session.store(), batch_id)
        if file is None:
            raise click.UsageError(f"It is not known which file {plain(batch_id)} was made from: name it with --input.")
        code, results, verified = stored_or_fetched(batch_id, session.store(), session.connect)
        if results is None:
            return code
        if not verified:
            raise click.ClickException("The results are not complete, so it is not certain what failed.")
        chosen = requests_to_resubmit(file, results, kinds or FAILED)
        summary = chosen.summary()
        if not summary.wanted:
            click.echo("No request of that batch failed: there is nothing to send.", err=True)
            return Exit.DONE
        if summary.missing:
            named = ", ".join(summary.examples[:5]) + (", …" if summary.missing > 5 else "")
            lacking = f"{number(summary.missing)} of {plural(summary.wanted, 'failed request')}"
            click.echo(plain(f"{lacking} are not in {file}: {named}."), err=True)
            if not summary.matched or not partial:
                click.echo("Is it the input of that batch? --partial sends those that are there.", err=True)
                return Exit.REFUSED
        click.echo(plain(f"{plural(summary.matched, 'request')} of {batch_id} to send again, from {file}."), err=True)
        if dry_run:
            for request in chosen:
                click.echo(plain(request["custom_id"]))
            return Exit.DONE
        if not confirmed("Send them as a new batch?", yes=yes):
            click.echo("Nothing was sent.", err=True)
            return Exit.REFUSED
        with session.connect() as client:
            return sender(session, client, as_json=as_json).send(lambda: chosen, file, again=again)
    except (JournalError, RequestFileError) as error:
        raise as_sentence(error) from error
