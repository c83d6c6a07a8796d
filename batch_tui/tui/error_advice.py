"""What to do about an errored request: fix it, top up or mend the key and send it again, or just send it again."""

from __future__ import annotations

from typing import Final

_AS_IT_IS = "Nothing wrong with the request: it can be sent again as it is."
_ADVICE: Final = {
    "invalid_request_error": "The request itself was refused: change it before sending it again.",
    "not_found_error": "Something the request names (often the model) does not exist for this key: change it first.",
    "authentication_error": "The key was not accepted: mend it, then the request can be sent again as it is.",
    "permission_error": "The key may not do this: with one that may, the request can be sent again as it is.",
    "billing_error": "There is a payment problem: once it is solved, the request can be sent again as it is.",
    "rate_limit_error": _AS_IT_IS,
    "api_error": _AS_IT_IS,
    "overloaded_error": _AS_IT_IS,
    "timeout_error": _AS_IT_IS,
}
_TOP_UP = "Top up the credit, then the request can be sent again as it is."
_RAISE = "Raise the spend limit or wait for the next month, then the request can be sent again as it is."


_BY_THE_RULE = "A type of error this version does not know: by the API's rule it can be sent again as it is."


def advice(category: str, message: str) -> str:
    """What to do about an error of that type and message.

    The API's rule is in batches-api.md section 3.2; running out of credit or of a spend limit comes as an invalid
    request, and is none.
    """
    said = message.lower()
    if "credit balance" in said:
        return _TOP_UP
    if "usage limits" in said:
        return _RAISE
    return _ADVICE.get(category, _BY_THE_RULE)
