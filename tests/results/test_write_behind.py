"""A part file is written a little behind what was received, and is never seen, or continued, beyond what is written."""

from __future__ import annotations

import os
import resource
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_tui.results.errors import ResultsStoreError
from batch_tui.results.part_file import PartFile, note_of
from batch_tui.results.write_behind import WriteBehind
from tests.results.lines import body, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHOLE = body(*(succeeded(f"r-{number}", "word " * (number % 9)) for number in range(40)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.part"


class Gate:
    """Stands for a slow disk: lets as many writes through as it is told to, then fails if it is to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[Event] = [Event() for _ in range(20)]
        self.fails_at: int | None = None
        self.failure: Exception = OSError(28, "No space left on device")
        self.positions: list[int] = []
        self._write: Callable[[int, memoryview, int], int] = os.pwrite
        monkeypatch.setattr(os, "pwrite", self)

    def __call__(self, descriptor: int, data: memoryview, position: int) -> int:
        number = len(self.positions)
        assert self.opened[number].wait(10)
        self.positions.append(position)
        if number == self.fails_at:
            raise self.failure
        return self._write(descriptor, data, position)

    def let(self, number: int) -> None:
        """Let so many writes through in all."""
        for event in self.opened[:number]:
            event.set()


def sixths() -> list[bytes]:
    size = len(WHOLE) // 6
    return [WHOLE[start : start + size] for start in range(0, len(WHOLE), size)]


def test_rows_are_seen_when_they_are_written_and_not_before(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, part, chunks = Gate(monkeypatch), PartFile(path), sixths()
    part.append(chunks[0], more=True)
    part.append(chunks[1], more=True)
    assert (len(part.results), part.size) == (0, len(chunks[0]) + len(chunks[1]))
    gate.let(1)
    part.append(chunks[2], more=True)
    assert 0 < len(part.results) <= WHOLE[: len(chunks[0])].count(b"\n")
    assert [part.results.record(row).problem for row in range(len(part.results))] == [None] * len(part.results)
    gate.let(20)
    part.settle()
    assert len(part.results) == b"".join(chunks[:3]).count(b"\n")
    part.close()


def test_what_does_not_wait_for_more_is_seen_at_once(path: Path) -> None:
    part, chunks = PartFile(path), sixths()
    for number, chunk in enumerate(chunks):
        part.append(chunk, more=number % 3 == 1)
        if number % 3 != 1:
            assert len(part.results) == b"".join(chunks[: number + 1]).count(b"\n")
    part.close()


def test_a_disk_that_fills_up_behind_leaves_a_beginning_without_a_hole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, part, chunks = Gate(monkeypatch), PartFile(path), sixths()
    gate.fails_at = 1
    gate.let(20)
    part.append(chunks[0], more=True)
    part.append(chunks[1], more=True)
    part.append(chunks[2], more=True)
    with pytest.raises(ResultsStoreError, match="the disk is full"):
        part.append(chunks[3])
    part.close()
    # Nothing was tried after the one that failed, and what is shown is there.
    assert gate.positions == [0, len(chunks[0])]
    assert path.read_bytes() == chunks[0]
    assert len(part.results) == chunks[0].count(b"\n")
    monkeypatch.undo()
    again = PartFile(path, part.results)
    assert (again.is_doubtful, again.size) == (False, chunks[0].rfind(b"\n") + 1)
    again.append(WHOLE[again.size :])
    again.close()
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize("leave", [PartFile.cut_back, PartFile.settle, lambda part: part.holds(0, WHOLE[:9])])
def test_whoever_asks_what_the_file_holds_waits_for_it(path: Path, leave: Callable[[PartFile], object]) -> None:
    part, chunks = PartFile(path), sixths()
    part.append(chunks[0], more=True)
    part.append(chunks[1], more=True)
    leave(part)
    assert len(part.results) == (chunks[0] + chunks[1]).count(b"\n")
    part.close()


def test_a_part_file_that_is_let_go_leaves_no_thread_and_no_doubt(path: Path) -> None:
    part, chunks = PartFile(path), sixths()
    part.append(chunks[0], more=True)
    part.append(chunks[1], more=True)
    part.close()
    assert path.read_bytes() == chunks[0] + chunks[1]
    again = PartFile(path)
    assert not again.is_doubtful
    assert len(again.results) == (chunks[0] + chunks[1]).count(b"\n")
    again.close()


def test_a_full_disk_that_takes_no_note_is_no_doubt(path: Path) -> None:
    part = PartFile(path)
    part.append(WHOLE)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        part.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not note_of(path).exists()
    again = PartFile(path)
    assert not again.is_doubtful
    again.close()


def test_a_start_over_keeps_what_was_on_its_way_to_the_disk(path: Path) -> None:
    part, chunks = PartFile(path), sixths()
    part.append(chunks[0], more=True)
    part.append(chunks[1], more=True)
    part.start_over(len(chunks[0]))
    part.append(WHOLE[len(chunks[0]) :])
    part.close()
    assert path.read_bytes() == WHOLE


def test_after_a_failure_nothing_more_is_written(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    closed = os.open(path, os.O_RDONLY)
    writer = WriteBehind()
    writer.put(descriptor, b"one", 0)
    writer.put(closed, b"two", 3)
    writer.put(descriptor, b"three", 6)
    writer.wait()
    for _ in range(2):
        with pytest.raises(OSError, match="descriptor"):
            writer.wait()
    writer.close()
    os.close(descriptor)
    os.close(closed)
    assert path.read_bytes() == b"one"


def test_what_goes_wrong_in_the_writer_besides_the_disk_is_told_and_waited_for_by_nobody(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, part, chunks = Gate(monkeypatch), PartFile(path), sixths()
    gate.fails_at, gate.failure = 1, MemoryError()
    gate.let(20)
    ended: list[str] = []

    def receive() -> None:
        try:
            for chunk in chunks:
                part.append(chunk, more=True)
        except MemoryError:
            # Whoever tidies up after it waits for nothing, and makes no line of what is not there.
            part.settle()
            part.close()
            ended.append("told")

    receiving = Thread(target=receive, daemon=True)
    receiving.start()
    receiving.join(10)
    assert ended == ["told"]
    assert path.read_bytes() == chunks[0]
    assert len(part.results) == chunks[0].count(b"\n")


def test_where_no_thread_is_to_be_had_it_is_written_all_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refuse)
    part = PartFile(path)
    for chunk in sixths():
        part.append(chunk, more=True)
    part.settle()
    part.close()
    assert path.read_bytes() == WHOLE
    assert len(part.results) == 40


def test_one_that_could_not_be_looked_through_is_free_for_another_try(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*given: object) -> None:
        raise MemoryError

    path.write_bytes(WHOLE)
    with monkeypatch.context() as patch:
        patch.setattr("batch_tui.results.line_index.decode_lines", give_up)
        with pytest.raises(MemoryError):
            PartFile(path)
    again = PartFile(path)
    assert len(again.results) == 40
    again.close()


@given(
    cuts=st.lists(st.integers(1, len(WHOLE) - 1), max_size=12),
    more=st.lists(st.booleans(), min_size=13, max_size=13),
    back=st.sets(st.integers(0, 12), max_size=3),
)
def test_any_chunks_written_at_once_or_behind_give_the_same_file(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], more: list[bool], back: set[int]
) -> None:
    path = tmp_path_factory.mktemp("part") / "a.part"
    part = PartFile(path)
    ends = [*sorted(set(cuts)), len(WHOLE)]
    for number, end in enumerate(ends):
        part.append(WHOLE[part.size : end], more=more[number])
        if number in back:
            part.cut_back()
    part.append(WHOLE[part.size :])
    part.results.index.finish()
    assert [part.results.record(row).custom_id for row in range(len(part.results))] == [f"r-{n}" for n in range(40)]
    part.close()
    assert path.read_bytes() == WHOLE
