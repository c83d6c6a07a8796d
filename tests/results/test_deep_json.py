"""JSON nested deeper than Python's own readers go says what the same JSON says where they do."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_tui.results.deep_json import DEEPEST, TooDeep, compact_json, read_deep

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(JSON, st.sampled_from([None, 2]), st.booleans())
def test_it_reads_what_json_reads(value: object, indent: int | None, ascii_only: bool) -> None:
    assert read_deep(json.dumps(value, indent=indent, ensure_ascii=ascii_only)) == value


@given(JSON, st.data())
def test_it_refuses_what_json_refuses(value: object, data: st.DataObject) -> None:
    text = json.dumps(value)
    place = data.draw(st.integers(0, len(text)))
    spoiled = text[:place] + data.draw(st.sampled_from(["", *'{}[],:"1-.ae ', "null"])) + text[place + 1 :]
    try:
        expected = json.loads(spoiled, strict=False)
    except ValueError:
        with pytest.raises(json.JSONDecodeError):
            read_deep(spoiled)
    else:
        assert read_deep(spoiled) == expected


def test_it_reads_what_is_not_quite_json() -> None:
    value = read_deep(' [NaN, Infinity, -Infinity, "a\tb\x00", "\\ud800", {"a": 1, "a": 2}] ')
    assert isinstance(value, list)
    assert math.isnan(value[0])
    assert value[1:] == [math.inf, -math.inf, "a\tb\x00", "\ud800", {"a": 2}]


def test_a_hundred_thousand_levels_are_read_and_written() -> None:
    text = '{"a":[' * 50_000 + '1,"é"' + "]}" * 50_000
    assert compact_json(read_deep(text)) == text


def test_so_many_levels_that_they_would_fill_the_memory_are_refused() -> None:
    assert read_deep("[" * DEEPEST + "]" * DEEPEST) is not None
    with pytest.raises(TooDeep, match="more than 200,000 levels"):
        read_deep("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1))


@given(JSON)
def test_what_is_written_is_the_same_at_any_depth(value: object) -> None:
    deep = json.loads(json.dumps(value))
    for _ in range(3000):
        deep = [deep]
    short = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert compact_json(deep) == "[" * 3000 + short + "]" * 3000
