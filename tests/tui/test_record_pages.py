"""What the record pane says of a line, however odd the line is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batch_tui.results.result_line import parse
from batch_tui.results.results_file import Record
from batch_tui.results.search import SearchPattern
from batch_tui.tui.json_tree import JsonTree
from batch_tui.tui.long_text import LONGEST
from batch_tui.tui.record_pages import PAGES, Part, RecordPages, record_pages


def record(value: object) -> Record:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    parsed, problem = parse(raw)
    return Record(6, raw, parsed, problem)


def succeeded(*blocks: dict[str, Any], **message: Any) -> Record:
    full = {"content": list(blocks), "stop_reason": "end_turn", "usage": {"input_tokens": 1234}} | message
    return record({"custom_id": "a", "result": {"type": "succeeded", "message": full}})


def page(of: Record, name: str) -> str:
    """The page in words, whether it is a text or a tree."""
    shown = record_pages(of, PAGES.index(name))
    if shown.tree is None:
        return "\n".join(text for text, _ in shown.page)
    return "\n".join("".join(text for text, _ in row.parts(200)) for row in JsonTree(shown.tree, 200).rows)


def title(of: Record) -> str:
    return "".join(text for text, _ in record_pages(of, 0).title)


def test_the_pieces_of_a_cited_answer_stand_together() -> None:
    blocks = [{"type": "text", "text": text} for text in ("The sky is ", "blue", " today.")]
    assert page(succeeded(*blocks), "Text") == "The sky is blue today."


def test_the_title_names_line_id_and_outcome() -> None:
    assert title(succeeded({"type": "text", "text": "x"})) == "#7 a  succeeded · end_turn"


def test_a_refusal_says_so_and_why() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "It asks\x1b[31m for an exploit."}
    shown = page(succeeded(stop_reason="refusal", stop_details=details), "Text")
    assert "The model refused to answer." in shown
    assert "category: cyber" in shown
    assert "for an exploit." in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("details", [None, [], "no", {"category": None, "explanation": 3}])
def test_a_refusal_without_reasons_is_a_sentence_all_the_same(details: object) -> None:
    shown = page(succeeded(stop_reason="refusal", stop_details=details), "Text")
    assert shown == "The model refused to answer.\nThe answer holds no text."


def test_an_answer_cut_before_its_first_word_says_where() -> None:
    assert "reached max_tokens" in page(
        succeeded({"type": "thinking", "thinking": "…"}, stop_reason="max_tokens"), "Text"
    )
    assert "goes on" in page(succeeded(stop_reason="pause_turn"), "Text")


def test_an_error_says_what_to_do() -> None:
    error = {"type": "error", "request_id": "req_1", "error": {"type": "api_error", "message": "Internal"}}
    shown = page(record({"custom_id": "a", "result": {"type": "errored", "error": error}}), "Text")
    assert "Internal" in shown
    assert "req_1" in shown
    assert "sent again as it is" in shown


@pytest.mark.parametrize(
    ("kind", "message", "told"),
    [
        ("invalid_request_error", "messages: Field required", "change it before"),
        ("invalid_request_error", "You have reached your specified API usage limits.", "Raise the spend limit"),
        ("not_found_error", "model: claude-none", "change it first"),
        ("overloaded_error", "Overloaded", "sent again as it is"),
        ("permission_error", "no", "with one that may"),
        ("brand_new_error", "what", "by the API's rule"),
    ],
)
def test_the_advice_fits_the_error(kind: str, message: str, told: str) -> None:
    error = {"error": {"type": kind, "message": message}}
    assert told in page(record({"custom_id": "a", "result": {"type": "errored", "error": error}}), "Text")


def test_a_lack_of_credit_is_not_called_a_bad_request() -> None:
    inner = {"type": "invalid_request_error", "message": "Your credit balance is too low"}
    shown = page(record({"custom_id": "a", "result": {"type": "errored", "error": {"error": inner}}}), "Text")
    assert "Top up" in shown
    assert "change it" not in shown


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"type": "invalid_request_error", "message": "flat"}, ["invalid_request_error", "flat", "change it before"]),
        ("in words", ["in words"]),
    ],
)
def test_an_error_without_its_envelope_is_told_as_in_the_table(error: object, said: list[str]) -> None:
    shown = page(record({"custom_id": "a", "result": {"type": "errored", "error": error}}), "Text")
    assert [one for one in said if one not in shown] == []
    assert "(no message)" not in shown


def test_blocks_within_blocks_without_end_have_their_page() -> None:
    inner: dict[str, Any] = {"type": "text", "text": "innermost"}
    for _ in range(3_000):
        inner = {"type": "document", "source": {"type": "content", "content": [inner]}}
    message = {"content": [{"type": "mcp_tool_result", "content": [inner]}]}
    of = Record(0, b"", {"custom_id": "a", "result": {"type": "succeeded", "message": message}}, None)
    assert "document" in page(of, "Tools")
    assert "content" in page(of, "Raw")


def test_tools_thinking_and_usage_have_pages_of_their_own() -> None:
    of = succeeded(
        {"type": "thinking", "thinking": "hm"},
        {"type": "tool_use", "name": "get_weather", "input": {"city": "Paris"}},
        {"type": "brand_new", "x": 1},
    )
    assert page(of, "Thinking") == "hm"
    assert "get_weather" in page(of, "Tools")
    assert "Paris" in page(of, "Tools")
    assert "brand_new" in page(of, "Tools")
    assert "1,234" in page(of, "Usage")
    assert "no text, only: thinking, tool_use, brand_new" in page(of, "Text")


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"custom_id": None, "result": None},
        {"custom_id": 5, "result": {"type": None, "message": 3}},
        {"custom_id": "a", "result": {"type": "succeeded", "message": {"content": "text", "usage": []}}},
        {
            "custom_id": "a",
            "result": {"type": "succeeded", "message": {"content": [None, 1, {"type": "text", "text": None}]}},
        },
        {"custom_id": "a", "result": {"type": "succeeded", "message": {"usage": {"x": 10**400}}}},
        {"custom_id": "a", "result": {"type": "errored", "error": {"error": {"type": 1, "message": ["x"]}}}},
        b"not json",
        b"[1, 2]",
        b"\xff\xfe",
        b'{"custom_id": "a", "result": ' + b'{"a": ' * 900 + b"1" + b"}" * 900 + b"}",
        b"[" * 100_000,
    ],
)
def test_no_line_is_too_odd(odd: object) -> None:
    of = record(odd)
    for number in range(len(PAGES)):
        shown = record_pages(of, number)
        assert "None" not in "".join(text for text, _ in shown.title)


def test_a_page_of_many_megabytes_is_cut_and_says_so() -> None:
    shown = record_pages(succeeded({"type": "text", "text": "x" * 3_000_000}), 0).page
    assert sum(len(text) for text, _ in shown) < 2_100_000
    assert "} shows the next" in shown[-1][0]


def in_words(of: Record, part: Part) -> tuple[str, RecordPages]:
    pages = record_pages(of, 0, None, part)
    return "\n".join(text for text, _ in pages.page), pages


def test_every_part_of_a_long_answer_can_be_turned_to() -> None:
    answer = "".join(f"{number:>9}" for number in range(600_000))
    of, seen, start, parts = succeeded({"type": "text", "text": answer}), "", 0, 0
    while True:
        _, pages = in_words(of, Part(start))
        seen += next(text for text, tone in pages.page if tone == "text")
        parts += 1
        assert (pages.page[0][1] == "warning") is (start > 0)
        assert (pages.page[-1][1] == "warning") is (pages.after > 0)
        if not pages.after:
            break
        start += LONGEST
    assert parts == 3
    assert seen == answer


@pytest.mark.parametrize("regex", [False, True])
def test_a_long_answer_begins_near_what_is_searched_for(regex: bool) -> None:
    of = succeeded({"type": "text", "text": "lorem ipsum " * 250_000 + "NEEDLE" + " dolor" * 10_000})
    sought = SearchPattern.of("NEED[L]E" if regex else "NEEDLE", regex=regex)
    said, pages = in_words(of, Part(sought=sought))
    assert said.index("NEEDLE") < 3_000
    assert "{ shows them" in said.splitlines()[0]
    assert pages.start > 2_900_000
    assert not pages.is_prose
    # What can be scrolled to is left alone, and so is a page that does not say it.
    near = succeeded({"type": "text", "text": "lorem ipsum " * 10_000 + "NEEDLE" + " dolor" * 500_000})
    assert in_words(near, Part(sought=sought))[1].start == 0
    assert in_words(of, Part(sought=SearchPattern.of("nothing of it")))[1].start == 0


def test_all_of_a_long_line_that_cannot_be_read_can_be_turned_to() -> None:
    of = record(b'{"custom_id": "a", ' + b"x" * 2_500_000 + b"END")
    pages = record_pages(of, PAGES.index("Raw"), None, Part(LONGEST))
    assert pages.page[-1][0].endswith("END")
