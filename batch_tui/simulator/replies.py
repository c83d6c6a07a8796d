"""Answers to requests sent over HTTP: what is kept of each, and the line it turns into."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from batch_tui.simulator.draws import Shuffle, entropy, key_of, token
from batch_tui.simulator.params_checks import Refusal, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_tui.simulator.lifecycle import Outcome
    from batch_tui.simulator.params_checks import Terms
    from batch_tui.simulator.validation import Submitted

_EXCERPT = 160
_CHARACTERS_PER_TOKEN = 4


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What is kept of one request; `place` counts the accepted and the refused ones apart."""

    custom_id: str
    place: int
    model: str = ""
    most_tokens: int = 0
    excerpt: str = ""
    prompt_tokens: int = 0
    tool: str = ""
    tool_input: str = ""
    structured: str = ""
    thinking: bool = False
    refused: Refusal | None = None


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [block.get("text") for block in content if isinstance(block, dict)]
        return "\n".join(text for text in texts if isinstance(text, str))
    return ""


def _question(params: Mapping[str, object]) -> tuple[str, int]:
    """The last user message's text, and the length of all messages and the system prompt."""
    question, length = "", len(_text_of(params.get("system")))
    messages = params.get("messages")
    for message in messages if isinstance(messages, list) else []:
        text = _text_of(message.get("content"))
        length += len(text)
        if message.get("role") == "user" and text:
            question = text
    return " ".join(question.split()), length


def sample(schema: object, excerpt: str, depth: int = 0) -> object:
    """A value that fits the common parts of a JSON schema."""
    if not isinstance(schema, dict) or depth > 4:
        return excerpt
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return choices[len(excerpt) % len(choices)]
    kind = schema.get("type")
    if isinstance(kind, list) and kind:
        kind = kind[0]
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties")
        fields = properties if isinstance(properties, dict) else {}
        return {name: sample(field, excerpt, depth + 1) for name, field in fields.items()}
    if kind == "array":
        return [sample(schema.get("items"), excerpt, depth + 1)]
    plain: dict[object, object] = {
        "integer": len(excerpt),
        "number": len(excerpt) / 100,
        "boolean": True,
        "null": None,
    }
    return plain.get(kind, excerpt)


def _forced_tool(params: Mapping[str, object]) -> Mapping[str, object] | None:
    choice, tools = params.get("tool_choice"), params.get("tools")
    if not isinstance(choice, dict) or not isinstance(tools, list):
        return None
    usable = [tool for tool in tools if isinstance(tool, dict) and isinstance(tool.get("name"), str)]
    if choice.get("type") == "tool":
        usable = [tool for tool in usable if tool["name"] == choice.get("name")]
    elif choice.get("type") != "any":
        return None
    return usable[0] if usable else None


def _wants_thinking(params: Mapping[str, object]) -> bool:
    thinking = params.get("thinking")
    return isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive")


def _wanted_schema(params: Mapping[str, object]) -> object:
    config = params.get("output_config")
    shape = config.get("format") if isinstance(config, dict) else None
    return shape.get("schema") if isinstance(shape, dict) else None


