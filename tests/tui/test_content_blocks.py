"""Every kind of content block: what a reader sees of it, and that odd ones are shown as they are."""

from __future__ import annotations

from typing import Any

import pytest

from batch_tui.submission.linked_input import LinkedRequest
from batch_tui.tui.content_blocks import citations_of, names_of, parts_of
from batch_tui.tui.json_tree import JsonTree
from batch_tui.tui.outline import Outline
from batch_tui.tui.request_page import request_outline
from tests.tui.scan import OBEYED

_CALL = {"type": "server_tool_use", "id": "t1", "name": "web_search", "input": {"query": "x"}}


def shown(*blocks: dict[str, Any]) -> str:
    return rows(Outline(tuple(parts_of(blocks, names_of(blocks)))))


def rows(outline: Outline) -> str:
    return "\n".join("".join(text for text, _ in row.parts(100)) for row in JsonTree(outline, 100).rows)


def result(kind: str, content: object, **more: Any) -> dict[str, Any]:
    return {"type": kind, "tool_use_id": "t1", "content": content, **more}


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"type": "tool_use", "id": "a", "name": "get_weather", "input": {"city": "Paris"}}, ["get_weather", "Paris"]),
        ({"type": "mcp_tool_use", "name": "echo", "server_name": "srv", "input": {}}, ["echo", "mcp_tool_use · srv"]),
        (
            result("web_search_tool_result", [{"type": "web_search_result", "url": "u://v", "title": "T"}]),
            ["T", "u://v"],
        ),
        (
            result("web_search_tool_result", {"type": "web_search_tool_result_error", "error_code": "unavailable"}),
            ["! unavailable"],
        ),
        (
            result(
                "web_fetch_tool_result",
                {
                    "type": "web_fetch_result",
                    "url": "u://v",
                    "content": {"type": "document", "title": "Page", "source": {"type": "text", "data": "words"}},
                },
            ),
            ["Page", "u://v", "words"],
        ),
        (
            result(
                "code_execution_tool_result",
                {"type": "code_execution_result", "stdout": "42\n", "stderr": "oh", "return_code": 1, "content": []},
            ),
            ["return code 1", "42", "oh"],
        ),
        (
            result(
                "bash_code_execution_tool_result",
                {
                    "type": "bash_code_execution_result",
                    "stdout": "",
                    "stderr": "",
                    "return_code": 0,
                    "content": [{"type": "bash_code_execution_output", "file_id": "file_1"}],
                },
            ),
            ["return code 0", "file file_1"],
        ),
        (
            result(
                "text_editor_code_execution_tool_result",
                {
                    "type": "text_editor_code_execution_view_result",
                    "file_type": "text",
                    "content": "a line",
                    "start_line": 1,
                    "total_lines": 9,
                },
            ),
            ["from line 1 of 9", "a line"],
        ),
        (
            result(
                "text_editor_code_execution_tool_result",
                {"type": "text_editor_code_execution_create_result", "is_file_update": True},
            ),
            ["existing file was changed"],
        ),
        (
            result(
                "text_editor_code_execution_tool_result",
                {"type": "text_editor_code_execution_str_replace_result", "lines": ["-old", "+new"]},
            ),
            ["-old", "+new"],
        ),
        (
            result(
                "tool_search_tool_result",
                {
                    "type": "tool_search_tool_search_result",
                    "tool_references": [{"type": "tool_reference", "tool_name": "found_tool"}],
                },
            ),
            ["found_tool"],
        ),
        (result("mcp_tool_result", [{"type": "text", "text": "hello"}], is_error=False), ["hello"]),
        (result("advisor_tool_result", {"type": "advisor_result", "text": "Be brief."}), ["Be brief."]),
        ({"type": "tool_result", "tool_use_id": "t1", "content": "sunny"}, ["sunny"]),
        ({"type": "container_upload", "file_id": "file_9"}, ["file_9"]),
        ({"type": "compaction", "content": "so far"}, ["so far"]),
        ({"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}}, ["a → b"]),
        (
            {"type": "mcp_tool_listing", "tools": [{"name": "echo"}]},
            ["mcp_tool_listing", "echo"],
        ),
        ({"type": "hologram", "frames": [1, 2]}, ["hologram", "frames", "2"]),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 4000}}, ["3.0 kB"]),
        ({"type": "document", "source": {"type": "url", "url": "u://doc.pdf"}}, ["u://doc.pdf"]),
        (
            {"type": "search_result", "title": "T", "content": [{"type": "text", "text": "w"}]},
            ["T", "w"],
        ),
        ({"type": "thinking", "thinking": "hm"}, ["hm"]),
    ],
)
def test_each_kind_says_what_it_holds(block: dict[str, Any], words: list[str]) -> None:
    page = shown(_CALL, block)
    for word in words:
        assert word in page
    if "tool_use_id" in block:
        assert "result of web_search" in page


