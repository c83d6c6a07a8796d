"""The index saved beside its results file, with the file's size and checksum."""

from __future__ import annotations

import os
import sys
from array import array
from typing import TYPE_CHECKING
from zlib import crc32

import msgspec
from msgspec import Struct

from batch_tui.results.errors import disk_error
from batch_tui.results.line_index import LineIndex, NameTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAGIC = b"batch-tui index 4\n"
"""The number grows when the same line would be told of otherwise than before."""
_SAMPLE = 65_536
_SAMPLES = 16


class _Head(Struct):
    byte_order: str
    rows: int
    size: int
    modified_ns: int
    checksum: int
    columns_checksum: int
    kind_counts: list[int]
    stop_reasons: list[str | None]
    models: list[str | None]


def _columns(index: LineIndex) -> Iterator[bytearray | memoryview]:
    for column in (index.starts, index.custom_id_codes):
        yield memoryview(column).cast("B")
    for counts in index.token_columns:
        yield memoryview(counts[:]).cast("B")
    yield from (index.kinds, index.flags, index.stop_numbers, index.model_numbers)


def _fingerprint(descriptor: int) -> tuple[int, int, int]:
    """Size, time of change, and a checksum over both ends and parts between: 1 MB, so a GB opens fast."""
    status = os.fstat(descriptor)
    step = max(_SAMPLE, (status.st_size - _SAMPLE) // (_SAMPLES - 1))
    checksum = 0
    for number in range(_SAMPLES):
        checksum = crc32(os.pread(descriptor, _SAMPLE, number * step), checksum)
    return status.st_size, status.st_mtime_ns, checksum


def save_index(index: LineIndex, descriptor: int, path: Path) -> None:
    """Write the index of a whole file (open as `descriptor`) to `path`, mode 0600, in one step.

    Raises ResultsStoreError when the disk refuses.
    """
    size, modified_ns, checksum = _fingerprint(descriptor)
    columns_checksum = 0
    for column in _columns(index):
        columns_checksum = crc32(column, columns_checksum)
    head = _Head(
        sys.byteorder,
        len(index),
        size,
        modified_ns,
        checksum,
        columns_checksum,
        index.kind_counts,
        [_sayable(name) for name in index.stop_reasons.names],
        [_sayable(name) for name in index.models.names],
    )
    packed = msgspec.json.encode(head)
    temporary = path.with_name(path.name + ".new")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(_MAGIC + len(packed).to_bytes(8, "big") + packed)
            for column in _columns(index):
                file.write(column)
        temporary.replace(path)
    except OSError as error:
        raise disk_error("save the index", path, error) from error


def _sayable(name: str | None) -> str | None:
    return None if name is None else name.encode("utf-8", "replace").decode()


def load_index(path: Path, descriptor: int) -> LineIndex | None:
    """The saved index, if there is one and it belongs to the file open as `descriptor`; else None."""
    try:
        content = memoryview(path.read_bytes())
    except OSError:
        return None
    position = len(_MAGIC) + 8
    if content[: len(_MAGIC)] != _MAGIC or len(content) < position:
        return None
    packed = content[position : position + int.from_bytes(content[len(_MAGIC) : position], "big")]
    try:
        head = msgspec.json.decode(packed, type=_Head)
    except (ValueError, RecursionError):
        return None
    columns = content[position + len(packed) :]
    belongs = (head.size, head.modified_ns, head.checksum) == _fingerprint(descriptor)
    if not belongs or head.byte_order != sys.byteorder or crc32(columns) != head.columns_checksum:
        return None
    return _unpack(head, columns)


def _unpack(head: _Head, columns: memoryview) -> LineIndex | None:
    index = LineIndex()
    position = 0
    counts = [array("I") for _ in index.token_columns]
    for column in (index.starts, index.custom_id_codes, *counts):
        size = head.rows * column.itemsize
        column.frombytes(columns[position : position + size])
        position += size
    for tokens, packed in zip(index.token_columns, counts, strict=True):
        tokens.extend(packed)
    for flat in (index.kinds, index.flags, index.stop_numbers, index.model_numbers):
        flat.extend(columns[position : position + head.rows])
        position += head.rows
    if position != len(columns):
        return None
    index.stop_reasons = NameTable(head.stop_reasons)
    index.models = NameTable(head.models)
    index.kind_counts = head.kind_counts
    index.count_flags(bytes(index.flags))
    index.publish(head.rows, head.size)
    return index
