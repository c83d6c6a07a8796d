"""What went wrong, for a person: one sentence, what to do, and the request id; the same on screen and on stderr."""

from __future__ import annotations

import msgspec

from batch_tui.api.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    BatchAPIError,
    CredentialsError,
    TruncatedResults,
)
from batch_tui.results.errors import PricesError, ResultsStoreError
from batch_tui.submission.errors import LinkError
from batch_tui.tui import mask
from batch_tui.tui.key_names import key_for, with_own_keys
from batch_tui.tui.text import plain


class Trouble(msgspec.Struct, frozen=True):
    """An error in words. `sentence` and `request_id` may hold untrusted text."""

    sentence: str
    advice: str
    request_id: str | None = None
    will_pass: bool = False
    """Whether trying again may help without anyone changing anything."""

    def __str__(self) -> str:
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.sentence} {self.advice}".strip() + request


_ADVICE = {
    401: "Check that the key is complete and not revoked. To use another one, start batch-tui again.",
    402: "There is a payment problem; see the billing page of the Console.",
    403: "This key may not do that; use one of the right workspace.",
    404: "It may have been deleted, or belong to another workspace.",
    413: "Split the batch into smaller ones.",
    429: "Too many requests; slowing down.",
}
_NOT_THE_API = "Is there a proxy in between, or is the base URL wrong?"


def describe(error: Exception, *, host: str) -> Trouble:
    """Put an error of the API client into words; `host` names who was asked."""
    match error:
        case CredentialsError():
            return Trouble(str(error), "")
        case APIStatusError(status_code=status, type=kind, message=message, request_id=request_id):
            will_pass = status in (408, 409, 429) or status >= 500
            advice = _ADVICE.get(status, "This is on the API's side and should pass." if status >= 500 else "")
            if kind is None and status in _ADVICE and status < 429:
                # Not in the API's own words, so that what it would mean by it says nothing.
                advice = _NOT_THE_API
            said = message.rstrip(".") if message else "no reason given"
            return Trouble(
                f"The API answered {status}{f' {kind}' if kind else ''}: {said}.",
                advice,
                request_id,
                will_pass,
            )
        case TruncatedResults(request_id=request_id):
            cut = "The results stream was cut before its end."
            return Trouble(cut, "What arrived is kept.", request_id, will_pass=True)
        case APITimeoutError(request_id=request_id):
            return Trouble(f"{host} took too long to answer.", "Check the network.", request_id, will_pass=True)
        case APIConnectionError(message=message, request_id=request_id):
            return Trouble(f"{message.rstrip('.')}.", "Check the network.", request_id, will_pass=True)
        case APIResponseValidationError(message=message, request_id=request_id):
            advice = "" if "base URL" in message else _NOT_THE_API
            return Trouble(f"{message.rstrip('.')}.", advice, request_id, will_pass=True)
        case BatchAPIError() | ResultsStoreError() | PricesError() | LinkError():
            return Trouble(with_own_keys(str(error)), "")
    # It may quote anything.
    said = f"{type(error).__name__}: {mask.written(plain(str(error)))}".rstrip(".")
    return Trouble(
        f"Something went wrong in batch-tui itself: {said}.",
        f"Please report it; {key_for('app.refresh', 'r')} starts again.",
    )
