"""What the shell completes an ID with: the batches this machine knows by name, as sent, or by saved results."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from batch_tui.verbs.session import session_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import CompletionItem

    from batch_tui.verbs.session import Session


def known_ids(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids, and what is known of each, that begin like this or whose name does; asks no server, reads small files."""
    from click.shell_completion import CompletionItem

    from batch_tui.tui.text import plain

    try:
        known = dict(_known(session_of(context)))
    except click.UsageError:
        # Settings that cannot be used are said when the line is run, not in the middle of typing it.
        return []
    wanted = incomplete.casefold()
    return [
        CompletionItem(batch_id, help=str(plain(said)))
        for batch_id, said in known.items()
        # No id of the API is altered by this; lines and control characters would be commands to the shell.
        if plain(batch_id) == batch_id and (batch_id.startswith(incomplete) or said.casefold().startswith(wanted))
    ]


def _known(session: Session) -> Iterator[tuple[str, str]]:
    """Later words on a batch replace earlier ones. What cannot be read is said where it is looked at for itself."""
    from batch_tui.monitor.notes_file import NOTES_NAME, NotesFile, NotesFileError
    from batch_tui.results.errors import ResultsStoreError
    from batch_tui.submission.journal import JournalError, SubmissionJournal

    settings = session.settings
    with suppress(JournalError):
        for one in SubmissionJournal(session.journal_directory()).submissions():
            if one.batch_id is not None and one.origin == settings.base_url:
                yield one.batch_id, f"from {one.input_path.name}" if one.input_path else "sent from here"
    with suppress(ResultsStoreError):
        yield from ((one.batch_id, "results saved") for one in session.store().all_stored())
    with suppress(NotesFileError):
        notes = NotesFile(settings.data_dir / NOTES_NAME).read()
        yield from ((batch_id, noted.name) for batch_id, noted in notes.items() if noted.name)
