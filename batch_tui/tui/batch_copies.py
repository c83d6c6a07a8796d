"""The forms in which a batch is copied: id, address, JSON, and commands that ask for it elsewhere."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from batch_tui.tui.screens.menu import Choice
from batch_tui.tui.text import Plain, lines

if TYPE_CHECKING:
    from batch_tui.api.models import MessageBatch


def copy_choices(batch: MessageBatch) -> list[Choice]:
    """What can be copied of a batch, for a menu; the ids are those of `copied`."""
    choices = [Choice("y", Plain("id"), "id"), Choice("j", Plain("JSON, as the API gave it"), "json")]
    if batch.results_url is not None:
        choices.append(Choice("u", Plain("results_url"), "url"))
    return [
        *choices,
        Choice("c", Plain("curl, with the key from the environment"), "curl"),
        Choice("p", Plain("Python, with batch_tui.api"), "python"),
        Choice("r", Plain("batch-tui results, for a script"), "results"),
    ]


def copied(form: str, batch: MessageBatch, base_url: str) -> str:
    """A batch in one of those forms, harmless to paste. No form holds a key."""
    match form:
        case "json":
            text = batch.model_dump_json(indent=2)
        case "url":
            text = batch.results_url or ""
        case "curl":
            address = shlex.quote(f"{base_url}/v1/messages/batches/{batch.id}")
            text = f'curl {address} -H "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01"'
        case "python":
            text = (
                "from batch_tui.api import BatchClient\n\n"
                f"batch = BatchClient(base_url={base_url!r}).messages.batches.retrieve({batch.id!r})\n"
            )
        case "results":
            text = f"batch-tui --base-url {shlex.quote(base_url)} results {shlex.quote(batch.id)}"
        case _:
            text = batch.id
    return lines(text)
