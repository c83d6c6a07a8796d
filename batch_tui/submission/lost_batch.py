"""Looking for a batch whose answer was lost: by the server's clock, in the same workspace, proved by its custom_ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

from batch_tui.api.errors import BatchAPIError
from batch_tui.api.retry import http_date
from batch_tui.submission.journal import custom_ids_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from batch_tui.api.client import BatchClient
    from batch_tui.api.models import MessageBatch
    from batch_tui.api.pages import SyncPage
    from batch_tui.submission.journal import Submission

_LISTED_AFTER: Final = timedelta(minutes=2)
"""A batch that was created is in the list by then: it takes up to a minute, in what was seen."""
_LOST_WITHIN: Final = timedelta(minutes=20)
"""How long an attempt that was never settled may have taken."""
_SLACK: Final = timedelta(seconds=15)
"""What is left of a difference between clocks once it is known: `Date` counts seconds and travels a while."""
_UNSURE: Final = timedelta(minutes=5)
"""How far this machine's clock may have been moved since an attempt that noted no difference."""


@dataclass(frozen=True, slots=True)
class Look:
    """The list of batches at one moment, and what its answer told of the server."""

    page: SyncPage[MessageBatch]
    workspace: str | None
    ahead: timedelta | None
    """By how much the server's clock is ahead of this machine's."""
    at: datetime
    """When this was, by this machine's clock."""

    @classmethod
    def at_the_list(cls, client: BatchClient, now: Callable[[], datetime]) -> Self:
        """Ask for the newest batches. Raises BatchAPIError."""
        answer = client.messages.batches.with_raw_response.list(limit=100)
        at, date = now(), http_date(answer.headers.get("date"))
        return cls(answer.parse(), answer.workspace_id, None if date is None else date - at, at)

    def sees(self, doubt: Submission, access: str) -> bool:
        """Whether a batch of this submission would be in this list: it was sent to the same workspace.

        What the API said of it counts before names, and what nothing is known of may be here.
        """
        if doubt.workspace is not None and self.workspace is not None:
            return doubt.workspace == self.workspace
        return doubt.access in (None, access)

    def too_early_for(self, doubt: Submission) -> bool:
        """Whether its batch may be there and not be listed yet, or even be on its way."""
        _, last, _ = self._window(doubt)
        return self.at + (self.ahead or timedelta(0)) - last < _LISTED_AFTER

    def fitting(self, doubt: Submission, known: Collection[str]) -> list[MessageBatch]:
        """Batches of its size that were made while it was being sent, newest first, but for those in `known`.

        Walks on through the list; raises BatchAPIError.
        """
        first, last, slack = self._window(doubt)
        found = []
        for batch in self.page:
            if batch.created_at < first - slack:
                break
            if batch.created_at <= last + slack and batch.request_counts.total == doubt.count and batch.id not in known:
                found.append(batch)
        return found

    def _window(self, doubt: Submission) -> tuple[datetime, datetime, timedelta]:
        """From when to when it was being sent, by the server's clock, and how sure that is."""
        ahead, slack = self.ahead or timedelta(0), _UNSURE
        if doubt.clock_ahead is not None:
            ahead, slack = timedelta(seconds=doubt.clock_ahead), _SLACK
        first = doubt.sent_at or doubt.written_at
        return first + ahead, (doubt.settled_at or doubt.written_at + _LOST_WITHIN) + ahead, slack


def is_it(client: BatchClient, batch: MessageBatch, doubt: Submission) -> bool | None:
    """Whether a batch has the custom_ids of a submission, which only its results tell; None as long as they do not."""
    if batch.results_url is None:
        return None
    custom_ids = []
    try:
        for row in client.messages.batches.results(batch.id):
            if row.result.type == "unreadable":
                return None
            custom_ids.append(row.custom_id)
    except BatchAPIError:
        return None
    return custom_ids_digest(custom_ids) == doubt.digest
