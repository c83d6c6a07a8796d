"""The request that a record answers, from the linked input: its messages to read, its tools, and all of it as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_tui.tui.content_blocks import blocks_of, mapping, names_of, parts_of, sequence, text_of
from batch_tui.tui.key_names import key_for
from batch_tui.tui.outline import Members, Outline, Said, Section
from batch_tui.tui.text import join, number, plain, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_tui.submission.linked_input import LinkedRequest
    from batch_tui.tui.content_blocks import Part
    from batch_tui.tui.text import Plain

_SHOWN_ELSEWHERE = ("messages", "system", "tools", "model", "max_tokens")
_MOST_MESSAGES = 1_000
"""Messages that are laid out to be read; the JSON holds all of them."""


def not_linked() -> Outline:
    """What stands in place of the request where no input is linked."""
    link = key_for("results.input", "I")
    advice = f"{link} links the JSONL file its requests came from: then this tab shows the request of each record."
    return Outline((Said("The input of this batch is not linked.", "heading"), Said(advice, "muted")))


def request_outline(request: LinkedRequest) -> Outline:
    """The request as sections; takes any JSON, however odd."""
    if request.value is None:
        return Outline((Said(request.problem or "There is no such request.", "warning"),))
    return Outline(tuple(_parts(request.value)))


def _parts(request: Mapping[str, Any]) -> Iterator[Part]:
    params = mapping(request.get("params"))
    facts = [text_of(params, "model") or "no model"]
    most = params.get("max_tokens")
    if isinstance(most, int):
        facts.append(f"max_tokens {number(most)}")
    yield Said(" · ".join(facts), "muted")
    if system := blocks_of(params.get("system")):
        yield Section(plain("SYSTEM"), tuple(parts_of(system, {})))
    messages = [mapping(one) for one in sequence(params.get("messages"))]
    names = names_of(block for one in messages for block in blocks_of(one.get("content")))
    for message in messages[:_MOST_MESSAGES]:
        role = plain(text_of(message, "role")[:40] or "no role").upper()
        yield Section(plain(role), tuple(parts_of(blocks_of(message.get("content")), names)))
    if len(messages) > _MOST_MESSAGES:
        yield Said(f"… {plural(len(messages) - _MOST_MESSAGES, 'more message')} below, as JSON", "muted")
    if tools := sequence(params.get("tools")):
        said = join(plain("TOOLS · "), number(len(tools)))
        yield Section(said, tuple(_tool(mapping(tool)) for tool in tools), opens=False)
    others = {name: value for name, value in params.items() if name not in _SHOWN_ELSEWHERE}
    if others:
        yield Section(plain("PARAMETERS"), (Members(others),))
    yield Section(plain("AS JSON"), (Members(request),), "muted", opens=False)


def _tool(tool: Mapping[str, Any]) -> Section:
    inside: list[Part] = []
    if described := text_of(tool, "description"):
        inside.append(Said(described))
    rest = {name: value for name, value in tool.items() if name not in ("name", "description")}
    inside.append(Members(rest))
    return Section(_name(tool), tuple(inside), "heading")


def _name(tool: Mapping[str, Any]) -> Plain:
    return plain((text_of(tool, "name") or text_of(tool, "type") or "no name")[:80])
