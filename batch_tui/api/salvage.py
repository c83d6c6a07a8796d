"""Answers of which a part cannot be read: what there is of them, where the strict calls give an error.

For a dashboard: one batch with a bad timestamp must not hide the others. Made with the clients' `fetch`.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from pydantic import ValidationError

from batch_tui.api import calls
from batch_tui.api.calls import Call
from batch_tui.api.models import MessageBatch
from batch_tui.api.page_reader import read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_tui.api.pages import PageQuery
    from batch_tui.api.retry import Outcome

UNREADABLE: Final = "unreadable"
"""The status of a batch whose own cannot be read."""
_LIFETIME: Final = timedelta(hours=24)
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_OWN: Final = frozenset({"processing_status", "request_counts"})
"""What only batches have."""
_COUNTS: Final = {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}


class _Envelope(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: Any = None


_decode: Callable[[bytes], _Envelope] = msgspec.json.Decoder(_Envelope).decode


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the list. A batch that could be read in part says so in `MessageBatch.unread`."""

    data: list[MessageBatch]
    """Newest first."""
    has_more: bool | None
    query: PageQuery
    nameless: int = 0
    """How many more there were, without so much as an id."""
    raw: Sequence[Any] = ()
    """The objects that `data` was read from, if they were asked for."""


def list_page(query: PageQuery, *, raw: bool = False) -> Call[Listed]:
    """GET one page of the list. It is refused if it cannot be read at all."""
    strict = calls.list_page(query)

    def parse(outcome: Outcome) -> Listed:
        body = outcome.body.removeprefix(BOM_UTF8)
        try:
            page = read_page(body)
        except ValidationError:
            mended = _mended_page(body, query, raw=raw)
            # As an error, where nothing on it looks like a batch: it may be anybody's answer.
            return mended or Listed(data=strict.parse(outcome).data, has_more=None, query=query)
        objects = (json.loads(body).get("data") or []) if raw else ()
        return Listed(data=page.data, has_more=page.has_more, query=query, raw=objects)

    return Call(strict.method, strict.path, parse, query=strict.query)


def retrieve(message_batch_id: str) -> Call[MessageBatch]:
    """GET one batch. It is refused if not even the id can be read."""
    return _about_one(message_batch_id, calls.retrieve(message_batch_id))


def cancel(message_batch_id: str) -> Call[MessageBatch]:
    """POST the wish to cancel. The answer is refused if not even the id can be read."""
    return _about_one(message_batch_id, calls.cancel(message_batch_id))


def as_read(batch: MessageBatch) -> bytes:
    """A batch as JSON, without what could not be read of it: nothing in it that the API did not say."""
    said = batch.model_dump_json(exclude=set(batch.unread), warnings=False)
    return said.encode("utf-8", "backslashreplace")


def _about_one(message_batch_id: str, strict: Call[MessageBatch]) -> Call[MessageBatch]:
    def parse(outcome: Outcome) -> MessageBatch:
        try:
            MessageBatch.model_validate_json(outcome.body.removeprefix(BOM_UTF8))
        except ValidationError:
            mended = _mended(_object(outcome.body.removeprefix(BOM_UTF8)), None)
            if mended is not None and mended.id == message_batch_id:
                return mended
        return strict.parse(outcome)

    return Call(strict.method, strict.path, parse, body=strict.body)


def _object(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _mended_page(body: bytes, query: PageQuery, *, raw: bool) -> Listed | None:
    """The page, batch by batch; None where it is none."""
    try:
        page = _decode(body)
    except msgspec.MsgspecError:
        return None
    items = [bytes(item) for item in page.data]
    readable = read_page.readable(items)
    # It stands in the order of creation, so that its neighbours tell when a batch was made.
    near = next((batch.created_at for batch in readable if batch is not None), None)
    batches: list[MessageBatch] = []
    kept: list[bytes] = []
    for item, good in zip(items, readable, strict=True):
        batch = good or _mended(_object(item), batches[-1].created_at if batches else near)
        if batch is not None:
            batches.append(batch)
            kept.append(item)
    if items and all(batch.unread >= _OWN for batch in batches):
        # None of them is like a batch.
        return None
    return Listed(
        data=batches,
        has_more=page.has_more if isinstance(page.has_more, bool) else None,
        query=query,
        nameless=len(items) - len(batches),
        raw=[_object(item) for item in kept] if raw else (),
    )


def _mended(item: Any, near: datetime | None) -> MessageBatch | None:
    """A batch as far as it can be read, with something harmless for the rest; None without an id."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        return None
    bad: frozenset[str] = frozenset()
    try:
        return MessageBatch.model_validate_json(json.dumps(item))
    except ValidationError as error:
        bad = frozenset(str(one["loc"][0]) for one in error.errors(include_url=False, include_input=False))
    except (ValueError, RecursionError):
        return None
    good = {name: value for name, value in item.items() if name not in bad}
    created = _time(good, "created_at")
    expires = _time(good, "expires_at")
    if created is None:
        created = expires - _LIFETIME if expires is not None else near or _EPOCH
    try:
        usual = created + _LIFETIME
    except OverflowError:
        usual = created
    stand_ins = {
        "created_at": created.isoformat(),
        "expires_at": usual.isoformat(),
        "request_counts": _COUNTS,
        "processing_status": UNREADABLE,
    }
    try:
        mended = MessageBatch.model_validate_json(json.dumps(stand_ins | good))
    except (ValueError, RecursionError):
        return None
    return mended.read_without(bad)


def _time(good: dict[str, Any], name: str) -> datetime | None:
    """A time that was found to be one."""
    if name not in good:
        return None
    probe = {"id": "", "processing_status": "", "request_counts": {}, "created_at": _EPOCH.isoformat()}
    probe |= {"expires_at": _EPOCH.isoformat(), name: good[name]}
    moment: datetime = getattr(MessageBatch.model_validate_json(json.dumps(probe)), name)
    return moment
