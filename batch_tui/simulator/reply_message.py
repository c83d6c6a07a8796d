"""The message that answers one request: its blocks, why it stopped, what it used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from batch_tui.simulator.clock import MINUTE, stamp
from batch_tui.simulator.draws import token
from batch_tui.simulator.reply_blocks import Used, citation_of, extra_block, used
from batch_tui.simulator.wishes import CHARACTERS_PER_TOKEN, TOLD_STOPS, Wishes

if TYPE_CHECKING:
    from batch_tui.simulator.asked import Asked
    from batch_tui.simulator.reply_blocks import Block

_NO_WISHES = Wishes()
_CACHE_MISSES = 26
"""Of 256 requests with the same start; the API speaks of hits in 30 to 98 of 100."""
_SUMMARY = "The user and the assistant have spoken before; this summary was made up by the local simulator."


class _Ending(NamedTuple):
    """Why the answer stops, and the text it stops with; length in tokens."""

    stop: str
    text: str
    tokens: int
    sequence: str | None = None


def _thinking(asked: Asked, material: bytes, *, hidden: bool) -> Block:
    thought = f"The request is about: {asked.excerpt or 'nothing in words'}. A short answer will do."
    return {
        "type": "thinking",
        "thinking": "" if hidden else thought,
        "signature": token(material[22:62]).decode(),
    }


def _reply(asked: Asked) -> str:
    if asked.structured:
        return asked.structured
    if not asked.excerpt:
        return "There was no text in the last user message, so this is a reply to the rest of it."
    return (
        f"You wrote: “{asked.excerpt}”\n\n"
        "This reply comes from the local simulator. It repeats your words so that you can tell which "
        "request it belongs to; no model has read them."
    )


def _ending(asked: Asked, wishes: Wishes, room: int) -> _Ending:
    """How the answer ends when `room` tokens are left for it."""
    reply = asked.tool_input if asked.tool else _reply(asked)
    stop, sequence = "end_turn", None
    places = [] if asked.tool else [(reply.find(each), each) for each in wishes.stop_sequences if each in reply]
    if places:
        place, sequence = min(places)
        stop, reply = "stop_sequence", reply[:place]
    if wishes.told in TOLD_STOPS:
        stop, sequence = wishes.told, None
        if stop in ("max_tokens", "model_context_window_exceeded"):
            reply = reply[: len(reply) // 2]
    needed = max(1, len(reply) // CHARACTERS_PER_TOKEN)
    if needed > room:
        return _Ending("max_tokens", reply[: room * CHARACTERS_PER_TOKEN], room)
    return _Ending(stop, reply, needed, sequence)


def _content(asked: Asked, wishes: Wishes, ending: _Ending, tools: Used, material: bytes) -> tuple[list[Block], str]:
    """The blocks, and why the answer stops."""
    content: list[Block] = []
    if wishes.summarises:
        content.append({"type": "compaction", "content": _SUMMARY})
    if asked.thinking:
        content.append(_thinking(asked, material, hidden=wishes.hides_thinking))
    extra = extra_block(wishes.told, asked.model, material)
    if extra is not None:
        content.append(extra)
    content += tools.blocks
    if wishes.summarises and wishes.pauses_after_summary:
        return content[:1], "compaction"
    if asked.tool and ending.stop != "max_tokens":
        tool_id = "toolu_01" + token(material[40:62]).decode()
        block: Block = {"type": "tool_use", "id": tool_id, "name": asked.tool, "input": json.loads(asked.tool_input)}
        content.append({**block, "caller": {"type": "direct"}})
        return content, "tool_use"
    # A turn pauses in the middle of the tools' work, before anything is said about it.
    silent = ending.stop == "pause_turn" and tools.blocks
    if ending.text and not asked.tool and not silent:
        text: Block = {"type": "text", "text": ending.text}
        citation = citation_of(wishes.source) if wishes.source else tools.citation
        if citation is not None and not asked.structured:
            text["citations"] = [citation]
        content.append(text)
    return content, ending.stop


def _cache(asked: Asked, wishes: Wishes, material: bytes) -> tuple[int, int, int]:
    """Input tokens, those written to the cache, those read from it."""
    cached = min(wishes.cached, asked.prompt_tokens - 1)
    if cached <= 0:
        return asked.prompt_tokens, 0, 0
    # The first request of a batch finds nothing; the others mostly do.
    misses = asked.place == 0 or material[63] < _CACHE_MISSES
    return asked.prompt_tokens - cached, cached if misses else 0, 0 if misses else cached


def _iterations(kinds: list[str], usage: Block, asked: Asked) -> list[Block]:
    """The parts of an answer that took more than one call of a model."""
    none = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "cache_creation": None}
    shares = {name: usage[name] for name in ("input_tokens", "output_tokens", *none)}
    listed: list[Block] = []
    for kind in kinds:
        own: Block = {"type": kind, "input_tokens": asked.prompt_tokens, "output_tokens": 24, **none}
        listed.append(own | ({"model": asked.model} if kind == "advisor_message" else {}))
    return [*listed, {"type": "message", **shares}]


def _usage(asked: Asked, wishes: Wishes, tools: Used, output: tuple[int, int], material: bytes) -> Block:
    """What the answer used; `output` is all output and the thinking in it, in tokens."""
    fresh, written, read = _cache(asked, wishes, material)
    usage: Block = {
        "input_tokens": fresh,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": 0 if wishes.for_an_hour else written,
            "ephemeral_1h_input_tokens": written if wishes.for_an_hour else 0,
        },
        "output_tokens": output[0],
        "service_tier": "batch",
        "inference_geo": wishes.inference_geo or "global",
    }
    if asked.thinking:
        usage["output_tokens_details"] = {"thinking_tokens": output[1]}
    if tools.searches or tools.fetches:
        usage["server_tool_use"] = {"web_search_requests": tools.searches, "web_fetch_requests": tools.fetches}
    several = ["compaction"] * wishes.summarises + ["advisor_message"] * tools.advised
    if several:
        usage["iterations"] = _iterations(several, usage, asked)
    return usage


def _container(wishes: Wishes, tools: Used, material: bytes, at: int) -> Block | None:
    if not tools.container:
        return None
    name = wishes.container or "container_01" + token(material[:22]).decode()
    return {"id": name, "expires_at": stamp(at + 30 * MINUTE), "skills": None}


def message(asked: Asked, material: bytes, at: int) -> Block:
    """The answer to one request, at the instant `at`; `material` are its 64 bytes of chance."""
    wishes = asked.wishes or _NO_WISHES
    thought = 0
    if asked.thinking:
        thought = min(asked.most_tokens, 12 + len(asked.excerpt) // CHARACTERS_PER_TOKEN)
    ending = _ending(asked, wishes, asked.most_tokens - thought)
    tools = used(wishes, asked.excerpt, material, stamp(at))
    content, stop = _content(asked, wishes, ending, tools, material)
    output = thought + ending.tokens
    refused = stop == "refusal"
    if refused:
        content, output, thought = [], 0, 0
    return {
        "model": asked.model,
        "id": "msg_01" + token(material[:22]).decode(),
        "type": "message",
        "role": "assistant",
        "content": content,
        "container": _container(wishes, tools, material, at),
        "stop_reason": stop,
        "stop_sequence": ending.sequence if stop == "stop_sequence" else None,
        "stop_details": {"type": "refusal", "category": None, "explanation": None} if refused else None,
        "usage": _usage(asked, wishes, tools, (output, thought), material),
        "diagnostics": None,
    }
