"""How often server tools of each kind were used: as `usage` counts them, and calls to MCP servers by their blocks."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from batch_tui.results.errors import disk_error, shrunk_error
from batch_tui.results.result_line import count, mapping, parse, text_or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batch_tui.results.results_file import ResultsFile

_FIELD, _CALL = b'"server_tool_use"', b'"mcp_tool_use"'
_AROUND = len(_FIELD) + 16
_SLICE = 2**20
_SUFFIX = "_requests"


class _Usage(Struct, gc=False):
    server_tool_use: dict[str, object] | None = None


class _Block(Struct, gc=False):
    type: str
    server_name: str | None = None


class _Message(Struct, gc=False):
    usage: _Usage
    content: list[_Block] = []


class _Result(Struct, gc=False):
    message: _Message


class _Line(Struct, gc=False):
    result: _Result


_decoder = msgspec.json.Decoder(_Line)


def count_server_tools(results: ResultsFile, *, should_stop: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Uses by the name of the tool (`web_search`), most first; those of tools that this version does not know too.

    The calls to each MCP server, which `usage` leaves out, stand under `mcp` and the server's name.
    Goes through the bytes of the file (about 2 s per GB) and decodes only lines that say something of server tools.
    Raises ResultsStoreError.
    """
    uses: Counter[str] = Counter()
    for row in _rows(results, should_stop):
        counted, servers = _told(results.line(row))
        for name, value in counted.items():
            if amount := count(value):
                uses[str(name).removesuffix(_SUFFIX)] += amount
        uses.update(f"mcp {server or 'server without a name'}" for server in servers)
    return dict(uses.most_common())


def _rows(results: ResultsFile, should_stop: Callable[[], bool]) -> Iterator[int]:
    """The rows that may say something of server tools."""
    index, end, position, last = results.index, results.size, 0, -1
    while position < end and not should_stop():
        # What lies across the border of two slices is seen by the next.
        length = min(_SLICE + _AROUND, end - position)
        try:
            piece = os.pread(results.descriptor, length, position)
        except OSError as error:
            raise disk_error("read", results.path, error) from error
        if len(piece) < length:
            raise shrunk_error(results.path)
        for place in sorted(chain(_uses(piece), _places(piece, _CALL))):
            row = bisect_right(index.starts, position + place, hi=len(index)) - 1
            if row > last:
                last = row
                yield row
        position += _SLICE


def _uses(piece: bytes) -> Iterator[int]:
    """Where the field is an object: null, which most lines say, is passed over."""
    for place in _places(piece, _FIELD):
        after = place + len(_FIELD)
        if piece[after : after + 16].lstrip(b" \t:")[:1] == b"{":
            yield place


def _places(piece: bytes, wanted: bytes) -> Iterator[int]:
    place = piece.find(wanted)
    while 0 <= place < _SLICE:
        yield place
        place = piece.find(wanted, place + len(wanted))


def _told(raw: bytes) -> tuple[Mapping[str, object], list[str | None]]:
    """What a line counts, and the MCP server of each call in it."""
    try:
        message = _decoder.decode(raw).result.message
    except (ValueError, RecursionError):
        odd = mapping(mapping(mapping(parse(raw)[0]).get("result")).get("message"))
        blocks = odd.get("content")
        calls = map(mapping, blocks if isinstance(blocks, list) else [])
        servers = [text_or_none(one.get("server_name")) for one in calls if one.get("type") == "mcp_tool_use"]
        return mapping(mapping(odd.get("usage")).get("server_tool_use")), servers
    return message.usage.server_tool_use or {}, [
        block.server_name for block in message.content if block.type == "mcp_tool_use"
    ]
