"""What is kept of a request sent over HTTP: as much as its answer needs, not the request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from batch_tui.simulator.params_checks import Refusal, refusal
from batch_tui.simulator.wishes import CHARACTERS_PER_TOKEN, Wishes, told_error, wishes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_tui.simulator.params_checks import Terms
    from batch_tui.simulator.validation import Submitted

_EXCERPT = 160


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
    wishes: Wishes | None = None


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [block.get("text") for block in content if isinstance(block, dict)]
        return "\n".join(text for text in texts if isinstance(text, str))
    return ""


def _question(params: Mapping[str, object]) -> tuple[str, int]:
    """The last user message's text, and the length of all messages, the system prompt and the tools."""
    question, length = "", len(_text_of(params.get("system")))
    tools, messages = params.get("tools"), params.get("messages")
    if tools:
        length += len(_dumps(tools))
    for message in messages if isinstance(messages, list) else []:
        if not isinstance(message, dict):
            continue
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
        question, length = _question(request.params)
        problem = refusal(request.params, self._terms) or told_error(question)
        if problem is not None:
            self.asked.append(Asked(request.custom_id, self._refused, refused=problem))
            self._refused += 1
            return
        params = request.params
        excerpt = question[:_EXCERPT]
        tool, schema, most = _forced_tool(params), _wanted_schema(params), params["max_tokens"]
        self.asked.append(
            Asked(
                request.custom_id,
                len(self.asked) - self._refused,
                model=str(params["model"]),
                most_tokens=most if isinstance(most, int) else 1,
                excerpt=excerpt,
                prompt_tokens=8 + length // CHARACTERS_PER_TOKEN,
                tool=str(tool["name"]) if tool else "",
                tool_input=_dumps(sample(tool.get("input_schema"), excerpt)) if tool else "",
                structured=_dumps(sample(schema, excerpt)) if schema is not None else "",
                thinking=_wants_thinking(params),
                wishes=wishes_of(params, question),
            )
        )


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
