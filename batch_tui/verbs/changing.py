"""`cancel` and `delete`: look first, name ids and consequences, ask, then act on exactly those ids."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import click

from batch_tui.api.errors import APIConnectionError, APIResponseValidationError, BatchAPIError, NotFoundError
from batch_tui.api.not_given import NOT_GIVEN
from batch_tui.api.salvage import cancel, retrieve
from batch_tui.tui.text import number, plain, plural
from batch_tui.tui.trouble import describe
from batch_tui.verbs.batch_lines import json_line, print_table, unread_sentence
from batch_tui.verbs.looking import saved_here
from batch_tui.verbs.session import Exit, confirmed, whoever_reads

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from batch_tui.api.client import BatchClient
    from batch_tui.api.models import MessageBatch
    from batch_tui.verbs.session import Session

Change = Literal["cancel", "delete"]


@dataclass(slots=True)
class _Outcome:
    """The worst that happened so far, as an exit code."""

    code: Exit = Exit.DONE

    def note(self, code: Exit) -> None:
        # Refusals and a lost line say more than "not ended yet".
        order = (Exit.DONE, Exit.NOT_READY, Exit.REFUSED, Exit.UNREACHABLE)
        self.code = max(self.code, code, key=order.index)


def change(session: Session, verb: Change, batch_ids: Sequence[str], *, yes: bool, as_json: bool) -> int:
    """Cancel or delete batches; those for which it makes no sense are named and left alone, the others go on."""
    session.must_not_be_read_only(verb)
    outcome = _Outcome()
    with session.connect() as client:
        able = [
            batch
            for batch_id in dict.fromkeys(batch_ids)
            if (batch := _look_up(session, client, verb, batch_id, outcome)) is not None
        ]
        if not able:
            return outcome.code
        saved = saved_here(session)
        for sentence in _consequences(verb, able, saved):
            click.echo(plain(sentence), err=True)
        if not confirmed(f"{verb.capitalize()} {plural(len(able), 'batch', 'batches')}?", yes=yes):
            click.echo("Nothing was changed.", err=True)
            return Exit.REFUSED
        for batch in able:
            _act(session, client, verb, batch, outcome, as_json=as_json)
    return outcome.code


def _look_up(
    session: Session, client: BatchClient, verb: Change, batch_id: str, outcome: _Outcome
) -> MessageBatch | None:
    """The batch, if the verb makes sense for it; why not, otherwise."""
    try:
        batch = client.fetch(retrieve(batch_id), NOT_GIVEN).value
    except (NotFoundError, APIResponseValidationError) as error:
        # About this batch; a line that is lost, or a key that is wrong, ends the verb.
        click.echo(plain(f"{batch_id}: {describe(error, host=session.host)}"), err=True)
        outcome.note(Exit.REFUSED)
        return None
    if batch.id != batch_id:
        # What was asked about is not what would be acted on.
        said = f"{batch_id}: the API answered about {batch.id} instead. Nothing is done to either; is a proxy between?"
        click.echo(plain(said), err=True)
        outcome.note(Exit.REFUSED)
        return None
    if batch.unread:
        click.echo(unread_sentence(batch), err=True)
    if "processing_status" in batch.unread:
        click.echo(plain(f"{batch_id} may have ended or not, so nothing is done to it."), err=True)
        outcome.note(Exit.REFUSED)
        return None
    ended = batch.processing_status == "ended"
    if verb == "cancel" and ended:
        click.echo(plain(f"{batch_id} has ended: there is nothing left to cancel."), err=True)
        outcome.note(Exit.REFUSED)
        return None
    if verb == "delete" and not ended:
        click.echo(plain(f"{batch_id} has not ended: cancel it and wait, then delete it."), err=True)
        outcome.note(Exit.NOT_READY)
        return None
    return batch


def _consequences(verb: Change, batches: Sequence[MessageBatch], saved: Collection[str]) -> list[str]:
    uncounted = [batch for batch in batches if "request_counts" in batch.unread]
    said = [
        f"  {batch.id}  {'unknown requests' if batch in uncounted else plural(batch.request_counts.total, 'request')}"
        for batch in batches
    ]
    if verb == "cancel" and uncounted:
        return [*said, "Requests that are running may still finish and be billed; how many is not known."]
    if verb == "cancel":
        running = sum(batch.request_counts.processing for batch in batches)
        return [*said, f"Up to {plural(running, 'request')} may still finish and be billed."]
    lost = [batch for batch in batches if batch.id not in saved and batch.archived_at is None]
    if lost:
        one_only = len(batches) == 1
        which = "Its results" if one_only else f"The results of {number(len(lost))} of {number(len(batches))}"
        said.append(f"{which} are not saved here and will be gone.")
    return said


def _act(
    session: Session, client: BatchClient, verb: Change, batch: MessageBatch, outcome: _Outcome, *, as_json: bool
) -> None:
    try:
        if verb == "cancel":
            canceled = client.fetch(cancel(batch.id), NOT_GIVEN)
            line, table = json_line(json.loads(canceled.outcome.body)), [canceled.value]
            if as_json:
                whoever_reads(lambda: click.echo(line))
            else:
                whoever_reads(lambda: print_table(table, datetime.now(UTC), (), headings=False))
            return
        try:
            deleted = json_line(client.messages.batches.with_raw_response.delete(batch.id).json())
        except NotFoundError:
            # It was there a moment ago: a try whose answer was lost has reached it, or somebody else has.
            click.echo(plain(f"{batch.id} is gone already."), err=True)
            return
        whoever_reads(lambda: click.echo(deleted if as_json else plain(f"{batch.id} is deleted.")))
    except BatchAPIError as error:
        click.echo(plain(f"{batch.id}: {describe(error, host=session.host)}"), err=True)
        outcome.note(Exit.UNREACHABLE if isinstance(error, APIConnectionError) else Exit.REFUSED)
