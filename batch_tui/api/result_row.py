"""One line of results as a typed row: `read_result_line`, which knows no exception."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from batch_tui.api.jsonl import mend_surrogates
from batch_tui.api.result_models import MessageBatchIndividualResponse, UnreadableResult

EXCERPT = 500


def read_result_line(line: bytes, number: int) -> MessageBatchIndividualResponse:
    """One line of results; a line that is none becomes an `unreadable` result, never an exception."""
    try:
        return MessageBatchIndividualResponse.model_validate_json(line)
    except ValidationError as error:
        reason = _reason(error)
    # Models do produce lone surrogates; strict parsers refuse the whole line for one.
    mended = mend_surrogates(line)
    if mended != line:
        try:
            return MessageBatchIndividualResponse.model_validate_json(mended)
        except ValidationError as error:
            reason = _reason(error)
    return MessageBatchIndividualResponse(
        custom_id=_custom_id(mended),
        result=UnreadableResult(
            type="unreadable", line_number=number, reason=reason, raw=line[:EXCERPT].decode("utf-8", "backslashreplace")
        ),
    )


def _reason(error: ValidationError) -> str:
    """One short reason out of all that a union complains about."""
    problems = error.errors(include_url=False, include_input=False)
    problem = next((found for found in problems if found["type"] != "literal_error"), problems[0])
    if problem["type"] == "json_invalid":
        return f"not JSON: {problem.get('ctx', {}).get('error', problem['msg'])}"
    if not problem["loc"]:
        return "not a JSON object"
    # Class names in the location tell which member of a union was tried; they are ours, not the line's.
    place = ".".join(str(step) for step in problem["loc"] if not str(step)[:1].isupper())
    return f"{place}: {problem['msg']}"


def _custom_id(line: bytes) -> str:
    try:
        found: Any = from_json(line)
    except ValueError:
        return ""
    name = found.get("custom_id") if isinstance(found, dict) else None
    return name if isinstance(name, str) else ""
