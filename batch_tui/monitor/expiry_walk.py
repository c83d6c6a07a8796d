"""Looks below the batches that are loaded for those whose results will soon be lost; nothing of it is merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio

from batch_tui.monitor.conditions import RESULTS_KEPT, IsExpiring

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime, timedelta

    from batch_tui.api.client import AsyncBatchClient
    from batch_tui.api.models import MessageBatch

_PAGE: Final = 1000
_MOST_PAGES: Final = 200
_PAUSE: Final = 2.0
"""Seconds between two pages: nobody waits for this."""


async def leaving_below(
    client: AsyncBatchClient,
    batch_id: str,
    span: timedelta,
    now: datetime,
    saved: Collection[str],
    *,
    turn: Callable[[], Awaitable[None]],
    sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
) -> list[MessageBatch]:
    """Batches older than that one whose results leave the API within a span and are not saved, newest first.

    One request per 1,000 batches down to the age at which results are gone; `turn` is awaited before each. Raises
    BatchAPIError.
    """
    # Not at the top: it brings what only requests need, long after the first paint.
    from batch_tui.api.not_given import NOT_GIVEN
    from batch_tui.api.pages import PageQuery
    from batch_tui.api.salvage import list_page

    found: list[MessageBatch] = []
    cursor = batch_id
    for _ in range(_MOST_PAGES):
        await turn()
        page = (await client.fetch(list_page(PageQuery(after_id=cursor, limit=_PAGE)), NOT_GIVEN)).value
        found += IsExpiring(span).keep(page.data, now, saved)
        if not page.data or not page.has_more or now - page.data[-1].created_at > RESULTS_KEPT:
            break
        if page.data[-1].id == cursor:
            # A server that repeats itself would be asked for ever.
            break
        cursor = page.data[-1].id
        await sleep(_PAUSE)
    return found