class Intake:
    """Reads the requests of one create call, one after the other, and keeps what answers need."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._refused = 0
        self.asked: list[Asked] = []

    @property
    def refused(self) -> int:
        """How many will end as errored."""
        return self._refused

    def add(self, request: Submitted) -> None:
        """Judge and condense one request."""
        problem = refusal(request.params, self._terms)
        if problem is not None:
            self.asked.append(Asked(request.custom_id, self._refused, refused=problem))
            self._refused += 1
            return
        params = request.params
        question, length = _question(params)
        excerpt = question[:_EXCERPT]
        tool, schema, most = _forced_tool(params), _wanted_schema(params), params["max_tokens"]
        self.asked.append(
            Asked(
                request.custom_id,
                len(self.asked) - self._refused,
                model=str(params["model"]),
                most_tokens=most if isinstance(most, int) else 1,
                excerpt=excerpt,
                prompt_tokens=8 + length // _CHARACTERS_PER_TOKEN,
                tool=str(tool["name"]) if tool else "",
                tool_input=_dumps(sample(tool.get("input_schema"), excerpt)) if tool else "",
                structured=_dumps(sample(schema, excerpt)) if schema is not None else "",
                thinking=_wants_thinking(params),
            )
        )


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


class ReplyLines:
    """The result lines of a batch created over HTTP."""

    def __init__(self, key: bytes, asked: Sequence[Asked], refused: int, outcome: Outcome) -> None:
        self._key = key
        self._asked = asked
        self._outcome = outcome
        self._order = Shuffle(len(asked), key_of(key, "order"))
        self._accepted_turn = Shuffle(max(1, len(asked) - refused), key_of(key, "accepted"))
        self._refused_turn = Shuffle(max(1, refused), key_of(key, "refused"))
        self._escape = key[0] % 2 == 0

    def __len__(self) -> int:
        return len(self._asked)

    def line(self, position: int) -> bytes:
        """The line at `position`, without a line end."""
        number = self._order(position)
        asked = self._asked[number]
        material = entropy(self._key, number)
        # Requests never sent share one fate: a batch is canceled or runs out of time.
        result: dict[str, object] = {"type": "expired" if self._outcome.expired else "canceled"}
        if asked.refused is not None:
            if self._refused_turn(asked.place) < self._outcome.errored:
                result = _errored(asked.refused, material)
        elif self._accepted_turn(asked.place) < self._outcome.succeeded:
            result = {"type": "succeeded", "message": _message(asked, material)}
        line = {"custom_id": asked.custom_id, "result": result}
        return json.dumps(line, separators=(",", ":"), ensure_ascii=self._escape).encode()


def _errored(refused: Refusal, material: bytes) -> dict[str, object]:
    worker = "workerreq_01" + token(material[:22]).decode() if refused.by_worker else None
    error = {
        "details": {"error_visibility": "user_facing"},
        "type": refused.type,
        "message": refused.message,
    }
    return {"type": "errored", "error": {"type": "error", "error": error, "request_id": worker}}


def _thought(asked: Asked, material: bytes) -> dict[str, object]:
    thought = f"The request is about: {asked.excerpt or 'nothing in words'}. A short answer will do."
    return {"type": "thinking", "thinking": thought, "signature": token(material[22:62]).decode()}


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


def _message(asked: Asked, material: bytes) -> dict[str, object]:
    content: list[dict[str, object]] = []
    spent = thought_tokens = 0
    stop = "end_turn"
    if asked.thinking:
        content.append(_thought(asked, material))
        spent = thought_tokens = min(asked.most_tokens, 12 + len(asked.excerpt) // _CHARACTERS_PER_TOKEN)
    room = asked.most_tokens - spent
    reply = asked.tool_input if asked.tool else _reply(asked)
    needed = max(1, len(reply) // _CHARACTERS_PER_TOKEN)
    if needed > room:
        stop = "max_tokens"
        reply = reply[: room * _CHARACTERS_PER_TOKEN]
        needed = room
    if asked.tool and stop != "max_tokens":
        tool_id = "toolu_01" + token(material[40:62]).decode()
        tool_input = json.loads(asked.tool_input)
        block = {"type": "tool_use", "id": tool_id, "name": asked.tool, "input": tool_input}
        content.append({**block, "caller": {"type": "direct"}})
        stop = "tool_use"
    elif reply and not asked.tool:
        content.append({"type": "text", "text": reply})
    usage: dict[str, object] = {
        "input_tokens": asked.prompt_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": spent + needed,
        "service_tier": "batch",
        "inference_geo": "global",
    }
    if asked.thinking:
        usage["output_tokens_details"] = {"thinking_tokens": thought_tokens}
    return {
        "model": asked.model,
        "id": "msg_01" + token(material[:22]).decode(),
        "type": "message",
        "role": "assistant",
        "content": content,
        "container": None,
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": None,
        "usage": usage,
        "diagnostics": None,
    }
