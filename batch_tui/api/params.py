"""What a batch is made of, as typed dictionaries: `MessageBatchIndividualRequest` and `MessageCreateParams`.

Names are those of the Messages API (reference: SDK 2.12.0 types). A plain mapping with other keys is accepted
wherever these are: the server decides what it knows.
"""

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict


class MessageParam(TypedDict):
    """One turn of the conversation: text, or a list of content blocks."""

    role: Literal["user", "assistant", "system"]
    content: str | list[Any]


class MetadataParam(TypedDict, total=False):
    """Who the request is for."""

    user_id: str | None


class MessageCreateParams(TypedDict, total=False):
    """Parameters of one message, as for the Messages API but without streaming."""

    model: Required[str]
    max_tokens: Required[int]
    messages: Required[list[MessageParam]]
    system: str | list[Any]
    thinking: dict[str, Any]
    tools: list[dict[str, Any]]
    tool_choice: dict[str, Any]
    stop_sequences: list[str]
    output_config: dict[str, Any]
    metadata: MetadataParam
    cache_control: dict[str, Any] | None
    container: Any
    diagnostics: dict[str, Any] | None
    inference_geo: str | None
    service_tier: Literal["auto", "standard_only"]
    temperature: float
    top_k: int
    top_p: float
    stream: Literal[False]


class MessageBatchIndividualRequest(TypedDict):
    """One request of a batch; `custom_id` is 1 to 64 of `[A-Za-z0-9_-]` and unique within the batch."""

    custom_id: str
    params: MessageCreateParams
