"""Reads and lays out records in one thread of its own; the newest wish of a pane wins, and the screen never waits."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_tui.tui.json_tree import JsonTree
from batch_tui.tui.record_pages import Part, record_pages
from batch_tui.tui.results_messages import RecordLoaded
from batch_tui.tui.text import size
from batch_tui.tui.wrapping import unwrapped, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batch_tui.results.results_file import Record, ResultsFile
    from batch_tui.submission.linked_input import LinkedInput
    from batch_tui.tui.record_pages import RecordPages
    from batch_tui.tui.results_messages import PageWish, Pane
    from batch_tui.tui.wrapping import Row, Span

LONGEST_MARKDOWN: Final = 100_000
"""Characters of an answer that are laid out as Markdown: parsing 100,000 takes 0.1 s, of the worst kind about 2 s."""
_UNWRAPPED = 1_000
"""Cells that long texts are wrapped to all the same where lines are left as they are."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A page that is wished for, of which file, and who asked for it; `linked` is the input of the batch, if known."""

    file: ResultsFile
    page: PageWish
    linked: LinkedInput | None
    reply: Callable[[RecordLoaded], object]


class RecordReader:
    """Fulfils wishes one after the other; a wish that was overtaken by one of the same pane is dropped."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._wishes: dict[Pane, Wish] = {}
        self._thread: threading.Thread | None = None
        self._last: tuple[ResultsFile, Record] | None = None
        self._forgets = False

    def ask(self, wish: Wish) -> None:
        """Fulfil this wish soon, instead of any of the same pane that waits."""
        with self._condition:
            self._wishes[wish.page.pane] = wish
            if self._thread is None:
                # A daemon, so that quitting never waits for a record of many megabytes.
                self._thread = threading.Thread(target=self._run, name="records", daemon=True)
                self._thread.start()
            self._condition.notify_all()

    def forget(self) -> None:
        """Let go of the last record, its file and the thread: nobody looks at them any more."""
        with self._condition:
            self._wishes.clear()
            self._forgets = True
            self._condition.notify_all()

    def _run(self) -> None:
        while (wish := self._next_wish()) is not None:
            wish.reply(self._fulfil(wish))
            # It holds the file, which is to close when nobody shows it any more.
            del wish

    def _next_wish(self) -> Wish | None:
        """Wait for a wish; None, and the next one starts a new thread, once all was to be forgotten."""
        with self._condition:
            while not self._wishes and not self._forgets:
                self._condition.wait()
            if self._forgets:
                self._last, self._forgets = None, False
            if self._wishes:
                return self._wishes.pop(next(iter(self._wishes)))
            self._thread = None
            return None

    def _fulfil(self, wish: Wish) -> RecordLoaded:
        asked = wish.page
        if self._last is None or self._last[0] is not wish.file or self._last[1].number != asked.line:
            # Turning pages of a large record must not read it again.
            record = wish.file.record(asked.line)
            # All that is shown of a line that could be read is its value.
            self._last = (wish.file, record if record.value is None else replace(record, raw=b""))
        record = self._last[1]
        request = None if wish.linked is None else partial(wish.linked.request, record.custom_id)
        pages = record_pages(record, asked.page, request, Part(asked.start, asked.sought))
        tree = None if pages.tree is None else JsonTree(pages.tree, asked.cells or _UNWRAPPED)
        rows, spans = _rows(pages, asked)
        return RecordLoaded(wish.file, asked, pages, rows, spans, tree)


def _rows(pages: RecordPages, asked: PageWish) -> tuple[Sequence[Row], Mapping[int, Sequence[Span]]]:
    """The page laid out for its pane."""
    rows = wrap(pages.page, asked.cells) if asked.cells else unwrapped(pages.page)
    if not pages.is_prose or not asked.markdown:
        return rows, {}
    answer = pages.page[0][0]
    page, reason = None, f"{size(len(answer))} are too much"
    if len(answer) <= LONGEST_MARKDOWN:
        # Here, not above: its parser takes a while to import, and the first paint must not wait for that.
        from batch_tui.tui.markdown_page import markdown_page

        page, reason = markdown_page(answer, asked.cells or _UNWRAPPED), "it is nested too deeply"
    if page is None:
        note: Row = (f"Plain text: {reason} to lay out as Markdown.", "muted")
        return [note, ("", "text"), *rows], {}
    return page.rows, page.spans
