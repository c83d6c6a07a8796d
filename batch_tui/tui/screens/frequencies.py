"""How often each value of a column occurs; choosing one shows its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from batch_tui.tui import mask
from batch_tui.tui.key_names import key_for
from batch_tui.tui.mask_key import MASK_KEY
from batch_tui.tui.screens.floating import LOW, FloatingScreen, Hint
from batch_tui.tui.text import Plain, number, plain, plural
from batch_tui.tui.widgets.table_rows import Cell, Column
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

    from batch_tui.results.frequencies import Frequency

_BAR = 20
_VALUE = 24
"""Cells more than the least that the longest values, which are errors, need to tell themselves apart."""
_MOST_ROWS = 14
"""Rows shown without scrolling: what fits into a terminal of 24 lines."""
_ASIDE, _LEFT_EMPTY = 5, 6
"""Lines of border, title and hint; and those left empty where there is room."""
_COLUMNS = (
    Column("count", "ROWS", 9, right=True),
    Column("share", "SHARE", 6, right=True),
    Column("bar", "", _BAR, drop=1, spares=_VALUE),
    Column("value", "VALUE", 20, grow=1),
)


class FrequencyRows:
    """A RowSource over counted values; keys are positions, as nothing here moves."""

    def __init__(self, values: Sequence[Frequency]) -> None:
        self._values = values
        self._total = sum(one.count for one in values)
        self._most = max((one.count for one in values), default=1)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def last(self) -> int:
        return max(0, len(self) - 1)

    def key(self, row: int) -> str:
        return str(row)

    def index_of(self, key: str) -> int | None:
        return int(key)

    def nearest(self, key: str) -> int:
        return int(key)

    def version(self, row: int) -> Hashable:
        return 0

    def cells(self, row: int, widths: Sequence[tuple[str, int]]) -> Sequence[Cell]:
        one = self._values[row]
        value = (
            Cell.of(Plain("(none)"), "muted") if one.value is None else Cell.of(mask.written(plain(one.value[:500])))
        )
        cells = {
            "count": Cell.of(number(one.count)),
            "share": Cell.of(Plain(f"{100 * one.count / self._total:.1f}%"), "muted"),
            "bar": Cell.of(Plain("━" * max(1, round(_BAR * one.count / self._most))), "running"),
            "value": value,
        }
        return [cells[column] for column, _ in widths]


class FrequenciesScreen(FloatingScreen[str | None]):
    """Answers with a query that finds the rows of the chosen value, or None."""

    AUTO_FOCUS = "#values"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,l", "choose", "Show rows", id="values.choose"),
        Binding("escape,q,H", "dismiss(None)", "Close", id="values.close"),
        MASK_KEY,
    ]

    def __init__(self, subject: Plain, values: Sequence[Frequency], limits: Plain) -> None:
        """`limits`: what is to be said behind the number of rows, such as that more are to come."""
        super().__init__()
        self._subject = subject
        self._values = values
        self._limits = limits

    def compose(self) -> ComposeResult:
        rows = sum(one.count for one in self._values)
        # A row without one says "(none)", which is no value.
        values = sum(one.value is not None for one in self._values)
        title = f"{self._subject}: {plural(values, 'value')} in {plural(rows, 'row')}{self._limits}"
        with Vertical(id="frequencies"):
            yield Static(Content.styled(title, "bold"), id="dialog-title", markup=False)
            table = VirtualTable(FrequencyRows(self._values), _COLUMNS, id="values")
            table.nothing = Plain("None of the rows shown has such a value.")
            yield table
            choose, close = key_for("values.choose", "enter"), key_for("values.close", "esc")
            yield Hint(f"{choose} shows the rows of a value · {close} closes", f"{choose} shows rows · {close} closes")

    def on_mount(self) -> None:
        self.query_one(VirtualTable).rows_changed()

    def on_resize(self, event: Resize) -> None:
        taken = _ASIDE + (0 if event.size.height < LOW else _LEFT_EMPTY)
        rows = min(len(self._values), _MOST_ROWS) + 2
        self.query_one(VirtualTable).styles.height = min(rows, max(event.size.height - taken, 2))

    @on(VirtualTable.RowOpened)
    def _open(self, event: VirtualTable.RowOpened) -> None:
        event.stop()
        query = self._values[int(event.key)].query
        if query is None:
            # In the dialog: a toast would wait until it is closed.
            self.query_one(Hint).update(Content.styled("No filter can say this value.", TONES["error"]))
        else:
            self.dismiss(query)

    def action_choose(self) -> None:
        self.query_one(VirtualTable).open_row()
