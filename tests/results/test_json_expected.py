"""Answers that should be JSON and are not are suspicious, as soon as most of the file's are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from batch_tui.results.line_facts import columns_of_bytes, facts_of_value
from batch_tui.results.line_index import LineIndex
from batch_tui.results.result_line import parse
from batch_tui.results.results_file import ResultsFile
from tests.results.lines import body, errored, succeeded
from tests.results.opened import opened

if TYPE_CHECKING:
    from pathlib import Path


def test_prose_is_suspicious_where_nearly_all_answers_are_json(tmp_path: Path) -> None:
    prose, fenced, cut = "I cannot do that.", '```json\n{"a": 1}\n```', '{"a": '
    file = opened(
        tmp_path,
        succeeded("first", prose),
        *(succeeded(f"r{n}", f'{{"n": {n}}}') for n in range(36)),
        succeeded("fenced", fenced),
        succeeded("blank before", " \n [1, 2]"),
        succeeded("cut", cut),
        succeeded("called", content=[{"type": "tool_use", "id": "t", "name": "n", "input": {}}]),
        errored("failed"),
    )
    assert file.index.wants_json
    odd = [file.row(row).custom_id for row in file.rows("suspicious")]
    assert odd == ["first", "cut"]
    assert file.suspicious_count == 2


def test_a_quarter_that_went_wrong_is_suspicious_and_a_third_may_be_meant(tmp_path: Path) -> None:
    good = [succeeded(f"r{n}", "{}") for n in range(12)]
    odd = [succeeded(f"p{n}", "prose") for n in range(6)]
    assert opened(tmp_path, *good, *odd[:4]).suspicious_count == 4
    assert opened(tmp_path, *good, *odd).suspicious_count == 0


def test_the_verdict_on_earlier_rows_follows_what_comes(tmp_path: Path) -> None:
    lines = [body(succeeded("p", "prose"))] + [body(succeeded(f"r{n}", "{}")) for n in range(9)]
    path = tmp_path / "growing.part"
    path.write_bytes(
        b"".join(lines) + body(succeeded("last", "[]")) + body(*(succeeded("q", "prose") for _ in range(9)))
    )
    file = ResultsFile(path, LineIndex())
    odd = file.rows("suspicious")
    for line in lines:
        file.index.feed(line)
    assert (len(odd), file.row(0).suspicious) == (0, False)
    file.index.feed(body(succeeded("last", "[]")))
    assert (list(odd), file.row(0).suspicious, file.suspicious_count) == ([0], True, 1)
    file.index.feed(body(*(succeeded("q", "prose") for _ in range(9))))
    assert (len(odd), file.row(0).suspicious, file.suspicious_count) == (0, False, 0)


def test_json_is_told_the_same_way_for_lines_read_fast_or_slowly() -> None:
    texts = [
        "{}",
        "[]",
        "{",
        "prose",
        " {} ",
        "```\n[1]\n```",
        "```\nno\n```",
        "",
        "\u00a0{}",
        "3",
        "`code`",
        "\u00e9{}",
    ]
    for text in texts:
        raw = body(succeeded("a", text)).rstrip()
        assert list(zip(*columns_of_bytes([raw]), strict=True)) == [facts_of_value(json.loads(raw))], text


@pytest.mark.parametrize("text", ["5", "null", "true", '""', '" "', '"\\u00e9{}"', '"x"', '{"a":1}', "[]", '"\x01"'])
def test_texts_that_are_short_or_none_are_read_the_same_way_fast_or_slowly(text: str) -> None:
    line = '{"custom_id":"a","result":{"type":"succeeded","message":{"model":"m","content":[BLOCK],"usage":{}}}}'
    raw = line.replace("BLOCK", f'{{"type":"text","text":{text}}}').encode()
    index = LineIndex()
    index.feed(raw + b"\n")
    assert list(zip(*columns_of_bytes([raw]), strict=True)) == [facts_of_value(parse(raw)[0])]
    assert index.flags[0] == facts_of_value(parse(raw)[0])[1]
