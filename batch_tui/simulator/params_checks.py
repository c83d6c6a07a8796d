"""The checks made while a batch runs: what turns one request into an errored line.

Texts are those of the reference (batches-api.md §3.2); where it knows only the rule (§§1.3, 9), the words are ours.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from batch_tui.simulator.known_models import known_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Refusal(NamedTuple):
    """The error one request ends with; `by_worker` if it had already been taken up."""

    message: str
    type: str = "invalid_request_error"
    by_worker: bool = False


class Terms(NamedTuple):
    """What the create call says for all its requests: the API version, the beta names, the user profile."""

    version: str
    betas: frozenset[str]
    user_profile: str = ""


_KNOWN = frozenset(
    (
        "billing_policy",
        "cache_control",
        "compaction",
        "container",
        "context_management",
        "diagnostics",
        "inference_geo",
        "max_tokens",
        "mcp_servers",
        "messages",
        "metadata",
        "model",
        "output_config",
        "service_tier",
        "speed",
        "stop_sequences",
        "stream",
        "system",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
        "user_profile_id",
    )
)
_SAMPLING = ("temperature", "top_p", "top_k")
_MOST_MESSAGES = 100_000
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"RIFF")
"""How PNG, JPEG, GIF and WebP begin."""
_SMALLEST_IMAGE = 26
"""Bytes; what is shorter has the right beginning and nothing after it."""
_EVERY_TOOL = {"name", "type", "cache_control", "allowed_callers", "defer_loading", "strict"}
_WEB = _EVERY_TOOL | {"allowed_domains", "blocked_domains", "max_uses"}
_TOOL_KEYS = {
    "web_search": _WEB | {"user_location", "response_inclusion"},
    "web_fetch": _WEB | {"citations", "max_content_tokens", "url_sources", "response_inclusion", "use_cache"},
    "code_execution": _EVERY_TOOL,
}
"""The keys of server tools whose every version is known."""
_DATED_TOOL = re.compile(r"(web_search|web_fetch|code_execution)_20\d{6}")


def _check_model(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    if "model" not in params:
        return Refusal("model: Field required")
    model = params["model"]
    if not isinstance(model, str):
        return Refusal("model: Input should be a valid string")
    if known_model(model) is None:
        return Refusal(f"model: {model}", "not_found_error")
    return None


def _check_messages(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    if "messages" not in params:
        return Refusal("messages: Field required")
    messages = params["messages"]
    if not isinstance(messages, list):
        return Refusal("messages: Input should be a valid list")
    if not messages:
        return Refusal("messages: at least one message is required")
    if len(messages) > _MOST_MESSAGES:
        return Refusal(
            f"messages: List should have at most {_MOST_MESSAGES} items after validation, not {len(messages)}"
        )
    for number, message in enumerate(messages):
        if not isinstance(message, dict):
            return Refusal(f"messages.{number}: Input should be a valid dictionary")
        for key in ("role", "content"):
            if key not in message:
                return Refusal(f"messages.{number}.{key}: Field required")
    return None


def _check_max_tokens(params: Mapping[str, object], terms: Terms) -> Refusal | None:
    if "max_tokens" not in params:
        return Refusal("max_tokens: Field required")
    wanted = params["max_tokens"]
    if not isinstance(wanted, int) or isinstance(wanted, bool):
        return Refusal("max_tokens: Input should be a valid integer")
    if wanted < 1:
        return Refusal("max_tokens: must be greater than or equal to 1")
    name = params["model"]
    model = known_model(name) if isinstance(name, str) else None
    if model is None:
        return None
    most = model.most_output_beta if "output-300k-2026-03-24" in terms.betas else model.most_output
    if wanted > most:
        return Refusal(
            f"max_tokens: {wanted} > {most}, which is the maximum allowed number of output tokens for {name}"
        )
    return None


def _check_stream(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    if params.get("stream"):
        return Refusal("`stream=True` is not supported in the Message Batches API")
    return None


def _check_keys(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    for key in params:
        if key not in _KNOWN:
            return Refusal(f"{key}: Extra inputs are not permitted")
    return None


def _check_sampling(params: Mapping[str, object], terms: Terms) -> Refusal | None:
    if terms.version == "2023-06-01":
        model = known_model(str(params.get("model")))
        if model is not None and model.adaptive_only and params.get("temperature") not in (None, 1):
            return Refusal("temperature: only the default of 1 is supported for this model")
        return None
    for key in _SAMPLING:
        if key in params:
            return Refusal(f"{key}: Extra inputs are not permitted")
    return None


def _check_billing(params: Mapping[str, object], terms: Terms) -> Refusal | None:
    if params.get("speed") == "fast":
        return Refusal("speed: fast mode is not supported in the Message Batches API")
    policy = params.get("billing_policy")
    if isinstance(policy, dict) and policy.get("bill_to") == "user_profile":
        return Refusal("billing_policy.bill_to: 'user_profile' is not supported in the Message Batches API")
    profile = params.get("user_profile_id")
    if profile is not None and terms.user_profile and profile != terms.user_profile:
        return Refusal("user_profile_id: does not match the anthropic-user-profile-id header")
    return None


def _check_last_message(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    messages, model = params.get("messages"), known_model(str(params.get("model")))
    last = messages[-1] if isinstance(messages, list) and messages else None
    if model is None or model.prefill or not isinstance(last, dict) or last.get("role") != "assistant":
        return None
    return Refusal(
        "This model does not support assistant message prefill. The conversation must end with a user message."
    )


def _blocks(params: Mapping[str, object]) -> Iterator[tuple[str, object, dict[str, object]]]:
    messages = params.get("messages")
    for number, message in enumerate(messages if isinstance(messages, list) else []):
        content = message.get("content") if isinstance(message, dict) else None
        for place, block in enumerate(content if isinstance(content, list) else []):
            if isinstance(block, dict):
                yield f"messages.{number}.content.{place}", message.get("role"), block


def _check_blocks(params: Mapping[str, object], terms: Terms) -> Refusal | None:
    for where, role, block in _blocks(params):
        kind = block.get("type")
        if kind is None:
            return Refusal(f"{where}.type: Field required")
        if terms.version == "2023-06-01":
            continue
        if kind == "document" and role == "assistant":
            return Refusal(f"{where}: document blocks are not permitted in assistant messages")
        if kind == "text" and role == "user" and block.get("citations"):
            return Refusal(f"{where}.citations: Extra inputs are not permitted")
        inner = block.get("content") if kind == "search_result" else None
        for place, text in enumerate(inner if isinstance(inner, list) else []):
            if isinstance(text, dict) and text.get("citations"):
                return Refusal(f"{where}.content.{place}.citations: Extra inputs are not permitted")
    return None


def _check_thinking(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    thinking, name = params.get("thinking"), params.get("model")
    if not isinstance(thinking, dict) or thinking.get("type") != "enabled" or not isinstance(name, str):
        return None
    model = known_model(name)
    if model is not None and model.adaptive_only:
        return Refusal(
            '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" '
            'and "output_config.effort" to control thinking behavior.'
        )
    return None


def _check_tool_choice(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    choice = params.get("tool_choice")
    if not isinstance(choice, dict) or choice.get("type") != "tool":
        return None
    tools = params.get("tools")
    names = [tool.get("name") for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    if choice.get("name") not in names:
        return Refusal(f"Tool '{choice.get('name')}' not found in provided tools")
    return None


def _check_server_tools(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    tools = params.get("tools")
    for number, tool in enumerate(tools if isinstance(tools, list) else []):
        kind = str(tool.get("type")) if isinstance(tool, dict) else ""
        named = _DATED_TOOL.fullmatch(kind)
        for key in tool if named else ():
            if named and key not in _TOOL_KEYS[named[1]]:
                return Refusal(f"tools.{number}.{kind}.{key}: Extra inputs are not permitted")
    return None


def _check_images(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    """Only the beginning and the length tell: no picture is decoded."""
    for where, _role, block in _blocks(params):
        source = block.get("source")
        if block.get("type") != "image" or not isinstance(source, dict) or source.get("type") != "base64":
            continue
        try:
            data = b64decode(str(source.get("data", "")), validate=True)
        except binascii.Error:
            data = b""
        if not data.startswith(_SIGNATURES):
            return Refusal(f"{where}.image.source.base64.data: The file format is invalid or unsupported")
        if len(data) < _SMALLEST_IMAGE:
            return Refusal("Could not process image", by_worker=True)
    return None


def _check_downloads(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    """Nothing is fetched: hosts under `.invalid`, which never resolve, stand for dead links.

    Of these, a host that starts with `timeout.` stands for a server that is too slow.
    """
    for _where, _role, block in _blocks(params):
        source = block.get("source")
        url = source.get("url") if isinstance(source, dict) else None
        if not isinstance(url, str):
            continue
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        if host is not None and host.startswith("timeout.") and host.endswith(".invalid"):
            message = "The request timed out while trying to download the file. Please try again later."
            return Refusal(message, by_worker=True)
        if host is None or host.endswith(".invalid"):
            message = "Unable to download the file. Please verify the URL and try again."
            return Refusal(message, by_worker=True)
    return None


_CHECKS = (
    _check_model,
    _check_messages,
    _check_max_tokens,
    _check_stream,
    _check_keys,
    _check_sampling,
    _check_billing,
    _check_last_message,
    _check_blocks,
    _check_thinking,
    _check_tool_choice,
    _check_server_tools,
    _check_images,
    _check_downloads,
)


def refusal(params: Mapping[str, object], terms: Terms) -> Refusal | None:
    """Why a request with these `params` is errored, or None if it succeeds."""
    for check in _CHECKS:
        found = check(params, terms)
        if found is not None:
            return found
    return None
