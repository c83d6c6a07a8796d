"""One result record as the pages of the record pane: text, thinking, tools, raw JSON and usage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from textual.content import Content

from batch_tui.tui.text import content_lines, number, plain, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from batch_tui.results.results_file import Record

PAGES: Final = ("Text", "Thinking", "Tools", "Raw", "Usage")

_LONGEST_PAGE = 60_000
"""Characters laid out at most; wrapping more would be felt (a page of this length takes some 20 ms)."""

_ADVICE = {
    "invalid_request_error": "The request itself was refused: change it before sending it again.",
    "not_found_error": "Something the request names (often the model) does not exist for this key.",
    "rate_limit_error": "Nothing wrong with the request: it can be sent again as it is.",
    "api_error": "Nothing wrong with the request: it can be sent again as it is.",
    "overloaded_error": "Nothing wrong with the request: it can be sent again as it is.",
    "timeout_error": "Nothing wrong with the request: it can be sent again as it is.",
}


@dataclass(frozen=True, slots=True)
class RecordPages:
    """What the pane shows of one record; empty pages hold None."""

    title: Content
    pages: tuple[Content | None, ...]
    """In the order of PAGES."""


def record_pages(record: Record) -> RecordPages:
    """Lay out one record; takes any JSON, however odd, and never raises for it."""
    title = Content.assemble((f"#{number(record.number + 1)} ", "$foreground 60%"))
    if not isinstance(record.value, dict):
        problem = Content.assemble(
            ("This line is unreadable: ", "$text-error"), plain(record.problem or "no reason known")
        )
        return RecordPages(
            Content.assemble(title, ("unreadable", "bold $text-error")),
            (problem, None, None, _long(record.raw.decode("utf-8", "replace")), None),
        )
    value = record.value
    result = _mapping(value.get("result"))
    kind = str(result.get("type", "unknown"))
    message = _mapping(result.get("message"))
    title = Content.assemble(
        title, (plain(str(value.get("custom_id", "no custom_id"))), "bold"), *_verdict(kind, message)
    )
    blocks = [_mapping(block) for block in _sequence(message.get("content"))]
    text = _text(blocks) if kind == "succeeded" else _why_no_answer(kind, result)
    pages = (text, _thinking(blocks), _tools(blocks), _long(_json(record.value)), _usage(message))
    return RecordPages(title, pages)


def _verdict(kind: str, message: Mapping[str, Any]) -> list[tuple[str, str]]:
    tones = {"succeeded": "$text-success", "errored": "$text-error", "expired": "$text-warning"}
    stop = message.get("stop_reason")
    parts = [("  " + plain(kind), tones.get(kind, "$foreground 60%"))]
    if stop is not None:
        fine = stop in ("end_turn", "stop_sequence", "tool_use")
        parts.append((f" · {plain(str(stop))}", "$foreground 60%" if fine else "$text-warning"))
    return parts


def _text(blocks: Iterable[Mapping[str, Any]]) -> Content:
    texts = [str(block.get("text", "")) for block in blocks if block.get("type") == "text"]
    joined = "\n\n".join(text for text in texts if text)
    if joined:
        return _long(joined)
    kinds = ", ".join(plain(str(block.get("type"))) for block in blocks)
    return Content.styled(f"The answer holds no text{f' (only {kinds})' if kinds else ''}.", "$foreground 60%")


def _why_no_answer(kind: str, result: Mapping[str, Any]) -> Content:
    match kind:
        case "canceled":
            return Content("The batch was canceled before this request was sent. It is not billed.")
        case "expired":
            return Content("The batch ran into its 24 h limit before this request was sent. It is not billed.")
        case "errored":
            envelope = _mapping(result.get("error"))
            error = _mapping(envelope.get("error"))
            category = str(error.get("type", "error"))
            rows = [
                Content.styled(plain(category), "bold $text-error"),
                _long(str(error.get("message", ""))),
            ]
            if envelope.get("request_id"):
                rows.append(Content.styled(f"request {plain(str(envelope['request_id']))}", "$foreground 60%"))
            if "credit balance" in str(error.get("message", "")).lower():
                rows += [
                    Content(""),
                    Content("Top up the credit, then the request can be sent again as it is."),
                ]
            elif category in _ADVICE:
                rows += [Content(""), Content(_ADVICE[category])]
            return Content("\n").join([*rows, Content.styled("Not billed.", "$foreground 60%")])
    return Content.assemble(("A result of a kind this version does not know: ", "$text-warning"), plain(kind))


def _thinking(blocks: Iterable[Mapping[str, Any]]) -> Content | None:
    parts: list[Content] = []
    for block in blocks:
        if block.get("type") == "thinking":
            text = str(block.get("thinking", ""))
            parts.append(_long(text) if text else Content.styled("(the thinking was not disclosed)", "$foreground 60%"))
        elif block.get("type") == "redacted_thinking":
            parts.append(Content.styled("(redacted by the API)", "$foreground 60%"))
    return Content("\n\n").join(parts) if parts else None


def _tools(blocks: Iterable[Mapping[str, Any]]) -> Content | None:
    parts: list[Content] = []
    for block in blocks:
        kind = str(block.get("type", "unknown"))
        if kind == "text":
            parts += [_citation(_mapping(one)) for one in _sequence(block.get("citations"))]
        elif kind in ("thinking", "redacted_thinking"):
            continue
        elif kind.endswith("tool_use"):
            name = plain(str(block.get("name", "no name")))
            parts.append(Content.assemble((f"▸ {name}", "bold $text-accent"), (f"  {plain(kind)}", "$foreground 60%")))
            parts.append(_long(_json(block.get("input"))))
        else:
            parts.append(Content.styled(f"◂ {plain(kind)}", "bold $text-accent"))
            parts.append(_long(_json(block.get("content", dict(block)))))
    return Content("\n").join(parts) if parts else None


def _citation(citation: Mapping[str, Any]) -> Content:
    where = citation.get("url") or citation.get("document_title") or citation.get("source") or "a document"
    return Content.assemble(
        ("❝ ", "$text-accent"),
        content_lines(str(citation.get("cited_text", ""))),
        (f"  — {plain(str(where))}", "$foreground 60%"),
    )


def _usage(message: Mapping[str, Any]) -> Content | None:
    usage = _mapping(message.get("usage"))
    if not usage:
        return None
    rows = [
        ("model", message.get("model")),
        ("message", message.get("id")),
        ("stop_reason", message.get("stop_reason")),
    ]
    rows += list(_flatten(usage))
    return Content("\n").join(
        Content.assemble(
            (f"{plain(name):<44}", "$foreground 60%"),
            number(value) if isinstance(value, int) else plain(str(value)),
        )
        for name, value in rows
        if value is not None
    )


def _flatten(fields: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, dict) and not prefix:
            yield from _flatten(value, f"{name}.")
        else:
            yield prefix + str(name), value


def _long(text: str) -> Content:
    if len(text) <= _LONGEST_PAGE:
        return content_lines(text)
    rest = size(len(text) - _LONGEST_PAGE)
    cut = content_lines(text[:_LONGEST_PAGE])
    return Content.assemble(cut, (f"\n… {rest} more are in the file and not shown here.", "$text-warning"))


def _json(value: object) -> str:
    try:
        return json.dumps(value, indent=2, ensure_ascii=False)
    except RecursionError:
        return "nested too deeply to lay out"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
