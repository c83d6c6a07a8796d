"""The part of the app that goes over to another profile: it ends, and says with which one to start anew.

A new app has a new client, catalog and store, so nothing of one account can be taken for that of another.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding
from textual.message import Message
from textual.screen import ModalScreen

from batch_tui.tui.new_batch_app import NewBatchApp
from batch_tui.tui.text import Plain, join, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from batch_tui.tui.profiles import ProfileChoice

ANOTHER: Final = "profile "
"""What the app's result begins with when another profile is wanted; its name follows."""

_KEYS: Final = "123456789abcdefghilmnoprstuvwxyz"
"""Keys of the choices, without those that move and leave; what comes after them is chosen with enter."""


class ProfilesRead(Message):
    """It is known which profiles there are, or why not."""

    def __init__(self, choices: Sequence[ProfileChoice], problem: str | None = None) -> None:
        super().__init__()
        self.choices = choices
        self.problem = problem


class ProfileApp(NewBatchApp):
    """`@` reads the config file anew, so a profile that was just written there is offered too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "at",
            "profiles",
            "Profile",
            key_display="@",
            id="app.profile",
            show=False,
            tooltip="Go over to another profile of the config file",
        ),
    ]
    profiles: Callable[[], ProfilesRead] | None = None
    """Reads the config file; None where there is no going over, as in the demo."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "profiles" or self.profiles is not None

    def action_profiles(self) -> None:
        if not isinstance(self.screen, ModalScreen):
            self.run_worker(self._read_profiles, group="profiles", thread=True, exclusive=True, exit_on_error=False)

    def _read_profiles(self) -> None:
        if self.profiles is not None:
            self.post_message(self.profiles())

    @on(ProfilesRead)
    def _offer(self, event: ProfilesRead) -> None:
        if event.problem is not None:
            self._say(event.problem, "error", 15)
        elif all(plain(one.name) == self.shared.profile for one in event.choices):
            self._say("There is no other profile: [profiles.NAME] in the config file makes one.", "information", 6)
        elif not isinstance(self.screen, ModalScreen):
            from batch_tui.tui.screens.menu import Choice, MenuDialog

            widest = max(len(plain(one.name)) for one in event.choices)
            choices = [
                Choice(key, Plain(plain(one.name).ljust(widest)), one.name, self._note(one))
                for key, one in zip(chain(_KEYS, repeat("")), event.choices, strict=False)
            ]
            known = {one.name: one for one in event.choices}
            # Enter alone goes nowhere: the first may be the one that costs.
            here = next((one.name for one in event.choices if plain(one.name) == self.shared.profile), None)
            menu = MenuDialog(Plain("Go over to profile"), choices, begin_at=here)
            self.push_screen(menu, lambda name: self._go(known, name))

    def _note(self, one: ProfileChoice) -> Plain:
        if plain(one.name) == self.shared.profile:
            return join(plain(one.about), Plain(" · here now"))
        return plain(one.about) if one.problem is None else Plain("cannot be used")

    def _go(self, known: dict[str, ProfileChoice], name: str | None) -> None:
        chosen = None if name is None else known[name]
        if chosen is None or plain(chosen.name) == self.shared.profile:
            return
        if chosen.problem is not None:
            self._say(chosen.problem, "error", 15)
        else:
            self.leave_or_ask(f"{ANOTHER}{chosen.name}")
