"""A key that one object has twice: the last one counts, for the index, the table and the record alike."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_tui.results.line_facts import columns_of_bytes, facts_of_value
from batch_tui.results.long_row import long_row
from batch_tui.results.result_row import row_of
from tests.results.lines import encode, errored, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.results.results_file import ResultsFile

    Opened = Callable[[bytes], ResultsFile]

TEXTS = st.sampled_from(
    ["Hello", "", " ", 'said "so"', "a\\b", '{"a": 1}', "Straße", "\u00a0", "x" * 50, "```json\n[]\n```"]
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "custom_id": st.sampled_from(["a", "b", 3, None]),
    "type": st.sampled_from(["succeeded", "errored", "canceled", "text", "tool_use", "thinking", 1]),
    "text": TEXTS | st.none() | st.just(7),
    "content": st.lists(st.builds(lambda text: {"type": "text", "text": text}, TEXTS), max_size=2) | st.just("odd"),
    "stop_reason": st.sampled_from(["end_turn", "max_tokens", None]),
    "model": st.sampled_from(["claude-a", "claude-b", None]),
    "usage": st.just({}) | st.just({"output_tokens": 3}) | st.none(),
    "input_tokens": st.sampled_from([0, 4, None, "5", -1]),
    "output_tokens": st.sampled_from([0, 4, None, "5", -1]),
    "message": st.just({}) | st.none() | st.just("why"),
    "error": st.just({}) | st.none(),
    "result": st.sampled_from([{"type": "canceled"}, {"type": "succeeded"}, None]),
}
BLOCKS = st.lists(
    st.builds(lambda text: {"type": "text", "text": text}, TEXTS)
    | st.just({"type": "thinking", "thinking": "Hm", "signature": "s"})
    | st.just({"type": "tool_use", "id": "t", "name": "f", "input": {}}),
    max_size=3,
)
LINES = st.builds(lambda content: succeeded("r-1", content=content), BLOCKS) | st.just(errored("r-1"))


@st.composite
def doubled(draw: st.DrawFn) -> bytes:
    """A line some of whose objects have a key twice, before or after its own."""

    def written(value: Any) -> str:
        if isinstance(value, list):
            return f"[{','.join(map(written, value))}]"
        if not isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False)
        pairs = [(json.dumps(key), written(each)) for key, each in value.items()]
        for key in [one for one in value if one in VALUES]:
            if draw(st.integers(0, 7)) == 0:
                other = json.dumps(draw(VALUES[key]), ensure_ascii=False)
                pairs.insert(draw(st.integers(0, len(pairs))), (json.dumps(key), other))
        return "{" + ",".join(f"{key}:{each}" for key, each in pairs) + "}"

    return written(draw(LINES)).encode()


@settings(max_examples=1500, deadline=None)
@given(raw=doubled())
def test_the_index_tells_of_the_last_of_each(raw: bytes) -> None:
    found = tuple(column[0] for column in columns_of_bytes([raw]))
    assert found == facts_of_value(json.loads(raw)), raw


@settings(max_examples=1500, deadline=None)
@given(raw=doubled())
def test_the_table_shows_the_last_of_each(raw: bytes) -> None:
    once = encode(json.loads(raw))
    row, wanted = row_of(0, raw), row_of(0, once)
    # Of what nobody knows, the preview is the line as it came.
    assert row == (replace(wanted, preview=row.preview) if row.kind == "unknown" else wanted), raw
    assert columns_of_bytes([raw]) == columns_of_bytes([once])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"custom_id":"a","custom_id":"b","result":{"type":"canceled"}}', ("b", "canceled")),
        (b'{"custom_id":"a","result":{"type":"canceled","type":"expired"}}', ("a", "expired")),
        (b'{"custom_id":"a","result":{"type":"canceled"},"result":{"type":"expired"}}', ("a", "expired")),
    ],
)
def test_a_row_also_a_very_long_one_and_its_record_agree(line: bytes, says: tuple[str, str], opened: Opened) -> None:
    file = opened(line + b"\n")
    record, row, found = file.record(0), file.row(0), long_row(file, 0) or file.row(0)
    assert (row.custom_id, row.kind) == (found.custom_id, found.kind) == (record.custom_id, record.kind) == says
    assert file.find_custom_id(says[0]) == 0
