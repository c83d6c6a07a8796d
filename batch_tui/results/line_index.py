"""Where each line of a results file starts, and a few packed facts of it; grows as bytes come."""

from __future__ import annotations

from array import array
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from batch_tui.results.count_column import CountColumn
from batch_tui.results.line_facts import (
    EMPTY_TEXT,
    HAS_TEXT,
    IS_JSON,
    ODD,
    SUSPICIOUS,
    UNTOLD,
    Columns,
    columns_of_bytes,
    columns_of_lines,
    custom_id_code,
)
from batch_tui.results.result_line import KINDS, SUCCEEDED, Kind, decode_lines, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_tui.results.result_line import Line

BOM = b"\xef\xbb\xbf"
TOKEN_COLUMNS = (
    "input_tokens",
    "output_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_read_tokens",
    "thinking_tokens",
    "web_searches",
)
_CURLY_OPEN, _CURLY_CLOSE, _CR = b"{}\r"
_Piece: TypeAlias = tuple[bytes | bytearray, int, int]
"""Bytes, and from where to where they are meant."""
_NAMES_LIMIT = 255
_ENOUGH_JSON, _MOST = 10, 0.75


def is_odd(flag: int, wants_json: bool) -> bool:
    """Whether a row with these flags is suspicious, in a file whose answers are meant to be JSON or not."""
    return bool(flag & SUSPICIOUS) or (wants_json and flag & (HAS_TEXT | IS_JSON) == HAS_TEXT)


class NameTable(dict[str | None, int]):
    """Numbers for names as they turn up, to fit a byte each; names past the 255th share one number."""

    def __init__(self, names: list[str | None]) -> None:
        super().__init__({name: number for number, name in enumerate(names)})
        self.names = names

    def __missing__(self, name: str | None) -> int:
        if len(self.names) > _NAMES_LIMIT:
            return _NAMES_LIMIT
        if len(self.names) == _NAMES_LIMIT:
            name = "(other)"
        # The list grows first: a reader on another thread looks names up by number.
        self.names.append(name)
        self[name] = len(self.names) - 1
        return self[name]


