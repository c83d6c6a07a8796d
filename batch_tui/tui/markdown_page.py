"""An answer's Markdown as rows with tones: headings, lists, code, tables and emphasis, and nothing that acts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from rich.cells import cell_len

from batch_tui.tui.markdown_table import Cell, laid_out
from batch_tui.tui.text import lines, plain
from batch_tui.tui.wrapping import breaks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

    from batch_tui.tui.wrapping import Row, Span

_NARROWEST = 12
_LONGEST_RULE = 60
_BULLETS = ("•", "◦", "▪")
_HEADINGS = {"h1": "accent", "h2": "accent"}
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_OUTSIDE_TABLE = re.compile(r"^[\s>]*(?:[-*+] )?\|?")
_INLINE = {"strong": "heading", "em": "emphasis", "s": "faint", "link": "link"}
# Literal HTML: models write <tags> of their own, and those are text. Nothing is ever loaded or followed.
# Definitions of links stay in the text, too: laid out, those that nobody refers to would be lost.
_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("reference")
_DEEPEST = _parser.options["maxNesting"] - 1


@dataclass(slots=True)
class MarkdownPage:
    """Harmless rows for a pane of some width, and the parts of rows that have tones of their own."""

    rows: list[Row] = field(default_factory=list)
    spans: dict[int, list[Span]] = field(default_factory=dict)


def markdown_page(text: str, cells: int) -> MarkdownPage | None:
    """Lay out a text for so many cells; what is no Markdown stays as it is.

    None where lists or quotes are nested so deeply that the parser leaves out what is inside.
    """
    tokens = _parser.parse(text)
    if any(token.level >= _DEEPEST for token in tokens):
        return None
    layout = _Layout(text, max(cells, _NARROWEST))
    layout.blocks(tokens)
    return layout.page


@dataclass(slots=True)
class _Prefix:
    """What stands before the rows of a block: a bullet before the first, room for it before the others."""

    first: str
    rest: str

    def take(self) -> str:
        taken, self.first = self.first, self.rest
        return taken


@dataclass(slots=True)
class _List:
    """A list that is open: the number of its next item where it is numbered, and whether items stand apart."""

    number: int | None
    loose: bool
    items: int = 0


class _Layout:
    def __init__(self, text: str, cells: int) -> None:
        self.page = MarkdownPage()
        self._source = text.split("\n")
        self._cells = cells
        self._prefixes: list[_Prefix] = []
        self._lists: list[_List] = []
        self._fresh = True
        """Nothing stands in the open block yet, so nothing has to be set apart from it."""

    @property
    def _room(self) -> int:
        return max(self._cells - sum(len(prefix.rest) for prefix in self._prefixes), _NARROWEST)

    def blocks(self, tokens: Sequence[Token]) -> None:
        place = 0
        while place < len(tokens):
            place = self._block(tokens, place)

    def _block(self, tokens: Sequence[Token], place: int) -> int:
        """Lay out what starts at a token, and say where to go on."""
        token = tokens[place]
        match token.type:
            case "heading_open":
                self._gap()
                self._heading(token.tag, *_inline(tokens[place + 1]))
            case "paragraph_open":
                if not token.hidden:
                    self._gap()
                self._put(*_inline(tokens[place + 1]))
            case "bullet_list_open" | "ordered_list_open":
                self._open_list(tokens, place)
            case "list_item_open":
                self._open_item()
            case "blockquote_open":
                self._gap()
                self._open("│ ", "│ ")
            case "list_item_close" | "blockquote_close":
                self._prefixes.pop()
                self._fresh = False
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "fence" | "code_block":
                self._gap()
                self._code(token)
            case "hr":
                self._gap()
                self._put("─" * min(self._room, _LONGEST_RULE), tone="faint")
            case "table_open":
                self._gap()
                return self._table(tokens, place)
        return place + 1

    def _gap(self) -> None:
        """An empty row between this block and the one before."""
        if not self._fresh:
            self._row("", [], "text")
        self._fresh = False

    def _open(self, first: str, rest: str) -> None:
        self._prefixes.append(_Prefix(first, rest))
        self._fresh = True

    def _open_list(self, tokens: Sequence[Token], place: int) -> None:
        opened = tokens[place]
        numbered = opened.type == "ordered_list_open"
        loose = False
        for at in range(place + 1, len(tokens)):
            # Not a slice: a text of many short lists would be copied once for each.
            token = tokens[at]
            if token.level == opened.level and token.nesting == -1:
                break
            loose = loose or (token.type == "paragraph_open" and token.level == opened.level + 2 and not token.hidden)
        if not self._lists or loose:
            self._gap()
        start = opened.attrs.get("start", 1) if numbered else None
        self._lists.append(_List(int(start) if start is not None else None, loose))

    def _open_item(self) -> None:
        here = self._lists[-1]
        if here.items and here.loose:
            self._gap()
        here.items += 1
        if here.number is None:
            marker = _BULLETS[min(len(self._lists), len(_BULLETS)) - 1] + " "
        else:
            marker = f"{here.number}. "
            here.number += 1
        self._open(marker, " " * len(marker))

    def _heading(self, tag: str, text: str, spans: list[Span]) -> None:
        self._put(text, spans, _HEADINGS.get(tag, "heading"))
        if tag == "h1":
            widest = max((cell_len(line) for line in text.split("\n")), default=0)
            self._put("─" * min(widest, self._room), tone="faint")

    def _code(self, token: Token) -> None:
        room = self._room
        if named := plain(token.info.strip()):
            for start, stop in breaks(named, max(room - 2, 2)):
                self._row(_padded(f" {named[start:stop]}", room), [], "code_label")
        for line in lines(token.content.removesuffix("\n")).split("\n"):
            for start, stop in breaks(line, max(room - 2, 2)):
                self._row(_padded(f" {line[start:stop]}", room), [], "code")

    def _table(self, tokens: Sequence[Token], place: int) -> int:
        opened, table = tokens[place], list[list[Cell]]()
        whole = True
        while tokens[place].type != "table_close":
            token = tokens[place]
            if token.type == "tr_open":
                table.append([])
                whole = whole and (len(table) == 1 or self._cells_in_source(token) <= len(table[0]))
            elif token.type in ("th_open", "td_open"):
                right = "right" in str(token.attrs.get("style", ""))
                table[-1].append(Cell(*_inline(tokens[place + 1]), right=right))
            place += 1
        if not whole and opened.map is not None:
            # The parser drops cells beyond those of the heading.
            for line in self._source[slice(*opened.map)]:
                self._put(lines(line))
            return place + 1
        for text, spans, tone in laid_out(table, self._room):
            self._row(text, spans, tone)
        return place + 1

    def _cells_in_source(self, row: Token) -> int:
        line = self._source[row.map[0]] if row.map is not None else ""
        return len(_BETWEEN_CELLS.split(_OUTSIDE_TABLE.sub("", line).rstrip().removesuffix("|")))

    def _put(self, text: str, spans: Sequence[Span] = (), tone: str = "text") -> None:
        """Rows of a text that may hold line breaks; `spans` are in order and count from its start."""
        offset, first = 0, 0
        for line in text.split("\n"):
            for start, stop in breaks(line, self._room):
                left, right = offset + start, offset + stop
                while first < len(spans) and spans[first][1] <= left:
                    first += 1
                mine, place = [], first
                while place < len(spans) and spans[place][0] < right:
                    begin, end, other = spans[place]
                    mine.append((max(begin, left) - left, min(end, right) - left, other))
                    place += 1
                self._row(line[start:stop], mine, tone)
            offset += len(line) + 1

    def _row(self, text: str, spans: list[Span], tone: str) -> None:
        before = "".join(prefix.take() for prefix in self._prefixes)
        if before:
            room = len(before)
            spans = [(0, room, "muted"), *((start + room, stop + room, other) for start, stop, other in spans)]
        if spans:
            self.page.spans[len(self.page.rows)] = spans
        self.page.rows.append((before + text, tone))


class _Inline:
    """The text of a paragraph, a heading or a cell as it grows, and its spans in order."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.spans: list[Span] = []
        self._length = 0
        self._tones: list[str] = []
        self._links: list[tuple[int, str]] = []

    def add(self, text: str, tone: str | None) -> None:
        """Harmless text, in a tone of its own or none."""
        if text:
            if tone is not None:
                self.spans.append((self._length, self._length + len(text), tone))
            self.text.append(text)
            self._length += len(text)

    def take(self, token: Token) -> None:
        """One token of the paragraph."""
        # Only now does it pass the door: an entity such as &#27; is a control character since it was parsed.
        said = plain(token.content)
        if token.type in ("softbreak", "hardbreak"):
            self.add("\n", None)
        elif token.type == "code_inline":
            self.add(said, "code")
        elif token.type == "image":
            self.add(f"[image: {said or 'without a name'}]{_address(token, 'src')}", "muted")
        elif token.nesting == 1:
            self._tones.append(_INLINE.get(token.type.removesuffix("_open"), "text"))
            if token.type == "link_open":
                self._links.append((len(self.text), _address(token, "href")))
        elif token.nesting == -1 and self._tones:
            self._tones.pop()
            if token.type == "link_close" and self._links:
                self._end_link(*self._links.pop())
        else:
            self.add(said, self._tones[-1] if self._tones else None)

    def _end_link(self, start: int, address: str) -> None:
        # An address that the text says already is not said twice.
        if "".join(self.text[start:]) not in address:
            self.add(address, "muted")


def _inline(token: Token) -> tuple[str, list[Span]]:
    inline = _Inline()
    for child in token.children or ():
        inline.take(child)
    return "".join(inline.text), inline.spans


def _address(token: Token, name: str) -> str:
    address, title = (plain(str(token.attrs.get(one, "")))[:300] for one in (name, "title"))
    said = f'{address} "{title}"' if title else address
    return f" ({said})" if said else ""


def _padded(text: str, cells: int) -> str:
    return text + " " * (cells - cell_len(text))
