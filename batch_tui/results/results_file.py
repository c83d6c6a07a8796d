"""Random access to the lines of a results file, also while it grows."""

from __future__ import annotations

import fcntl
import os
import weakref
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from batch_tui.results.errors import ResultsStoreError, disk_error, shrunk_error
from batch_tui.results.index_file import load_index
from batch_tui.results.line_index import LineIndex
from batch_tui.results.result_line import KINDS, Kind, error_of, kind_of_value, mapping, parse, text_or_none
from batch_tui.results.result_row import ResultRow, row_of
from batch_tui.results.row_selection import Filter, RowSelection

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator
    from pathlib import Path

CHUNK_SIZE = 983_040
_ROWS_KEPT = 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One line in full: its bytes, and what they parse to.

    `problem` says why `value` is None, or what was odd about a line that could be read all the same.
    """

    number: int
    raw: bytes
    value: object
    problem: str | None

    @property
    def kind(self) -> Kind:
        """The kind of the line."""
        return KINDS[kind_of_value(self.value)]

    @property
    def custom_id(self) -> str | None:
        """The custom_id, if the line has one."""
        return text_or_none(mapping(self.value).get("custom_id"))


class ResultsFile:
    """Rows, records and filters of a results file; one thread may add lines while another reads.

    `path` follows the file when it is renamed; `index_was_saved` tells whether opening found the saved index.
    Reading is by position, never past what the index has published.
    """

    def __init__(self, path: Path, index: LineIndex) -> None:
        """Open `path` for reading; raises ResultsStoreError when that fails."""
        self.path = path
        self.index = index
        self.index_was_saved = False
        self._version = index.suspicion_version
        try:
            self._descriptor = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise disk_error("open", path, error) from error
        # Also closes it when the last screen forgets a file that was started over.
        self._close = weakref.finalize(self, os.close, self._descriptor)
        self._row = lru_cache(maxsize=_ROWS_KEPT)(_RowReader(self._descriptor, index))

    @classmethod
    def open(cls, path: Path, index_path: Path | None = None) -> ResultsFile:
        """Open a whole file with its saved index; where that does not match, index it now (seconds per GB).

        Raises ResultsStoreError.
        """
        results = cls(path, LineIndex())
        saved = load_index(index_path, results.descriptor) if index_path else None
        if saved is None:
            try:
                fill_index(results.index, results.descriptor)
            except OSError as error:
                results.close()
                raise disk_error("read", path, error) from error
            results.index.finish()
        else:
            results.index = saved
            results.index_was_saved = True
            results._row = lru_cache(maxsize=_ROWS_KEPT)(_RowReader(results.descriptor, saved))
        return results

    def hold(self) -> None:
        """Tell other processes that the file is being looked at, for as long as it is open."""
        with suppress(OSError):
            # Where locks are not known, or the download still holds its own, nothing is told.
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)

    @property
    def descriptor(self) -> int:
        """The open file, for `os.pread` and `os.fstat` only."""
        return self._descriptor

    def __len__(self) -> int:
        return len(self.index)

    @property
    def size(self) -> int:
        """Bytes that can be read: those of whole, indexed lines."""
        return self.index.end

    def counts(self) -> dict[Kind, int]:
        """Rows of each kind so far."""
        return self.index.counts()

    @property
    def suspicious_count(self) -> int:
        """Succeeded rows that stopped early or say nothing."""
        return self.index.suspicious_count

    def kind(self, row: int) -> Kind:
        """The kind of a row."""
        return self.index.kind(row)

    def rows(self, chosen: Filter = None) -> RowSelection:
        """The rows of one kind, the suspicious ones, or all: a sequence that grows with the file."""
        return RowSelection(self.index, chosen)

    def row(self, number: int) -> ResultRow:
        """What a table shows of a row. Cheap, remembered, and never raises for what the line holds."""
        self.index.span(number)
        if self.index.suspicion_version != self._version:
            # What is suspicious has changed, and rows remember it.
            self._version = self.index.suspicion_version
            self._row.cache_clear()
        return self._row(number)

    def line(self, number: int) -> bytes:
        """The bytes of a row without its line end; raises ResultsStoreError if the file lost them."""
        try:
            return _read_line(self._descriptor, self.index, number)
        except OSError as error:
            raise disk_error("read", self.path, error) from error
        except _Shrunk as error:
            raise shrunk_error(self.path) from error

    def record(self, number: int) -> Record:
        """A row in full; a file that lost its bytes gives a record that says so."""
        try:
            return self.read(number)
        except ResultsStoreError as error:
            return Record(number, b"", None, str(error))

    def read(self, number: int) -> Record:
        """A row in full; raises ResultsStoreError if the file lost its bytes."""
        raw = self.line(number)
        value, problem = parse(raw)
        if problem is None and not isinstance(value, dict):
            problem = "The line is JSON but not an object."
        return Record(number, raw, value, problem)

    def error_type(self, number: int) -> str:
        """The API's category of the error in a row, or `unknown_error`. Raises ResultsStoreError."""
        return error_of(self.read(number).value)[0]

    def find_custom_id(self, custom_id: str) -> int | None:
        """The first row with this custom_id, or None."""
        return next(self.rows_of_custom_id(custom_id), None)

    def rows_of_custom_id(self, custom_id: str) -> Iterator[int]:
        """Every row with this custom_id: more than one where the server doubled it."""
        return (row for row in self.index.rows_with_code(custom_id) if self.row(row).custom_id == custom_id)

    def doubled_custom_ids(self) -> dict[str, list[int]]:
        """Each custom_id that several rows have, with those rows; reads only lines that may be such."""
        codes = self.index.custom_id_codes[: len(self)]
        repeated = _repeated(codes)
        if not repeated:
            return {}
        places: dict[str, list[int]] = {}
        for row, code in enumerate(codes):
            if code in repeated and (custom_id := self.row(row).custom_id) is not None:
                places.setdefault(custom_id, []).append(row)
        return {custom_id: found for custom_id, found in places.items() if len(found) > 1}

    def close(self) -> None:
        """Close the file, once nobody reads it any more; a second time does nothing."""
        self._close()