class LineIndex:
    """Line starts, kinds and facts of a file that one thread feeds while another reads.

    A reader may use rows below `len()` and bytes below `end`; both only grow, and are published together
    after the columns behind them are filled. Lines end at `\\n` (a `\\r` before it belongs to the line end);
    blank lines are no rows; a byte order mark at the start is skipped. 24 to 44 bytes per row.
    """

    def __init__(self) -> None:
        self.starts = array("Q")
        self.kinds = bytearray()
        self.flags = bytearray()
        self.custom_id_codes = array("I")
        self.stop_numbers = bytearray()
        self.model_numbers = bytearray()
        self.token_columns = tuple(CountColumn() for _ in TOKEN_COLUMNS)
        self.stop_reasons = NameTable([None])
        self.models = NameTable([None])
        self.kind_counts = [0] * len(KINDS)
        self.suspicion_version = 0
        """Grows whenever the verdict on earlier rows changes."""
        self._odd = self._texts = self._json = self._prose = 0
        self._wants_json = False
        self._published = (0, 0)
        self._tail = bytearray()

    def __len__(self) -> int:
        return self._published[0]

    @property
    def end(self) -> int:
        """Offset just after the last indexed line."""
        return self._published[1]

    @property
    def fed(self) -> int:
        """Offset just after the last byte fed, whether its line is whole or not."""
        return self._published[1] + len(self._tail)

    def counts(self) -> dict[Kind, int]:
        """Rows of each kind so far."""
        return dict(zip(KINDS, self.kind_counts, strict=True))

    def kind(self, row: int) -> Kind:
        """The kind of a row."""
        return KINDS[self.kinds[row]]

    def is_suspicious(self, row: int) -> bool:
        """Whether a row succeeded without giving the answer it should."""
        return is_odd(self.flags[row], self._wants_json)

    def tokens(self, column: int, row: int) -> int | None:
        """A count of a success, by its place in TOKEN_COLUMNS; None where the line does not say."""
        told = self.token_columns[column][row]
        return told if self.kinds[row] == SUCCEEDED and (told or not self.flags[row] & UNTOLD) else None

    def is_silent(self, row: int) -> bool:
        """Whether a row succeeded and neither says anything nor calls a tool."""
        return bool(self.flags[row] & EMPTY_TEXT)

    @property
    def wants_json(self) -> bool:
        """Whether answers of this file are meant to be JSON: at least ten are, and three of four that say anything."""
        return self._wants_json

    @property
    def suspicious_count(self) -> int:
        """Rows that `is_suspicious` is true of."""
        return self._odd + (self._prose if self._wants_json else 0)

    def span(self, row: int) -> tuple[int, int]:
        """Offsets that hold a row's line, its line end and any blank lines after it."""
        rows, end = self._published
        if not 0 <= row < rows:
            raise IndexError(f"row {row} of {rows}")
        return self.starts[row], self.starts[row + 1] if row + 1 < rows else end

    def rows_with_code(self, custom_id: str) -> Iterator[int]:
        """Rows whose custom_id has the same 32-bit code: nearly always the right one; read it to be sure."""
        code, rows, row = custom_id_code(custom_id), len(self), 0
        while True:
            try:
                row = self.custom_id_codes.index(code, row, rows)
            except ValueError:
                return
            yield row
            row += 1

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the file and index the lines they complete."""
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            self._tail += chunk
            return
        pieces: list[_Piece] = []
        begin = 0
        whole, self._tail = self._tail, bytearray(memoryview(chunk)[cut:])
        if whole:
            # Only an unfinished line is copied, and grows in place: a long one costs its length, not its square.
            begin = chunk.find(b"\n") + 1
            whole += memoryview(chunk)[:begin]
            pieces.append((whole, 0, len(whole)))
        if begin < cut:
            pieces.append((chunk, begin, cut))
        self._add(pieces)

    def drop_tail(self) -> int:
        """Forget the bytes of a line that is not whole; gives the offset to continue from."""
        self._tail = bytearray()
        return self.end

    def tail_is_cut(self) -> bool:
        """Whether the bytes after the last line end are neither blank nor JSON: a line cut short."""
        tail = bytes(self._tail).removeprefix(BOM if self.end == 0 else b"")
        return bool(tail.strip()) and parse(tail)[0] is None and tail.strip() != b"null"

    def finish(self) -> None:
        """The file is whole: what follows the last line end is a line too."""
        tail = self._tail
        self.drop_tail()
        if tail:
            self._add([(tail, 0, len(tail))])

    def publish(self, rows: int, end: int) -> None:
        """Let readers see `rows` rows and the bytes before `end`, whose columns are filled."""
        self._published = (rows, end)

    def _add(self, pieces: list[_Piece]) -> None:
        base = self.end
        end = base + sum(stop - begin for _, begin, stop in pieces)
        text, begin, stop = pieces[0]
        if base == 0 and text.startswith(BOM, begin, stop):
            pieces[0] = text, begin + len(BOM), stop
            base += len(BOM)
        found = _in_one_go(pieces, base) or _one_by_one(pieces, base)
        if found[0]:
            self._append(*found)
        self.publish(len(self.starts), end)

    def _append(self, starts: list[int], columns: Columns) -> None:
        kinds, flags, codes, stops, models, *tokens = columns
        stop_number, model_number = self.stop_reasons.__getitem__, self.models.__getitem__
        rows = len(self.starts)
        try:
            self.kinds.extend(kinds)
            self.flags.extend(flags)
            self.custom_id_codes.extend(codes)
            self.stop_numbers.extend(map(stop_number, stops))
            self.model_numbers.extend(map(model_number, models))
            for column, values in zip(self.token_columns, tokens, strict=True):
                column.extend(values)
            self.starts.extend(starts)
            times = [kinds.count(number) for number in range(len(KINDS))]
            # The last thing that memory can run out for.
            self.count_flags(flags)
        except BaseException:
            # Whatever came in between, a lack of memory or ctrl+c: raised on, with the columns of one length.
            self._cut(rows)
            raise
        for number, more in enumerate(times):
            self.kind_counts[number] += more

    def _cut(self, rows: int) -> None:
        """Forget what there is of further rows: columns of unequal lengths would tell of other rows than theirs."""
        flat = (self.kinds, self.flags, self.stop_numbers, self.model_numbers)
        for column in (*flat, self.custom_id_codes, self.starts):
            del column[rows:]
        for counts in self.token_columns:
            counts.cut(rows)

    def count_flags(self, flags: Sequence[int]) -> None:
        """Take the flags of further rows into account."""
        times = {flag: flags.count(flag) for flag in set(flags)}
        odd = sum(number for flag, number in times.items() if flag & SUSPICIOUS)
        texts = sum(number for flag, number in times.items() if flag & HAS_TEXT)
        objects = sum(number for flag, number in times.items() if flag & IS_JSON)
        prose = sum(number for flag, number in times.items() if flag & (HAS_TEXT | IS_JSON | SUSPICIOUS) == HAS_TEXT)
        # All or none: memory may have run out before.
        self._odd += odd
        self._texts += texts
        self._json += objects
        self._prose += prose
        wants_json = self._json >= _ENOUGH_JSON and self._json >= _MOST * self._texts
        if wants_json != self._wants_json:
            self._wants_json = wants_json
            self.suspicion_version += 1


def _lines_in(text: bytes | bytearray, begin: int, stop: int) -> tuple[list[int], list[int]]:
    """Where each line starts, and the place just before its end, which of an empty line is before its start."""
    find = text.find
    starts: list[int] = []
    lasts: list[int] = []
    while (end := find(b"\n", begin, stop)) >= 0:
        starts.append(begin)
        lasts.append(end - 1)
        begin = end + 1
    if begin < stop:
        starts.append(begin)
        lasts.append(stop - 1)
    return starts, lasts


def _bytes_at(text: bytes | bytearray, places: list[int]) -> set[int]:
    """The different bytes at these places, in a third of the time of a loop."""
    # One place twice, as itemgetter gives no tuple for a single one.
    return set(itemgetter(places[0], *places)(text)) if places else set()


def _in_one_go(pieces: list[_Piece], base: int) -> tuple[list[int], Columns] | None:
    """Starts and facts of all lines, decoded at once; None unless lines and JSON values surely pair up."""
    starts: list[int] = []
    lines: list[Line] = []
    try:
        for text, begin, stop in pieces:
            found, lasts = _lines_in(text, begin, stop)
            final = _bytes_at(text, lasts)
            if final == {_CR}:
                final = _bytes_at(text, [last - 1 for last in lasts])
            # Within a JSON value } is never followed by {, so here none spans two lines: equal numbers pair up.
            if final != {_CURLY_CLOSE} or _bytes_at(text, found) != {_CURLY_OPEN}:
                return None
            decoded = decode_lines(memoryview(text)[begin:stop])
            if len(decoded) != len(found):
                return None
            shift = base - begin
            starts += [start + shift for start in found]
            lines += decoded
            base += stop - begin
        return starts, columns_of_lines(lines)
    except ODD:
        return None


def _one_by_one(pieces: list[_Piece], base: int) -> tuple[list[int], Columns]:
    """Starts and facts of lines among which there are odd ones; blank ones are left out."""
    kept: list[int] = []
    raws: list[bytes] = []
    for text, begin, stop in pieces:
        for start, last in zip(*_lines_in(text, begin, stop), strict=True):
            line = bytes(memoryview(text)[start : last + 1])
            if line and not line.isspace():
                kept.append(start + base - begin)
                raws.append(line)
        base += stop - begin
    return kept, columns_of_bytes(raws)
