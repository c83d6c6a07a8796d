"""What would make one request of a batch come back errored: the rules that can be told from its params."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Severity = Literal["error", "warning"]

SAMPLING_REMOVED = "2026-10-21"
"""The API version from which `temperature`, `top_p` and `top_k` are refused (batches-api.md section 1.3)."""

_MAX_MESSAGES = 100_000
_LONG_OUTPUT = 128_000
_NOT_IN_BATCHES = {
    "speed": "fast mode is not for batches",
    "store": "threads are not for batches",
    "previous_thread_event_id": "threads are not for batches",
    "thread": "threads are not for batches",
    "cache_hint": "it is not for batches",
    "context_hint": "it is not for batches",
    "fallbacks": "falling back to another model is not for batches",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a request breaks, and what to do."""

    sentence: str
    advice: str


def check_params(params: Mapping[str, Any], api_version: str | None = None) -> Iterator[Finding]:
    """Findings about one request's params; the API checks them only while it works on the batch.

    Unknown keys, roles and tools are left to the server. Source: batches-api.md section 9.
    """
    if not isinstance(params.get("model"), str) or not params["model"]:
        yield _errored("params.model is missing or not a string", "Name the model to use.")
    yield from _check_max_tokens(params)
    yield from _check_messages(params)
    if params.get("stream"):
        yield _errored("params.stream is set, which batches do not support", "Remove it.")
    for name, reason in _NOT_IN_BATCHES.items():
        if params.get(name) is not None and params[name] != "standard":
            yield _errored(f"params.{name} is set, but {reason}", "Remove it.")
    if params.get("research_preview_2026_02") == "active":
        yield _errored("params.research_preview_2026_02 is active, but it is not for batches", "Remove it.")
    policy = params.get("billing_policy")
    if isinstance(policy, dict) and policy.get("bill_to") == "user_profile":
        yield _errored("params.billing_policy bills the user profile", 'Leave it out or say "self".')
    if api_version is not None and api_version >= SAMPLING_REMOVED:
        yield from _check_new_version(params, api_version)


def _errored(what: str, advice: str) -> Finding:
    return Finding(f"{what}: this request would come back errored.", advice)


def _check_max_tokens(params: Mapping[str, Any]) -> Iterator[Finding]:
    limit = params.get("max_tokens")
    if not isinstance(limit, int) or isinstance(limit, bool):
        what = "is not a whole number" if "max_tokens" in params else "is missing"
        yield _errored(f"params.max_tokens {what}", "Say how long an answer may be.")
    elif limit < 1:
        yield _errored(f"params.max_tokens is {limit}, and a batch needs at least 1", "Raise it.")
    elif limit > _LONG_OUTPUT:
        yield Finding(
            f"params.max_tokens is {limit:,}: above {_LONG_OUTPUT:,} needs the beta output-300k-2026-03-24.",
            "Lower it, or send that beta header.",
        )


def _check_messages(params: Mapping[str, Any]) -> Iterator[Finding]:
    messages = params.get("messages")
    if not isinstance(messages, list):
        what = "is not a list" if "messages" in params else "is missing"
        yield _errored(f"params.messages {what}", "Give at least one message.")
    elif not messages:
        yield _errored("params.messages is empty", "Give at least one message.")
    elif len(messages) > _MAX_MESSAGES:
        yield _errored(f"params.messages has {len(messages):,} messages of at most 100,000", "Shorten it.")


def _check_new_version(params: Mapping[str, Any], version: str) -> Iterator[Finding]:
    for name in ("temperature", "top_p", "top_k"):
        if name in params:
            yield _errored(f"API version {version} does not take params.{name}", "Remove it.")
    for place, role, block in _blocks(params.get("messages")):
        if role == "assistant" and block.get("type") == "document":
            yield _errored(
                f"API version {version} takes no document in an assistant message (messages.{place})",
                "Move it to a user message.",
            )
        if role == "user" and any(text.get("citations") for text in _texts(block)):
            yield _errored(
                f"API version {version} takes no citations on text of a user message (messages.{place})",
                "Remove the citations.",
            )


def _blocks(messages: object) -> Iterator[tuple[int, object, Mapping[str, Any]]]:
    for place, message in enumerate(messages if isinstance(messages, list) else []):
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else []:
            if isinstance(block, dict):
                yield place, message.get("role"), block


def _texts(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The block itself if it is text, or the texts inside a search result."""
    if block.get("type") == "text":
        yield block
    content = block.get("content")
    if block.get("type") == "search_result" and isinstance(content, list):
        yield from (inner for inner in content if isinstance(inner, dict) and inner.get("type") == "text")
