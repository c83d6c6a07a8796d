"""An end that comes from outside, by `kill` or a closed window: as tidy as `q`, and never a process left behind."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

_PATIENCE = 5.0
"""Seconds after which a process without a terminal ends, tidy or not."""
_READ_WITHIN = 2.0
"""Seconds in which somebody who reads the terminal takes something out of it."""
_WRITER = "textual-output"
"""Textual's thread that writes to the terminal, by its name."""


def end_on_signals(app: App[Any]) -> None:
    """Let SIGTERM and SIGHUP end the app; does nothing where it does not run in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    if app.is_headless:
        loop.add_signal_handler(signal.SIGTERM, partial(app.exit, return_code=128 + signal.SIGTERM))
        return

    def terminate(*_: object) -> None:
        # One that comes again does nothing, but lets a write that waits be tried again.
        signal.signal(signal.SIGTERM, lambda *_: None)
        threading.Thread(target=_let_go_of_unread_terminal, name="unread", daemon=True).start()
        loop.call_soon_threadsafe(partial(app.exit, return_code=128 + signal.SIGTERM))

    def hang_up(*_: object) -> None:
        _forget_terminal(0, 1, 2)
        watchdog = threading.Timer(_PATIENCE, os._exit, (128 + signal.SIGHUP,))
        watchdog.daemon = True
        watchdog.start()
        loop.call_soon_threadsafe(partial(app.exit, return_code=128 + signal.SIGHUP))

    # Not by way of the loop: where nobody reads the terminal, it waits for it too.
    signal.signal(signal.SIGTERM, terminate)
    # Nor this: a byte written to a closed terminal ends Textual's writing thread, and whoever writes
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


def _let_go_of_unread_terminal() -> None:
    """Once nobody takes anything out of it, write the rest to nowhere; its settings are still put back."""
    poll = select.poll()
    poll.register(2, select.POLLOUT)
    while poll.poll(_READ_WITHIN * 1000):
        # There is room, so the poll ends at once; looked at again a little later, in this thread of its own.
        time.sleep(_READ_WITHIN / 10)
    _forget_terminal(1, 2)
    for thread in threading.enumerate():
        if thread.name == _WRITER and thread.ident is not None:
            # It waits in a write to what was the terminal.
            signal.pthread_kill(thread.ident, signal.SIGTERM)


def _forget_terminal(*descriptors: int) -> None:
    """What is still written there goes nowhere, and what is read is at its end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nothing, descriptor)
    os.close(nothing)
