"""The blocks of an answer that server tools, remote servers and documents bring about."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from batch_tui.simulator.draws import entropy, token
from batch_tui.simulator.wishes import TOLD_SEARCH_ERRORS

if TYPE_CHECKING:
    from batch_tui.simulator.wishes import Source, Wishes

Block = dict[str, object]
_DIRECT: Block = {"type": "direct"}
_PAGE = "This page was made up by the local simulator."


class _Draw:
    """Ids and opaque texts, one after the other, from the entropy of one answer."""

    def __init__(self, material: bytes) -> None:
        self._key = material[:16]
        self._number = 0

    def _next(self) -> bytes:
        self._number += 1
        return entropy(self._key, self._number)

    def id(self, prefix: str) -> str:
        """An id as the API makes them."""
        return f"{prefix}_01{token(self._next()[:22]).decode()}"

    def opaque(self) -> str:
        """What only the API can read."""
        return "Eq" + token(self._next()).decode()


class Used(NamedTuple):
    """What tools left behind: their blocks, a citation of what was found, and counts for `usage`."""

    blocks: list[Block]
    citation: Block | None
    searches: int
    fetches: int
    container: bool
    advised: bool


def _called(draw: _Draw, name: str, given: Block, result: str, content: object) -> list[Block]:
    """A call and its result."""
    call = draw.id("srvtoolu")
    use: Block = {"type": "server_tool_use", "id": call, "name": name, "input": given}
    answer: Block = {"type": result, "tool_use_id": call}
    if name in ("web_search", "web_fetch"):
        use["caller"] = answer["caller"] = _DIRECT
    return [use, {**answer, "content": content}]


def _search(draw: _Draw, excerpt: str, told: str) -> tuple[list[Block], Block | None]:
    query: Block = {"query": excerpt or "the request"}
    if told in TOLD_SEARCH_ERRORS:
        failed = {"type": "web_search_tool_result_error", "error_code": told}
        return _called(draw, "web_search", query, "web_search_tool_result", failed), None
    pages: list[Block] = [
        {
            "type": "web_search_result",
            "url": f"https://example.com/found/{number}",
            "title": f"Page {number} about: {excerpt}",
            "encrypted_content": draw.opaque(),
            "page_age": None,
        }
        for number in (1, 2)
    ]
    citation: Block = {
        "type": "web_search_result_location",
        "url": pages[0]["url"],
        "title": pages[0]["title"],
        "encrypted_index": draw.opaque(),
        "cited_text": _PAGE,
    }
    return _called(draw, "web_search", query, "web_search_tool_result", pages), citation


def _fetch(draw: _Draw, url: str, retrieved_at: str) -> list[Block]:
    page = {"type": "text", "media_type": "text/plain", "data": _PAGE}
    found = {
        "type": "web_fetch_result",
        "url": url,
        "content": {"type": "document", "source": page, "title": "A page", "citations": None},
        "retrieved_at": retrieved_at,
    }
    return _called(draw, "web_fetch", {"url": url}, "web_fetch_tool_result", found)


def _executed(draw: _Draw, kind: str) -> list[Block]:
    ran = {"stdout": "42\n", "stderr": "", "return_code": 0}
    if kind.endswith("_20250522"):
        made = {"type": "code_execution_result", **ran, "content": []}
        return _called(draw, "code_execution", {"code": "print(6 * 7)"}, "code_execution_tool_result", made)
    file_id = draw.id("file")
    output = [{"type": "bash_code_execution_output", "file_id": file_id}]
    bash = {"type": "bash_code_execution_result", **ran, "content": output}
    view = {
        "type": "text_editor_code_execution_view_result",
        "file_type": "text",
        "content": "42\n",
        "num_lines": 1,
        "start_line": 1,
        "total_lines": 1,
    }
    command: Block = {"command": "echo $((6 * 7)) | tee answer.txt"}
    look: Block = {"command": "view", "path": "answer.txt"}
    return [
        *_called(draw, "bash_code_execution", command, "bash_code_execution_tool_result", bash),
        *_called(draw, "text_editor_code_execution", look, "text_editor_code_execution_tool_result", view),
        {"type": "container_upload", "file_id": file_id},
    ]


def _tool_search(draw: _Draw, kind: str, names: tuple[str, ...]) -> list[Block]:
    name = kind.rpartition("_")[0]
    given: Block = {"pattern": ".*"} if name.endswith("regex") else {"query": "tools"}
    references = [{"type": "tool_reference", "tool_name": each} for each in names[:3]]
    found = {"type": "tool_search_tool_search_result", "tool_references": references}
    return _called(draw, name, given, "tool_search_tool_result", found)


def _remote(draw: _Draw, server: str) -> list[Block]:
    call = draw.id("mcptoolu")
    tool: Block = {"name": "echo", "description": "Repeats its text.", "input_schema": {"type": "object"}}
    said: Block = {"type": "text", "text": "hello", "citations": None}
    return [
        {"type": "mcp_tool_listing", "mcp_server_name": server, "tools": [tool]},
        {"type": "mcp_tool_use", "id": call, "name": "echo", "server_name": server, "input": {"text": "hello"}},
        {"type": "mcp_tool_result", "tool_use_id": call, "is_error": False, "content": [said]},
    ]


def _advice(draw: _Draw) -> list[Block]:
    advice = {"type": "advisor_result", "text": "Keep the answer short.", "stop_reason": "end_turn"}
    return _called(draw, "advisor", {}, "advisor_tool_result", advice)


def used(wishes: Wishes, excerpt: str, material: bytes, retrieved_at: str) -> Used:
    """What each server tool and remote server of a request did, once."""
    draw = _Draw(material)
    blocks: list[Block] = []
    citation: Block | None = None
    names = [kind.rpartition("_")[0] for kind in wishes.tools]
    for kind, name in zip(wishes.tools, names, strict=True):
        if name == "web_search":
            found, citation = _search(draw, excerpt, wishes.told)
            blocks += found
        elif name == "web_fetch":
            blocks += _fetch(draw, wishes.url or "https://example.com/", retrieved_at)
        elif name == "code_execution":
            blocks += _executed(draw, kind)
        elif name == "advisor":
            blocks += _advice(draw)
        else:
            blocks += _tool_search(draw, kind, wishes.own_tools)
    for server in wishes.mcp_servers:
        blocks += _remote(draw, server)
    return Used(
        blocks,
        citation,
        names.count("web_search"),
        names.count("web_fetch"),
        "code_execution" in names,
        "advisor" in names,
    )


def citation_of(source: Source) -> Block:
    """A citation of the start of a document or search result."""
    if source.kind == "search_result_location":
        return {
            "type": source.kind,
            "cited_text": source.text,
            "search_result_index": source.index,
            "source": source.origin,
            "title": source.title,
            "start_block_index": 0,
            "end_block_index": 1,
        }
    places: dict[str, Block] = {
        "char_location": {"start_char_index": 0, "end_char_index": len(source.text)},
        "content_block_location": {"start_block_index": 0, "end_block_index": 1},
        "page_location": {"start_page_number": 1, "end_page_number": 2},
    }
    return {
        "type": source.kind,
        "cited_text": source.text,
        "document_index": source.index,
        "document_title": source.title,
        **places[source.kind],
        "file_id": source.origin,
    }


def extra_block(told: str, model: str, material: bytes) -> Block | None:
    """A block that only `simulate:` brings about."""
    if told == "redacted_thinking":
        return {"type": "redacted_thinking", "data": _Draw(material).opaque()}
    if told == "fallback":
        refused = {"type": "refusal", "category": None}
        return {"type": "fallback", "from": {"model": model}, "to": {"model": "claude-opus-5"}, "trigger": refused}
    if told == "unknown_block":
        return {"type": "hologram", "frames": [1, 2, 3]}
    return None
