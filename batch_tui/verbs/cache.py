"""`batch-tui cache`: the results stored on this machine. Loads nothing heavy before a verb is chosen."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from batch_tui.verbs.known_ids import known_ids
from batch_tui.verbs.session import CACHE_DIRECTORY, Exit, confirmed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def cache(context: click.Context, as_json: bool) -> None:
    """List the results stored on this machine, or act on them."""
    if context.invoked_subcommand is None:
        from batch_tui.verbs.stored import list_stored

        with _disk_trouble():
            list_stored(_directory(context), as_json=as_json, now=datetime.now(UTC))


def _directory(context: click.Context) -> Path:
    directory: Path = context.meta[CACHE_DIRECTORY]()
    return directory


@contextmanager
def _disk_trouble() -> Iterator[None]:
    """What the disk refuses is a sentence."""
    from batch_tui.results.errors import ResultsStoreError
    from batch_tui.tui.text import plain

    try:
        yield
    except ResultsStoreError as error:
        raise click.ClickException(plain(str(error))) from error


@cache.command()
@click.option("--older-than", help="What was not opened for so long: 12h, 30d, 2w.")
@click.option("--to", help="What was opened longest ago, until the rest takes no more than this: 5GB, 500MB.")
@click.option("--batch", "batch_ids", multiple=True, help="The results of this batch; repeatable.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.pass_context
@_disk_trouble()
def prune(
    context: click.Context, older_than: str | None, to: str | None, batch_ids: tuple[str, ...], yes: bool, dry_run: bool
) -> None:
    """Delete stored results. What is pinned or open elsewhere stays, unless it is named."""
    from batch_tui.tui.text import plain, plural, size
    from batch_tui.verbs.stored import chosen_for_pruning, delete_chosen

    if older_than is None and to is None and not batch_ids:
        raise click.UsageError("Say what is to go: --older-than, --to or --batch.")
    dropped = chosen_for_pruning(
        _directory(context), batch_ids=batch_ids, older_than=older_than, to=to, now=datetime.now(UTC)
    )
    for one, _ in dropped:
        more = "  pinned" if one.pinned else "  unfinished" if one.unfinished else ""
        click.echo(f"{plain(one.batch_id)}  {size(one.size)}{more}")
    amount = f"{plural(len(dropped), 'file')}, {size(sum(one.size for one, _ in dropped))}"
    if dry_run or not dropped:
        click.echo(f"{amount} would go." if dropped else "Nothing to delete.", err=True)
        return
    if not confirmed(f"Delete {amount}?", yes=yes):
        context.exit(Exit.REFUSED)
    gone = delete_chosen(dropped, batch_ids)
    click.echo(f"Deleted {plural(len(gone), 'file')}, {size(sum(one.size for one, _ in gone))}.", err=True)
    if left := len(dropped) - len(gone):
        click.echo(f"{plural(left, 'file')} stayed: pinned or opened meanwhile.", err=True)


@cache.command()
@click.argument("batch_id", metavar="ID", shell_complete=known_ids)
@click.pass_context
@_disk_trouble()
def pin(context: click.Context, batch_id: str) -> None:
    """Never drop the results of batch ID to make room."""
    _set_pinned(context, batch_id, True)


@cache.command()
@click.argument("batch_id", metavar="ID", shell_complete=known_ids)
@click.pass_context
@_disk_trouble()
def unpin(context: click.Context, batch_id: str) -> None:
    """Let the results of batch ID go when room is needed."""
    _set_pinned(context, batch_id, False)


def _set_pinned(context: click.Context, batch_id: str, pinned: bool) -> None:
    from batch_tui.verbs.stored import find

    _, store = find(_directory(context), batch_id)
    store.set_pinned(batch_id, pinned)


@cache.command()
@click.argument("batch_id", metavar="ID", shell_complete=known_ids)
@click.pass_context
@_disk_trouble()
def path(context: click.Context, batch_id: str) -> None:
    """Print where the results of batch ID are."""
    from batch_tui.verbs.stored import find

    click.echo(find(_directory(context), batch_id)[0].path)
