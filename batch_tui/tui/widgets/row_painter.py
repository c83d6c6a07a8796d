"""Paints the rows of a table: cells into columns, in the tones and states of its component classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from batch_tui.tui.text import Plain, fit, width
from batch_tui.tui.widgets.table_rows import GAP, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_tui.tui.widgets.table_rows import Cell, Column

HEADING: Final = "table--heading"
"""The component class of the line of labels."""

_MARGIN = 1
_RIGHT = 2
"""Cells right of the columns: the bar that scrolls is painted over the last one, and must not touch a number."""
_MARK, _CURSOR = "●", "▌"


class RowPainter:
    """Makes finished strips; `style_of` gives the style of a component class, `finish` what the terminal gets of it."""

    def __init__(
        self, columns: Sequence[Column], style_of: Callable[[str], Style], finish: Callable[[Style], Style]
    ) -> None:
        self._style_of = style_of
        self._finish = finish
        self._styles: dict[tuple[str, str], Style] = {}
        self.set_columns(columns)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Lay out other columns from now on."""
        self.columns = tuple(columns)
        self._layout: tuple[int, tuple[tuple[Column, int], ...]] = (-1, ())

    def forget_styles(self) -> None:
        """The theme moved."""
        self._styles.clear()

    def widths(self, total: int) -> list[tuple[str, int]]:
        """The columns that fit into so many cells: id and width of each."""
        return [(column.id, cells) for column, cells in self._columns_for(total)]

    def heading(self, total: int) -> Strip:
        """The line of labels."""
        style = self._style(HEADING, "")
        segments = [Segment(" " * _MARGIN, style)]
        for position, (column, cells) in enumerate(self._columns_for(total)):
            label = fit(Plain(column.label), cells)
            space = " " * (cells - width(label))
            gap = " " * GAP if position else ""
            segments.append(Segment(gap + (space + label if column.right else label + space), style))
        return Strip(segments).crop_extend(0, total, style)

    def blank(self, total: int, said: Plain) -> Strip:
        """A line without a row, with or without a sentence."""
        segments = [Segment(" " * _MARGIN, self._style("text", "")), Segment(said, self._style("muted", ""))]
        return Strip(segments).crop_extend(0, total, self._style("text", ""))

    def row(self, cells: Sequence[Cell], total: int, state: str, *, marked: bool) -> Strip:
        """A row from its cells; a single cell spans all columns. `state` is "", "cursor" or "cursor-blurred"."""
        columns = self._columns_for(total)
        base = self._style("text", state)
        runs = [((_MARK if marked else _CURSOR if state else " ") * _MARGIN, self._style("accent", state))]
        if len(cells) == 1 and len(columns) > 1:
            used = total - _MARGIN
            runs += self._runs(cells[0], total - 2 * _MARGIN, False, state)
        else:
            used = _MARGIN - GAP
            for (column, space), cell in zip(columns, cells, strict=True):
                if used > 0:
                    runs.append((" " * GAP, base))
                runs += self._runs(cell, space, column.right, state)
                used += GAP + space
        runs.append((" " * (total - used), base))
        strip = Strip(_segments(runs), max(used, total))
        return strip if used <= total else strip.crop(0, total)

    def _runs(self, cell: Cell, space: int, right: bool, state: str) -> list[tuple[str, Style]]:
        """The runs of a cell, which together take exactly `space` cells."""
        runs: list[tuple[str, Style]] = []
        for text, tone in cell.parts:
            if space <= 0:
                break
            shown = fit(text, space)
            space -= width(shown)
            runs.append((shown, self._style(tone, state)))
            if shown != text:
                # What was cut ends the cell: a next run would only add a second ellipsis.
                break
        if space > 0:
            runs.insert(0 if right else len(runs), (" " * space, self._style("text", state)))
        return runs

    def _style(self, tone: str, state: str) -> Style:
        style = self._styles.get((tone, state))
        if style is None:
            style = self._style_of(HEADING if tone == HEADING else f"tone--{tone}")
            if state and tone != "match":
                cursor = self._style_of(f"table--{state}")
                # One colour on the cursor's background: not every tone can be read there in every theme.
                style = style + Style(
                    color=style.color if tone == "accent" else cursor.color,
                    bgcolor=cursor.bgcolor,
                    bold=cursor.bold or style.bold,
                )
            style = self._styles[tone, state] = self._finish(style)
        return style

    def _columns_for(self, total: int) -> tuple[tuple[Column, int], ...]:
        if self._layout[0] != total:
            self._layout = (total, lay_out(self.columns, total - _MARGIN - _RIGHT))
        return self._layout[1]


def _segments(runs: Sequence[tuple[str, Style]]) -> list[Segment]:
    """One segment for all that looks alike side by side: the terminal is told each look once."""
    segments: list[Segment] = []
    text, look = "", runs[0][1]
    for more, style in runs:
        if style is look:
            text += more
        elif more:
            segments.append(Segment(text, look))
            text, look = more, style
    segments.append(Segment(text, look))
    return segments
