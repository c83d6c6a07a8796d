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
from tests.tui.play import playing
from tests.tui.scenes import ended, go_to, until

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
    assert not _reading()


def test_after_everything_was_forgotten_records_are_read_again(tmp_path: Path) -> None:
    file, loaded = opened(tmp_path, succeeded("a")), threading.Event()
    reader = RecordReader()
    for _ in range(3):
        loaded.clear()
        reader.ask(Wish(file, PageWish(0, PAGES.index("Text"), 60), None, lambda _: loaded.set()))
        assert loaded.wait(10)
        reader.forget()


async def test_an_app_that_ended_leaves_no_thread_behind(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, ended)
        await play.press("v", "enter")
        await until(play.pilot, lambda: any(each.name == "records" for each in threading.enumerate()), "a record")
    assert not _reading()


def _reading() -> list[threading.Thread]:
    """The threads that read records and do not come to an end."""
    threads = [each for each in threading.enumerate() if each.name == "records"]
    for each in threads:
        each.join(5)
    return [each for each in threads if each.is_alive()]
