"""A short list of choices, each with a key of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from batch_tui.tui.key_names import key_for
from batch_tui.tui.screens.floating import LOW, SLIM, FloatingScreen, Hint
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batch_tui.tui.text import Plain


_MOST_SHOWN = 16
_BORDER_AND_HINT, _LEFT_EMPTY = 3, 4
"""Lines that are not choices, beside the title."""


class Choice(msgspec.Struct, frozen=True):
    """What a key of the menu does, or, without a key, enter on it; `id` is what the menu answers with."""

    key: str
    label: Plain
    id: str
    note: Plain | str = ""


class MenuDialog(FloatingScreen[str | None]):
    """Answers with the id of a choice, or None.

    Arrows and enter work, and each choice's own key; `j` `k` move where no choice has them.
    """

    AUTO_FOCUS = "#menu-choices"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Cancel", id="menu.close"),
        Binding("j", "move(1)", "Down", show=False, id="menu.down"),
        Binding("k", "move(-1)", "Up", show=False, id="menu.up"),
    ]

    def __init__(self, title: Plain, choices: Sequence[Choice], *, begin_at: str | None = None) -> None:
        """`begin_at` is the id of the choice that enter takes as long as nothing moves."""
        super().__init__()
        self._title = title
        self._choices = choices
        self._by_key = {choice.key: choice for choice in choices if choice.key}
        self._begin_at = begin_at

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Content.styled(self._title, "bold"), id="dialog-title", markup=False)
            yield OptionList(*self._options(), id="menu-choices", markup=False)
            yield Hint(*self._hint())

    def _options(self) -> Iterator[Option]:
        return (Option(self._label(choice), id=choice.id) for choice in self._choices)

    def _hint(self) -> tuple[str, str]:
        closes = f"{key_for('menu.close', 'esc')} closes"
        return (f"enter or the key chooses · {closes}", f"enter chooses · {closes}") if self._choices else (closes,) * 2

    @staticmethod
    def _label(choice: Choice) -> Content:
        return Content.assemble(
            (f" {choice.key or ' '}  ", TONES["accent"]), str(choice.label), (f"  {choice.note}", TONES["muted"])
        )

    def on_mount(self) -> None:
        if self._begin_at is not None:
            choices = self.query_one(OptionList)
            choices.highlighted = choices.get_option_index(self._begin_at)

    def offer_anew(self, title: Plain, choices: Sequence[Choice]) -> None:
        """Offer something else, because what the menu is about has changed; enter means the same choice or none."""
        if (title, choices) == (self._title, self._choices):
            return
        self._title, self._choices = title, choices
        self._by_key = {choice.key: choice for choice in choices if choice.key}
        self.query_one("#dialog-title", Static).update(Content.styled(title, "bold"))
        shown = self.query_one(OptionList)
        option = shown.highlighted_option
        shown.set_options(self._options())
        places = [place for place, choice in enumerate(choices) if option is not None and choice.id == option.id]
        shown.highlighted = places[0] if places else None
        self.query_one(Hint).say(*self._hint())

    def on_resize(self, event: events.Resize) -> None:
        # The choices scroll between title and hint, which stay in view.
        title = 1 + (event.size.width < SLIM)
        taken = _BORDER_AND_HINT + title + (0 if event.size.height < LOW else _LEFT_EMPTY)
        self.query_one(OptionList).styles.max_height = min(max(event.size.height - taken, 1), _MOST_SHOWN)

    def action_move(self, step: int) -> None:
        choices = self.query_one(OptionList)
        if step > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    def on_key(self, event: events.Key) -> None:
        choice = self._by_key.get(event.character or "")
        if choice is not None:
            event.stop()
            event.prevent_default()
            self.dismiss(choice.id)

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id)
