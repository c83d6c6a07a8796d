"""The list of batches read off a screen: which rows are there, where the cursor is, and how to get to a batch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.end_to_end import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.terminal import Terminal

_ROW = re.compile(rf"^(?P<cursor>[{words.CURSOR}]?)\s*(?:♪ )?(?P<id>msgbatch_\S+)\s")


@dataclass(frozen=True, slots=True)
class Row:
    """One batch as the list shows it."""

    shown_id: str
    """May be cut in the middle."""
    text: str
    has_cursor: bool

    def is_of(self, batch_id: str) -> bool:
        """Whether it is the row of that batch."""
        start, _, end = self.shown_id.partition("…")
        return batch_id.startswith(start) and batch_id.endswith(end)

    def says(self, word: str) -> bool:
        """Whether a regular expression is found in the row."""
        return re.search(word, self.text) is not None


def rows(terminal: Terminal) -> list[Row]:
    """The batches on screen, from top to bottom, without those that a message covers for its seconds."""
    found = []
    for line in terminal.lines():
        if words.MESSAGE_EDGE in line[1:]:
            continue
        # Beside the list may stand a panel about one batch.
        text = line.partition(words.PANEL_EDGE)[0]
        match = _ROW.match(text)
        if match:
            found.append(Row(match["id"], text, match["cursor"] != ""))
    return found


def row_of(terminal: Terminal, batch_id: str) -> Row | None:
    """The row of a batch, None if it is not on screen."""
    return next((row for row in rows(terminal) if row.is_of(batch_id)), None)


def row_says(batch_id: str, word: str) -> Callable[[Terminal], bool]:
    """A predicate: the row of that batch shows a word."""

    def holds(terminal: Terminal) -> bool:
        row = row_of(terminal, batch_id)
        return row is not None and row.says(word)

    holds.__doc__ = f"the row of {batch_id} saying {word!r}"
    return holds


def is_gone(batch_id: str) -> Callable[[Terminal], bool]:
    """A predicate: other batches are on screen, and that one is not."""

    def holds(terminal: Terminal) -> bool:
        shown = rows(terminal)
        return bool(shown) and not any(row.is_of(batch_id) for row in shown)

    holds.__doc__ = f"a list without {batch_id}"
    return holds


def cursor_on(shown_id: str) -> Callable[[Terminal], bool]:
    """A predicate: the cursor stands on the row with that id."""

    def holds(terminal: Terminal) -> bool:
        return any(row.has_cursor and row.shown_id == shown_id for row in rows(terminal))

    holds.__doc__ = f"the cursor on {shown_id}"
    return holds


def list_is_shown(terminal: Terminal) -> bool:
    """a list with at least one batch, and with a cursor"""
    return any(row.has_cursor for row in rows(terminal))


def go_to(terminal: Terminal, wanted: Callable[[Row], bool]) -> Row:
    """Walk the cursor to the first row on screen for which `wanted` holds."""

    def is_there(terminal: Terminal) -> bool:
        """a list with a cursor and the wanted row"""
        shown = rows(terminal)
        return any(row.has_cursor for row in shown) and any(wanted(row) for row in shown)

    terminal.wait_for(is_there)
    shown = rows(terminal)
    here = next(place for place, row in enumerate(shown) if row.has_cursor)
    there = next(place for place, row in enumerate(shown) if wanted(row))
    terminal.press(*("j" if there > here else "k") * abs(there - here))
    terminal.wait_for(cursor_on(shown[there].shown_id))
    return shown[there]


def amount(terminal: Terminal, pattern: str) -> int:
    """The number that a pattern's group finds on screen, 0 without one."""
    found = re.search(pattern, terminal.text)
    return int(found[1].replace(",", "")) if found else 0
