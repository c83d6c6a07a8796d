"""Results files with dirt: other line ends, blank lines, lines that are not JSON, and a huge one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.simulator.draws import key_of, units

if TYPE_CHECKING:
    from batch_tui.simulator.answers import Lines

HUGE = 2 * 1024 * 1024
"""Bytes added to one line of each file."""

NOT_RESULTS = (
    b"<html><body>upstream trouble</body></html>",
    b'{"custom_id":"half","result":{"type":"succ',
    b"\xff\xfe\x00not even UTF-8",
    b"null",
    b'["an","array"]',
    b"{}",
    b'{"custom_id":null,"result":"text"}',
    b"data: [DONE]",
)
"""Lines that no results file should have."""

_BLANK = (b"", b"   \t", b"\r")


class DirtyLines:
    """The lines of another file with dirt on the share `rate` of them; every record is still there."""

    def __init__(self, lines: Lines, key: bytes, rate: float) -> None:
        self._lines = lines
        self._key = key_of(key, "dirty")
        self._rate = rate
        self._huge = int(units(key_of(key, "huge"), 0)[0] * len(lines))

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, position: int) -> bytes:
        """The record at `position` with what stands before it; several lines at times."""
        line = self._lines.line(position)
        if position == self._huge:
            line = b'{"padding":"%b",%b' % (b"x" * HUGE, line[1:])
        chance = units(self._key, position)
        if chance[0] >= self._rate:
            return line
        kind = int(chance[1] * 4)
        if kind == 0:
            return line + b"\r"
        if kind == 1:
            return _BLANK[int(chance[2] * len(_BLANK))] + b"\n" + line
        if kind == 2:
            return NOT_RESULTS[int(chance[2] * len(NOT_RESULTS))] + b"\n" + line
        separator = "\u2028".encode()
        return b'{"line%bseparator":"one%btwo",%b' % (separator, separator, line[1:])
