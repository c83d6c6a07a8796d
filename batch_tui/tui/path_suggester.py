"""Completes paths while they are typed: directories, and files of the endings that are wanted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import anyio.to_thread
from textual.suggester import Suggester

from batch_tui.tui.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 10_000
"""Entries of a directory that are looked at."""


class PathSuggester(Suggester):
    """Suggests the first name, in order, that goes on from what is typed; reads directories off the loop."""

    def __init__(self, endings: Sequence[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._endings = tuple(endings)

    async def get_suggestion(self, value: str) -> str | None:
        return await anyio.to_thread.run_sync(self._complete, value) if value else None

    def _complete(self, value: str) -> str | None:
        folder, start = os.path.split(value)
        try:
            with os.scandir(os.path.expanduser(folder) or ".") as entries:
                found = sorted(
                    entry.name + ("/" if entry.is_dir() else "")
                    for entry, _ in zip(entries, range(_MOST), strict=False)
                    if self._fits(entry, start)
                )
        except OSError:
            # No such directory: there is nothing to suggest, and enter says what is wrong.
            return None
        return value + found[0][len(start) :] if found and found[0] != start else None

    def _fits(self, entry: os.DirEntry[str], start: str) -> bool:
        name = entry.name
        # Hidden ones only when asked for; names that could not be shown as they are never.
        if not name.startswith(start) or (name.startswith(".") and not start) or plain(name) != name:
            return False
        return entry.is_dir() or name.lower().endswith(self._endings)
