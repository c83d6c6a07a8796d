"""A suspicious row says why: cut, refused, without text, or not JSON where the others are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.download_control import DownloadProgress
from batch_tui.tui.context import OpenResults
from batch_tui.tui.result_rows import FileRows, ResultRows
from batch_tui.tui.text import plain
from tests.results.lines import succeeded
from tests.results.opened import opened

if TYPE_CHECKING:
    from pathlib import Path

CALL = {"type": "server_tool_use", "id": "s", "name": "bash_code_execution", "input": {"command": "ls"}}


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"text": "prose"}, "△ not JSON"),
        ({"text": "prose " * 200_000}, "△ not JSON"),
        ({"content": [CALL]}, "△ no text"),
        ({"content": []}, "△ no text"),
        ({"content": [], "stop_reason": "compaction"}, "△ no text"),
        ({"text": "prose", "stop_reason": "compaction"}, "△ not JSON"),
        ({"text": '{"a": 1', "stop_reason": "max_tokens"}, "△ max_tokens"),
        ({"content": [], "stop_reason": "refusal"}, "△ refusal"),
    ],
)
def test_the_kind_says_why(tmp_path: Path, message: dict[str, Any], why: str) -> None:
    lines = [succeeded("odd", **message), *(succeeded(f"r-{number}", "[]") for number in range(30))]
    file = opened(tmp_path, *lines)
    rows = ResultRows(OpenResults(file, DownloadProgress("complete")), FileRows(file, file.rows()), plain("host"))
    assert ["".join(text for text, _ in cell.parts) for cell in rows.cells(0, [("kind", 14)])] == [why]
