"""A results file in a directory of a test, from result lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.results.results_file import ResultsFile
from tests.results.lines import body

if TYPE_CHECKING:
    from pathlib import Path


def opened(directory: Path, *values: object, raw: bytes | None = None) -> ResultsFile:
    """A whole file that holds these lines, or these bytes."""
    path = directory / "results.jsonl"
    path.write_bytes(body(*values) if raw is None else raw)
    return ResultsFile.open(path)
