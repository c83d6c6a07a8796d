"""What the reader of records keeps."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from batch_tui.tui.record_pages import PAGES
from batch_tui.tui.record_reader import RecordReader, Wish
from batch_tui.tui.results_messages import PageWish
from tests.results.lines import succeeded
from tests.results.opened import opened

if TYPE_CHECKING:
    from pathlib import Path

    from batch_tui.tui.results_messages import RecordLoaded


def test_a_file_that_nobody_shows_any_more_is_closed(tmp_path: Path) -> None:
    file, closed, loaded = opened(tmp_path, succeeded("a"), b"no json"), threading.Event(), threading.Event()
    weakref.finalize(file, closed.set)
    pages: list[str] = []

    def take(event: RecordLoaded) -> None:
        pages.append("\n".join(text for text, _ in event.rows))
        loaded.set()

    reader = RecordReader()
    for line, page in ((0, "Text"), (1, "Raw"), (0, "Usage"), (1, "Raw")):
        loaded.clear()
        reader.ask(Wish(file, PageWish(line, PAGES.index(page), 60), None, take))
        assert loaded.wait(10)
    assert [pages[0], pages[1], pages[3]] == ["Hello", "no json", "no json"]
    reader.forget()
    del file
    assert closed.wait(10)
