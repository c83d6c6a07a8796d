"""What the API says of batches, as values: MessageBatch, its counts, a page of them, the receipt of a delete.

All are frozen and keep fields they do not know (`model_extra`). A nullable field that is missing reads as
None, an unknown enum value passes as text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _as_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# Aware first: that branch never enters Python, and a list page has five timestamps for each of 1,000 batches.
Timestamp = Annotated[AwareDatetime | Annotated[datetime, AfterValidator(_as_utc)], Field(union_mode="left_to_right")]

ProcessingStatus = Annotated[Literal["in_progress", "canceling", "ended"] | str, Field(union_mode="left_to_right")]


_ALL_READ: Final = frozenset[str]()


class Model(BaseModel):
    """Frozen, and tolerant of what a newer server adds."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=(), defer_build=True)


class MessageBatchRequestCounts(Model):
    """Requests of a batch by state; all but `processing` are documented to stay 0 until it has ended."""

    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0

    @property
    def total(self) -> int:
        """Number of requests in the batch: the sum of the five."""
        return self.processing + self.succeeded + self.errored + self.canceled + self.expired


class MessageBatch(Model):
    """One batch. Two are equal when the server said the same of both, whichever response said it."""

    id: str
    type: str = "message_batch"
    processing_status: ProcessingStatus
    request_counts: MessageBatchRequestCounts
    created_at: Timestamp
    expires_at: Timestamp
    """24 h after `created_at`."""
    ended_at: Timestamp | None = None
    cancel_initiated_at: Timestamp | None = None
    archived_at: Timestamp | None = None
    """When the results became unavailable."""
    results_url: str | None = None

    # A slot, not a private attribute: those cost a Python call for each batch of a page, and would make two
    # equal batches from two responses differ.
    __slots__ = ("_request_id", "_unread")

    @property
    def request_id(self) -> str | None:
        """`request-id` of the response this object was; None for one out of a list, a copy or a pickle."""
        value: str | None = getattr(self, "_request_id", None)
        return value

    def from_response(self, request_id: str | None) -> Self:
        """Note on this object which response it was, and return it."""
        object.__setattr__(self, "_request_id", request_id)
        return self

    @property
    def unread(self) -> frozenset[str]:
        """Fields that could not be read and hold something harmless instead; only `salvage` leaves any."""
        try:
            # Not getattr: pydantic looks for what is not there in Python, and lists ask this of each row.
            fields: frozenset[str] = object.__getattribute__(self, "_unread")
        except AttributeError:
            return _ALL_READ
        return fields

    def read_without(self, fields: frozenset[str]) -> Self:
        """Note on this object which fields could not be read, and return it."""
        object.__setattr__(self, "_unread", fields)
        return self


class DeletedMessageBatch(Model):
    """The receipt of a delete."""

    id: str
    type: str = "message_batch_deleted"


class MessageBatchPage(Model):
    """One page of the list as it is on the wire; callers get a SyncPage or AsyncPage made of it."""

    data: list[MessageBatch]
    has_more: bool | None = None
    first_id: str | None = None
    last_id: str | None = None
