"""Carrying out a confirmed action on one batch, and saying how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from batch_tui.api.errors import BatchAPIError, NotFoundError
from batch_tui.monitor.catalog import NO_CHANGES, Changes
from batch_tui.tui.text import Plain, join, plain
from batch_tui.tui.trouble import describe

if TYPE_CHECKING:
    from batch_tui.api.client import AsyncBatchClient
    from batch_tui.tui.context import AppContext

Action = Literal["cancel", "delete"]
Severity = Literal["information", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action changed, and the sentence for the user."""

    changes: Changes
    sentence: Plain
    title: str = ""
    severity: Severity = "information"


async def carry_out(action: Action, batch_id: str, client: AsyncBatchClient, context: AppContext) -> Outcome:
    """Do it to that id, whatever the list shows by now; every refusal is an outcome, none is raised."""
    batches, catalog = client.messages.batches, context.catalog
    try:
        if action == "cancel":
            changes = catalog.merge([await batches.cancel(batch_id)])
            return Outcome(changes, join(plain(batch_id), Plain(" is being canceled.")))
        await batches.delete(batch_id)
        changes = catalog.remove(batch_id, for_good=True)
        return Outcome(changes, join(plain(batch_id), Plain(" is deleted.")))
    except NotFoundError as error:
        # Deleted elsewhere, or our own delete whose answer was lost and that was tried again.
        changes = catalog.remove(batch_id, for_good=False) if action == "delete" else NO_CHANGES
        said = plain(str(describe(error, host=context.host)))
        return Outcome(changes, said, "The batch was gone already", "warning")
    except BatchAPIError as error:
        said = plain(str(describe(error, host=context.host)))
        return Outcome(NO_CHANGES, said, f"Could not {action} the batch", "error")
