"""What people wrote, hidden while somebody else may look at the screen: the one place that decides.

Hidden is all free text: prompts, answers, errors about them, custom_ids, values, searches, names, tags and notes.
custom_ids too: they are often an e-mail address, or a customer. What the API made or counted stays: ids of batches and
of requests, kinds, models, tokens, times, costs; and paths, which say where things are on this machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from batch_tui.tui.key_names import key_for
from batch_tui.tui.text import Plain, plain

if TYPE_CHECKING:
    from batch_tui.monitor.batch_notes import BatchNotes

DOTS: Final = Plain("••••••")
"""Stands for any text: of one length, so that short answers cannot be told apart."""

# The screen is masked or it is not, whoever paints on it; as with `key_names`, nothing could be given to all who do.
_masked = [False]


@runtime_checkable
class Masked(Protocol):
    """A widget or screen that shows what people wrote, and must be told when that is to be hidden or shown."""

    def mask_changed(self) -> None:
        """Show everything anew."""


def put_on(masked: bool) -> None:
    """From now on hide what people wrote, or show it."""
    _masked[0] = masked


def is_on() -> bool:
    """Whether what people wrote is hidden."""
    return _masked[0]


def written(text: Plain) -> Plain:
    """A text that a person or a model wrote, as it may be shown now."""
    return DOTS if _masked[0] and text else text


def written_row(text: str) -> str:
    """The same for a row that was laid out: it stays as far to the right as it was, and an empty row empty."""
    said = text.lstrip()
    return text[: len(text) - len(said)] + DOTS if _masked[0] and said else text


def noted(notes: BatchNotes | None) -> BatchNotes | None:
    """What the user noted of a batch, as it may be shown now; None brings its id in place of its name."""
    return None if _masked[0] else notes


def without_name(sentence: Plain, notes: BatchNotes | None) -> Plain:
    """A sentence that was made while the name of a batch could be shown, as it may be shown now."""
    name = plain(notes.name) if _masked[0] and notes is not None else Plain("")
    return Plain(sentence.replace(name, DOTS)) if name else sentence


def shows_first(then: str) -> str:
    """Why something that would show what is hidden is not done, and what to do."""
    return f"Masked: {key_for('app.mask', 'X')} shows what people wrote, {then}."
