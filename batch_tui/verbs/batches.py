"""The commands for batches that exist: list, show, wait, cancel, delete, results; each loads its work when it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

import click

from batch_tui.verbs.known_ids import known_ids
from batch_tui.verbs.session import run

if TYPE_CHECKING:
    from batch_tui.verbs.session import Session


def _that_can_be(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Refuse what cannot be an id, such as an unset shell variable."""
    for batch_id in (value,) if isinstance(value, str) else value:
        if unquote(batch_id).partition(";")[0].strip() in ("", ".", ".."):
            raise click.BadParameter(f"{batch_id!r} is no id of a batch.", context, parameter)
    return value


_IDS = click.argument(
    "batch_ids", metavar="ID...", nargs=-1, required=True, callback=_that_can_be, shell_complete=known_ids
)
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


def _seconds(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """A length of time as people write it: 90, 30s, 15m, 2h, 1d."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)([smhd]?)", value.strip().lower())
    if found is None:
        raise click.BadParameter("give seconds, or a length such as 30s, 15m, 2h or 1d.", context, parameter)
    return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}[found[2]]


@click.command()
@_IDS
@click.option("--timeout", callback=_seconds, metavar="TIME", help="Give up after so long: 30s, 15m, 2h.")
@click.option(
    "--poll",
    callback=_seconds,
    metavar="TIME",
    default="10s",
    show_default=True,
    help="Ask this often; less often where the server wishes.",
)
@_JSON
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on the way.")
@click.pass_context
def wait(
    context: click.Context,
    batch_ids: tuple[str, ...],
    timeout: float | None,
    poll: float,
    as_json: bool,
    quiet: bool,
) -> None:
    """Wait until every batch ID has ended, then print each.

    Exit code 0 if every request succeeded, 1 if one did not, 4 if the time is up.
    """
    from batch_tui.verbs.waiting import Wait

    def verb(session: Session) -> int:
        return Wait(session, batch_ids, max(poll, 1.0), timeout, as_json=as_json, quiet=quiet).run()

    run(context, verb, interrupted="\nStopped waiting; the batches go on.")


def _change(verb: Literal["cancel", "delete"], sentence: str) -> click.Command:
    @click.command(verb, help=sentence)
    @_IDS
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @_JSON
    @click.pass_context
    def command(context: click.Context, batch_ids: tuple[str, ...], yes: bool, as_json: bool) -> None:
        from batch_tui.verbs.changing import change

        run(context, lambda session: change(session, verb, batch_ids, yes=yes, as_json=as_json))

    return command


cancel = _change(
    "cancel", "Cancel batch ID. Requests already running may still finish and be billed. Asks on a terminal."
)
delete = _change("delete", "Delete ended batch ID with its results at the API. Asks on a terminal.")


@click.command()
@click.argument("batch_id", metavar="ID", callback=_that_can_be, shell_complete=known_ids)
@click.option("--filter", default="", help="Only rows like: type:errored  error~credit  out>3000  .label=x  word")
@click.option("--format", type=click.Choice(["jsonl", "csv", "md"]), help="jsonl, or what the file's name ends in.")
@click.option(
    "--column",
    "columns",
    metavar="PATH",
    multiple=True,
    help="A JSON path as a further column of a .csv, such as error.type, usage.output_tokens, message.id, "
    "or .label for answers that are JSON; repeatable.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, whole.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--summary", is_flag=True, help="Totals, cost and errors instead of rows.")
@click.option("--again", is_flag=True, help="Fetch anew what is stored.")
@click.option("--offline", is_flag=True, help="Only what is stored on this machine.")
@click.option("--input", type=click.Path(path_type=Path, dir_okay=False), help="Check against the file it came from.")
@click.pass_context
def results(context: click.Context, /, offline: bool, **wanted: Any) -> None:
    """Give the results of batch ID.

    They are fetched once, stored, checked for completeness, then written to stdout.

    JSON lines come byte for byte as the API sent them. --input is remembered for the batch, here and in the
    dashboard. Exit code 1 if rows are missing or not those of the input, 4 if the batch has not ended.
    """
    from batch_tui.verbs.results import Wish
    from batch_tui.verbs.results import results as give

    if offline and wanted["again"]:
        raise click.UsageError("--again fetches, and --offline does not: leave one of them out.")

    def verb(session: Session) -> int:
        connect = None if offline else session.connect
        return give(Wish.of(**wanted), session.store(), connect, session.own_prices, limit=session.cache_limit)

    run(context, verb, interrupted="Stopped. What came is kept; the same command goes on.")
