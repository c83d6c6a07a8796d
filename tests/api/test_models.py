"""Reading what the wire sends, and what a newer server might."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from batch_tui.api import (
    MessageBatch,
    MessageBatchIndividualResponse,
    MessageBatchRequestCounts,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
    UnknownBlock,
    UnknownResult,
)
from tests.api import samples


def read(**changes: Any) -> MessageBatch:
    return MessageBatch.model_validate_json(json.dumps(samples.batch(**changes)))


def read_result(result: dict[str, Any]) -> Any:
    line = json.dumps({"custom_id": "a", "result": result})
    return MessageBatchIndividualResponse.model_validate_json(line).result


@pytest.mark.parametrize(
    "text", ["2026-11-22T09:15:40.5Z", "2026-11-22T09:15:40.500000+00:00", "2026-11-22T09:15:40.5"]
)
def test_timestamps_are_aware_and_a_naive_one_is_utc(text: str) -> None:
    moment = read(created_at=text).created_at
    assert moment == datetime(2026, 11, 22, 9, 15, 40, 500_000, UTC)
    assert moment.utcoffset() == timedelta(0)


def test_unknown_fields_are_kept_and_unknown_status_passes() -> None:
    batch = read(processing_status="paused", priority="high")
    assert batch.processing_status == "paused"
    assert batch.model_extra == {"priority": "high"}


def test_missing_nullable_fields_read_as_none() -> None:
    wire = samples.batch()
    for name in ("ended_at", "archived_at", "cancel_initiated_at", "results_url"):
        del wire[name]
    batch = MessageBatch.model_validate_json(json.dumps(wire))
    assert (batch.ended_at, batch.archived_at, batch.cancel_initiated_at, batch.results_url) == (None,) * 4


def test_counts_add_up() -> None:
    counts = MessageBatchRequestCounts(processing=1, succeeded=2, errored=3, canceled=4, expired=5)
    assert counts.total == 15


def test_batches_are_frozen_comparable_hashable_and_picklable() -> None:
    one, other = read(), read()
    one.from_response("req_1")
    other.from_response("req_2")
    assert (one.request_id, other.request_id, read().request_id) == ("req_1", "req_2", None)
    assert one == other
    assert hash(one) == hash(other)
    assert one != read(processing_status="ended")
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.deepcopy(one) == one
    with pytest.raises(ValidationError):
        one.id = "other"  # type: ignore[misc]  # what is refused


def test_content_blocks_by_kind() -> None:
    content = [
        {"type": "thinking", "thinking": "", "signature": "Eq"},
        {"type": "text", "text": "hi", "citations": [{"type": "page_location"}]},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"x": 1}, "caller": {"type": "direct"}},
        {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}},
    ]
    result = read_result(
        {
            "type": "succeeded",
            "message": {"id": "m", "model": "x", "content": content, "usage": {"input_tokens": 1, "output_tokens": 2}},
        }
    )
    assert [type(block) for block in result.message.content] == [
        ThinkingBlock,
        TextBlock,
        ToolUseBlock,
        UnknownBlock,
    ]
    assert result.message.content[3].model_extra["name"] == "web_search"
    assert result.message.stop_reason is None


def test_error_text_is_found_at_both_depths() -> None:
    result = json.loads(samples.errored("a"))["result"]
    error = read_result(result).error
    assert error.message == error.error.message == "model: x"
    assert (error.type, error.error.type, error.request_id) == ("error", "not_found_error", "w_1")


@pytest.mark.parametrize("kind", ["canceled", "expired"])
def test_results_without_payload(kind: str) -> None:
    assert read_result({"type": kind}).type == kind


def test_unknown_result_kind_keeps_its_fields() -> None:
    result = read_result({"type": "postponed", "until": "tomorrow"})
    assert isinstance(result, UnknownResult)
    assert (result.type, result.sent_type, result.model_extra) == ("unknown", "postponed", {"until": "tomorrow"})
    assert read_result(result.model_dump()) == result


@pytest.mark.parametrize("result", [{}, {"type": "succeeded"}, {"type": None}, {"type": "errored", "error": {}}])
def test_a_result_without_its_kind_or_shape_is_none(result: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_result(result)
