"""Where and when toasts are shown: never over a question, never twice, never more than a few; a log keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.app import App
from textual.notifications import Notification
from textual.screen import ModalScreen

from batch_tui.tui.said import Message
from batch_tui.tui.text import plain, width

if TYPE_CHECKING:
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.said import Severity

_SHORT: Final = 0.8
"""Share of the width up to which a sentence stands over the keys at the bottom, and not over rows."""
_MOST: Final = 3
"""Toasts on screen at once: with more, they would bury the list."""


class ToastsApp(App[str]):
    """What is said while a dialog is open waits until it is closed; what stood there then goes on where it stopped."""

    shared: AppContext

    def __init__(self) -> None:
        super().__init__()
        self._waiting_toasts: list[tuple[Notification, float]] = []
        """Toasts that a dialog keeps from being shown, and how long each is still to be seen."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Severity = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a sentence for a while, as it stands, and keep it in the log."""
        said = plain(f"{title}: {message}" if title else message)
        self.shared.said.note(Message(self.shared.now(), severity, said))
        # Whoever calls: no sentence is ever read as markup, so nobody needs to say so.
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    def take_back(self, sentence: str) -> None:
        """Take a toast away that is not true any more."""
        # Behind the toast itself, which may not have been shown yet.
        self.call_later(self._take_back, sentence)

    def _take_back(self, sentence: str) -> None:
        self._waiting_toasts = [one for one in self._waiting_toasts if one[0].message != sentence]
        for toast in list(self._notifications):
            if toast.message == sentence:
                self._unnotify(toast, refresh=False)
        self._refresh_notifications()

    def clear_notifications(self) -> None:
        """Take all toasts away, also those that wait."""
        self._waiting_toasts.clear()
        super().clear_notifications()

    def _refresh_notifications(self) -> None:
        """Textual calls this whenever something is said or another screen comes on top."""
        if self.screen_stack and isinstance(self.screen, ModalScreen):
            self._waiting_toasts += [(toast, toast.time_left) for toast in self._notifications]
            self._notifications.clear()
        else:
            for toast, seconds in self._waiting_toasts:
                self._notifications.add(Notification(toast.message, toast.title, toast.severity, seconds))
            self._waiting_toasts.clear()
            self._thin_out()
        # What takes a whole line or more would leave no key in view, not even the way to help.
        long = any(width(plain(toast.message)) > _SHORT * self.size.width for toast in self._notifications)
        for rack in self.screen.query("ToastRack") if self.screen_stack else ():
            rack.set_class(long, "-long")
        super()._refresh_notifications()

    def _thin_out(self) -> None:
        kept: set[tuple[str, str]] = set()
        for toast in reversed(list(self._notifications)):
            said = (toast.title, toast.message)
            if said in kept or len(kept) == _MOST:
                self._unnotify(toast, refresh=False)
            else:
                kept.add(said)
