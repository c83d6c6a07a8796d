"""What the list is narrowed with: the line of tabs, and the line where a filter is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Input, Static

from batch_tui.monitor.conditions import TABS
from batch_tui.tui import mask
from batch_tui.tui.key_names import key_for
from batch_tui.tui.text import number, plain, width
from batch_tui.tui.widgets.chosen_label import fit_labels
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batch_tui.monitor.conditions import Tab
    from batch_tui.tui.text import Plain

_LONGEST = 200
_SIGN, _AROUND_SAID = 3, 4
"""Cells of the sign, and of what is left empty around a sentence."""
_ROOMY = 120
"""Columns from which there is room for a sentence beside most of what is typed."""


_TAB_HELP: Final[dict[Tab, tuple[str, str]]] = {
    "all": ("All batches", "Show every batch"),
    "running": ("Running batches", "Only batches that have not ended"),
    "ended": ("Ended batches", "Only batches that have ended"),
    "with failures": ("Batches with failures", "Only batches with errored or expired requests"),
    "expiring": ("Expiring batches", "Only those whose unsaved results go within 4 days"),
}
"""What palette and help say of each tab."""
_SHORT: Final[dict[Tab, str]] = {"with failures": "failed", "expiring": "expire"}
"""Names for a narrow line."""


def tab_bindings() -> list[BindingType]:
    """A key for each tab; the action is `choose_tab(place)` of the screen."""
    return [
        Binding(
            str(place),
            f"choose_tab({place - 1})",
            _TAB_HELP[tab][0],
            show=False,
            id=f"batch.tab_{tab.replace(' ', '_')}",
            tooltip=_TAB_HELP[tab][1],
        )
        for place, tab in enumerate(TABS, 1)
    ]


class TabLine(Widget):
    """The tabs with their counts; those that would show nothing leave when there is no room."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._counts: dict[Tab, int] = dict.fromkeys(TABS, 0)
        self._chosen: Tab = "all"
        self._below: Mapping[Tab, int] = {}
        self._urgent: Tab | None = None

    def on_mount(self) -> None:
        # Link colours would hide which tabs are empty.
        self.auto_links = False

    def show(
        self,
        counts: Mapping[Tab, int],
        chosen: Tab,
        *,
        below: Mapping[Tab, int] | None = None,
        urgent: Tab | None = None,
    ) -> None:
        """Show how many batches stand under each tab; nothing is painted when nothing differs.

        `below` are those known of that are not loaded; `urgent` is a tab that should be looked at.
        """
        state = counts, chosen, below or {}, urgent
        if state != (self._counts, self._chosen, self._below, self._urgent):
            self._counts, self._chosen, self._below, self._urgent = dict(counts), chosen, below or {}, urgent
            self.refresh()

    def render(self) -> Content:
        wordings = [[self._label(place, tab, names) for place, tab in enumerate(TABS)] for names in ({}, _SHORT)]
        empty = [not self._amount(tab) for tab in TABS]
        return Content.assemble(" ", *fit_labels(wordings, empty, TABS.index(self._chosen), self.size.width))

    def _amount(self, tab: Tab) -> int:
        return self._counts[tab] + self._below.get(tab, 0)

    def _label(self, place: int, tab: Tab, names: Mapping[Tab, str]) -> Content:
        amount, sign = self._amount(tab), "! " if tab == self._urgent else ""
        style = "bold reverse" if tab == self._chosen else TONES["text" if amount else "faint"]
        if sign:
            style = "bold $text-warning"
        more = "+" if self._below.get(tab) else ""
        click = Style.from_meta({"@click": f"screen.choose_tab({place})"})
        key = key_for(f"batch.tab_{tab.replace(' ', '_')}", str(place + 1))
        return Content.styled(f" {key} {sign}{names.get(tab, tab)} {number(amount)}{more} ", style).stylize(click)


class FilterInput(Input):
    """One line of the user's own text; what is pasted into it passes the same door as everything else."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "submit", "Keep", key_display="enter", id="filter.keep"),
        Binding("escape", "screen.clear_filter", "Clear", key_display="esc", id="filter.clear"),
    ]

    def __init__(self, placeholder: Plain, *, id: str | None = None) -> None:
        super().__init__(placeholder=placeholder, max_length=_LONGEST, select_on_focus=False, compact=True, id=id)

    def on_mount(self) -> None:
        self.mask_changed()
        self.cursor_blink = self.app.animation_level != "none"

    def mask_changed(self) -> None:
        # Whatever is looked for is what somebody wrote.
        self.password = mask.is_on()

    def validate_value(self, value: str) -> str:
        """Keep control characters out of what is painted."""
        return plain(value)


class FilterLine(Container):
    """Takes no room until it is opened."""

    def __init__(self, placeholder: Plain, *, sign: str = "/", late: bool = False, id: str | None = None) -> None:
        """`late`: filled only after the first frame, where nothing can be typed before."""
        super().__init__(id=id)
        self._sign = sign
        self._placeholder = placeholder
        self._late = late
        self._said: tuple[Plain, str] | None = None

    def compose(self) -> ComposeResult:
        if not self._late:
            yield from self._parts()

    async def on_mount(self) -> None:
        if self._late:
            self.call_after_refresh(self._fill)

    async def _fill(self) -> None:
        await self.mount(*self._parts())
        self.mask_changed()

    def _parts(self) -> tuple[Widget, Widget]:
        sign = Static(Content.styled(f" {self._sign} ", TONES["accent"]), id="filter-sign", markup=False)
        edit = Horizontal(sign, FilterInput(self._placeholder, id="filter-text"), id="filter-edit")
        return edit, Static(id="filter-said", markup=False)

    @property
    def text(self) -> str:
        """What is typed."""
        return next((edit.value for edit in self.query(FilterInput)), "")

    @property
    def editing(self) -> bool:
        """Whether keys go into the line."""
        return any(edit.has_focus for edit in self.query(FilterInput))

    def start_typing(self) -> None:
        """Show the line and type into it, behind what stands there."""
        self.display = True
        edit = self.query_one(FilterInput)
        # Not edit.focus(), which waits a turn: what is shown next depends on the line being edited.
        self.screen.set_focus(edit)
        edit.cursor_position = len(edit.value)

    def show_text(self, text: str) -> None:
        """Show the line with a text that was not typed."""
        self.display = True
        self.query_one(FilterInput).value = text

    def clear(self) -> None:
        """Empty the line and take it away."""
        for edit in self.query(FilterInput):
            edit.value = ""
        self.display = False

    def say(self, sentence: Plain, tone: str = "muted") -> None:
        """Show a sentence in a tone."""
        if (sentence, tone) != self._said:
            self._said = (sentence, tone)
            self.mask_changed()
        # While somebody types in a narrow terminal, nothing moves from beside the line to below it and back.
        typed = _SIGN + width(plain(self.text)) + 1
        fits = typed + width(sentence) + _AROUND_SAID <= self.app.size.width
        self.set_class(fits and (self.app.size.width >= _ROOMY or not self.editing), "-beside")

    def mask_changed(self) -> None:
        """A warning may repeat what was typed."""
        if self._said is not None:
            sentence, tone = self._said
            shown = mask.written(sentence) if tone == "warning" else sentence
            for said in self.query("#filter-said").results(Static):
                said.update(Content.styled(shown, TONES[tone]))
