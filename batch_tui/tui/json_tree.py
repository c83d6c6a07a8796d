"""A JSON value or an outline as rows that open and close; only what is open is laid out, however large it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from batch_tui.tui.key_names import key_for
from batch_tui.tui.outline import Members, Outline, Said, Section
from batch_tui.tui.text import fit, lines, number, plain
from batch_tui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_tui.tui.text import Plain

_AT_ONCE: Final = 1_000
"""Members of an object or array that are laid out together; a row behind them leads to the next."""
_MOST_ROWS: Final = 10_000
_OPEN_AT_FIRST: Final = 200
_LONG: Final = 60
_LONGEST_SHOWN: Final = 2_000
_INDENT = 2


@dataclass(slots=True, eq=False)
class TreeRow:
    """One row: a member with its key, a line of a long text, or a row that leads to `start` and what follows."""

    depth: int
    key: Plain | None
    value: object
    is_open: bool = False
    text: Plain | None = None
    start: int | None = None
    tone: str = "text"

    @property
    def can_open(self) -> bool:
        """Whether there is something inside."""
        if self.text is not None:
            return False
        value = self.value
        if isinstance(value, Section):
            return bool(value.inside)
        if isinstance(value, str):
            return len(value) > _LONG or "\n" in value
        return isinstance(value, dict | list) and len(value) > 0

    def parts(self, cells: int) -> list[tuple[str, str]]:
        """The row as texts with tones."""
        indent = _indent(self.depth, cells)
        if self.text is not None:
            return [(indent, "text"), (self.text, self.tone)]
        if self.start is not None:
            more = f"{number(self._left)} more; {key_for('tree.toggle', 'enter')} shows the next"
            return [(f"{indent}… ", "muted"), (more, "muted")]
        sign = "  " if not self.can_open else "▾ " if self.is_open else "▸ "
        parts = [(indent + sign, "muted")]
        if isinstance(self.value, Section):
            return [*parts, (fit(self.value.label, max(cells - len(indent) - 2, 8)), self.value.tone)]
        if self.key is not None:
            parts.append((f"{self.key}: ", "heading"))
        text, tone = self._value()
        room = max(cells - sum(len(one) for one, _ in parts), 8)
        return [*parts, (fit(plain(text[: 2 * room]), room), tone)]

    @property
    def _left(self) -> int:
        return len(self.value) - (self.start or 0) if isinstance(self.value, dict | list) else 0

    def _value(self) -> tuple[str, str]:
        value = self.value
        if isinstance(value, dict):
            return f"{{{number(len(value))} {'key' if len(value) == 1 else 'keys'}}}" if value else "{}", "muted"
        if isinstance(value, list):
            return f"[{number(len(value))}]" if value else "[]", "muted"
        if isinstance(value, str):
            # Its own quotes and line breaks stay as they are: this is for reading, and y j copies JSON.
            return f'"{value[:_LONGEST_SHOWN]}"', "success"
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value], "running"
        return _digits(value), "running"


def _indent(depth: int, cells: int) -> str:
    """The blanks before a row; past half the width, where they would push it out of sight, how deep it is instead."""
    most = cells // 2
    return " " * (_INDENT * depth) if _INDENT * depth <= most else f"{f'{number(depth)} ┊':>{most}} "


def _digits(value: object) -> str:
    try:
        return str(value)
    except ValueError:
        # Python refuses to write integers of more than 4,300 digits.
        return "(a number of thousands of digits)"


class JsonTree:
    """The rows of a value, as far as they are open; `cells` is the width that long texts are wrapped to."""

    def __init__(self, value: object, cells: int) -> None:
        self.cells = cells
        self.rows: list[TreeRow] = []
        if isinstance(value, Outline):
            self.rows = list(self._parts(value.parts, 0))
            self._open_sections()
            # Long texts are no reason to close the few values beside them.
            self._open_some(len(self.rows) + _OPEN_AT_FIRST)
        else:
            self.rows = list(self._all_members(value, 0))
            self._open_some(_OPEN_AT_FIRST)

    def _parts(self, parts: tuple[Section | Said | Members, ...], depth: int) -> Iterator[TreeRow]:
        for part in parts:
            match part:
                case Section():
                    yield TreeRow(depth, None, part)
                case Said(text, tone, indent):
                    yield from self._lines(text, depth + indent, tone)
                case Members(value):
                    yield from self._all_members(value, depth)

    def _all_members(self, value: object, depth: int) -> Iterator[TreeRow]:
        if isinstance(value, dict | list) and value:
            yield from self._members(value, depth, 0)
        else:
            yield TreeRow(depth, None, value)

    def _open_sections(self) -> None:
        """Open the sections that are to be open, those inside others too."""
        place = 0
        while place < len(self.rows) and len(self.rows) < _MOST_ROWS:
            section = self.rows[place].value
            if isinstance(section, Section) and section.opens and not self.rows[place].is_open:
                self.unfold(place)
            place += 1

    def _open_some(self, most: int) -> None:
        """Open whole levels from the top while all of it stays easy to take in: at most so many rows."""
        level, deepest = 0, max(row.depth for row in self.rows) if self.rows else 0
        while level <= deepest:
            # Texts stay closed: one of them could fill the screen.
            closed = [
                row
                for row in self.rows
                if row.depth == level and isinstance(row.value, dict | list) and row.can_open and row.start is None
            ]
            inside = sum(min(len(row.value), _AT_ONCE) for row in closed if isinstance(row.value, dict | list))
            if len(self.rows) + inside > most:
                return
            for row in closed:
                self.unfold(self.rows.index(row))
            deepest = max(deepest, level + 1) if closed else deepest
            level += 1

    def _members(self, value: dict[str, object] | list[object], depth: int, start: int) -> Iterator[TreeRow]:
        end = min(start + _AT_ONCE, len(value))
        if isinstance(value, dict):
            for place, (key, member) in enumerate(value.items()):
                if place >= end:
                    break
                if place >= start:
                    yield TreeRow(depth, plain(str(key)[:200]), member)
        else:
            for place in range(start, end):
                yield TreeRow(depth, plain(str(place)), value[place])
        if end < len(value):
            yield TreeRow(depth, None, value, start=end)

    def unfold(self, place: int) -> None:
        """Show what is inside a row, or what follows a row that stands for more."""
        row = self.rows[place]
        if row.start is not None and isinstance(row.value, dict | list):
            self.rows[place : place + 1] = self._members(row.value, row.depth, row.start)
        elif row.can_open and not row.is_open:
            row.is_open = True
            if isinstance(row.value, Section):
                inside = list(self._parts(row.value.inside, row.depth + 1))
            elif isinstance(row.value, dict | list):
                inside = list(self._members(row.value, row.depth + 1, 0))
            else:
                inside = list(self._lines(str(row.value), row.depth + 1))
            self.rows[place + 1 : place + 1] = inside

    def _lines(self, text: str, depth: int, tone: str = "text") -> Iterator[TreeRow]:
        room = max(self.cells - len(_indent(depth, self.cells)), 20)
        rows = wrap([(lines(text[:2_000_000]), tone)], room)
        for shown, _ in rows[:_MOST_ROWS]:
            yield TreeRow(depth, None, None, text=plain(shown), tone=tone)
        if len(rows) > _MOST_ROWS:
            yield TreeRow(depth, None, None, text=plain("… the rest is in the file"))

    def fold(self, place: int) -> int:
        """Hide what is inside a row; on a row that is closed, that of the row around it. Gives where it stands."""
        if not self.rows[place].is_open:
            depth = self.rows[place].depth
            while place > 0 and self.rows[place].depth >= depth:
                place -= 1
            if self.rows[place].depth >= depth:
                return place
        row = self.rows[place]
        row.is_open = False
        end = place + 1
        while end < len(self.rows) and self.rows[end].depth > row.depth:
            end += 1
        del self.rows[place + 1 : end]
        return place

    def open_like(self, other: JsonTree, row: int) -> int:
        """Open what is open in a tree of the same value that was laid out before, and say where its row stands now.

        Lines of a long text are other lines in another width; the row may become its neighbour among them.
        """
        place = at = found = 0
        while at < len(other.rows) and place < len(self.rows):
            before, here = other.rows[at], self.rows[place]
            if before.text is not None and here.text is not None:
                stop, end = other._end_of_text(at), self._end_of_text(place)
                if at <= row < stop:
                    found = place + (row - at) * (end - place) // (stop - at)
                at, place = stop, end
                continue
            if (before.depth, before.key, before.text is None) != (here.depth, here.key, here.text is None):
                if here.start is None:
                    # Not the same value after all.
                    break
                self.unfold(place)
                continue
            if before.is_open and not here.is_open:
                self.unfold(place)
            elif here.is_open and not before.is_open:
                self.fold(place)
            found = place if at == row else found
            at, place = at + 1, place + 1
        return found

    def _end_of_text(self, place: int) -> int:
        while place < len(self.rows) and self.rows[place].text is not None:
            place += 1
        return place

    def unfold_all(self) -> None:
        """Open every object and array, as far as the rows stay manageable."""
        place = 0
        while place < len(self.rows) and len(self.rows) < _MOST_ROWS:
            if isinstance(self.rows[place].value, dict | list | Section) and self.rows[place].start is None:
                self.unfold(place)
            place += 1

    def fold_all(self) -> None:
        """Close everything."""
        top = [row for row in self.rows if row.depth == 0]
        for row in top:
            row.is_open = False
        self.rows = top
