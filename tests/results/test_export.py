"""Exports: byte for byte, safe in a spreadsheet, whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_tui.results.errors import ExportError, ExportExists, ExportStopped, ResultsStoreError
from batch_tui.results.export import CSV_COLUMNS, export_results
from batch_tui.results.json_path import JsonPath
from tests.results.lines import bare, body, encode, errored, many, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable

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


def table_of(file: ResultsFile, path: Path) -> list[list[str]]:
    export_results(file, file.rows(), path, "csv", overwrite=True)
    return table(path)


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
        ["", "unreadable", "", "", "", "", "garbage"],
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


def test_a_link_leads_to_the_file_that_is_replaced(opened: Opened, out: Path) -> None:
    target = out.with_name("real.jsonl")
    target.write_text("before")
    target.chmod(0o640)
    out.symlink_to("real.jsonl")
    file = opened(many(3))
    with pytest.raises(ExportExists):
        export_results(file, file.rows(), out, "jsonl")
    export_results(file, file.rows(), out, "jsonl", overwrite=True)
    assert out.is_symlink()
    assert target.read_bytes() == many(3)
    assert target.stat().st_mode & 0o777 == 0o640
    assert sorted(one.name for one in out.parent.iterdir()) == ["real.jsonl", "rows.jsonl"]


def test_a_link_to_nothing_yet_leads_to_a_new_file(opened: Opened, out: Path) -> None:
    out.symlink_to("real.jsonl")
    file = opened(many(3))
    export_results(file, file.rows(), out, "jsonl", overwrite=True)
    assert out.is_symlink()
    assert out.with_name("real.jsonl").read_bytes() == many(3)


def test_a_file_that_is_replaced_keeps_who_may_read_it(opened: Opened, out: Path) -> None:
    out.write_text("before")
    out.chmod(0o644)
    file = opened(many(3))
    export_results(file, file.rows(), out, "jsonl", overwrite=True)
    assert out.stat().st_mode & 0o777 == 0o644


def test_a_pipe_is_written_to_and_stays_one(opened: Opened, out: Path) -> None:
    os.mkfifo(out)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(out.read_bytes()))
    reader.start()
    file = opened(many(3))
    assert export_results(file, file.rows(), out, "jsonl") == 3
    reader.join()
    assert got == [many(3)]
    assert out.is_fifo()


def test_a_pipe_that_nobody_reads_is_waited_for_until_told_to_stop(opened: Opened, out: Path) -> None:
    os.mkfifo(out)
    pauses: list[float] = []
    file = opened(many(3))
    with pytest.raises(ExportStopped):
        export_results(file, file.rows(), out, "jsonl", should_stop=lambda: len(pauses) == 2, sleep=pauses.append)
    assert len(pauses) == 2
    assert out.is_fifo()


def test_a_device_is_written_to_and_stays_one(opened: Opened, out: Path) -> None:
    out.symlink_to("/dev/full")
    file = opened(many(3))
    for overwrite in (False, True):
        with pytest.raises(ExportError, match="No space left"):
            export_results(file, file.rows(), out, "jsonl", overwrite=overwrite)
    assert out.readlink() == Path("/dev/full")
    assert Path("/dev/full").is_char_device()
    assert export_results(file, file.rows(), Path("/dev/null"), "jsonl") == 3
    assert Path("/dev/null").is_char_device()


def test_a_directory_is_not_replaced(opened: Opened, out: Path) -> None:
    out.mkdir()
    file = opened(many(3))
    with pytest.raises(ExportError, match="is a directory"):
        export_results(file, file.rows(), out, "jsonl", overwrite=True)
    assert out.is_dir()


@pytest.mark.parametrize("way", ["itself", "link", "neighbour"])
def test_nothing_is_written_over_what_results_are_kept_in(opened: Opened, out: Path, way: str) -> None:
    file = opened(many(3))
    neighbour = file.path.with_name("other.jsonl")
    neighbour.write_bytes(many(4))
    target = {"itself": file.path, "neighbour": neighbour}.get(way, out)
    if way == "link":
        out.symlink_to(file.path)
    for overwrite in (False, True):
        with pytest.raises(ExportError, match="keeps results in") as caught:
            export_results(file, [0], target, "jsonl", overwrite=overwrite)
        assert not isinstance(caught.value, ExportExists), "Nobody is asked whether it may be replaced."
    assert file.path.read_bytes() == many(3)
    assert neighbour.read_bytes() == many(4)


def test_markdown_shows_lines_whose_text_nobody_knows(opened: Opened, out: Path) -> None:
    file = opened(body(b"not `json`", {"custom_id": "~~a~~", "result": {"type": "odd"}}, bare("c", "expired")))
    export_results(file, file.rows(), out, "markdown")
    assert out.read_text() == (
        "## line 1\n\nunreadable\n\n```text\nnot `json`\n```\n\n"
        '## \\~\\~a\\~\\~\n\nunknown\n\n```text\n{"custom_id":"~~a~~","result":{"type":"odd"}}\n```\n\n'
        "## c\n\nexpired\n\n"
    )


def test_cells_that_excel_would_cut_are_told_of(opened: Opened, out: Path) -> None:
    told: list[int] = []
    file = opened(body(succeeded("a", "x" * 32_767), succeeded("b", "x" * 32_768), succeeded("c", "=" * 32_767)))
    for format in ("csv", "jsonl", "markdown"):
        export_results(file, file.rows(), out, format, overwrite=True, on_long_cells=told.append)
    assert told == [2]
    assert len(table_of(file, out)[2][6]) == 32_768, "All of it is there nevertheless."


def test_numbers_and_truth_come_as_json_has_them(opened: Opened, out: Path) -> None:
    values = {"a": -0.5, "b": -3, "c": True, "d": None, "e": 12345678901234567890, "f": "-0.5", "g": 1e20}
    file = opened(body(succeeded("x", json.dumps(values))))
    export_results(file, [0], out, "csv", columns=[JsonPath.parse(f".{name}") for name in values])
    assert table(out)[1][6:13] == ["-0.5", "-3", "true", "null", "12345678901234567890", "'-0.5", "1e+20"]
