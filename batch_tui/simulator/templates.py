"""Succeeded result lines with holes: made once per seed and kind of work, filled in for each request."""

from __future__ import annotations

import json
from functools import lru_cache
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from batch_tui.simulator import hostile, prose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# A hole in a string, and a hole that is a number; filled by `%` on bytes.
CUSTOM_ID, MODEL, MESSAGE_ID, TOOL_ID, ORDINAL = "@@cid@@", "@@model@@", "@@mid@@", "@@tid@@", "@@n@@"
AMOUNT, INPUT_TOKENS = "@@amount@@", "@@in@@"
_HOLES = {
    f'"{INPUT_TOKENS}"': b"%(in)d",
    f'"{AMOUNT}"': b"%(amount)d",
    CUSTOM_ID: b"%(cid)b",
    MODEL: b"%(model)b",
    MESSAGE_ID: b"%(mid)b",
    TOOL_ID: b"%(tid)b",
    ORDINAL: b"%(n)d",
    AMOUNT: b"%(amount)d",
}

_PLAIN = 56
_Block = dict[str, object]


class _Answer(NamedTuple):
    """What varies between kinds of work."""

    content: list[_Block]
    stop_reason: str = "end_turn"
    thinking_tokens: int = 0
    cached: int = 0
    searches: int = 0
    more: Mapping[str, object] = MappingProxyType({})


def with_holes(line: dict[str, object], *, escaped: bool) -> bytes:
    """The JSON of `line` as a bytes format string."""
    text = json.dumps(line, separators=(",", ":"), ensure_ascii=escaped)
    pattern = text.encode().replace(b"%", b"%%")
    for hole, slot in _HOLES.items():
        pattern = pattern.replace(hole.encode(), slot)
    return pattern


def _text(text: str, citations: list[_Block] | None = None) -> _Block:
    return {"type": "text", "text": text} | ({"citations": citations} if citations else {})


