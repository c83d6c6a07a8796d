"""The grammar of row queries: what each part finds, what may be combined, and what is said about mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.results.line_index import LineIndex
from batch_tui.results.results_file import ResultsFile
from batch_tui.results.row_query import QUERY_HELP, QueryError, RowQuery
from tests.results.lines import bare, encode, errored, succeeded
from tests.results.opened import opened

if TYPE_CHECKING:
    from pathlib import Path


def usage(**tokens: int) -> dict[str, object]:
    return {"usage": {"input_tokens": 10, "output_tokens": 5, **tokens}}


LINES = (
    succeeded("req-1", '{"label": "positive", "score": 0.9, "tags": ["a", "b"]}', **usage(output_tokens=4000)),
    succeeded("req-12", '```json\n{"label": "negative", "score": 0.2}\n```', model="claude-sonnet-4-5"),
    succeeded("other-3", "Two words here", stop_reason="max_tokens", **usage(cache_read_input_tokens=2500)),
    errored("req-4", "invalid_request_error", "Your credit balance is too low"),
    errored("req-5", "api_error", "Internal error"),
    bare("req-6", "expired"),
    b"not json",
)


def found(file: ResultsFile, text: str) -> list[int]:
    return [row for step in RowQuery.parse(text).scan(file) for row in step.rows]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6]),
        ("type:errored", [3, 4]),
        ("kind:err,exp", [3, 4, 5]),
        ("-type:succeeded", [3, 4, 5, 6]),
        ("!type:succeeded type:errored", [3, 4]),
        ("is:suspicious", [2]),
        ("-is:suspicious type:succ", [0, 1]),
        ("stop:max_tokens", [2]),
        ("stop=max", []),
        ("model:SONNET", [1]),
        ("model:haiku", [0, 2]),
        ("id:req-1", [0, 1]),
        ("id=req-1", [0]),
        ("-id=req-1", [1, 2, 3, 4, 5, 6]),
        ("error~credit", [3]),
        ("error:Credit", []),
        ("error:credit", [3]),
        ("error=api_error", [4]),
        ("error.type=api_error", [4]),
        ("error.message~credit", [3]),
        ("usage.output_tokens>50", [0]),
        ("message.model~sonnet", [1]),
        ("error~/balance|internal/", [3, 4]),
        ("-error~credit type:errored", [4]),
        ('text~"two words"', [2]),
        ("text~/w.rds/", [2]),
        ("out>3000", [0]),
        ("out>=4k", [0]),
        ("out<=5", [1, 2]),
        ("cache>2k", [2]),
        ("line:2..3", [1, 2]),
        ("line:5", [4]),
        ("line:6..", [5, 6]),
        (".label=positive", [0]),
        (".label!=positive type:succeeded", [1, 2]),
        (".score>0.5", [0]),
        (".score<0.5", [1]),
        (".label~neg", [1]),
        (".tags[1]=b", [0]),
        ("result.message.stop_reason=max_tokens", [2]),
        ("credit", [3]),
        ("-credit type:errored", [4]),
        ("words", [2]),
        ('"two words" out>1', [2]),
        ("/tw. w/", [2]),
        ("req error~internal", [4]),
        ("not", [6]),
    ],
)
def test_what_a_query_finds(tmp_path: Path, text: str, rows: list[int]) -> None:
    assert found(opened(tmp_path, *LINES), text) == rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour:red", "there is no colour. There are type, is, stop"),
        ("type:", "something is missing after :"),
        ("type:wrong", "'wrong' is no kind of result. There are succeeded"),
        ("type>errored", "type goes with : or ="),
        ("out>many", "out is compared with a number of tokens"),
        ("line:x", "lines are numbers"),
        ("is:fine", "only is:suspicious"),
        ('text~"open', 'the closing " is missing'),
        ("error~/a(b/", r"missing \)"),
        ("a.[x=1", "cannot be read from"),
    ],
)
def test_a_mistake_is_a_sentence_that_names_the_part(text: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        RowQuery.parse(f"type:succeeded {text}")


def test_every_example_of_the_help_can_be_read() -> None:
    for example, _ in QUERY_HELP:
        RowQuery.parse(example)


def test_a_scan_goes_on_where_it_ended(tmp_path: Path) -> None:
    lines = [encode(line if not isinstance(line, bytes) else {}) + b"\n" for line in LINES] * 20
    path = tmp_path / "growing.part"
    path.write_bytes(b"".join(lines))
    rows: list[int] = []
    file, query, upto = ResultsFile(path, LineIndex()), RowQuery.parse("req type:errored"), 0
    for line in lines:
        file.index.feed(line)
        for step in query.scan(file, start=upto):
            rows += step.rows
            upto = step.upto
    assert upto == len(file)
    assert rows == found(file, "req type:errored")


def test_a_scan_stops_when_told_to(tmp_path: Path) -> None:
    file = opened(tmp_path, *(LINES * 200))
    assert list(RowQuery.parse("text~here").scan(file, should_stop=lambda: True)) == []
