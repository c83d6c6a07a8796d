"""The keys of a screen, listed from its bindings, so that nothing is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from batch_tui.tui.key_names import in_usual_order, key_for
from batch_tui.tui.screens.floating import LOW, FloatingScreen, Hint
from batch_tui.tui.text import Plain, plain
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.wrapping import breaks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.binding import ActiveBinding, BindingType
    from textual.events import Resize

_GROUPS = {
    "batch": "Batch",
    "results": "Results",
    "saved": "Saved results",
    "activity": "Activity",
    "record": "Record",
    "tree": "Tree",
    "pane": "Reading",
    "filter": "Typing",
    "table": "Moving",
    "app": "Everywhere",
}
"""First part of a binding's id, and the heading it stands under."""

_INDENT = 14
"""Cells of the keys, and of what stands below them."""
_WIDE_KEYS = 50
"""Cells from which the keys have as much room as any of them needs."""
_NARROWEST = 20
_TWO_LISTS = 140
"""Columns of the terminal from which the keys stand in two lists, so that most are in view at once."""
_TITLE_AND_HINT = 2
"""Rows of the two; where there is room, as many are left empty."""

_Groups = dict[str, list[tuple[Plain, Plain]]]
"""By heading: keys, and what they do."""


class HelpScreen(FloatingScreen[None]):
    """A list of keys over the screen they belong to."""

    AUTO_FOCUS = "#help-scroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close", id="help.close"),
        Binding("j", "scroll(1)", "Down", show=False, id="help.down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="help.up"),
    ]

    def __init__(self, title: str, bindings: Iterable[ActiveBinding]) -> None:
        super().__init__()
        self._title = title
        self._active = in_usual_order(bindings)

    def compose(self) -> ComposeResult:
        with Vertical(id="help", classes="-two" if self.app.size.width >= _TWO_LISTS else ""):
            yield Static(Content.styled(plain(self._title), "bold"), id="help-title", markup=False)
            with VerticalScroll(id="help-scroll"), Horizontal(id="help-lists"):
                yield _KeyList(id="help-keys")
                yield _KeyList(id="help-more")
            close, palette = key_for("help.close", "esc"), key_for("app.palette", ":")
            yield Hint(
                f"{close} closes · every action is also in the palette ({palette})",
                f"{close} closes · palette: {palette}",
                id="help-hint",
            )

    def on_resize(self, event: Resize) -> None:
        """The keys scroll between title and hint, which are always in view."""
        around = self.query_one("#help").gutter.height + _TITLE_AND_HINT + (2 if event.size.height >= LOW else 0)
        self.query_one("#help-scroll").styles.max_height = max(event.size.height - around - 1, 1)
        groups, two = self._groups(), event.size.width >= _TWO_LISTS
        first = _half(groups) if two else len(groups)
        self.query_one("#help").set_class(two, "-two")
        for place, groups_of in ((0, list(groups)[:first]), (1, list(groups)[first:])):
            self.query(_KeyList)[place].show({heading: groups[heading] for heading in groups_of})
        # A list that comes into view knows its width only afterwards.
        self.call_after_refresh(self.query_one("#help-more").refresh, layout=True)

    def action_scroll(self, direction: int) -> None:
        self.query_one("#help-scroll").scroll_relative(y=direction, animate=False)

    def _groups(self) -> _Groups:
        keys: dict[str, list[str]] = {}
        about: dict[str, tuple[str, str]] = {}
        for active in self._active:
            binding = active.binding
            name = binding.id or ""
            if name.partition(".")[0] not in _GROUPS:
                continue
            keys.setdefault(name, []).append(self.app.get_key_display(binding))
            about[name] = (binding.description, binding.tooltip)
        groups: _Groups = {}
        for name, shown in keys.items():
            description, tooltip = about[name]
            said = plain(" ".join(dict.fromkeys(shown))), plain(tooltip or description)
            group = groups.setdefault(_GROUPS[name.partition(".")[0]], [])
            # What most people came for.
            group.insert(0 if said[0].startswith("enter") else len(group), said)
        return {heading: groups[heading] for heading in _GROUPS.values() if heading in groups}


def _half(groups: _Groups) -> int:
    """How many of the groups stand in the first of two lists, so that the longer list is as short as can be."""
    rows = [len(said) + 2 for said in groups.values()]
    return min(range(1, len(rows) + 1), key=lambda first: max(sum(rows[:first]), sum(rows[first:])))


class _KeyList(Static):
    """Keys and what they do in two columns; what is too long goes on below its own column."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._groups: _Groups = {}

    def show(self, groups: _Groups) -> None:
        """List these from now on."""
        self._groups = groups
        self._write()

    def on_resize(self) -> None:
        self._write()

    def _write(self) -> None:
        if self.size.width:
            self.update(Content("\n").join(self._lines(self.size.width)))

    def _lines(self, cells: int) -> list[Content]:
        lines: list[Content] = []
        indent = _INDENT if cells >= _WIDE_KEYS else _INDENT // 2 + 2
        for heading, said in self._groups.items():
            if lines:
                lines.append(Content(""))
            lines.append(Content.styled(heading, TONES["accent"]))
            for keys, text in said:
                beside = f"  {keys} ".ljust(indent)
                if len(beside) > indent:
                    lines.append(Content.styled(beside.rstrip(), "bold"))
                    beside = " " * indent
                for start, stop in breaks(text, max(cells - indent, _NARROWEST)):
                    lines.append(Content.assemble((beside, "bold"), (text[start:stop].strip(), TONES["muted"])))
                    beside = " " * indent
        return lines
