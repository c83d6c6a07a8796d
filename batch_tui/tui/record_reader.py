"""Reads and lays out records in one thread of its own; the newest wish wins, and the screen never waits."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_tui.tui.json_tree import JsonTree
from batch_tui.tui.messages import RecordLoaded
from batch_tui.tui.record_pages import record_pages
from batch_tui.tui.wrapping import unwrapped, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.results.results_file import Record, ResultsFile


_UNWRAPPED = 1_000
"""Cells that long texts of a tree are wrapped to where lines are left as they are."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One page of one record, for a pane of so many cells, and who asked for it."""

    file: ResultsFile
    line: int
    page: int
    cells: int
    """0 leaves lines as long as they are."""
    reply: Callable[[RecordLoaded], object]


class RecordReader:
    """Fulfils wishes one after the other; a wish that was overtaken is dropped."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._wish: Wish | None = None
        self._thread: threading.Thread | None = None
        self._last: tuple[ResultsFile, Record] | None = None

    def ask(self, wish: Wish) -> None:
        """Fulfil this wish next, instead of any that waits."""
        with self._condition:
            self._wish = wish
            if self._thread is None:
                # A daemon, so that quitting never waits for a record of many megabytes.
                self._thread = threading.Thread(target=self._run, name="records", daemon=True)
                self._thread.start()
            self._condition.notify_all()

    def _run(self) -> None:
        while True:
            with self._condition:
                while self._wish is None:
                    self._condition.wait()
                wish, self._wish = self._wish, None
            wish.reply(self._fulfil(wish))

    def _fulfil(self, wish: Wish) -> RecordLoaded:
        if self._last is None or self._last[0] is not wish.file or self._last[1].number != wish.line:
            # Turning pages of a large record must not read it again.
            self._last = (wish.file, wish.file.record(wish.line))
        pages = record_pages(self._last[1], wish.page)
        tree = None if pages.tree is None else JsonTree(pages.tree, wish.cells or _UNWRAPPED)
        rows = wrap(pages.page, wish.cells) if wish.cells else unwrapped(pages.page)
        return RecordLoaded(wish.file, wish.line, wish.page, pages, rows, tree)
