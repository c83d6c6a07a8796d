"""Looks for rows in threads of its own, one for each purpose; follows a file while it grows, and never blocks."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from batch_tui.results.errors import NO_MEMORY, NO_THREAD, ResultsStoreError
from batch_tui.results.row_query import RowQuery
from batch_tui.results.search import search
from batch_tui.tui.results_messages import RowsFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.row_selection import FoundRows
    from batch_tui.results.search import SearchPattern, Slice

Purpose = Literal["query", "search"]


@dataclass(slots=True)
class Hunt:
    """What is looked for in which file; `found` grows, and `reply` is told in another thread."""

    purpose: Purpose
    file: ResultsFile
    condition: RowQuery | SearchPattern
    found: FoundRows
    reply: Callable[[RowsFound], object]
    stopped: threading.Event = field(default_factory=threading.Event)
    running: bool = False

    def slices(self) -> Iterator[Slice]:
        """The steps of looking on from where the last one ended."""
        if isinstance(self.condition, RowQuery):
            return self.condition.scan(self.file, start=self.found.upto, should_stop=self.stopped.is_set)
        return search(self.file, self.condition, start=self.found.upto, should_stop=self.stopped.is_set)


class RowFinder:
    """At most one hunt for each purpose; a new one ends the one before. `interval` in seconds between reports."""

    def __init__(self, monotonic: Callable[[], float], interval: float = 0.1) -> None:
        self._monotonic = monotonic
        self._interval = interval
        self._hunts: dict[Purpose, Hunt] = {}
        self._lock = threading.Lock()

    def start(self, hunt: Hunt) -> None:
        """Look for this instead of what was looked for before for the same purpose."""
        self.stop(hunt.purpose)
        self._hunts[hunt.purpose] = hunt
        self.wake()

    def stop(self, purpose: Purpose | None = None) -> None:
        """End one hunt, or all of them; what they found stays."""
        for each in [purpose] if purpose is not None else list(self._hunts):
            hunt = self._hunts.pop(each, None)
            if hunt is not None:
                hunt.stopped.set()

    def wake(self) -> None:
        """Files may have grown: look through what is new."""
        for hunt in self._hunts.values():
            with self._lock:
                idle = hunt.running or hunt.stopped.is_set() or hunt.found.upto >= len(hunt.file)
                hunt.running = hunt.running or not idle
            if not idle:
                # A daemon, so that quitting never waits for a search.
                thread = threading.Thread(target=self._run, args=(hunt,), name=hunt.purpose, daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    hunt.running = False
                    self._give_up(hunt, NO_THREAD)

    def _run(self, hunt: Hunt) -> None:
        trouble: str | None = None
        reported_at = self._monotonic()
        while hunt.running:
            try:
                for found in hunt.slices():
                    hunt.found.append(found)
                    if self._monotonic() - reported_at >= self._interval:
                        reported_at = self._monotonic()
                        hunt.reply(RowsFound(hunt.purpose, hunt.found, looking=True))
            except (ResultsStoreError, MemoryError) as error:
                trouble = NO_MEMORY if isinstance(error, MemoryError) else str(error)
                hunt.stopped.set()
            with self._lock:
                # Rows may have come after the last look; whoever told of them saw this one running still.
                hunt.running = not hunt.stopped.is_set() and hunt.found.upto < len(hunt.file)
        if trouble is not None:
            self._give_up(hunt, trouble)
        elif not hunt.stopped.is_set():
            hunt.reply(RowsFound(hunt.purpose, hunt.found, looking=False))

    def _give_up(self, hunt: Hunt, trouble: str) -> None:
        hunt.stopped.set()
        hunt.reply(RowsFound(hunt.purpose, hunt.found, looking=False, trouble=trouble))
