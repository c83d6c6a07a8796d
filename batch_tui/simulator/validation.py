"""The checks made at once on POST: what refuses a whole batch, in the API's words."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from batch_tui.simulator.wire import ApiError

MOST_REQUESTS = 100_000
MOST_BYTES = 256 * 10**6
"""The reference leaves open whether 256 MB means powers of ten; this is the stricter reading."""

_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder()


class Submitted(NamedTuple):
    """One accepted entry of `requests`; its `params` have not been looked into."""

    custom_id: str
    params: dict[str, object]


def _first(raw: msgspec.Raw) -> bytes:
    return bytes(raw).lstrip()[:1]


def _not_json(problem: msgspec.DecodeError | UnicodeDecodeError) -> ApiError:
    return ApiError(400, f"The request body is not valid JSON: {problem}")


def _requests(body: bytes) -> list[msgspec.Raw]:
    if body.lstrip()[:1] != b"{":
        _ANY.decode(body)
        raise ApiError(400, "Input should be a valid dictionary")
    fields = _OBJECT.decode(body)
    if "requests" not in fields:
        raise ApiError(400, "requests: Field required")
    if _first(fields["requests"]) != b"[":
        raise ApiError(400, "requests: Input should be a valid list")
    requests = _LIST.decode(fields["requests"])
    if not requests:
        raise ApiError(400, "requests: List should have at least 1 item after validation, not 0")
    if len(requests) > MOST_REQUESTS:
        raise ApiError(
            400,
            f"requests: List should have at most {MOST_REQUESTS} items after validation, not {len(requests)}",
        )
    for key in fields:
        if key != "requests":
            raise ApiError(400, f"{key}: Extra inputs are not permitted")
    return requests


def _custom_id(where: str, fields: dict[str, msgspec.Raw]) -> str:
    if "custom_id" not in fields:
        raise ApiError(400, f"{where}.custom_id: Field required")
    custom_id = _ANY.decode(fields["custom_id"])
    if not isinstance(custom_id, str):
        raise ApiError(400, f"{where}.custom_id: Input should be a valid string")
    if len(custom_id) > 64:
        raise ApiError(400, f"{where}.custom_id: String should have at most 64 characters")
    if not _CUSTOM_ID.fullmatch(custom_id):
        raise ApiError(400, f"{where}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
    return custom_id


def _entry(where: str, raw: msgspec.Raw) -> Submitted:
    if _first(raw) != b"{":
        raise ApiError(400, f"{where}: Input should be a valid dictionary")
    fields = _OBJECT.decode(raw)
    custom_id = _custom_id(where, fields)
    params = _ANY.decode(fields["params"]) if "params" in fields else None
    if not isinstance(params, dict):
        raise ApiError(400, f"{where}.params: Field required")
    for key in fields:
        if key not in ("custom_id", "params"):
            raise ApiError(400, f"{where}.{key}: Extra inputs are not permitted")
    return Submitted(custom_id, params)


def submitted(body: bytes) -> list[msgspec.Raw]:
    """The entries of a create body, unparsed; ApiError 400 if the body or its list is wrong."""
    try:
        return _requests(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise _not_json(problem) from problem


def entry(number: int, raw: msgspec.Raw) -> Submitted:
    """Entry `number` (from 0), parsed; ApiError 400 naming its place if it is wrong."""
    try:
        return _entry(f"requests.{number}", raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise _not_json(problem) from problem


def refuse_duplicate(custom_id: str, seen: set[str]) -> None:
    """Note `custom_id`; ApiError 400 if the batch already has it."""
    if custom_id in seen:
        raise ApiError(
            400,
            f"requests: custom_id's must be unique within a batch. Duplicate custom_id found: {custom_id}",
        )
    seen.add(custom_id)
