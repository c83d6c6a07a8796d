"""The one door from data to screen: make text harmless, give it a tone, and say numbers and times for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import TYPE_CHECKING, NewType

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Mapping

Plain = NewType("Plain", str)
"""Text that passed this door: one line, no control, bidirectional, invisible or unpaired character."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_AT_ONCE = 100_000
"""Characters that are made harmless in one go: about 5 ms."""


def _unsafe_characters() -> dict[int, str | None]:
    table: dict[int, str | None] = {code: chr(0x2400 + code) for code in range(0x20)}
    table[0x7F] = "\N{SYMBOL FOR DELETE}"
    harmful = [range(0x80, 0xA0), range(0x202A, 0x202F), range(0x2066, 0x206A), range(0xD800, 0xE000)]
    harmful += [range(0xFFF9, 0xFFFC), range(0xFFFE, 0x10000), range(0xE0000, 0xE0080)]
    for codes in harmful:
        table.update(dict.fromkeys(codes, _REPLACEMENT))
    table.update(dict.fromkeys((0x061C, 0x200E, 0x200F), _REPLACEMENT))
    # Invisible joiners and selectors: terminals disagree about the width of what they join.
    invisible = [0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0]
    invisible += [*range(0x200B, 0x200E), *range(0x2060, 0x2066), *range(0xFE00, 0xFE10)]
    # Skin tones and flags too: one glyph to some terminals, two to others, and a row would shift.
    table.update(dict.fromkeys([*invisible, *range(0xE0100, 0xE01F0), *range(0x1F3FB, 0x1F400)], None))
    table.update({0x1F1E6 + place: chr(ord("A") + place) for place in range(26)})
    return table


_ACTING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]")
_IN_ONE_LINE = _unsafe_characters() | {0x09: " ", 0x0A: "↵", 0x0D: None, 0x2028: "↵", 0x2029: "↵", 0x85: "↵"}
_IN_LINES = _IN_ONE_LINE | {0x09: "    ", 0x0A: "\n"}


def plain(text: str) -> Plain:
    """Any text as one harmless line: line breaks become `↵`, control characters become visible."""
    return Plain(text.translate(_IN_ONE_LINE))


def json_on_terminal(text: str) -> str:
    """JSON as the same JSON: what would act on a terminal or turn its line around is written as an escape."""
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def lines(text: str) -> str:
    """Any text as harmless lines, for places that show more than one."""
    return _translated(text, _IN_LINES)


def json_lines(text: str) -> str:
    """Laid out JSON as harmless lines that say the same: what is no line break and not harmless is escaped."""
    return _translated(text, _json_escapes())


@cache
def _json_escapes() -> Mapping[int, str | None]:
    return {code: _json_escape(code) for code in _IN_ONE_LINE if code != 0x0A}


def _json_escape(code: int) -> str:
    """A character as JSON writes it where it is not to stand as it is."""
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _translated(text: str, table: Mapping[int, str | None]) -> str:
    if len(text) <= _AT_ONCE:
        return text.translate(table)
    # In pieces: translating megabytes in one go would hold up every other thread, the screen's too.
    pieces = (text[start : start + _AT_ONCE] for start in range(0, len(text), _AT_ONCE))
    return "".join(piece.translate(table) for piece in pieces)


def join(*parts: Plain) -> Plain:
    """Texts that passed the door, one after the other."""
    return Plain("".join(parts))


def width(text: Plain) -> int:
    """Terminal cells the text takes."""
    # Of ASCII, a Plain holds only what takes one cell.
    return len(text) if text.isascii() else cell_len(text)


def fit(text: Plain, cells: int) -> Plain:
    """The text in at most so many cells, cut at the end with an ellipsis."""
    if len(text) > 2 * cells:
        text = Plain(text[: 2 * cells])
    if width(text) <= cells:
        return text
    return Plain(set_cell_size(text, max(cells - 1, 0)).rstrip() + "…") if cells > 0 else Plain("")


