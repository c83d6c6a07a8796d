"""Exports: byte for byte, safe in a spreadsheet, whole or not at all."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from batch_tui.results.errors import ExportError, ExportExists, ExportStopped, ResultsStoreError
from batch_tui.results.export import CSV_COLUMNS, export_results
from tests.results.lines import bare, body, encode, errored, many, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_tui.results.results_file import ResultsFile

    Opened = Callable[[bytes], ResultsFile]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "rows.jsonl"


def table(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_jsonl_keeps_the_bytes_of_chosen_rows(opened: Opened, out: Path) -> None:
    lines = [b'{ "custom_id" : "\xc3\xa4", "x": 1.50 } ', b"garbage\xff\x00", encode(succeeded("c", "\u2028"))]
    file = opened(b"\r\n".join(lines))
    assert export_results(file, [2, 0, 1], out, "jsonl") == 3
    assert out.read_bytes() == lines[2] + b"\n" + lines[0] + b"\n" + lines[1] + b"\n"
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_whole_file_of_lf_lines_is_copied_as_it_is(opened: Opened, out: Path) -> None:
    content = many(50)
    file = opened(content)
    export_results(file, file.rows(), out, "jsonl")
    assert out.read_bytes() == content


def test_csv_holds_a_row_each(opened: Opened, out: Path) -> None:
    tool = {"type": "tool_use", "id": "t", "name": "f", "input": {"q": "é"}}
    file = opened(
        body(
            succeeded("a", 'He said "hi",\nthen left'),
            errored("b", "api_error", "Internal server error"),
            succeeded("c", content=[tool]),
            bare("d", "expired"),
            b"garbage",
            encode(succeeded("e", "QQ")).replace(b"QQ", b"\\ud800"),
        )
    )
    assert export_results(file, file.rows(), out, "csv") == 6
    rows = table(out)
    assert rows[0] == list(CSV_COLUMNS)
    model = "claude-haiku-4-5-20251001"
    assert rows[1:] == [
        ["a", "succeeded", "end_turn", model, "9", "5", 'He said "hi",\nthen left'],
        ["b", "errored", "", "", "", "", "api_error: Internal server error"],
        ["c", "succeeded", "end_turn", model, "9", "5", 'f {"q":"é"}'],
        ["d", "expired", "", "", "", "", ""],
        ["", "unreadable", "", "", "", "", ""],
        ["e", "succeeded", "end_turn", model, "9", "5", "\\ud800"],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])
def test_no_cell_is_a_formula(opened: Opened, out: Path, start: str) -> None:
    evil = start + "cmd|'/c calc'!A1"
    file = opened(body(succeeded(evil, evil, model=evil, stop_reason=evil)))
    export_results(file, [0], out, "csv")
    row = table(out)[1]
    assert [row[0], row[2], row[3], row[6]] == ["'" + evil] * 4


def test_an_existing_file_is_left_alone_unless_told(opened: Opened, out: Path) -> None:
    out.write_text("precious")
    file = opened(many(2))
    with pytest.raises(ExportExists, match="exists"):
        export_results(file, [0], out, "jsonl")
    assert out.read_text() == "precious"
    export_results(file, [0], out, "jsonl", overwrite=True)
    assert out.read_bytes() == many(1)


def test_a_file_that_appears_meanwhile_is_left_alone(opened: Opened, out: Path) -> None:
    def appear(_: int) -> None:
        out.write_text("precious")

    file = opened(many(600))
    with pytest.raises(ExportExists):
        export_results(file, file.rows(), out, "jsonl", on_progress=appear)
    assert out.read_text() == "precious"
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_a_stopped_export_leaves_nothing(opened: Opened, out: Path) -> None:
    told: list[int] = []
    file = opened(many(3000))
    with pytest.raises(ExportStopped):
        export_results(file, file.rows(), out, "csv", on_progress=told.append, should_stop=lambda: len(told) >= 2)
    assert told == [500, 1000]
    assert list(out.parent.iterdir()) == []


def test_progress_ends_with_all_rows(opened: Opened, out: Path) -> None:
    told: list[int] = []
    file = opened(many(1200))
    export_results(file, file.rows(), out, "jsonl", on_progress=told.append)
    assert told == [500, 1000, 1200]


def test_a_place_that_is_not_there_is_a_sentence(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="Could not export to"):
        export_results(opened(many(1)), [0], tmp_path / "no" / "such" / "x.csv", "csv")


def test_a_results_file_that_changed_stops_the_export(opened: Opened, out: Path) -> None:
    file = opened(many(50))
    file.path.write_bytes(b"")
    for format in ("jsonl", "csv"):
        with pytest.raises(ResultsStoreError, match="changed"):
            export_results(file, file.rows(), out, format)
    assert list(out.parent.iterdir()) == []
