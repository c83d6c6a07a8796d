"""A results file from bytes, closed after the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.results.results_file import ResultsFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[bytes], ResultsFile]]:
    """Write bytes to a file and open it as results."""
    files: list[ResultsFile] = []

    def open_bytes(content: bytes) -> ResultsFile:
        path = tmp_path / f"results-{len(files)}.jsonl"
        path.write_bytes(content)
        files.append(ResultsFile.open(path))
        return files[-1]

    yield open_bytes
    for file in files:
        file.close()
