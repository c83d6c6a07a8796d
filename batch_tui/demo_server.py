"""The server behind `demo`: a simulator in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def simulator_process(arguments: list[str]) -> Iterator[str]:
    """A simulator in a process of its own, so that it never competes with the screen; ends with ours."""
    line = [sys.executable, "-m", "batch_tui", "simulate", "--port", "0", "--until-stdin-closes", *arguments]
    with subprocess.Popen(
        line,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None  # a pipe, as asked for above
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        if not url:
            raise click.ClickException(f"The simulator did not start: {process.stderr.read().strip()}")
        try:
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