@pytest.mark.parametrize(
    ("block", "failed"),
    [
        (result("mcp_tool_result", [{"type": "text", "text": "no such city"}], is_error=True), True),
        (result("web_search_tool_result", {"type": "web_search_tool_result_error", "error_code": "x"}), True),
        (result("mcp_tool_result", [{"type": "text", "text": "sunny"}], is_error=False), False),
    ],
)
def test_a_result_that_is_an_error_says_so_in_words(block: dict[str, Any], failed: bool) -> None:
    assert ("! failed: result of web_search" in shown(_CALL, block)) is failed


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"type": 5},
        {"type": "tool_use", "name": None, "input": [1]},
        {"type": "web_search_tool_result", "content": None},
        {"type": "web_search_tool_result", "content": [None, 3, {"type": "web_search_result", "url": 5}]},
        {"type": "code_execution_tool_result", "content": {"type": "code_execution_result", "content": 3}},
        {"type": "tool_search_tool_result", "content": {"type": "tool_search_tool_search_result"}},
        {"type": "document", "source": {"type": "content", "content": [{"type": "document", "source": 3}]}},
        {"type": "fallback", "from": 3},
        {"type": "new_tool_result", "content": {"type": "new_kind", "x": "\x1b[31m\u202e"}},
    ],
)
def test_no_block_is_too_odd(odd: dict[str, Any]) -> None:
    page = shown(odd)
    assert page
    assert not OBEYED.search(page.replace("\n", ""))


@pytest.mark.parametrize(
    ("citation", "place"),
    [
        ({"document_title": "r.pdf", "start_page_number": 3, "end_page_number": 4}, "r.pdf · page 3"),
        ({"document_index": 2, "start_page_number": 3, "end_page_number": 6}, "document 2 · pages 3–5"),
        ({"document_title": "d", "start_char_index": 0, "end_char_index": 9}, "characters 0–8"),
        ({"document_title": "d", "start_block_index": 1, "end_block_index": 2}, "block 1"),
        ({"type": "web_search_result_location", "url": "u://v", "title": "T"}, "T · u://v"),
        ({"type": "search_result_location", "source": "kb/1", "title": None, "search_result_index": 0}, "kb/1"),
        ({"type": "new_location"}, "document ?"),
    ],
)
def test_each_citation_says_where_it_is_from(citation: dict[str, Any], place: str) -> None:
    section = citations_of([{"type": "text", "text": "So.", "citations": [{"cited_text": "words", **citation}]}])
    assert section is not None
    page = rows(Outline((section,)))
    assert "1 citation" in page
    assert "❝ words" in page
    assert place in page


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        {"messages": "hello", "system": 5, "tools": {}},
        {"messages": [None, {"role": 3, "content": 4}], "system": [None], "tools": [None, {"type": "x_2025"}]},
        {"model": "\x1b[31m", "messages": [{"role": "\u202e", "content": "\x9b2J"}]},
        {"messages": [{"role": "user", "content": "x"}] * 1_500},
    ],
)
def test_no_request_is_too_odd(params: object) -> None:
    page = rows(request_outline(LinkedRequest({"custom_id": "a", "params": params}, 1)))
    assert "AS JSON" in page or "more messages below" in page
    assert not OBEYED.search(page.replace("\n", ""))
