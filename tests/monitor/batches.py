"""Batches as values, for tests that need no server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from batch_tui.api.models import MessageBatch, MessageBatchRequestCounts

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def batch(
    name: str,
    age: float = 0,
    *,
    status: str = "in_progress",
    total: int = 100,
    took: float | None = None,
    canceled: bool = False,
) -> MessageBatch:
    """A batch created `age` seconds before noon; with `took` it ended so many seconds later."""
    created = NOON - timedelta(seconds=age)
    ended = None if took is None else created + timedelta(seconds=took)
    done = ended is not None or status == "ended"
    return MessageBatch(
        id=name,
        processing_status="ended" if done else status,
        request_counts=MessageBatchRequestCounts(processing=0 if done else total, succeeded=total if done else 0),
        created_at=created,
        expires_at=created + timedelta(hours=24),
        ended_at=ended,
        cancel_initiated_at=created + timedelta(seconds=1) if canceled else None,
    )
