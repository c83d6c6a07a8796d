"""The commands for requests on disk: check, create, resubmit; each loads its work when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batch_tui.verbs.known_ids import known_ids
from batch_tui.verbs.session import Exit, run

if TYPE_CHECKING:
    from batch_tui.verbs.session import Session

_FILE = click.Path(path_type=Path, dir_okay=False)
_JSON = click.option("--json", "as_json", is_flag=True, help="The API's own object instead of the id.")
_AGAIN = click.option("--again", is_flag=True, help="Send although an earlier attempt may have made a batch.")
_MADE = click.option("--made", metavar="ID", help="Send nothing: an earlier attempt, whose answer was lost, made this.")
_KINDS = ("errored", "expired", "canceled")


@click.command()
@click.argument("file", type=_FILE)
@click.pass_context
def check(context: click.Context, file: Path) -> None:
    """Check a JSONL FILE of requests before it is sent. Every problem is a line on stdout.

    An error would make the API refuse the whole batch; a warning is about one request that would come back errored.
    """
    from batch_tui.verbs.request_checks import report

    run(context, lambda session: Exit.DONE if report(session, file) else Exit.REFUSED)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--yes", is_flag=True, help="Do not ask whether to send again what was sent within a day.")
@_JSON
@_AGAIN
@_MADE
@click.pass_context
def create(context: click.Context, /, file: Path, **options: Any) -> None:
    """Send a JSONL FILE of requests as one batch, and print its id.

    It is checked first and written down before it is sent. If the answer is lost, the batch is looked for, and
    nothing is sent while one that is there may be it. On a terminal it asks before the same requests are sent
    a second time within a day.
    """
    from batch_tui.verbs import resending

    run(context, lambda session: resending.create(session, file, **options))


@click.command()
@click.argument("batch_id", metavar="ID", shell_complete=known_ids)
@click.option("--input", "input_path", type=_FILE, help="The file the batch was made from; known if `create` sent it.")
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(_KINDS), help="Only those that failed so; repeatable."
)
@click.option("--partial", is_flag=True, help="Go on if some of them are not in the file.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only print the custom_ids that would be sent; with --json the requests.")
@_JSON
@_AGAIN
@_MADE
@click.pass_context
def resubmit(context: click.Context, /, batch_id: str, **options: Any) -> None:
    """Send the requests of batch ID that failed as a new batch. Prints its id."""
    from batch_tui.verbs import resending

    def verb(session: Session) -> int:
        return resending.resubmit(session, batch_id, **options)

    run(context, verb)
