"""How often server tools of each kind were used, as the API counts it in the `usage` of answers."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from batch_tui.results.errors import disk_error
from batch_tui.results.result_line import count, mapping, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_tui.results.results_file import ResultsFile

_FIELD = b'"server_tool_use"'
_SLICE = 2**20
_SUFFIX = "_requests"


class _Usage(Struct, gc=False):
    server_tool_use: dict[str, object] | None = None


class _Message(Struct, gc=False):
    usage: _Usage


class _Result(Struct, gc=False):
    message: _Message


class _Line(Struct, gc=False):
    result: _Result


_decoder = msgspec.json.Decoder(_Line)


def count_server_tools(results: ResultsFile, *, should_stop: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Uses by the name of the tool (`web_search`), most first; those of tools that this version does not know too.

    Goes through the bytes of the file (about 1 s per GB) and decodes only lines that say something of server tools.
    Raises ResultsStoreError.
    """
    uses: Counter[str] = Counter()
    for row in _rows(results, should_stop):
        for name, value in _told(results.line(row)).items():
            if amount := count(value):
                uses[str(name).removesuffix(_SUFFIX)] += amount
    return dict(uses.most_common())


def _rows(results: ResultsFile, should_stop: Callable[[], bool]) -> Iterator[int]:
    """The rows in which the field is an object: null, which most lines say, is passed over."""
    index, end, position, last = results.index, results.size, 0, -1
    while position < end and not should_stop():
        # What lies across the border of two slices is seen by the next.
        try:
            piece = os.pread(results.descriptor, min(_SLICE + len(_FIELD) + 16, end - position), position)
        except OSError as error:
            raise disk_error("read", results.path, error) from error
        if not piece:
            return
        place = piece.find(_FIELD)
        while 0 <= place < _SLICE:
            after = place + len(_FIELD)
            if piece[after : after + 16].lstrip(b" \t:")[:1] == b"{":
                row = bisect_right(index.starts, position + place, hi=len(index)) - 1
                if row > last:
                    last = row
                    yield row
            place = piece.find(_FIELD, after)
        position += _SLICE


def _told(raw: bytes) -> dict[str, object]:
    try:
        return _decoder.decode(raw).result.message.usage.server_tool_use or {}
    except (ValueError, RecursionError):
        value = mapping(mapping(mapping(parse(raw)[0]).get("result")).get("message"))
        return dict(mapping(mapping(value.get("usage")).get("server_tool_use")))
