"""A record nested thousands deep is like any other: its row, what it says, exports, search, filter, counts, sums."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.export import export_results
from batch_tui.results.frequencies import frequencies
from batch_tui.results.json_path import JsonPath
from batch_tui.results.row_query import RowQuery
from batch_tui.results.summary import ResultsSummary
from batch_tui.tui.results_work import record_text
from tests.results.lines import encode, succeeded
from tests.results.opened import opened

if TYPE_CHECKING:
    from pathlib import Path

    from batch_tui.results.export import Format
    from batch_tui.results.results_file import ResultsFile

LEVELS = 5_000
DEEP = '{"a":[' * (LEVELS // 2) + '"innermost"' + "]}" * (LEVELS // 2)


def with_input(name: str, **message: Any) -> bytes:
    call = {"type": "tool_use", "id": "t", "name": "extract", "input": "QQ"}
    return encode(succeeded(name, content=[call], **message)).replace(b'"QQ"', DEEP.encode())


@pytest.fixture
def file(tmp_path: Path) -> ResultsFile:
    return opened(
        tmp_path,
        with_input("tool", stop_reason="tool_use"),
        with_input("odd", id="\ud800"),
        succeeded("text", DEEP),
        *(succeeded(f"r-{number}", '{"label": "x"}') for number in range(30)),
    )


def test_its_row_tells_what_it_calls(file: ResultsFile) -> None:
    row = file.row(0)
    assert (row.custom_id, row.kind, row.stop_reason, row.suspicious) == ("tool", "succeeded", "tool_use", False)
    assert row.preview.startswith('extract {"a":[{"a":[')


def test_a_text_that_is_json_at_any_depth_is_json(file: ResultsFile) -> None:
    assert not file.row(2).suspicious
    path = JsonPath.parse(".a[0].a[0]")
    assert isinstance(path.value(file.record(2).value), dict)


@pytest.mark.parametrize("query", ["innermost", "text~innermost", "message.content[0].input.a[0].a[0]~innermost"])
def test_it_is_found(file: ResultsFile, query: str) -> None:
    found = [row for step in RowQuery.parse(query).scan(file) for row in step.rows]
    assert found[:2] == [0, 1]


def test_it_is_counted_and_summed_up(file: ResultsFile) -> None:
    values = frequencies(file, range(3), JsonPath.parse("message.content[0].input"))
    assert sum(value.count for value in values) == 3
    summary = ResultsSummary.of(file)
    assert (summary.kinds["succeeded"], summary.output_tokens) == (33, 33 * 5)


@pytest.mark.parametrize("row", [0, 1])
def test_it_is_copied_as_json_and_as_text(file: ResultsFile, row: int) -> None:
    copied = record_text(file, lambda: False, line=row, what="json").text
    assert copied.count("{") == file.line(row).count(b"{")
    assert "innermost" in copied
    assert record_text(file, lambda: False, line=row, what="text").text == f"extract {DEEP}"


ENDINGS: tuple[Format, ...] = ("csv", "markdown", "jsonl")


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_is_exported(file: ResultsFile, tmp_path: Path, ending: Format) -> None:
    out = tmp_path / "out"
    column = JsonPath.parse("message.content[0].input")
    assert export_results(file, range(3), out, ending, columns=[column] if ending == "csv" else []) == 3
    told = out.read_text(errors="replace")
    assert told.count("innermost") == (5 if ending == "csv" else 3)
    if ending == "csv":
        csv.field_size_limit(10**6)
        assert [row["custom_id"] for row in csv.DictReader(told.splitlines())] == ["tool", "odd", "text"]
    if ending == "jsonl":
        assert out.read_bytes().splitlines()[0] == file.line(0)


def test_a_call_of_a_tool_without_a_name_names_none(tmp_path: Path) -> None:
    call = {"type": "tool_use", "id": "t", "name": None, "input": {"a": 1}}
    file = opened(tmp_path, succeeded("a", content=[call]))
    assert record_text(file, lambda: False, line=0, what="text").text == ' {"a":1}'


def test_it_is_one_of_the_ids_that_are_checked(file: ResultsFile) -> None:
    ids = ["tool", "odd", "text", *(f"r-{number}" for number in range(30))]
    assert ResultsSummary.of(file).completeness(33, custom_ids=ids).verified
    assert file.find_custom_id("tool") == 0
    assert json.loads(file.line(5))["custom_id"] == "r-2"
