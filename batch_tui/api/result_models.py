"""What the API says of results, as values: the result kinds, Message and its blocks.

Apart from the batches, since most of a day's calls read no result. Like those, all are frozen and keep fields they
do not know; an unknown result kind or content block has a class of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from batch_tui.api.models import Model

StopReason = (
    Literal[
        "end_turn",
        "max_tokens",
        "stop_sequence",
        "tool_use",
        "pause_turn",
        "refusal",
        "model_context_window_exceeded",
    ]
    | str
)


class CacheCreation(Model):
    """Tokens written to the cache, by time to live."""

    ephemeral_5m_input_tokens: int = 0
    ephemeral_1h_input_tokens: int = 0


class Usage(Model):
    """Tokens of one message; total input is `input_tokens` plus cache creation plus cache read."""

    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: CacheCreation | None = None
    output_tokens_details: dict[str, Any] | None = None
    server_tool_use: dict[str, Any] | None = None
    service_tier: str | None = None
    inference_geo: str | None = None
    speed: str | None = None


# The `type` of a block or result has no default: without it on the wire, any shape could pass for any kind.
class TextBlock(Model):
    """Text, with the citations that back it."""

    type: Literal["text"]
    text: str
    citations: list[dict[str, Any]] | None = None


class ThinkingBlock(Model):
    """The model's reasoning; `thinking` may be empty, `signature` is opaque."""

    type: Literal["thinking"]
    thinking: str
    signature: str | None = None


class ToolUseBlock(Model):
    """A call of one of the request's own tools."""

    type: Literal["tool_use"]
    id: str
    name: str
    input: Any = None
    caller: dict[str, Any] | None = None


if TYPE_CHECKING:
    # The kinds of SDK 2.12.0, for type checkers only: where one member of the union could be any text, comparing
    # `block.type` would not tell them which member a block is.
    OtherBlockKind = Literal[
        "redacted_thinking",
        "server_tool_use",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "tool_search_tool_result",
        "container_upload",
        "mcp_tool_listing",
        "mcp_tool_use",
        "mcp_tool_result",
        "advisor_tool_result",
        "compaction",
        "fallback",
    ]
else:
    OtherBlockKind = str


class UnknownBlock(Model):
    """A block of any other kind, server tools and their results included; fields are in `model_extra`."""

    type: OtherBlockKind
    """The server's own word, which can be a newer one than those a type checker is told."""

    @field_validator("type")
    @classmethod
    def _not_a_broken_known_block(cls, kind: str) -> str:
        if kind in ("text", "thinking", "tool_use"):
            raise ValueError(f"is {kind!r}, but the block does not have that shape")
        return kind


ContentBlock = Annotated[TextBlock | ThinkingBlock | ToolUseBlock | UnknownBlock, Field(union_mode="left_to_right")]


class Message(Model):
    """What the model answered. A refusal is a message too, possibly without content."""

    id: str
    type: str = "message"
    role: str = "assistant"
    model: str
    content: list[ContentBlock]
    stop_reason: StopReason | None = None
    stop_sequence: str | None = None
    stop_details: dict[str, Any] | None = None
    container: dict[str, Any] | None = None
    diagnostics: dict[str, Any] | None = None
    usage: Usage


class ErrorObject(Model):
    """What went wrong: `type` is the category, `message` the text."""

    type: str
    message: str
    details: Any = None


class ErrorResponse(Model):
    """The error envelope; its own `type` is always "error", the category is `error.type`."""

    type: str = "error"
    error: ErrorObject
    request_id: str | None = None

    @property
    def message(self) -> str:
        """`error.message`."""
        return self.error.message


class MessageBatchSucceededResult(Model):
    """The request was answered."""

    type: Literal["succeeded"]
    message: Message


class MessageBatchErroredResult(Model):
    """The request was invalid, or its execution failed; it is not billed."""

    type: Literal["errored"]
    error: ErrorResponse


class MessageBatchCanceledResult(Model):
    """The batch was canceled before the request was sent to the model; it is not billed."""

    type: Literal["canceled"]


class MessageBatchExpiredResult(Model):
    """24 h passed before the request could be sent to the model; it is not billed."""

    type: Literal["expired"]


class UnreadableResult(Model):
    """A line that is no result; made here, never sent by the server."""

    type: Literal["unreadable"]
    line_number: int
    """Counted from 1, blank lines included."""
    reason: str
    raw: str
    """The start of the line; bytes that are not UTF-8 appear as `\\xNN`."""


class UnknownResult(Model):
    """A result of a kind this program does not know; its other fields are in `model_extra`."""

    type: Literal["unknown"]
    """Given here, so that comparing `result.type` tells a type checker which kind a result is."""
    sent_type: str
    """The server's own word."""

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, sent: Any) -> Any:
        kind = sent.get("type") if isinstance(sent, dict) else None
        if kind in ("succeeded", "errored", "canceled", "expired", "unreadable"):
            raise ValueError(f"type is {kind!r}, but the result does not have that shape")
        if kind is None or (kind == "unknown" and "sent_type" in sent):
            return sent
        return {**sent, "type": "unknown", "sent_type": kind}


MessageBatchResult = Annotated[
    MessageBatchSucceededResult
    | MessageBatchErroredResult
    | MessageBatchCanceledResult
    | MessageBatchExpiredResult
    | UnreadableResult
    | UnknownResult,
    Field(union_mode="left_to_right"),
]


class MessageBatchIndividualResponse(Model):
    """One line of the results; `custom_id` is empty only where an unreadable line does not tell it."""

    custom_id: str
    result: MessageBatchResult
