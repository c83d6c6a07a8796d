"""The checks made while a batch runs: what turns one request into an errored line."""

from __future__ import annotations

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
    """What the create call says for all its requests: the API version and the beta names."""

    version: str
    betas: frozenset[str]


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
        return None
    for key in _SAMPLING:
        if key in params:
            return Refusal(f"{key}: Extra inputs are not permitted")
    return None


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


def _check_downloads(params: Mapping[str, object], _terms: Terms) -> Refusal | None:
    """Nothing is fetched; hosts under `.invalid`, which never resolve, stand for dead links."""
    for _where, _role, block in _blocks(params):
        source = block.get("source")
        url = source.get("url") if isinstance(source, dict) else None
        if not isinstance(url, str):
            continue
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
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
    _check_blocks,
    _check_thinking,
    _check_tool_choice,
    _check_downloads,
)


def refusal(params: Mapping[str, object], terms: Terms) -> Refusal | None:
    """Why a request with these `params` is errored, or None if it succeeds."""
    for check in _CHECKS:
        found = check(params, terms)
        if found is not None:
            return found
    return None