def _json_text(value: object, indent: int | None = None) -> str:
    """JSON as a model writes it into its text, with numbers where the holes are."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    for hole in (ORDINAL, AMOUNT):
        text = text.replace(f'"{hole}"', hole)
    return text


def _signature(random: Random) -> str:
    return "Eq" + "".join(random.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789+/", k=90))


def _thinking(random: Random, sentences: int) -> _Block:
    # Newer models send the block even when its text is not displayed.
    shown = prose.paragraph(random, sentences) if random.random() < 0.8 else ""
    return {"type": "thinking", "thinking": shown, "signature": _signature(random)}


def _classify(random: Random) -> _Answer:
    verdict = {
        "label": random.choice(prose.LABELS),
        "confidence": round(random.uniform(0.41, 0.99), 2),
        "ticket": ORDINAL,
        "reason": prose.sentence(random),
    }
    return _Answer([_text(_json_text(verdict))], cached=random.choice((0, 0, 2_048)))


def _summarise(random: Random) -> _Answer:
    start = f"# Document {ORDINAL}\n\n{prose.paragraph(random, 2)}\n\n"
    return _Answer([_text(start + prose.markdown(random, random.randint(2, 4)))])


def _extract(random: Random) -> _Answer:
    invoice = {
        "invoice_number": f"INV-{ORDINAL}",
        "customer": random.choice(prose.NAMES),
        "city": random.choice(prose.PLACES),
        "total_cents": AMOUNT,
        "currency": random.choice(("EUR", "USD", "PLN", "JPY")),
        "items": [
            {"text": random.choice(prose.OBJECTS), "quantity": random.randint(1, 12)}
            for _ in range(random.randint(2, 6))
        ],
        "paid": random.random() < 0.6,
        "note": None,
    }
    return _Answer([_text(f"```json\n{_json_text(invoice, indent=2)}\n```")])


def _translate(random: Random) -> _Answer:
    return _Answer([_text("\n".join(random.sample(prose.TRANSLATIONS, random.randint(2, 5))) + f" ({ORDINAL})")])


def _code(random: Random) -> _Answer:
    text = f"{prose.sentence(random)}\n\n```\n{random.choice(prose.CODE)}```\n\n{prose.markdown(random, 1)}"
    return _Answer([_thinking(random, 4), _text(text)], thinking_tokens=80)


def _agent(random: Random) -> _Answer:
    tools: list[tuple[str, dict[str, object]]] = [
        ("get_order", {"order_id": f"O-{ORDINAL}", "include": ["lines", "payments"]}),
        ("issue_refund", {"order_id": f"O-{ORDINAL}", "cents": AMOUNT, "reason": prose.sentence(random)}),
        ("search_articles", {"query": random.choice(prose.OBJECTS), "language": "de", "limit": 5}),
    ]
    name, tool_input = random.choice(tools)
    call: _Block = {"type": "tool_use", "id": f"toolu_01{TOOL_ID}", "name": name, "input": tool_input}
    content: list[_Block] = [_text(prose.sentence(random)), {**call, "caller": {"type": "direct"}}]
    if random.random() < 0.5:
        return _Answer([_thinking(random, 2), *content], "tool_use", thinking_tokens=45, cached=7_123)
    return _Answer(content, "tool_use", cached=7_123)


def _research(random: Random) -> _Answer:
    caller = {"type": "direct"}
    search_id = f"srvtoolu_01{TOOL_ID}"
    topic = random.choice(prose.OBJECTS)
    found: object = [
        {
            "type": "web_search_result",
            "url": f"https://example.com/archive/{ORDINAL}/{page}",
            "title": f"{random.choice(prose.SUBJECTS)} and {topic}",
            "encrypted_content": _signature(random) * 2,
            "page_age": f"{random.randint(1, 28)} October 2026",
        }
        for page in range(random.randint(2, 5))
    ]
    citations: list[_Block] | None = [
        {
            "type": "web_search_result_location",
            "url": f"https://example.com/archive/{ORDINAL}/0",
            "title": None,
            "encrypted_index": _signature(random),
            "cited_text": prose.sentence(random),
        }
    ]
    if random.random() < 0.12:
        found, citations = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}, None
    search: _Block = {"type": "server_tool_use", "id": search_id, "name": "web_search"}
    content: list[_Block] = [
        {**search, "input": {"query": topic}, "caller": caller},
        {"type": "web_search_tool_result", "tool_use_id": search_id, "caller": caller, "content": found},
        _text(prose.paragraph(random, 3), citations),
        _text(prose.paragraph(random, 4)),
    ]
    stop = "pause_turn" if random.random() < 0.06 else "end_turn"
    return _Answer(content, stop, cached=7_345, searches=1)


def _documents(random: Random) -> _Answer:
    page = random.randint(1, 40)
    citation: _Block = {
        "type": "page_location",
        "cited_text": prose.sentence(random),
        "document_index": 0,
        "document_title": f"report-{ORDINAL}.pdf",
        "start_page_number": page,
        "end_page_number": page + 1,
        "file_id": None,
    }
    content = [_text(prose.sentence(random), [citation]), _text(" " + prose.paragraph(random, 4))]
    if random.random() < 0.3:
        content.insert(0, {"type": "redacted_thinking", "data": _signature(random) * 3})
    else:
        content.insert(0, _thinking(random, 6))
    return _Answer(content, thinking_tokens=110, cached=31_900)


KINDS_OF_WORK: tuple[Callable[[Random], _Answer], ...] = (
    _classify,
    _summarise,
    _extract,
    _translate,
    _code,
    _agent,
    _research,
    _documents,
)


def _unusual(random: Random) -> list[_Answer]:
    """Successes that deserve a second look: cut, refused, empty, with things nobody has heard of."""
    refusal = {"type": "refusal", "category": random.choice(("cyber", None)), "explanation": None}
    cut = prose.markdown(random, 3)
    return [
        _Answer([_text(cut[: int(len(cut) * 0.6)])], "max_tokens"),
        _Answer([_thinking(random, 3)], "max_tokens", thinking_tokens=60),
        _Answer([_text(prose.sentence(random))], "stop_sequence", more={"stop_sequence": "</answer>"}),
        _Answer([], "refusal", more={"stop_details": refusal}),
        _Answer([_text("")]),
        _Answer([_text(prose.paragraph(random, 2))], more={"afterthought": {"mood": "calm", "score": 3}}),
        _Answer([{"type": "hologram", "frames": [1, 2, 3]}, _text(prose.sentence(random))]),
        _Answer([_text(prose.paragraph(random, 1))], "model_context_window_exceeded"),
    ]


def _line(answer: _Answer, random: Random, *, escaped: bool) -> bytes:
    length = len(json.dumps(answer.content)) - 40
    writes = answer.cached if random.random() < 0.15 else 0
    usage: dict[str, object] = {
        "input_tokens": INPUT_TOKENS,
        "cache_creation_input_tokens": writes,
        "cache_read_input_tokens": answer.cached - writes,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": writes},
        "output_tokens": answer.thinking_tokens + max(1 if answer.content else 0, length // 4),
        "service_tier": "batch",
        "inference_geo": random.choice(("global", "global", "not_available", "us")),
    }
    if answer.thinking_tokens:
        usage["output_tokens_details"] = {"thinking_tokens": answer.thinking_tokens}
    if answer.searches:
        usage["server_tool_use"] = {"web_search_requests": answer.searches, "web_fetch_requests": 0}
    message: dict[str, object] = {
        "model": MODEL,
        "id": f"msg_01{MESSAGE_ID}",
        "type": "message",
        "role": "assistant",
        "content": answer.content,
        "container": None,
        "stop_reason": answer.stop_reason,
        "stop_sequence": None,
        "stop_details": None,
        "usage": usage,
        "diagnostics": None,
    }
    if random.random() < 0.2:
        del message["container"], message["diagnostics"]
    result = {"type": "succeeded", "message": {**message, **answer.more}}
    return with_holes({"custom_id": CUSTOM_ID, "result": result}, escaped=escaped)


@lru_cache(maxsize=32)
def plain_lines(seed: int, work: int) -> list[bytes]:
    """Ordinary answers of one kind of work."""
    random = Random("/".join((str(seed), "work", str(work))))
    make = KINDS_OF_WORK[work]
    return [_line(make(random), random, escaped=random.random() < 0.5) for _ in range(_PLAIN)]


@lru_cache(maxsize=4)
def unusual_lines(seed: int) -> list[bytes]:
    """Successes that deserve a second look."""
    random = Random(f"{seed}/unusual")
    return [_line(answer, random, escaped=random.random() < 0.5) for answer in _unusual(random)]


@lru_cache(maxsize=4)
def hostile_lines(seed: int) -> list[bytes]:
    """Every hostile text, escaped to ASCII and, where UTF-8 can carry it, raw."""
    random = Random(f"{seed}/hostile")
    lines = []
    for text in hostile.TEXTS:
        answer = _Answer([_text(text)])
        lines.append(_line(answer, random, escaped=True))
        if not any("\ud800" <= letter <= "\udfff" for letter in text):
            lines.append(_line(answer, random, escaped=False))
    return lines