def _repeated(codes: array[int]) -> set[int]:
    """The codes that occur more than once; a set of all of them would take 80 bytes for each.

    Most have one of eight times as many slots to themselves; only those that share one are counted.
    """
    mask = (8 << len(codes).bit_length()) - 1
    taken, shared = bytearray(mask + 1), set[int]()
    for code in codes:
        slot = code & mask
        if taken[slot]:
            shared.add(slot)
        else:
            taken[slot] = 1
    times = Counter(code for code in codes if code & mask in shared) if shared else {}
    return {code for code, number in times.items() if number > 1}


class _Shrunk(Exception):
    """The file ends before a line that the index knows."""


class _RowReader:
    """Reads rows without holding their ResultsFile, whose end closes the descriptor."""

    def __init__(self, descriptor: int, index: LineIndex) -> None:
        self._descriptor = descriptor
        self._index = index

    def __call__(self, number: int) -> ResultRow:
        try:
            raw = _read_line(self._descriptor, self._index, number)
        except (OSError, _Shrunk):
            gone = "The file was changed behind our back and this line is gone."
            return ResultRow(number, None, "unreadable", None, None, None, None, gone)
        index = self._index
        return row_of(number, raw, suspicious=index.is_suspicious(number), silent=index.is_silent(number))


def _read_line(descriptor: int, index: LineIndex, number: int) -> bytes:
    start, stop = index.span(number)
    raw = os.pread(descriptor, stop - start, start)
    if len(raw) < stop - start:
        raise _Shrunk
    end = raw.find(b"\n")
    return (raw if end < 0 else raw[:end]).removesuffix(b"\r")


def fill_index(index: LineIndex, descriptor: int) -> None:
    """Feed a file to an index from where the index ends; raises OSError."""
    position = index.fed
    while chunk := os.pread(descriptor, CHUNK_SIZE, position):
        index.feed(chunk)
        position += len(chunk)
