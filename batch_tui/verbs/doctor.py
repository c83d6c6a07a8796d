"""The command `doctor`; what looks is loaded when it runs."""

from __future__ import annotations

import click

from batch_tui.verbs.session import run


@click.command()
@click.option("--offline", is_flag=True, help="Do not ask the API.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each finding.")
@click.pass_context
def doctor(context: click.Context, offline: bool, as_json: bool) -> None:
    """Say what batch-tui works with, and whether the API answers.

    Told are versions, settings, where the credentials come from, directories and the terminal. Never shows a
    secret. Exit code 2 without credentials, 3 if the API cannot be reached, 1 if it refuses.
    """
    from batch_tui.verbs import self_check

    run(context, lambda session: self_check.doctor(session, offline=offline, as_json=as_json))
