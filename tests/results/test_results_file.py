"""Rows, records, filters and lookups of a results file, growing ones included."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from batch_tui.results.errors import ResultsStoreError
from batch_tui.results.index_file import load_index, save_index
from batch_tui.results.line_index import LineIndex
from batch_tui.results.part_file import PartFile
from batch_tui.results.result_line import KINDS
from batch_tui.results.results_file import ResultsFile
from tests.results.lines import bare, body, encode, errored, many, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Opened = Callable[[bytes], ResultsFile]

TOOL = {"type": "tool_use", "id": "toolu_01", "name": "get_weather", "input": {"location": "Zürich"}}
MIXED = body(
    succeeded("a", "first"),
    errored("b", "invalid_request_error", "model: nope"),
    succeeded("c", content=[TOOL], stop_reason="tool_use"),
    bare("d", "canceled"),
    bare("e", "expired"),
    succeeded("f", "cut", stop_reason="max_tokens"),
    bare("g", "novel"),
    b"garbage",
)


def test_a_row_shows_what_a_table_needs(opened: Opened) -> None:
    file = opened(MIXED)
    row = file.row(0)
    assert (row.number, row.custom_id, row.kind, row.stop_reason) == (0, "a", "succeeded", "end_turn")
    assert (row.model, row.input_tokens, row.output_tokens) == ("claude-haiku-4-5-20251001", 9, 5)
    assert [file.row(n).preview for n in range(5)] == [
        "first",
        "invalid_request_error: model: nope",
        'get_weather {"location":"Zürich"}',
        "",
        "",
    ]
    assert (file.row(1).input_tokens, file.row(1).model) == (None, None)


def test_text_is_shown_before_tools_and_after_thinking(opened: Opened) -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "x"}
    said = {"type": "text", "text": "I'll look."}
    file = opened(body(succeeded("a", content=[thinking, TOOL, said])))
    assert file.row(0).preview == "I'll look."


def test_previews_are_bounded(opened: Opened) -> None:
    file = opened(body(succeeded("a", "é" * 1000), errored("b", message="m" * 1000), b"z" * 1000))
    assert [len(file.row(n).preview) for n in range(3)] == [300, 300, 300]


def test_rows_outside_the_file_are_an_index_error(opened: Opened) -> None:
    file = opened(MIXED)
    for number in (-1, 8):
        with pytest.raises(IndexError):
            file.row(number)


def test_counts_and_filters_agree(opened: Opened) -> None:
    file = opened(MIXED)
    assert file.counts() == {
        "succeeded": 3,
        "errored": 1,
        "canceled": 1,
        "expired": 1,
        "unknown": 1,
        "unreadable": 1,
    }
    assert [list(file.rows(kind)) for kind in KINDS] == [[0, 2, 5], [1], [3], [4], [6], [7]]
    assert list(file.rows("suspicious")) == [5]
    assert list(file.rows()) == list(range(8))
    chosen = file.rows("succeeded")
    assert (chosen[-1], list(chosen[1:]), chosen.index_of(5), chosen.index_of(4)) == (5, [2, 5], 2, None)
    assert (file.rows().index_of(7), file.rows().index_of(8)) == (7, None)


def test_a_selection_grows_with_the_file(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "a.part")
    everything, errors = part.results.rows(), part.results.rows("errored")
    assert (len(everything), len(errors)) == (0, 0)
    part.append(body(succeeded("a"), errored("b")))
    assert (list(everything), list(errors)) == ([0, 1], [1])
    part.append(body(errored("c")))
    assert (len(everything), errors[1]) == (3, 2)
    part.close()
    part.results.close()


def test_custom_ids_are_found(opened: Opened) -> None:
    file = opened(body(*(succeeded(f"r-{n}") for n in range(500)), succeeded("r-7")))
    assert file.find_custom_id("r-499") == 499
    assert file.find_custom_id("nobody") is None
    assert list(file.rows_of_custom_id("r-7")) == [7, 500]
    assert file.doubled_custom_ids() == {"r-7": [7, 500]}


def test_equal_check_codes_are_not_taken_for_equal_ids(opened: Opened) -> None:
    # These two have the same CRC-32.
    file = opened(body(succeeded("plumless"), succeeded("buckeroo")))
    assert file.index.custom_id_codes[0] == file.index.custom_id_codes[1]
    assert file.find_custom_id("buckeroo") == 1
    assert file.doubled_custom_ids() == {}


def test_lines_are_given_back_byte_for_byte(opened: Opened) -> None:
    lines = [encode(succeeded("a", "ü")), b'{ "odd" : 1 }  ', b"garbage\xff"]
    file = opened(lines[0] + b"\r\n\r\n" + lines[1] + b"\n\n \n" + lines[2])
    assert [file.line(n) for n in range(3)] == lines


def test_a_file_that_shrank_says_so_and_does_not_crash(opened: Opened) -> None:
    file = opened(many(50))
    file.path.write_bytes(b"short")
    assert file.row(40).kind == "unreadable"
    assert "changed" in file.row(40).preview
    assert "download it again" in (file.record(41).problem or "")
    with pytest.raises(ResultsStoreError, match="shorter than when it was indexed"):
        file.line(42)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ResultsStoreError, match="Could not open"):
        ResultsFile.open(tmp_path / "none.jsonl")


def saved(file: ResultsFile, tmp_path: Path) -> Path:
    path = tmp_path / "a.index"
    save_index(file.index, file._descriptor, path)
    return path


def test_a_saved_index_gives_the_same_rows(opened: Opened, tmp_path: Path) -> None:
    file = opened(MIXED)
    path = saved(file, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    again = ResultsFile.open(file.path, path)
    assert again.index_was_saved
    assert again.counts() == file.counts()
    assert [again.row(n) for n in range(8)] == [file.row(n) for n in range(8)]
    assert list(again.rows("suspicious")) == [5]
    assert again.find_custom_id("f") == 5
    assert [column[:] for column in again.index.token_columns] == [column[:] for column in file.index.token_columns]
    again.close()


def test_an_index_of_another_file_is_not_used(opened: Opened, tmp_path: Path) -> None:
    file = opened(MIXED)
    path = saved(file, tmp_path)
    file.path.write_bytes(MIXED.replace(b"first", b"FIRST"))
    again = ResultsFile.open(file.path, path)
    assert not again.index_was_saved
    assert again.row(0).preview == "FIRST"
    again.close()


def test_a_damaged_index_is_built_anew(opened: Opened, tmp_path: Path) -> None:
    file = opened(MIXED)
    path = saved(file, tmp_path)
    whole = path.read_bytes()
    damages = [b"", b"x", whole[:30], whole[:-1], whole + b"x", whole[:-5] + b"\xff" + whole[-4:], bytes(len(whole))]
    # Numbers and names that stand beside the columns, too.
    beside = ((b'"kind_counts":[3', b'"kind_counts":[9'), (b"haiku", b"opus_"))
    damages += [whole.replace(one, other) for one, other in beside]
    assert whole not in damages
    for damage in damages:
        path.write_bytes(damage)
        assert load_index(path, file._descriptor) is None
    again = ResultsFile.open(file.path, path)
    assert len(again) == 8
    again.close()


def test_a_reader_never_sees_half_a_row(tmp_path: Path) -> None:
    content = many(3000, "text " * 20)
    part = PartFile(tmp_path / "a.part")
    file, wrong, done = part.results, [], threading.Event()

    def read() -> None:
        while not done.is_set():
            rows = len(file)
            if rows and file.row(rows - 1).custom_id != f"r-{rows - 1}":
                wrong.append(rows)
            if len(file.rows("succeeded")) < rows:
                wrong.append(-rows)

    reader = threading.Thread(target=read)
    reader.start()
    for start in range(0, len(content), 777):
        part.append(content[start : start + 777])
    done.set()
    reader.join()
    assert wrong == []
    assert len(file) == 3000
    part.close()
    file.close()


def test_an_index_that_was_never_fed_is_empty() -> None:
    assert (len(LineIndex()), LineIndex().end, LineIndex().counts()["succeeded"]) == (0, 0, 0)
