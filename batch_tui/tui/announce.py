"""What the terminal is told beside the screen: bell, desktop notification and window title, as escape sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from batch_tui.tui.text import Plain, fit, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from batch_tui.monitor.hook_runner import HookRunner
    from batch_tui.monitor.watch_file import WatchFile

Notify = Literal["bell", "desktop", "both", "off"]

_BELL: Final = "\x07"
_LONGEST = 200
"""Cells of a notification that are sent; desktops cut far shorter."""
_SILENT_TERMINALS = frozenset({"linux", "dumb"})
"""They would print a title instead of showing it."""


class Alerts(msgspec.Struct, frozen=True):
    """How the user wants to hear of batches; by default only on the screen, and of nothing but ended ones."""

    notify: Notify = "off"
    watch_all: bool = False
    """Whether every batch is watched, not only those chosen with `m`."""
    hooks: HookRunner | None = None
    memory: WatchFile | None = None
    warn_before: Sequence[timedelta] = ()
    """How long before their results are lost batches are warned of."""
    look_below_after: float | None = None
    """Seconds after the start to look for such batches among those not loaded, None for never."""
    clock_is_sure: Callable[[], bool] = lambda: True
    """Whether nothing speaks against the time: what it would bring is not announced by a clock that may be wrong."""
    environ: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Says which terminal this is."""


def signal_of(notify: Notify, sentence: Plain, environ: Mapping[str, str]) -> str:
    """The bytes that ring the bell and show a desktop notification, as far as the user wants them."""
    rung = _BELL if notify in ("bell", "both") else ""
    shown = notify in ("desktop", "both") and environ.get("TERM") not in _SILENT_TERMINALS
    return rung + (_notification(sentence, environ) if shown else "")


def _notification(sentence: Plain, environ: Mapping[str, str]) -> str:
    """OSC 777 for the terminals that know only that, OSC 9 for the others; both would show it twice where both work."""
    # A second pass costs nothing, and nothing but this line stands between text and an escape sequence.
    said = plain(fit(sentence, _LONGEST))
    kind = environ.get("TERM", "")
    if "VTE_VERSION" in environ or kind.startswith(("rxvt", "foot")):
        return _for_tmux(f"\x1b]777;notify;batch-tui;{said.replace(';', ',')}{_BELL}", environ)
    return _for_tmux(f"\x1b]9;batch-tui: {said}{_BELL}", environ)


def _for_tmux(sequence: str, environ: Mapping[str, str]) -> str:
    """The same, handed through by tmux to the terminal around it."""
    if "TMUX" not in environ:
        return sequence
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


class Title:
    """The window title; gives the bytes that change it, none where nothing changes or the terminal has no title."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._works = environ.get("TERM") not in _SILENT_TERMINALS
        self._shown: str | None = None

    def show(self, running: int) -> str:
        """Say how many batches run; the first time, the title that was there is put aside."""
        text = f"{running:,} running · batch-tui" if running else "batch-tui"
        if not self._works or text == self._shown:
            return ""
        keep = "" if self._shown is not None else "\x1b[22;2t"
        self._shown = text
        return f"{keep}\x1b]2;{text}{_BELL}"

    def restore(self) -> str:
        """Bring back the title that was put aside."""
        if self._shown is None:
            return ""
        self._shown = None
        return "\x1b[23;2t"
