"""A part file that something else makes shorter, deletes or replaces while it is received: said, never called whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from batch_tui.results.download import ResultsDownload
from batch_tui.results.errors import ResultsStoreError
from batch_tui.results.part_file import PartFile, note_of
from batch_tui.results.store import ResultsStore
from tests.results.lines import many
from tests.results.scripted_source import Answer, ScriptedSource
from tests.results.watched_download import BATCH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_tui.results.download_control import DownloadProgress

TEXT = many(100)


@pytest.fixture
def store(tmp_path: Path) -> ResultsStore:
    return ResultsStore(tmp_path / "cache")


def cut(part: Path) -> None:
    """Make it shorter by some lines."""
    os.truncate(part, 3_000)


def replace(part: Path) -> None:
    """Put another file in its place."""
    other = part.with_name("other")
    other.write_bytes(TEXT.replace(b"Hello", b"HELLO"))
    other.replace(part)


def received(store: ResultsStore, told: Callable[[DownloadProgress], None]) -> ResultsDownload:
    """A download that tells of each chunk, and has written it by then."""
    source = ScriptedSource(Answer(TEXT, before=lambda _: None))
    return ResultsDownload(source, BATCH, store, read_ahead=0, progress_interval=0.0, on_progress=told)


CHANGES = [cut, os.unlink, replace]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("at", [20_000, len(TEXT)], ids=["in the middle", "at the end"])
def test_what_something_else_changed_is_never_called_whole(
    store: ResultsStore, change: Callable[[Path], None], at: int
) -> None:
    changed: list[int] = []

    def told(progress: DownloadProgress) -> None:
        if progress.bytes >= at and not changed:
            changed.append(progress.bytes)
            change(store.part_path(BATCH))

    download = received(store, told)
    end = download.run()
    assert (end.state, len(changed)) == ("failed", 1)
    assert str(store.part_path(BATCH)) in str(end.error)
    assert "something else" in str(end.error)
    assert store.stored(BATCH) is None
    assert download.run().state == "complete"
    assert store.results_path(BATCH).read_bytes() == TEXT


def test_a_stop_after_it_was_made_shorter_makes_no_hole(store: ResultsStore) -> None:
    def told(progress: DownloadProgress) -> None:
        if progress.state == "downloading" and progress.bytes >= 20_000:
            cut(store.part_path(BATCH))
            download.stop()

    download = received(store, told)
    assert download.run().state == "failed"
    assert store.part_path(BATCH).read_bytes() == TEXT[:3_000]


def append_rest(part: PartFile, more: bool) -> None:
    for start in range(part.size, 14_000, 1000):
        part.append(TEXT[start : start + 1000], more=more)


@pytest.mark.parametrize("more", [True, False])
def test_nothing_is_written_beyond_the_end_of_a_file_that_was_made_shorter(tmp_path: Path, more: bool) -> None:
    part = PartFile(tmp_path / "a.part")
    part.append(TEXT[:10_000])
    cut(part.path)
    with pytest.raises(ResultsStoreError, match="something else made it shorter"):
        append_rest(part, more)
    part.close()
    assert part.path.read_bytes() == TEXT[:3_000]
    # Who made it shorter may have done more.
    again = PartFile(part.path)
    assert again.is_doubtful
    again.close()


def test_a_start_over_keeps_no_less_than_it_is_to(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "a.part")
    part.append(TEXT[:10_000])
    cut(part.path)
    with pytest.raises(ResultsStoreError, match="something else made it shorter"):
        part.start_over(9_000)
    part.close()


def test_a_note_that_is_no_text_is_that_of_a_stranger(tmp_path: Path) -> None:
    path = tmp_path / "a.part"
    path.write_bytes(TEXT)
    note_of(path).write_bytes(b"\xff\xfe")
    part = PartFile(path)
    assert part.is_doubtful
    part.close()


def test_a_note_that_cannot_be_read_is_said_each_time(tmp_path: Path) -> None:
    path = tmp_path / "a.part"
    note_of(path).mkdir()
    for _ in range(2):
        with pytest.raises(ResultsStoreError, match="Is a directory"):
            PartFile(path)
