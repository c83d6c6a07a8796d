"""What an answer of the results endpoint tells of itself: where it starts, how it comes, whether to ask again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batch_tui.api.errors import APIResponseValidationError, APIStatusError
from batch_tui.results.errors import NotResults
from batch_tui.results.line_index import BOM
from batch_tui.results.result_line import error_of, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_tui.api.errors import APIError

_LONGEST_ERROR = 65_536
_RETRIED_STATUSES = frozenset({408, 429})


def worth_retrying(error: APIError) -> bool:
    """Whether the same request may be answered next time."""
    if isinstance(error, APIStatusError):
        return error.status_code in _RETRIED_STATUSES or error.status_code >= 500
    return not isinstance(error, APIResponseValidationError)


def is_plain(headers: Mapping[str, str]) -> bool:
    """Whether the body comes as it is stored, not compressed."""
    return headers.get("content-encoding", "").strip().lower() in ("", "identity")


def range_start(headers: Mapping[str, str]) -> int | None:
    """Where the server says the bytes start, None if it does not say."""
    found = re.match(r"\s*bytes\s+(\d{1,18})-", headers.get("content-range", ""))
    return int(found[1]) if found else None


def refuse_what_is_no_result(first: bytes) -> None:
    """Raises NotResults for a body that begins like HTML, or is the API's own error under a good status."""
    if first.removeprefix(BOM).lstrip()[:1] == b"<":
        raise NotResults(
            "The server answered with a web page instead of results. "
            "Check the base URL and any proxy or sign-in page between, then retry."
        )
    if len(first) <= _LONGEST_ERROR and first.startswith(b"{"):
        said, _ = parse(first)
        if isinstance(said, dict) and said.get("type") == "error" and "custom_id" not in said:
            kind, message = error_of({"result": {"error": said}})
            raise NotResults(
                f"The server answered with an error instead of results: {kind}: {message or 'no message'}. "
                "Try again later."
            )
