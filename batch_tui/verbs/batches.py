"""The commands for batches that exist: list, show, wait, cancel, delete, results; each loads its work when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batch_tui.verbs.session import run

if TYPE_CHECKING:
    from batch_tui.verbs.session import Session

_IDS = click.argument("batch_ids", metavar="ID...", nargs=-1, required=True)
_JSON = click.option("--json", "as_json", is_flag=True, help="The API's own objects, one a line.")


@click.command("list")
@click.option("--filter", "wanted", default="", help="As in the dashboard: status:ended errors>0 older:2d id-text")
@click.option("--limit", type=click.IntRange(0), default=100, show_default=True, help="How many; 0 gives all.")
@_JSON
@click.pass_context
def list_command(context: click.Context, wanted: str, limit: int, as_json: bool) -> None:
    """List batches, newest first."""
    from batch_tui.verbs.looking import list_batches

    run(context, lambda session: list_batches(session, wanted=wanted, limit=limit, as_json=as_json))


@click.command()
@_IDS
@_JSON
@click.pass_context
def show(context: click.Context, batch_ids: tuple[str, ...], as_json: bool) -> None:
    """Show what the API says of batch ID."""
    from batch_tui.verbs import looking

    run(context, lambda session: looking.show(session, batch_ids, as_json=as_json))


@click.command()
@click.argument("batch_id", metavar="ID")
@click.option("--filter", default="", help="Only rows like: type:errored  error~credit  out>3000  .label=x  word")
@click.option("--format", type=click.Choice(["jsonl", "csv", "md"]), help="jsonl, or what the file's name ends in.")
@click.option("--column", "columns", multiple=True, help="A JSON path as a further column of a .csv; repeatable.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, whole.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--summary", is_flag=True, help="Totals, cost and errors instead of rows.")
@click.option("--offline", is_flag=True, help="Only what is stored on this machine.")
@click.pass_context
def results(context: click.Context, /, offline: bool, **wanted: Any) -> None:
    """Give the results of batch ID: fetched once, stored, checked for completeness, then written to stdout.

    JSON lines come byte for byte as the API sent them. Exit code 1 if rows are missing, 4 if the batch has not ended.
    """
    from batch_tui.verbs.results import Wish
    from batch_tui.verbs.results import results as give

    def verb(session: Session) -> int:
        return give(Wish.of(**wanted), session.store(), None if offline else session.connect)

    run(context, verb, interrupted="Stopped. What came is kept; the same command goes on.")


COMMANDS: tuple[click.Command, ...] = (list_command, show, results)
