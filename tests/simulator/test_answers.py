"""Result files of computed batches: exact, repeatable, varied, and hostile where it hurts."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.simulator import ManualClock, Simulator, hostile
from batch_tui.simulator.answers import AnswerLines
from batch_tui.simulator.lifecycle import Outcome
from batch_tui.simulator.results_body import chunks
from tests.simulator.wire_client import BATCHES, ask

if TYPE_CHECKING:
    from collections.abc import Iterator


def parsed(lines: AnswerLines) -> list[dict[str, Any]]:
    """Every line as JSON."""
    return [json.loads(lines.line(position)) for position in range(len(lines))]


def test_counts_match_the_lines_exactly(past: Simulator) -> None:
    """For every past batch of moderate size that still has results."""
    checked = 0
    for batch in ask(past.url, "GET", f"{BATCHES}?limit=120").json["data"]:
        counts = {kind: count for kind, count in batch["request_counts"].items() if count}
        if batch["results_url"] is None or sum(counts.values()) > 1_500:
            continue
        body = ask(past.url, "GET", f"{BATCHES}/{batch['id']}/results").body
        lines = [json.loads(line) for line in body.split(b"\n")]
        assert Counter(line["result"]["type"] for line in lines) == counts
        assert len({line["custom_id"] for line in lines}) == len(lines)
        checked += 1
    assert checked > 60


def test_results_are_the_same_byte_for_byte() -> None:
    """In another process start, with the same seed and clock."""

    def body() -> bytes:
        with Simulator(now=ManualClock(), live=False) as simulator:
            return ask(simulator.url, "GET", f"{BATCHES}/{simulator.past_batch_id(3)}/results").body

    assert body() == body()


def test_a_body_is_lines_joined_by_lf() -> None:
    """Chunks cut nowhere but between lines, and nothing follows the last one."""
    lines = AnswerLines(1, b"k" * 16, Outcome(900, 50, 30, 20, 0))
    pieces = list(chunks(lines, 64 * 1024))
    body = b"".join(pieces)
    assert body == b"\n".join(lines.line(position) for position in range(1_000))
    assert len(pieces) > 3
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])
    assert b"\r" not in body


def _samples() -> Iterator[dict[str, Any]]:
    for number in range(60):
        yield from parsed(AnswerLines(1, b"%16d" % number, Outcome(150, 12, 0, 0, 0)))


@pytest.fixture(scope="module")
def samples() -> list[dict[str, Any]]:
    """Lines from many batches."""
    return list(_samples())


def test_answers_vary_like_real_work(samples: list[dict[str, Any]]) -> None:
    """Block types, stop reasons, models, usage and custom_ids of many kinds."""
    messages = [line["result"]["message"] for line in samples if line["result"]["type"] == "succeeded"]
    blocks = Counter(block["type"] for message in messages for block in message["content"])
    assert set(blocks) >= {
        "text",
        "thinking",
        "redacted_thinking",
        "tool_use",
        "server_tool_use",
        "web_search_tool_result",
        "hologram",
    }
    stops = Counter(message["stop_reason"] for message in messages)
    assert set(stops) >= {"end_turn", "max_tokens", "tool_use", "refusal", "stop_sequence", "pause_turn"}
    assert len({message["model"] for message in messages}) >= 6
    assert {message["usage"]["service_tier"] for message in messages} == {"batch"}
    assert any(message["usage"]["cache_read_input_tokens"] for message in messages)
    assert any(message["usage"]["cache_creation_input_tokens"] for message in messages)
    assert any("server_tool_use" in message["usage"] for message in messages)
    assert any("afterthought" in message for message in messages)
    assert any("container" not in message for message in messages)
    assert len({message["id"] for message in messages}) == len(messages)
    styles = {line["custom_id"].rstrip("0123456789abcdef")[:6] for line in samples}
    assert len(styles) >= 4


def test_a_few_percent_of_the_answers_are_hostile(samples: list[dict[str, Any]]) -> None:
    """All of the dangerous texts occur, escaped and raw."""
    texts = Counter(
        block["text"]
        for line in samples
        if line["result"]["type"] == "succeeded"
        for block in line["result"]["message"]["content"]
        if block["type"] == "text"
    )
    assert set(texts) >= set(hostile.TEXTS)
    share = sum(texts[text] for text in hostile.TEXTS) / len(samples)
    assert 0.01 < share < 0.06


def test_both_ways_to_write_non_ascii_occur() -> None:
    """Raw UTF-8, line separators included, and escapes, a lone surrogate included."""
    body = b"\n".join(
        AnswerLines(1, b"%16d" % number, Outcome(300, 0, 0, 0, 0)).line(position)
        for number in range(30)
        for position in range(300)
    )
    assert "漢字".encode() in body
    assert b"\\u6f22\\u5b57" in body
    assert "\u2028".encode() in body
    assert "\x85".encode() in body
    assert "\x9b".encode() in body
    assert b"\\ud800 and" in body
    assert b"\\u0000" in body
    assert body.count(b"\n") == 30 * 300 - 1
    assert not any(byte in body for byte in (b"\x00", b"\x1b", b"\r"))


def test_errors_can_be_grouped_by_their_message(samples: list[dict[str, Any]]) -> None:
    """Few messages per batch, several types overall, worker ids where a worker was involved."""
    errors = [line["result"]["error"] for line in samples if line["result"]["type"] == "errored"]
    assert all(error["type"] == "error" for error in errors)
    types = {error["error"]["type"] for error in errors}
    assert types >= {"invalid_request_error", "overloaded_error", "api_error"}
    messages = {error["error"]["message"] for error in errors}
    assert set(hostile.ERROR_MESSAGES) <= messages
    assert any("credit balance is too low" in message for message in messages)
    workers = [error["request_id"] for error in errors if error["error"]["type"] == "overloaded_error"]
    assert all(worker.startswith("workerreq_01") for worker in workers)
    assert len(set(workers)) == len(workers)
    one = parsed(AnswerLines(1, b"one batch........", Outcome(0, 400, 0, 0, 0)))
    assert len({line["result"]["error"]["error"]["message"] for line in one}) == 1


def test_the_largest_file_has_every_line(past: Simulator) -> None:
    """100,000 lines, streamed."""
    batch = ask(past.url, "GET", f"{BATCHES}/{past.past_batch_id(11)}").json
    assert sum(batch["request_counts"].values()) == 100_000
    body = ask(past.url, "GET", f"{BATCHES}/{batch['id']}/results").body
    assert body.count(b"\n") == 99_999
    for kind in ("succeeded", "errored"):
        assert body.count(b'"result":{"type":"%b"' % kind.encode()) == batch["request_counts"][kind]
