"""Pages of the list, read quickly: a batch whose bytes were seen lately is the object it was then.

A poll brings a thousand batches of which hardly any has changed; validating each anew costs 5 ms on the event loop,
looking its bytes up takes a tenth of that. What is new is validated as everywhere else.
"""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
from pydantic import ValidationError

from batch_tui.api.models import MessageBatch, MessageBatchPage

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 4000
"""Batches remembered: a few of the largest pages."""


class _Envelope(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool | None = None
    first_id: str | None = None
    last_id: str | None = None


_decode: Callable[[bytes], _Envelope] = msgspec.json.Decoder(_Envelope).decode


class PageReader:
    """Reads pages and remembers their batches by their bytes, the latest `kept` of them; for any thread.

    Equal bytes always mean an equal, frozen batch, so it does not matter whose page they were in.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._seen: dict[bytes, MessageBatch] = {}

    def __call__(self, body: bytes) -> MessageBatchPage:
        """The page. Raises pydantic's ValidationError for anything else, with the place of the trouble."""
        try:
            envelope = _decode(body)
            batches = self._batches([bytes(item) for item in envelope.data])
        except (msgspec.MsgspecError, ValidationError):
            # Whether it can be read after all, and what is wrong if not, only the model can say.
            return MessageBatchPage.model_validate_json(body)
        return MessageBatchPage.model_construct(
            data=batches, has_more=envelope.has_more, first_id=envelope.first_id, last_id=envelope.last_id
        )

    def readable(self, items: list[bytes]) -> list[MessageBatch | None]:
        """The batches of a page one by one; None for each that cannot be read."""
        batches = [self._one(item) for item in items]
        self._remember([(item, one) for item, one in zip(items, batches, strict=True) if one is not None])
        return batches

    def _one(self, item: bytes) -> MessageBatch | None:
        try:
            return self._seen.get(item) or MessageBatch.model_validate_json(item)
        except ValidationError:
            return None

    def _batches(self, items: list[bytes]) -> list[MessageBatch]:
        seen = self._seen
        batches = [seen.get(item) or MessageBatch.model_validate_json(item) for item in items]
        self._remember(list(zip(items, batches, strict=True)))
        return batches

    def _remember(self, read: list[tuple[bytes, MessageBatch]]) -> None:
        seen = self._seen
        fresh = [(item, batch) for item, batch in read if item not in seen]
        if fresh:
            with self._lock:
                # Replaced, never changed: another thread may be reading.
                kept = dict(islice(reversed(self._seen.items()), max(0, self._kept - len(fresh))))
                self._seen = dict(reversed(kept.items())) | dict(fresh[-self._kept :])


read_page = PageReader()
"""Shared by all clients of the process."""
