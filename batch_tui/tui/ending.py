"""An end that comes from outside, by `kill` or a closed window: as tidy as `q`, and never a process left behind."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

_PATIENCE = 5.0
"""Seconds after which a process without a terminal ends, tidy or not."""


def end_on_signals(app: App[Any]) -> None:
    """Let SIGTERM and SIGHUP end the app; does nothing where it does not run in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, partial(app.exit, return_code=128 + signal.SIGTERM))
    if app.is_headless:
        return

    def hang_up(*_: object) -> None:
        _forget_terminal()
        watchdog = threading.Timer(_PATIENCE, os._exit, (128 + signal.SIGHUP,))
        watchdog.daemon = True
        watchdog.start()
        loop.call_soon_threadsafe(partial(app.exit, return_code=128 + signal.SIGHUP))

    # Not by way of the loop: a byte written to a closed terminal ends Textual's writing thread, and whoever writes
    # next waits for it for ever.
    signal.signal(signal.SIGHUP, hang_up)


def end_with_terminal() -> None:
    """Let a terminal that goes without a signal, as in a container, end the program like one that sends SIGHUP.

    Call it once the app stands, with its handler. A thread waits for it: the loop may be waiting for the terminal.
    """
    threading.Thread(target=_wait_until_it_goes, name="terminal", daemon=True).start()


def _wait_until_it_goes() -> None:
    poll = select.poll()
    # Of the keys there is nothing to be told, and that the other end is gone is told without being asked for.
    poll.register(0, 0)
    if any(event & select.POLLHUP for _, event in poll.poll()):
        os.kill(os.getpid(), signal.SIGHUP)


def _forget_terminal() -> None:
    """What is still written goes nowhere, and what is read is at its end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
