"""The file a batch was made from: linked by a verb, known to the dashboard too, and held against the results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from batch_tui.results.completeness import match_input
from batch_tui.submission.errors import LinkError
from batch_tui.submission.linked_input import LinkedInput, LinkedInputs
from batch_tui.submission.resubmit import input_of
from batch_tui.tui.link_choice import why_not_instead
from batch_tui.tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.store import ResultsStore
    from batch_tui.submission.journal import SubmissionJournal

_KEY = re.compile(r"I links (it|the input) anew\.$")
"""How a sentence about a link ends in the dashboard; only there, since the path in it may hold the same words."""
_NAMES_IT = "--input names the file to use."


def links_in(store: ResultsStore) -> LinkedInputs:
    """The links that the dashboard keeps beside the results."""
    return LinkedInputs(store.directory / "inputs")


def link(store: ResultsStore, batch_id: str, path: Path, *, only: Container[str] | None = None) -> LinkedInput | None:
    """Remember which file a batch was made from; where another is linked, it stays so, and the file is given back.

    `only` these custom_ids where it was made of a part of the file. Raises click.ClickException for one that cannot be.
    """
    links = links_in(store)
    try:
        if _usable(links, batch_id) is not None:
            return LinkedInput.read(batch_id, path, only=only)
        links.link(batch_id, path, only=only)
    except LinkError as error:
        raise _for_the_shell(error) from error
    return None


def link_instead(store: ResultsStore, new: LinkedInput, results: ResultsFile | None) -> None:
    """Link the file in place of the one that is linked, unless that is the right one: click.ClickException."""
    links = links_in(store)
    try:
        known = _usable(links, new.batch_id)
        problem = None if known is None else why_not_instead(known, new, results)
        if problem is None:
            links.link(new.batch_id, new.path)
    except LinkError as error:
        raise _for_the_shell(error) from error
    if problem is not None:
        raise click.ClickException(plain(problem))


def _usable(links: LinkedInputs, batch_id: str) -> LinkedInput | None:
    try:
        return links.of(batch_id)
    except LinkError:
        # It is damaged, so there is nothing to lose.
        return None


def path_of(store: ResultsStore, journal: SubmissionJournal, batch_id: str) -> Path | None:
    """The file a batch was made from, as it was then: what is linked, or else what the journal tells.

    Raises click.ClickException where it is another by now, RequestFileError and JournalError.
    """
    try:
        return input_of(batch_id, links_in(store), journal)
    except LinkError as error:
        raise _for_the_shell(error, _NAMES_IT) from error


def differences(store: ResultsStore, batch_id: str, file: ResultsFile) -> tuple[str, ...]:
    """How results and linked input differ, a sentence each; nothing where no input is linked or it cannot be read.

    Raises ResultsStoreError when the results file lost lines.
    """
    try:
        linked = links_in(store).of(batch_id)
        match = None if linked is None else match_input(file, linked.custom_ids())
    except LinkError as error:
        # An old link says nothing against results that are whole.
        click.echo(_for_the_shell(error).message, err=True)
        return ()
    return () if match is None else match.sentences


def _for_the_shell(error: LinkError, advice: str = "--input links it anew.") -> click.ClickException:
    """The sentence, with what to do here in place of the dashboard's key."""
    return click.ClickException(plain(_KEY.sub(lambda _: advice, str(error))))
