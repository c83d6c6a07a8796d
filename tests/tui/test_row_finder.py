"""Looking through a file that grows meanwhile."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from batch_tui.results.errors import NO_MEMORY, NO_THREAD
from batch_tui.results.line_index import LineIndex
from batch_tui.results.results_file import ResultsFile
from batch_tui.results.row_selection import FoundRows
from batch_tui.results.search import SearchPattern
from batch_tui.tui.results_messages import RowsFound
from batch_tui.tui.row_finder import Hunt, RowFinder
from tests.results.lines import encode, succeeded
from tests.results.opened import opened
from tests.tui.no_threads import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from batch_tui.results.search import Slice


class Held(Hunt):
    """Held up right after its last look at how long the file is."""

    reached, let_go = threading.Event(), threading.Event()

    def slices(self) -> Iterator[Slice]:
        yield from super().slices()
        self.reached.set()
        self.let_go.wait(10)


class Starved(Hunt):
    """Memory runs out in the middle of it."""

    def slices(self) -> Iterator[Slice]:
        raise MemoryError


def test_rows_that_come_as_a_hunt_ends_are_looked_through_too(tmp_path: Path) -> None:
    lines = [encode(succeeded(f"r-{number}", "needle")) + b"\n" for number in range(20)]
    path = tmp_path / "grows.part"
    path.write_bytes(b"".join(lines))
    file = ResultsFile(path, LineIndex())
    file.index.feed(b"".join(lines[:10]))
    whole = threading.Event()

    def reply(said: RowsFound) -> None:
        if not said.looking and len(said.found) == 20:
            whole.set()

    finder = RowFinder(lambda: 0.0)
    hunt = Held("search", file, SearchPattern.of("needle"), FoundRows(), reply)
    finder.start(hunt)
    assert hunt.reached.wait(10)
    file.index.feed(b"".join(lines[10:]))
    finder.wake()
    hunt.let_go.set()
    assert whole.wait(10)


def test_without_a_thread_or_memory_a_search_ends_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, said, told = opened(tmp_path, succeeded("a", "needle")), list[RowsFound](), threading.Event()

    def reply(found: RowsFound) -> None:
        said.append(found)
        told.set()

    def hunt(kind: type[Hunt] = Hunt) -> Hunt:
        return kind("search", file, SearchPattern.of("needle"), FoundRows(), reply)

    finder = RowFinder(lambda: 0.0)
    with monkeypatch.context() as patch:
        refuse(patch, "search")
        finder.start(hunt())
    assert [(one.looking, one.trouble) for one in said] == [(False, NO_THREAD)]
    # Rows that come, or a look at them, do not start what was given up.
    finder.wake()
    assert len(said) == 1
    told.clear()
    finder.start(hunt(Starved))
    assert told.wait(10)
    assert (said[-1].looking, said[-1].trouble) == (False, NO_MEMORY)
    told.clear()
    finder.start(hunt())
    assert told.wait(10)
    assert (list(said[-1].found), said[-1].trouble) == ([0], None)
