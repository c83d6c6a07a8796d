"""Rows out of bytes: any line ends, any chunks, and every kind of broken line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_tui.results.line_index import LineIndex
from tests.results.lines import bare, body, encode, errored, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.results.results_file import ResultsFile

    Opened = Callable[[bytes], ResultsFile]

GOOD = succeeded("good", "fine")
BOM = b"\xef\xbb\xbf"


def index_of(content: bytes, *chunk_sizes: int) -> LineIndex:
    """The index of bytes that came in chunks of these sizes, the last one repeated."""
    index, position, sizes = LineIndex(), 0, list(chunk_sizes or (len(content) or 1,))
    while position < len(content):
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        index.feed(content[position : position + size])
        position += size
    index.finish()
    return index


def state(index: LineIndex) -> tuple[object, ...]:
    columns = [list(column[:]) for column in index.token_columns]
    names = (
        [index.models.names[number] for number in index.model_numbers],
        [index.stop_reasons.names[number] for number in index.stop_numbers],
    )
    return (
        len(index),
        list(index.starts),
        bytes(index.kinds),
        bytes(index.flags),
        list(index.custom_id_codes),
        columns,
        names,
        index.counts(),
        index.suspicious_count,
        index.end,
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
usages = st.dictionaries(
    st.sampled_from(
        ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_creation", "inference_geo", "x"]
    ),
    json_values,
)
odd_messages = st.builds(
    lambda text, replaced: succeeded("odd", text, **replaced),
    st.text(max_size=30),
    st.fixed_dictionaries(
        {},
        optional={
            "usage": usages | json_values,
            "content": json_values,
            "model": json_values,
            "stop_reason": st.sampled_from(["refusal", "end_turn", None, 7]),
        },
    ),
)
names = st.text("abcXYZ019_-", min_size=1, max_size=8)
line_values = st.one_of(
    odd_messages,
    st.builds(succeeded, names, st.text(max_size=40)),
    st.builds(errored, names, message=st.text(max_size=40)),
    st.builds(bare, names, st.sampled_from(["canceled", "expired", "paused"])),
    st.fixed_dictionaries({"custom_id": json_values, "result": json_values}),
    json_values,
)
rendered = st.builds(
    lambda value, ascii_only: json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"),
    line_values,
    st.booleans(),
)
raw_lines = rendered | st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b"?").replace(b"\r", b"?"))


@settings(max_examples=300)
@given(
    lines=st.lists(raw_lines, max_size=12),
    ends=st.lists(st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\r\n \r\n"]), min_size=1, max_size=4),
    final=st.booleans(),
    bom=st.booleans(),
    chunks=st.lists(st.integers(1, 400), min_size=1, max_size=6),
)
def test_rows_do_not_depend_on_line_ends_or_chunks(
    lines: list[bytes], ends: list[bytes], final: bool, bom: bool, chunks: list[int]
) -> None:
    content = b"".join(line + ends[n % len(ends)] for n, line in enumerate(lines))
    if not final:
        content = content.rstrip(b"\r\n \t")
    if content.startswith(BOM):
        content = content[3:]
    index = index_of((BOM if bom else b"") + content, *chunks)
    assert state(index) == state(index_of((BOM if bom else b"") + content))
    wanted = [line for line in content.replace(b"\r\n", b"\n").split(b"\n") if line and not line.isspace()]
    assert len(index) == len(wanted)
    alone = [index_of(b" " + line) for line in wanted]
    assert bytes(index.kinds) == b"".join(bytes(one.kinds) for one in alone)
    assert bytes(index.flags) == b"".join(bytes(one.flags) for one in alone)
    assert list(index.custom_id_codes) == [one.custom_id_codes[0] for one in alone]
    assert sum(index.kind_counts) == len(index)


def kinds(index: LineIndex) -> list[str]:
    return [index.kind(row) for row in range(len(index))]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param(encode(succeeded("a")), "succeeded", id="succeeded"),
        pytest.param(encode(errored("a")), "errored", id="errored"),
        pytest.param(encode(bare("a", "canceled")), "canceled", id="canceled"),
        pytest.param(encode(bare("a", "expired")), "expired", id="expired"),
        pytest.param(encode(bare("a", "deferred")), "unknown", id="a kind from the future"),
        pytest.param(b'{"custom_id":"a"}', "unknown", id="no result"),
        pytest.param(b'{"custom_id":"a","result":7}', "unknown", id="result is no object"),
        pytest.param(b'{"custom_id":"a","result":{"type":["succeeded"]}}', "unknown", id="type is a list"),
        pytest.param(b'{"result":{"type":"canceled"}}', "canceled", id="no custom_id"),
        pytest.param(b'{"custom_id":null,"result":{"type":"expired"}}', "expired", id="custom_id is null"),
        pytest.param(b'{"custom_id":"a","result":{"type":"succeeded"}}', "succeeded", id="no message"),
        pytest.param(b'{"custom_id":"a","result":{"type":"succeeded","message":[]}}', "succeeded", id="odd message"),
        pytest.param(b'["custom_id","a"]', "unreadable", id="a JSON list"),
        pytest.param(b'"text"', "unreadable", id="a JSON string"),
        pytest.param(b"null", "unreadable", id="null"),
        pytest.param(b"not JSON at all", "unreadable", id="not JSON"),
        pytest.param(b"<html><body>502</body></html>", "unreadable", id="HTML"),
        pytest.param(b"\x00\x00\x00", "unreadable", id="NUL bytes"),
        pytest.param(encode(succeeded("a", "x")) * 2, "unreadable", id="two objects on a line"),
        pytest.param(encode(succeeded("a", "x"))[:-1], "unreadable", id="a brace short"),
        pytest.param(b"[" * 100_000, "unreadable", id="100,000 brackets"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "unreadable", id="100,000 closed brackets"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "unknown", id="100,000 braces"),
        pytest.param(b'{"a":' * 300_000 + b"1" + b"}" * 300_000, "unreadable", id="300,000 braces"),
        pytest.param(encode(succeeded("a", "x\u2028y\u2029z\u0085")), "succeeded", id="U+2028, U+2029, U+0085"),
        pytest.param(encode(succeeded("a", "QQ")).replace(b"QQ", b"\\ud800"), "succeeded", id="lone surrogate"),
        pytest.param(encode(succeeded("a", "\ud800")), "succeeded", id="raw surrogate"),
        pytest.param(encode(succeeded("a", "QQ")).replace(b"QQ", b"\xff\xfe"), "succeeded", id="not UTF-8 in text"),
        pytest.param(encode(bare("a\udc80", "expired")), "expired", id="raw surrogate in custom_id"),
        pytest.param(b'{"custom_id":"\xff","result":{"type":"expired"}}', "expired", id="not UTF-8 in custom_id"),
        pytest.param(encode(succeeded("a", "QQ")).replace(b"QQ", b"\x00"), "succeeded", id="NUL in text"),
        pytest.param(encode(succeeded("a", usage=None)), "succeeded", id="usage is null"),
        pytest.param(encode(succeeded("a", usage={"input_tokens": 2**80})), "succeeded", id="huge count"),
        pytest.param(encode(succeeded("a", usage={"input_tokens": -1})), "succeeded", id="negative count"),
        pytest.param(encode(succeeded("a", usage={"input_tokens": 1.5})), "succeeded", id="broken count"),
        pytest.param(b'{"custom_id":"a","result":{"type":"expired"},"n":1' + b"0" * 5000 + b"}", "expired", id="long"),
    ],
)
def test_every_hostile_line_is_one_row_and_harms_no_other(opened: Opened, line: bytes, kind: str) -> None:
    file = opened(body(GOOD, line, GOOD))
    assert [file.kind(row) for row in range(len(file))] == ["succeeded", kind, "succeeded"]
    assert file.row(1).kind == kind
    assert isinstance(file.row(1).preview, str)
    record = file.record(1)
    assert record.raw == line
    assert record.kind == kind
    assert (record.value is not None and isinstance(record.value, dict)) == (kind != "unreadable")
    assert (record.problem is None) is False or kind != "unreadable"
    assert file.row(2).preview == "fine"


def test_a_record_says_why_it_is_unreadable(opened: Opened) -> None:
    deep = b"[" * 300_000
    file = opened(body(b"oops", b"[1]", deep, encode(succeeded("a", "QQ")).replace(b"QQ", b"\xff")))
    problems = [file.record(row).problem or "" for row in range(4)]
    assert "not JSON" in problems[0]
    assert "not an object" in problems[1]
    assert "nested too deeply" in problems[2]
    assert "not UTF-8" in problems[3]
    assert file.row(3).preview == "\ufffd"
    assert file.row(0).preview == "oops"


def test_crlf_split_between_chunks_is_one_line_end() -> None:
    content = body(GOOD, GOOD, end=b"\r\n")
    cut = content.index(b"\r\n") + 1
    assert kinds(index_of(content, cut, 5000)) == ["succeeded"] * 2


def test_one_object_over_two_lines_is_two_unreadable_rows() -> None:
    spread = encode(GOOD).replace(b'"result":', b'"result":\n')
    assert kinds(index_of(body(GOOD, spread, GOOD))) == ["succeeded", "unreadable", "unreadable", "succeeded"]


def test_two_on_a_line_do_not_make_up_for_one_over_two() -> None:
    one = encode(GOOD)
    content = one + one + b"\n" + one.replace(b'"result":', b'"result":\n') + b"\n"
    assert kinds(index_of(content)) == ["unreadable"] * 3


def test_a_byte_order_mark_is_skipped_also_when_it_is_all_there_is(opened: Opened) -> None:
    assert len(index_of(BOM)) == 0
    assert len(index_of(BOM + b"\n")) == 0
    file = opened(BOM + body(GOOD, GOOD))
    assert file.row(0).custom_id == "good"
    assert file.line(0) == encode(GOOD)


def test_an_empty_file_has_no_rows() -> None:
    assert len(index_of(b"")) == 0
    assert len(index_of(b"\n\r\n  \n")) == 0


def test_a_row_is_not_there_before_its_line_is_whole() -> None:
    content = body(GOOD, GOOD)
    index = LineIndex()
    index.feed(content[:-1])
    assert (len(index), index.end) == (1, len(content) // 2)
    assert index.fed == len(content) - 1
    assert index.drop_tail() == len(content) // 2
    assert index.fed == index.end


@pytest.mark.parametrize(
    ("tail", "cut"),
    [
        (b"", False),
        (b"  ", False),
        (encode(GOOD), False),
        (encode(GOOD)[:-1], True),
        (b'{"custom', True),
        (b"nul", True),
        (b"null", False),
    ],
)
def test_a_cut_last_line_is_told_from_one_without_line_end(tail: bytes, cut: bool) -> None:
    index = LineIndex()
    index.feed(body(GOOD) + tail)
    assert index.tail_is_cut() is cut


def test_token_counts_are_kept_per_row() -> None:
    usage: dict[str, Any] = {
        "input_tokens": 10,
        "output_tokens": 20,
        "cache_creation_input_tokens": 300,
        "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
        "cache_read_input_tokens": 40,
        "output_tokens_details": {"thinking_tokens": 5},
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 1},
        "inference_geo": "us",
    }
    index = index_of(body(errored("e"), succeeded("a", usage=usage), succeeded("b", usage={**usage, "x": []})))
    assert [list(column[1:]) for column in index.token_columns] == [
        [10, 10],
        [20, 20],
        [100, 100],
        [200, 200],
        [40, 40],
        [5, 5],
        [2, 2],
    ]
    assert [column[0] for column in index.token_columns] == [0] * 7


def block(kind: str, **fields: object) -> dict[str, object]:
    return {"type": kind, **fields}


@pytest.mark.parametrize(
    ("message", "suspicious"),
    [
        ({}, False),
        ({"stop_reason": "max_tokens"}, True),
        ({"stop_reason": "model_context_window_exceeded"}, True),
        ({"stop_reason": "refusal", "content": []}, True),
        ({"stop_reason": "pause_turn"}, True),
        ({"stop_reason": "stop_sequence"}, False),
        ({"content": []}, True),
        ({"content": [block("text", text="")]}, True),
        ({"content": [block("text", text=" \n\t ")]}, True),
        ({"content": [block("text", text="\u00a0\u2003\u3000\u1680\u0085")]}, True),
        ({"content": [block("text", text="\u00a0\u2003\u3000“")]}, False),
        ({"content": [block("text", text="“Yes”")]}, False),
        ({"content": [block("text", text="\n日本")]}, False),
        ({"content": [block("text", text=""), block("text", text="late")]}, False),
        ({"content": [block("thinking", thinking="long", signature="x")]}, True),
        ({"content": [block("thinking", thinking="", signature="x"), block("text", text="é")]}, False),
        ({"content": [block("tool_use", id="t", name="f", input={})]}, False),
        ({"content": [block("tool_use", id="t", name="f", input={"type": "text"}), block("text", text="")]}, False),
        ({"content": [block("tool_use", id="t", name="f", input={"é": "\\"}), block("text", text="é")]}, False),
        ({"content": [block("server_tool_use", id="t", name="f", input={})]}, True),
        ({"content": [block("web_fetch_tool_result", content=block("text", text="not said"))]}, True),
        ({"content": [block("text", text="\\"), block("hologram", depth=3)]}, False),
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_suspicious_are_successes_that_stop_early_or_say_nothing(
    opened: Opened, message: dict[str, Any], suspicious: bool, ascii_only: bool
) -> None:
    line = succeeded("a", **message)
    compact = json.dumps(line, ensure_ascii=ascii_only, separators=(",", ":")).encode()
    spaced = json.dumps(line, ensure_ascii=ascii_only).encode()
    file = opened(body(compact, errored("e"), spaced))
    wanted = [0, 2] if suspicious else []
    assert list(file.rows("suspicious")) == wanted
    assert file.suspicious_count == len(wanted)
    assert file.row(0).suspicious is suspicious


def test_names_past_a_byte_share_one_number() -> None:
    index = index_of(body(*(succeeded(f"r{n}", model=f"model-{n}") for n in range(400))))
    assert len(index) == 400
    assert index.models.names[index.model_numbers[10]] == "model-10"
    assert index.models.names[index.model_numbers[399]] == "(other)"


def test_long_lines_cost_their_length(opened: Opened) -> None:
    long = succeeded("long", "x" * 3_000_000)
    content = body(GOOD, long, GOOD)
    index = index_of(content, 1000)
    assert kinds(index) == ["succeeded"] * 3
    file = opened(content)
    assert len(file.row(1).preview) == 300
    assert file.row(2).custom_id == "good"
