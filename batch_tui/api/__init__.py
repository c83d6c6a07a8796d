"""Typed access to Message Batches over HTTP: two clients, their values and their errors.

Names load on first use, so that models and errors can be had without httpx.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_tui.api.calls import CallRecord
    from batch_tui.api.client import (
        AsyncBatchClient,
        BatchClient,
    )
    from batch_tui.api.credential_chain import FoundCredentials, find_credentials
    from batch_tui.api.credentials import Credentials
    from batch_tui.api.errors import (
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        BatchAPIError,
        ClientClosedRequestError,
        ConflictError,
        ContentTooLargeError,
        CreateUncertain,
        CredentialsError,
        GatewayTimeoutError,
        HTTPNotImplementedError,
        InternalServerError,
        NotFoundError,
        OverloadedError,
        PaymentRequiredError,
        PermissionDeniedError,
        PreconditionFailedError,
        RateLimitError,
        RequestHeaderFieldsTooLargeError,
        RequestTimeoutError,
        ServiceUnavailableError,
        TruncatedResults,
        UnprocessableEntityError,
    )
    from batch_tui.api.jsonl import (
        AsyncJSONLDecoder,
        JSONLDecoder,
        LineSplitter,
    )
    from batch_tui.api.models import (
        DeletedMessageBatch,
        MessageBatch,
        MessageBatchRequestCounts,
    )
    from batch_tui.api.not_given import NOT_GIVEN, NotGiven
    from batch_tui.api.pages import (
        AsyncPage,
        AsyncPaginator,
        SyncPage,
    )
    from batch_tui.api.params import (
        MessageBatchIndividualRequest,
        MessageCreateParams,
    )
    from batch_tui.api.raw_response import APIResponse, AsyncAPIResponse
    from batch_tui.api.result_models import (
        ErrorObject,
        ErrorResponse,
        Message,
        MessageBatchCanceledResult,
        MessageBatchErroredResult,
        MessageBatchExpiredResult,
        MessageBatchIndividualResponse,
        MessageBatchSucceededResult,
        TextBlock,
        ThinkingBlock,
        ToolUseBlock,
        UnknownBlock,
        UnknownResult,
        UnreadableResult,
        Usage,
    )
    from batch_tui.api.results_stream import (
        ResultsStream,
    )
    from batch_tui.api.retry import (
        RetryPolicy,
    )

__all__ = [
    "NOT_GIVEN",
    "APIConnectionError",
    "APIError",
    "APIResponse",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncAPIResponse",
    "AsyncBatchClient",
    "AsyncJSONLDecoder",
    "AsyncPage",
    "AsyncPaginator",
    "AuthenticationError",
    "BadRequestError",
    "BatchAPIError",
    "BatchClient",
    "CallRecord",
    "ClientClosedRequestError",
    "ConflictError",
    "ContentTooLargeError",
    "CreateUncertain",
    "Credentials",
    "CredentialsError",
    "DeletedMessageBatch",
    "ErrorObject",
    "ErrorResponse",
    "FoundCredentials",
    "GatewayTimeoutError",
    "HTTPNotImplementedError",
    "InternalServerError",
    "JSONLDecoder",
    "LineSplitter",
    "Message",
    "MessageBatch",
    "MessageBatchCanceledResult",
    "MessageBatchErroredResult",
    "MessageBatchExpiredResult",
    "MessageBatchIndividualRequest",
    "MessageBatchIndividualResponse",
    "MessageBatchRequestCounts",
    "MessageBatchSucceededResult",
    "MessageCreateParams",
    "NotFoundError",
    "NotGiven",
    "OverloadedError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "PreconditionFailedError",
    "RateLimitError",
    "RequestHeaderFieldsTooLargeError",
    "RequestTimeoutError",
    "ResultsStream",
    "RetryPolicy",
    "ServiceUnavailableError",
    "SyncPage",
    "TextBlock",
    "ThinkingBlock",
    "ToolUseBlock",
    "TruncatedResults",
    "UnknownBlock",
    "UnknownResult",
    "UnprocessableEntityError",
    "UnreadableResult",
    "Usage",
    "find_credentials",
]

_NAMES_IN = {
    "calls": ("CallRecord",),
    "client": (
        "AsyncBatchClient",
        "BatchClient",
    ),
    "credential_chain": ("FoundCredentials", "find_credentials"),
    "credentials": ("Credentials",),
    "errors": (
        "APIConnectionError",
        "APIError",
        "APIResponseValidationError",
        "APIStatusError",
        "APITimeoutError",
        "AuthenticationError",
        "BadRequestError",
        "BatchAPIError",
        "ClientClosedRequestError",
        "ConflictError",
        "ContentTooLargeError",
        "CreateUncertain",
        "CredentialsError",
        "GatewayTimeoutError",
        "HTTPNotImplementedError",
        "InternalServerError",
        "NotFoundError",
        "OverloadedError",
        "PaymentRequiredError",
        "PermissionDeniedError",
        "PreconditionFailedError",
        "RateLimitError",
        "RequestHeaderFieldsTooLargeError",
        "RequestTimeoutError",
        "ServiceUnavailableError",
        "TruncatedResults",
        "UnprocessableEntityError",
    ),
    "jsonl": (
        "AsyncJSONLDecoder",
        "JSONLDecoder",
        "LineSplitter",
    ),
    "models": ("DeletedMessageBatch", "MessageBatch", "MessageBatchRequestCounts"),
    "not_given": ("NOT_GIVEN", "NotGiven"),
    "pages": (
        "AsyncPage",
        "AsyncPaginator",
        "SyncPage",
    ),
    "params": (
        "MessageBatchIndividualRequest",
        "MessageCreateParams",
    ),
    "raw_response": ("APIResponse", "AsyncAPIResponse"),
    "result_models": (
        "ErrorObject",
        "ErrorResponse",
        "Message",
        "MessageBatchCanceledResult",
        "MessageBatchErroredResult",
        "MessageBatchExpiredResult",
        "MessageBatchIndividualResponse",
        "MessageBatchSucceededResult",
        "TextBlock",
        "ThinkingBlock",
        "ToolUseBlock",
        "UnknownBlock",
        "UnknownResult",
        "UnreadableResult",
        "Usage",
    ),
    "results_stream": ("ResultsStream",),
    "retry": ("RetryPolicy",),
}
_MODULE_OF = {name: module for module, names in _NAMES_IN.items() for name in names}

# Hidden from type checkers, which would otherwise take any misspelt name for one of ours.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
