"""What is wrong with a file of requests, a line of stdout for each problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batch_tui.submission.request_file import RequestFileError, check_request_file
from batch_tui.tui.text import number, plain, plural, size

if TYPE_CHECKING:
    from pathlib import Path

    from batch_tui.verbs.session import Session


def report(session: Session, file: Path, *, to_stderr: bool = False) -> bool:
    """Check a file, print every problem, and say whether it can be sent. Raises click.ClickException."""
    try:
        found = check_request_file(file, api_version=session.settings.api_version)
    except RequestFileError as error:
        raise click.ClickException(plain(str(error))) from error
    for problem in found.problems:
        where = f"{file}:{problem.line}" if problem.line else f"{file}"
        click.echo(plain(f"{where}: {problem.severity}: {problem.sentence} {problem.advice}"), err=to_stderr)
    left_out = found.errors + found.warnings - len(found.problems)
    if left_out:
        click.echo(f"{number(left_out)} more problems are not listed.", err=True)
    verdict = "can be sent" if found.ok else "would be refused"
    amount = f"{plural(found.requests, 'request')}, {size(found.bytes)}"
    problems = f"{plural(found.errors, 'error')}, {plural(found.warnings, 'warning')}"
    click.echo(f"{amount}: {verdict} ({problems}).", err=True)
    return found.ok
