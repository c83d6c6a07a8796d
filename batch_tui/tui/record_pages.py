"""One result record as the pages of the record pane: text, thinking, tools, raw JSON, usage and its request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batch_tui.results.deep_json import compact_json
from batch_tui.results.line_facts import is_json
from batch_tui.results.result_line import error_of, text_or_none
from batch_tui.tui.content_blocks import citations_of, names_of, section_of
from batch_tui.tui.error_advice import advice
from batch_tui.tui.key_names import key_for
from batch_tui.tui.long_text import LONGEST, REACHED, beginning
from batch_tui.tui.outline import Outline, Section
from batch_tui.tui.request_page import not_linked, request_outline
from batch_tui.tui.text import lines, number, plain, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from batch_tui.results.results_file import Record
    from batch_tui.results.search import SearchPattern
    from batch_tui.submission.linked_input import LinkedRequest

PAGES: Final = ("Text", "Thinking", "Tools", "Raw", "Usage", "Request")

TEXT: Final = PAGES.index("Text")
TOOLS: Final = PAGES.index("Tools")
RAW: Final = PAGES.index("Raw")
REQUEST: Final = PAGES.index("Request")

Line = tuple[str, str]
"""Harmless text that may hold line breaks, and its tone."""

_FINE_STOPS = ("end_turn", "stop_sequence", "tool_use")
_WHY_NO_TEXT: Final = {
    "refusal": "The model refused to answer.",
    "max_tokens": "The answer reached max_tokens before it came to any text.",
    "model_context_window_exceeded": "The context window was full before the answer came to any text.",
    "pause_turn": "The turn was paused before it came to any text: a request that ends with its content goes on.",
    "tool_use": "The model asks for the result of a tool.",
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
    """What is shown as a tree instead: an Outline, or the parsed line on the page of raw JSON."""
    is_prose: bool = False
    """Whether the page is an answer that may be laid out as Markdown."""
    start: int = 0
    """Characters of the page that are left out before what is shown."""
    after: int = 0
    """Those that are left out behind it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a page is shown where all of it would be too much: from `start` on, or around what is sought."""

    start: int | None = None
    sought: SearchPattern | None = None


def record_pages(
    record: Record, page: int, request: Callable[[], LinkedRequest] | None = None, part: Part | None = None
) -> RecordPages:
    """Lay out one page of a record; takes any JSON, however odd, and never raises for it.

    `request` gives what the linked input says of the record; None where no input is linked.
    """
    part = part or Part()
    value = record.value if isinstance(record.value, dict) else None
    if value is None:
        return _unreadable(record, page, request, part)
    result = _mapping(value.get("result"))
    kind = text_or_none(result.get("type")) or "unknown"
    message = _mapping(result.get("message"))
    blocks = [_mapping(block) for block in _sequence(message.get("content"))]
    answered = kind == "succeeded"
    makers: dict[int, Callable[[], list[Line]]] = {
        TEXT: lambda: _text(message, blocks) if answered else _why_no_answer(kind, result),
        PAGES.index("Thinking"): lambda: _thinking(blocks),
        PAGES.index("Usage"): lambda: _usage(message),
    }
    trees: dict[int, Callable[[], object]] = {
        TOOLS: lambda: _tools(blocks),
        RAW: lambda: value,
        REQUEST: lambda: _request(request),
    }
    has_usage = bool(_mapping(message.get("usage")))
    filled = (True, _has_thinking(blocks), _has_tools(blocks), True, has_usage, request is not None)
    problem = [(f"Odd about this line: {plain(record.problem)}\n", "warning")] if record.problem else []
    shown = [*problem, *makers[page]()] if filled[page] and page in makers else []
    tree = trees[page]() if page in trees and (filled[page] or page == REQUEST) else None
    prose = page == TEXT and answered and not problem and len(shown) == 1 and shown[0][1] == "text"
    start = _start(shown, part)
    is_prose = prose and not start and not is_json(shown[0][0].strip())
    return RecordPages(
        _title(record, value, kind, message), filled, _capped(shown, start), tree, is_prose, start, _after(shown, start)
    )


def _request(request: Callable[[], LinkedRequest] | None) -> Outline:
    return not_linked() if request is None else request_outline(request())


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


def _unreadable(record: Record, page: int, request: Callable[[], LinkedRequest] | None, part: Part) -> RecordPages:
    title = ((f"#{number(record.number + 1)} ", "muted"), ("unreadable", "error"))
    said = plain(record.problem or "nobody knows why")
    shown: list[Line] = []
    if page == TEXT:
        shown = [(f"This line cannot be read: {said}", "error"), ("\nThe Raw page shows what came.", "muted")]
    elif page == RAW:
        shown = [(record.raw.decode("utf-8", "replace"), "text")]
    tree, start = _request(request) if page == REQUEST else None, _start(shown, part)
    filled = (True, False, False, True, False, request is not None)
    return RecordPages(title, filled, _capped(shown, start), tree, start=start, after=_after(shown, start))


def _text(message: Mapping[str, Any], blocks: Sequence[Mapping[str, Any]]) -> list[Line]:
    # A cited answer comes in pieces that follow each other without a break.
    answer = "".join(text_or_none(block.get("text")) or "" for block in blocks if block.get("type") == "text")
    if answer:
        return [(answer, "text")]
    others = [block for block in blocks[:20] if block.get("type") != "text"]
    kinds = ", ".join(dict.fromkeys(plain(str(block.get("type")))[:40] for block in others))
    page: list[Line] = [(f"The answer holds no text{f', only: {kinds}' if kinds else ''}.", "muted")]
    stop = text_or_none(message.get("stop_reason"))
    if stop in _WHY_NO_TEXT:
        page.insert(0, (_WHY_NO_TEXT[stop], "text" if stop in _FINE_STOPS else "warning"))
    details = _mapping(message.get("stop_details"))
    told = ((name, text_or_none(details.get(name))) for name in ("category", "explanation"))
    return [*page, *((f"{name}: {lines(said)}", "text") for name, said in told if said)]


def _why_no_answer(kind: str, result: Mapping[str, Any]) -> list[Line]:
    match kind:
        case "canceled":
            return [("The batch was canceled before this request was sent. It is not billed.", "text")]
        case "expired":
            return [("The batch ran into its 24h limit before this request was sent. It is not billed.", "text")]
        case "errored":
            category, said = error_of({"result": result})
            page = [(lines(category), "error"), (lines(said or "(no message)"), "text")]
            if request_id := text_or_none(_mapping(result.get("error")).get("request_id")):
                page.append((f"request {plain(request_id)}", "muted"))
            page.append((f"\n{advice(category, said)}", "text"))
            return [*page, ("Not billed.", "muted")]
    return [(f"A result of a kind this version does not know: {plain(kind)}", "warning")]


def _has_thinking(blocks: Iterable[Mapping[str, Any]]) -> bool:
    return any(block.get("type") in ("thinking", "redacted_thinking") for block in blocks)


def _thinking(blocks: Iterable[Mapping[str, Any]]) -> list[Line]:
    page: list[Line] = []
    for block in blocks:
        if block.get("type") == "thinking":
            text = text_or_none(block.get("thinking"))
            page.append((text, "text") if text else ("(the thinking was not disclosed)", "muted"))
        elif block.get("type") == "redacted_thinking":
            page.append(("(redacted by the API)", "muted"))
    return page


def _has_tools(blocks: Iterable[Mapping[str, Any]]) -> bool:
    quiet = ("text", "thinking", "redacted_thinking")
    return any(block.get("type") not in quiet or _sequence(block.get("citations")) for block in blocks)


def _tools(blocks: Sequence[Mapping[str, Any]]) -> Outline:
    names = names_of(blocks)
    quiet = ("text", "thinking", "redacted_thinking")
    shown: list[Section] = [section_of(block, names) for block in blocks if block.get("type") not in quiet]
    citations = citations_of(blocks)
    return Outline((*shown, citations) if citations is not None else tuple(shown))


def _usage(message: Mapping[str, Any]) -> list[Line]:
    facts = [(name, message.get(name)) for name in ("model", "id", "stop_reason")]
    # Values first: their names may be longer than the pane is wide.
    usage = [(name, value) for name, value in _flatten(_mapping(message.get("usage"))) if value is not None]
    page: list[Line] = [(f"{_value(value):>12}  {plain(str(name))}", "text") for name, value in usage]
    page.append(("", "text"))
    return page + [(f"{name:<12} {_value(value)}", "muted") for name, value in facts if value is not None]


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


def _start(page: list[Line], part: Part) -> int:
    """Where what is shown of a page begins."""
    length = _length(page)
    if part.start is not None:
        return part.start if part.start < length else 0
    if part.sought is None or length <= REACHED:
        return 0
    return beginning((text for text, _ in page), part.sought)


def _length(page: list[Line]) -> int:
    return sum(len(text) for text, _ in page)


def _after(page: list[Line], start: int) -> int:
    """How much is left out behind what is shown."""
    return max(0, _length(page) - start - LONGEST)


def _capped(page: list[Line], start: int) -> tuple[Line, ...]:
    """The page, harmless now, from `start` on and cut to what is shown, with lines that say so."""
    skipped, room, shown = start, LONGEST, []
    if start:
        back = key_for("record.previous_part", "{")
        shown.append((f"… {size(start)} come before this; {back} shows them.", "warning"))
    for text, tone in page:
        # Cut before it passes the door, so that many megabytes are not gone through for nothing.
        if room > 0 and skipped <= len(text):
            shown.append((lines(text[skipped : skipped + room]), tone))
            room -= len(text) - skipped
        skipped = max(0, skipped - len(text))
    if rest := _after(page, start):
        shown.append((f"… {size(rest)} more follow; {key_for('record.next_part', '}')} shows the next.", "warning"))
    return tuple(shown)


def _json(value: object) -> str:
    try:
        return lines(json.dumps(value, indent=2, ensure_ascii=False))
    except RecursionError:
        return lines(compact_json(value))
    except ValueError as error:
        # An integer of many thousand digits: rare, and no reason to fail.
        return f"(cannot be laid out as JSON: {type(error).__name__})"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