def fit_start(text: Plain, cells: int) -> Plain:
    """The text in at most so many cells, cut at the start: the end of a path says what it is."""
    if width(text) <= cells:
        return text
    return Plain(f"…{_end(text, cells - 1)}") if cells > 0 else Plain("")


def _end(text: Plain, cells: int) -> Plain:
    """The end of a text, in at most so many cells."""
    kept = Plain(text[-cells:] if cells > 0 else "")
    while width(kept) > cells:
        kept = Plain(kept[1:])
    return kept


def fit_middle(text: Plain, cells: int) -> Plain:
    """The text in at most so many cells, cut in the middle: both ends of an id tell it apart."""
    if width(text) <= cells:
        return text
    if cells < 4:
        return fit(text, cells)
    tail = (cells - 1) // 2
    return Plain(f"{fit(text, cells - tail)[:-1]}…{_end(text, tail)}")


def number(value: int) -> Plain:
    """A count with thousands separated."""
    return Plain(f"{value:,}")


def up_to(limit: int, value: int) -> Plain:
    """A count by something that counts no further than this."""
    return Plain(f"≥ {value:,}") if value >= limit else number(value)


def plural(value: int, one: str, many: str | None = None) -> Plain:
    """A count and its noun."""
    return Plain(f"{value:,} {one if value == 1 else many or one + 's'}")


def size(count: int) -> Plain:
    """Bytes in decimal units."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return Plain(f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}")
        amount /= 1000
    return Plain(f"{amount:.2f} GB")


def duration(span: timedelta) -> Plain:
    """A length of time in its two largest units."""
    seconds = max(0, int(span.total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return Plain(f"{days}d {hours:02}h")
    if hours:
        return Plain(f"{hours}h {minutes:02}m")
    if minutes:
        return Plain(f"{minutes}m {seconds:02}s")
    return Plain(f"{seconds}s")


def roughly(span: timedelta) -> Plain:
    """A length of time that is only an estimate, in one unit and marked as one."""
    minutes = span.total_seconds() / 60
    if minutes < 1:
        return Plain("<1m")
    if minutes < 90:
        return Plain(f"~{minutes:.0f}m")
    return Plain(f"~{minutes / 60:.0f}h" if minutes < 36 * 60 else f"~{minutes / 1440:.0f}d")


def ago(then: datetime, now: datetime) -> Plain:
    """How long ago something was, in one unit."""
    seconds = int((now - then).total_seconds())
    if seconds < 0:
        return Plain("just now") if seconds > -60 else Plain(f"in {duration(then - now)}")
    if seconds < 5:
        return Plain("just now")
    if seconds < 60:
        return Plain(f"{seconds}s ago")
    if seconds < 3600:
        return Plain(f"{seconds // 60}m ago")
    if seconds < 48 * 3600:
        return Plain(f"{seconds // 3600}h ago")
    return Plain(f"{seconds // 86400}d ago")


def left(until: datetime, now: datetime) -> Plain:
    """How much time is left, in one unit; rounded down, so that it never promises too much."""
    seconds = (until - now).total_seconds()
    if seconds >= 48 * 3600:
        return Plain(f"{int(seconds // 86400)}d left")
    if seconds >= 3600:
        return Plain(f"{int(seconds // 3600)}h left")
    return Plain(f"{max(0, int(seconds // 60))}m left")


def later(when: datetime, span: timedelta) -> datetime:
    """A time after another; the end of the calendar for one that lies beyond it."""
    try:
        return when + span
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def moment(when: datetime, zone: tzinfo | None) -> Plain:
    """A date and time to the second, in the user's zone, with the zone's name."""
    try:
        local = when.astimezone(zone)
    except OverflowError:
        local, zone = when.astimezone(UTC), UTC
    return Plain(f"{local:%Y-%m-%d %H:%M:%S} {'UTC' if zone is UTC else plain(local.tzname() or '')}".rstrip())
