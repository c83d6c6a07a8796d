"""One result record as the pages of the record pane: text, thinking, tools, raw JSON and usage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batch_tui.results.result_line import text_or_none
from batch_tui.tui.text import lines, number, plain, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from batch_tui.results.results_file import Record

PAGES: Final = ("Text", "Thinking", "Tools", "Raw", "Usage")

RAW: Final = PAGES.index("Raw")

Line = tuple[str, str]
"""Harmless text that may hold line breaks, and its tone."""

_LONGEST = 2_000_000
"""Characters of a page that are shown; the whole record is in the file."""
_FINE_STOPS = ("end_turn", "stop_sequence", "tool_use")
_AS_IT_IS = "Nothing wrong with the request: it can be sent again as it is."
_ADVICE = {
    "invalid_request_error": "The request itself was refused: change it before sending it again.",
    "not_found_error": "Something the request names (often the model) does not exist for this key.",
    "rate_limit_error": _AS_IT_IS,
    "api_error": _AS_IT_IS,
    "overloaded_error": _AS_IT_IS,
    "timeout_error": _AS_IT_IS,
}


@dataclass(frozen=True, slots=True)
class RecordPages:
    """What there is to show of one record."""

    title: tuple[Line, ...]
    filled: tuple[bool, ...]
    """Which of PAGES hold anything."""
    page: tuple[Line, ...]
    """The page that was asked for; empty when it holds nothing."""
    tree: object = None
    """For the page of raw JSON: the parsed line, to be shown as a tree; None where it could not be read."""


def record_pages(record: Record, page: int) -> RecordPages:
    """Lay out one page of a record; takes any JSON, however odd, and never raises for it."""
    value = record.value if isinstance(record.value, dict) else None
    if value is None:
        return _unreadable(record, page)
    result = _mapping(value.get("result"))
    kind = text_or_none(result.get("type")) or "unknown"
    message = _mapping(result.get("message"))
    blocks = [_mapping(block) for block in _sequence(message.get("content"))]
    makers: tuple[Callable[[], list[Line]], ...] = (
        lambda: _text(blocks) if kind == "succeeded" else _why_no_answer(kind, result),
        lambda: _thinking(blocks),
        lambda: _tools(blocks),
        # The tree shows it; a text of the same would have to be made of all of it.
        lambda: [],
        lambda: _usage(message),
    )
    filled = (True, _has_thinking(blocks), _has_tools(blocks), True, bool(_mapping(message.get("usage"))))
    problem = [(f"Odd about this line: {plain(record.problem)}\n", "warning")] if record.problem else []
    shown = [*problem, *makers[page]()] if filled[page] else []
    tree = value if page == RAW else None
    return RecordPages(_title(record, value, kind, message), filled, _capped(shown), tree)


def _title(record: Record, value: Mapping[str, Any], kind: str, message: Mapping[str, Any]) -> tuple[Line, ...]:
    custom_id = text_or_none(value.get("custom_id"))
    tones = {"succeeded": "success", "errored": "error", "expired": "warning"}
    name = "no custom_id" if custom_id is None else plain(custom_id[:200])
    title: list[Line] = [(f"#{number(record.number + 1)} ", "muted"), (name, "heading")]
    title.append((f"  {plain(kind[:40])}", tones.get(kind, "muted")))
    stop = text_or_none(message.get("stop_reason"))
    if stop is not None:
        title.append((f" · {plain(stop[:60])}", "muted" if stop in _FINE_STOPS else "warning"))
    return tuple(title)


def _unreadable(record: Record, page: int) -> RecordPages:
    title = ((f"#{number(record.number + 1)} ", "muted"), ("unreadable", "error"))
    said = plain(record.problem or "nobody knows why")
    pages: dict[int, list[Line]] = {
        0: [(f"This line cannot be read: {said}", "error"), ("\nThe Raw page shows what came.", "muted")],
        3: [(lines(record.raw[:_LONGEST].decode("utf-8", "replace")), "text")],
    }
    return RecordPages(title, (True, False, False, True, False), _capped(pages.get(page, [])))


def _text(blocks: Iterable[Mapping[str, Any]]) -> list[Line]:
    blocks = list(blocks)
    # A cited answer comes in pieces that follow each other without a break.
    answer = "".join(text_or_none(block.get("text")) or "" for block in blocks if block.get("type") == "text")
    if answer:
        return [(lines(answer), "text")]
    others = [block for block in blocks[:20] if block.get("type") != "text"]
    kinds = ", ".join(dict.fromkeys(plain(str(block.get("type")))[:40] for block in others))
    return [(f"The answer holds no text{f', only: {kinds}' if kinds else ''}.", "muted")]


def _why_no_answer(kind: str, result: Mapping[str, Any]) -> list[Line]:
    match kind:
        case "canceled":
            return [("The batch was canceled before this request was sent. It is not billed.", "text")]
        case "expired":
            return [("The batch ran into its 24 h limit before this request was sent. It is not billed.", "text")]
        case "errored":
            envelope = _mapping(result.get("error"))
            error = _mapping(envelope.get("error"))
            category = text_or_none(error.get("type")) or "error"
            said = text_or_none(error.get("message")) or "(no message)"
            page = [(lines(category), "error"), (lines(said), "text")]
            if request_id := text_or_none(envelope.get("request_id")):
                page.append((f"request {plain(request_id)}", "muted"))
            advice = _ADVICE.get(category)
            if "credit balance" in said.lower():
                advice = "Top up the credit, then the request can be sent again as it is."
            if advice:
                page.append((f"\n{advice}", "text"))
            return [*page, ("Not billed.", "muted")]
    return [(f"A result of a kind this version does not know: {plain(kind)}", "warning")]


def _has_thinking(blocks: Iterable[Mapping[str, Any]]) -> bool:
    return any(block.get("type") in ("thinking", "redacted_thinking") for block in blocks)


def _thinking(blocks: Iterable[Mapping[str, Any]]) -> list[Line]:
    page: list[Line] = []
    for block in blocks:
        if block.get("type") == "thinking":
            text = text_or_none(block.get("thinking"))
            page.append((lines(text), "text") if text else ("(the thinking was not disclosed)", "muted"))
        elif block.get("type") == "redacted_thinking":
            page.append(("(redacted by the API)", "muted"))
    return page


def _has_tools(blocks: Iterable[Mapping[str, Any]]) -> bool:
    quiet = ("text", "thinking", "redacted_thinking")
    return any(block.get("type") not in quiet or _sequence(block.get("citations")) for block in blocks)


def _tools(blocks: Iterable[Mapping[str, Any]]) -> list[Line]:
    page: list[Line] = []
    for block in blocks:
        kind = text_or_none(block.get("type")) or "unknown"
        if kind == "text":
            page += [_citation(_mapping(one)) for one in _sequence(block.get("citations"))]
        elif kind in ("thinking", "redacted_thinking"):
            continue
        elif kind.endswith("tool_use"):
            name = plain(text_or_none(block.get("name")) or "no name")
            page += [(f"▸ {name}  ({plain(kind)})", "accent"), (_json(block.get("input")) + "\n", "text")]
        else:
            page += [(f"◂ {plain(kind)}", "accent"), (_json(block.get("content", dict(block))) + "\n", "text")]
    return page


def _citation(citation: Mapping[str, Any]) -> Line:
    places = (citation.get(name) for name in ("url", "document_title", "source"))
    where = next((place for place in map(text_or_none, places) if place), "a document")
    cited = text_or_none(citation.get("cited_text")) or ""
    return f"❝ {lines(cited)}\n  — {plain(where)}\n", "text"


def _usage(message: Mapping[str, Any]) -> list[Line]:
    facts = [(name, message.get(name)) for name in ("model", "id", "stop_reason")]
    page: list[Line] = [(f"{name:<12} {_value(value)}", "text") for name, value in facts if value is not None]
    page.append(("", "text"))
    # Figures first: their names may be longer than the pane is wide.
    usage = [(name, value) for name, value in _flatten(_mapping(message.get("usage"))) if value is not None]
    return page + [(f"{_value(value):>12}  {plain(str(name))}", "text") for name, value in usage]


def _value(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        return number(value)
    return plain(value if isinstance(value, str) else _json(value))


def _flatten(fields: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, dict) and not prefix:
            yield from _flatten(value, f"{name}.")
        else:
            yield prefix + str(name), value


def _capped(page: list[Line]) -> tuple[Line, ...]:
    """The page cut to what is shown, with a last line that says so."""
    room, shown = _LONGEST, []
    for text, tone in page:
        shown.append((text[:room], tone))
        room -= len(text)
        if room <= 0:
            rest = sum(len(text) for text, _ in page) - _LONGEST
            shown.append((f"… {size(rest)} more are in the file and not shown here.", "warning"))
            break
    return tuple(shown)


def _json(value: object) -> str:
    try:
        return lines(json.dumps(value, indent=2, ensure_ascii=False))
    except (RecursionError, ValueError) as error:
        # Nested a thousand deep, or an integer of many thousand digits: rare, and no reason to fail.
        return f"(cannot be laid out as JSON: {type(error).__name__})"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
