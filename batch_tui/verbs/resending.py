"""`create` and `resubmit`: a file of requests, or those of them that failed, sent once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batch_tui.submission.journal import JournalError, SubmissionJournal
from batch_tui.submission.request_file import RequestFileError, iter_requests
from batch_tui.submission.resubmit import FAILED, REFUSED, RequestsToResubmit, failed_rows
from batch_tui.tui.text import number, plain, plural
from batch_tui.verbs.batch_lines import json_line
from batch_tui.verbs.inputs import path_of
from batch_tui.verbs.request_checks import report
from batch_tui.verbs.results import stored_or_fetched
from batch_tui.verbs.session import Exit, confirmed
from batch_tui.verbs.submitting import as_sentence, sender, stopped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from batch_tui.results.results_file import ResultsFile
    from batch_tui.submission.resubmit import Kind, ResubmitSummary
    from batch_tui.verbs.session import Session
    from batch_tui.verbs.submitting import Sender


def create(session: Session, file: Path, *, as_json: bool, again: bool, made: str | None, yes: bool) -> int:
    """Check a file and send it as one batch."""
    session.must_not_be_read_only("create")
    sends: Sender | None = None
    try:
        if not report(session, file, to_stderr=True):
            click.echo("Nothing was sent.", err=True)
            return Exit.REFUSED
        with session.connect() as client:
            sends = sender(session, client, as_json=as_json, yes=yes)
            return sends.send(lambda: iter_requests(file), file, again=again, made=made)
    except KeyboardInterrupt:
        return stopped(sends)
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
    made: str | None,
) -> int:
    """Send those requests of an input whose result in a batch is of one of `kinds` as a new batch."""
    if not dry_run:
        session.must_not_be_read_only("resubmit")
    sends: Sender | None = None
    try:
        file = input_path or _file_of(session, batch_id)
        code, results, verified = stored_or_fetched(
            batch_id, session.store(), session.connect, limit=session.cache_limit
        )
        if results is None:
            return code
        if not verified:
            raise click.ClickException("The results are not complete, so it is not certain what failed.")
        failed = failed_rows(results, kinds or FAILED)
        chosen = RequestsToResubmit(file, frozenset(failed))
        summary = chosen.summary()
        if not summary.wanted:
            click.echo(_nothing_to_send(batch_id, results, kinds), err=True)
            return Exit.DONE
        if summary.missing and not _may_lack(summary, file, partial=partial):
            return Exit.REFUSED
        click.echo(plain(f"{plural(summary.matched, 'request')} of {batch_id} to send again, from {file}."), err=True)
        _warn_of_refused(results, failed.values())
        if dry_run:
            for request in chosen:
                click.echo(json_line(request) if as_json else plain(request["custom_id"]))
            return Exit.DONE
        if not confirmed(f"Send {'it' if summary.matched == 1 else 'them'} as a new batch?", yes=yes):
            click.echo("Nothing was sent.", err=True)
            return Exit.REFUSED
        with session.connect() as client:
            sends = sender(session, client, as_json=as_json, yes=yes, only=chosen.wanted)
            return sends.send(lambda: chosen, file, again=again, made=made)
    except KeyboardInterrupt:
        return stopped(sends)
    except (JournalError, RequestFileError) as error:
        raise as_sentence(error) from error


def _file_of(session: Session, batch_id: str) -> Path:
    """The file that a batch is known to be made from. Raises click's errors, RequestFileError and JournalError."""
    file = path_of(session.store(), SubmissionJournal(session.journal_directory()), batch_id)
    if file is None:
        raise click.UsageError(f"It is not known which file {plain(batch_id)} was made from: name it with --input.")
    return file


def _nothing_to_send(batch_id: str, results: ResultsFile, kinds: Collection[Kind]) -> str:
    """That nothing failed, or not so as was asked about."""
    others: list[tuple[Kind, int]] = []
    if kinds:
        others = [(kind, len(failed_rows(results, [kind]))) for kind in sorted(FAILED - set(kinds))]
    others = [(kind, failed) for kind, failed in others if failed]
    if not others:
        return "No request of that batch failed: there is nothing to send."
    asked = " or ".join(sorted(set(kinds)))
    there = " and ".join(f"{number(failed)} {kind}" for kind, failed in others)
    flags = " ".join(f"--kind {kind}" for kind, _ in others)
    return plain(f"No request of {batch_id} is {asked}, but {there}: {flags} sends those.")


def _warn_of_refused(results: ResultsFile, rows: Iterable[int]) -> None:
    """They are sent all the same: the file may have been mended since."""
    refused = sum(1 for row in rows if results.kind(row) == "errored" and results.error_type(row) == REFUSED)
    if refused:
        which = f"{plural(refused, 'of them was', 'of them were')} refused for what is asked"
        click.echo(f"{which} ({REFUSED}): unless the file was mended, the same comes back.", err=True)


def _may_lack(summary: ResubmitSummary, file: Path, *, partial: bool) -> bool:
    """Tell which failed requests are not in the file; whether to go on with the others."""
    named = ", ".join(summary.examples[:5]) + (", …" if summary.missing > 5 else "")
    lacking = f"{number(summary.missing)} of {plural(summary.wanted, 'failed request')}"
    click.echo(plain(f"{lacking} are not in {file}: {named}."), err=True)
    if summary.matched and partial:
        return True
    click.echo("Is it the input of that batch? --partial sends those that are there.", err=True)
    return False
