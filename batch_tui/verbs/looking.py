"""`list` and `show`: what the API says of batches, filtered as in the dashboard."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from batch_tui.api.errors import APIResponseValidationError, NotFoundError
from batch_tui.api.not_given import NOT_GIVEN
from batch_tui.api.pages import PageQuery
from batch_tui.api.salvage import list_page, retrieve
from batch_tui.monitor.batch_filter import read_filter
from batch_tui.monitor.batch_notes import NO_NOTES
from batch_tui.monitor.notes_file import NOTES_NAME, NotesFile, NotesFileError
from batch_tui.results.errors import ResultsStoreError
from batch_tui.tui.text import plain, plural
from batch_tui.tui.trouble import describe
from batch_tui.verbs.batch_lines import json_line, print_facts, print_table, unread_sentence
from batch_tui.verbs.session import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batch_tui.api.client import BatchClient
    from batch_tui.api.salvage import Listed
    from batch_tui.monitor.batch_notes import BatchNotes
    from batch_tui.verbs.session import Session

_LARGEST_PAGE = 1000
_MOST_NAMED = 10
"""How many of the batches that cannot be read are named."""


def saved_here(session: Session) -> frozenset[str]:
    """Ids of the batches whose results are whole on this machine; none, and a sentence, where the disk refuses."""
    try:
        return frozenset(one.batch_id for one in session.store().all_stored())
    except ResultsStoreError as error:
        click.echo(plain(str(error)), err=True)
        return frozenset()


def noted_here(session: Session) -> Mapping[str, BatchNotes]:
    """What the user noted about batches on this machine; nothing, and a sentence, where it cannot be read."""
    try:
        return NotesFile(session.settings.data_dir / NOTES_NAME).read()
    except NotesFileError as error:
        click.echo(plain(str(error)), err=True)
        return NO_NOTES


def list_batches(session: Session, *, wanted: str, limit: int, as_json: bool) -> int:
    """Print the newest batches that fulfil a filter, at most `limit` (0: all) of them, as the pages arrive."""
    chosen, problem = read_filter(wanted)
    if problem is not None:
        raise click.UsageError(f"--filter: {plain(problem)}")
    saved, notes, printed = saved_here(session), noted_here(session), 0
    unread: list[str] = []
    nameless = 0
    with session.connect() as client:
        now = datetime.now(UTC)
        size = _LARGEST_PAGE if chosen or not limit else min(limit, _LARGEST_PAGE)
        for listed in _pages(client, size, raw=as_json):
            nameless += listed.nameless
            unread += [f"{batch.id} ({', '.join(sorted(batch.unread))})" for batch in listed.data if batch.unread]
            batches = [batch for batch in listed.data if not batch.unread]
            kept = {batch.id for batch in chosen.keep(batches, now, saved, notes)}
            shown = [batch for batch in batches if batch.id in kept][: (limit - printed) if limit else None]
            if as_json:
                raw_of = dict(zip((batch.id for batch in listed.data), listed.raw, strict=True))
                for batch in shown:
                    click.echo(json_line(raw_of[batch.id]))
            else:
                print_table(shown, now, saved, notes, headings=not printed and bool(shown))
            printed += len(shown)
            too_old = bool(batches) and chosen.reach is not None and now - batches[-1].created_at > chosen.reach
            if too_old or (limit and printed >= limit):
                break
    if not as_json:
        click.echo(f"{plural(printed, 'batch', 'batches')}.", err=True)
    return _tell_unread(unread, nameless)


def _tell_unread(unread: Sequence[str], nameless: int) -> int:
    """Say what is left out, since the API's answer about it cannot be read; the exit code."""
    if not unread and not nameless:
        return Exit.DONE
    named = [*unread[:_MOST_NAMED], *([f"{len(unread) - _MOST_NAMED:,} more"] if len(unread) > _MOST_NAMED else [])]
    named += [f"{nameless:,} without an id"] if nameless else []
    many = plural(len(unread) + nameless, "batch", "batches")
    click.echo(plain(f"{many} could not be read, and left out: {', '.join(named)}."), err=True)
    return Exit.REFUSED


def show(session: Session, batch_ids: Sequence[str], *, as_json: bool) -> int:
    """Print what the API says of each batch, as far as it can be read."""
    saved, failed = saved_here(session) if not as_json else frozenset[str](), 0
    notes = noted_here(session) if not as_json else NO_NOTES
    shown = 0
    with session.connect() as client:
        for batch_id in batch_ids:
            try:
                answer = client.fetch(retrieve(batch_id), NOT_GIVEN)
            except (NotFoundError, APIResponseValidationError) as error:
                failed += 1
                click.echo(plain(str(describe(error, host=session.host))), err=True)
                continue
            batch = answer.value
            if batch.unread:
                failed += 1
                click.echo(unread_sentence(batch), err=True)
            if as_json:
                click.echo(json_line(json.loads(answer.outcome.body)))
            else:
                if shown:
                    click.echo()
                print_facts(batch, datetime.now(UTC), saved, notes)
            shown += 1
    return Exit.REFUSED if failed else Exit.DONE


def _pages(client: BatchClient, size: int, *, raw: bool) -> Iterator[Listed]:
    """Each page, with the objects its batches were read from if they are asked for."""
    after: str | None = None
    while True:
        page = client.fetch(list_page(PageQuery(after_id=after, limit=size), raw=raw), NOT_GIVEN).value
        yield page
        if not page.data or page.has_more is False or after == page.data[-1].id:
            return
        after = page.data[-1].id
