"""Rows on a terminal: what an answer says must not act there. A pipe or a file gets every byte as it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from batch_tui.tui.text import json_on_terminal, lines

if TYPE_CHECKING:
    from batch_tui.results.export import Format, Output


class _Terminal:
    """Takes whole rows of one format, and shows what is in them."""

    def __init__(self, out: Output, format: Format) -> None:
        self._out = out
        self._shown = json_on_terminal if format == "jsonl" else lines

    def write(self, data: bytes, /) -> None:
        """Show these rows."""
        self._out.write(self._shown(data.decode("utf-8", "replace")).encode())


def stdout_for(format: Format) -> Output:
    """Where rows go that no file was named for."""
    return _Terminal(sys.stdout.buffer, format) if sys.stdout.isatty() else sys.stdout.buffer
