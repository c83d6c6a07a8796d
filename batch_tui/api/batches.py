"""The six calls on Message Batches, as methods: `client.messages.batches` of either client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from batch_tui.api import calls
from batch_tui.api.calls import NOT_GIVEN, NotGiven
from batch_tui.api.jsonl import AsyncJSONLDecoder, JSONLDecoder, RowReader, read_result_line
from batch_tui.api.pages import AsyncPage, AsyncPaginator, PageQuery, SyncPage
from batch_tui.api.results_stream import CHUNK_SIZE, ResultsStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from batch_tui.api.client import AsyncBatchClient, BatchClient
    from batch_tui.api.models import DeletedMessageBatch, MessageBatch, MessageBatchIndividualResponse
    from batch_tui.api.options import Timeout
    from batch_tui.api.params import MessageBatchIndividualRequest

    Requests = Iterable[MessageBatchIndividualRequest | Mapping[str, Any]]
    Headers = Mapping[str, str] | None
    Query = Mapping[str, object] | None

V = TypeVar("V")


class Batches:
    """Message Batches, synchronously.

    Every method takes `extra_headers`, `extra_query` and `timeout` (seconds) for this call only, and raises
    the errors of `batch_tui.api.errors`; an id that cannot be one path segment is a ValueError.
    """

    def __init__(self, client: BatchClient) -> None:
        self._client = client

    def create(
        self,
        *,
        requests: Requests,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> MessageBatch:
        """Submit a batch; `requests` may be any iterable and is walked once.

        Sent again only after an attempt that certainly created nothing. Raises CreateUncertain where that
        cannot be told; TypeError or ValueError, naming the request, if one cannot be written as JSON.
        """
        call = calls.create(requests, extra_body=extra_body)
        return self._client.run(call.with_extras(extra_headers, extra_query), timeout)

    def retrieve(
        self,
        message_batch_id: str,
        *,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> MessageBatch:
        """One batch as it is now."""
        call = calls.retrieve(message_batch_id)
        return self._client.run(call.with_extras(extra_headers, extra_query), timeout)

    def list(
        self,
        *,
        before_id: str | NotGiven | None = NOT_GIVEN,
        after_id: str | NotGiven | None = NOT_GIVEN,
        limit: int | NotGiven | None = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> SyncPage[MessageBatch]:
        """One page, newest batch first; iterating the page walks on. `limit` is 1 to 1,000, by default 20."""

        def fetch(query: PageQuery) -> SyncPage[MessageBatch]:
            call = calls.list_page(query).with_extras(extra_headers, extra_query)
            page = self._client.run(call, timeout)
            return SyncPage(
                data=page.data,
                has_more=page.has_more,
                first_id=page.first_id,
                last_id=page.last_id,
                query=query,
                fetch=fetch,
            )

        return fetch(PageQuery(_given(before_id), _given(after_id), _given(limit)))

    def cancel(
        self,
        message_batch_id: str,
        *,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> MessageBatch:
        """Ask to cancel; requests already running may still finish and be billed."""
        call = calls.cancel(message_batch_id)
        return self._client.run(call.with_extras(extra_headers, extra_query), timeout)

    def delete(
        self,
        message_batch_id: str,
        *,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> DeletedMessageBatch:
        """Delete an ended batch and its results."""
        call = calls.delete(message_batch_id)
        return self._client.run(call.with_extras(extra_headers, extra_query), timeout)

    def results(
        self,
        message_batch_id: str,
        *,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> JSONLDecoder[MessageBatchIndividualResponse]:
        """The results row by row as they arrive, in any order. NotFoundError until the batch has ended."""
        stream = self.stream_results(
            message_batch_id, extra_headers=extra_headers, extra_query=extra_query, timeout=timeout
        )
        reader = RowReader(read_result_line, request_id=stream.request_id)
        return JSONLDecoder(stream.iter_bytes(), reader, stream.close)

    def stream_results(
        self,
        message_batch_id: str,
        *,
        start: int = 0,
        chunk_size: int = CHUNK_SIZE,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> ResultsStream:
        """The results as bytes, from byte `start` on if the server can (206; else 200 and all)."""
        if chunk_size < 1:
            raise ValueError(f"chunk_size must be 1 or more, not {chunk_size}.")
        call = calls.results(message_batch_id, start=start)
        return self._client.open_results(
            call.with_extras(extra_headers, extra_query), chunk_size=chunk_size, timeout=timeout
        )


class AsyncBatches:
    """Message Batches, asynchronously; for the arguments and errors see Batches."""

    def __init__(self, client: AsyncBatchClient) -> None:
        self._client = client

    async def create(
        self,
        *,
        requests: Requests,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> MessageBatch:
        """Submit a batch; see Batches.create."""
        call = calls.create(requests, extra_body=extra_body)
        return await self._client.run(call.with_extras(extra_headers, extra_query), timeout)

    async def retrieve(
        self,
        message_batch_id: str,
        *,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> MessageBatch:
        """One batch as it is now."""
        call = calls.retrieve(message_batch_id)
        return await self._client.run(call.with_extras(extra_headers, extra_query), timeout)

    def list(
        self,
        *,
        before_id: str | NotGiven | None = NOT_GIVEN,
        after_id: str | NotGiven | None = NOT_GIVEN,
        limit: int | NotGiven | None = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> AsyncPaginator[MessageBatch]:
        """Await it for one page, or `async for` over every batch."""

        async def fetch(query: PageQuery) -> AsyncPage[MessageBatch]:
            call = calls.list_page(query).with_extras(extra_headers, extra_query)
            page = await self._client.run(call, timeout)
            return AsyncPage(
                data=page.data,
                has_more=page.has_more,
                first_id=page.first_id,
                last_id=page.last_id,
                query=query,
                fetch=fetch,
            )

        return AsyncPaginator(fetch, PageQuery(_given(before_id), _given(after_id), _given(limit)))

    async def cancel(
        self,
        message_batch_id: str,
        *,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> MessageBatch:
        """Ask to cancel; requests already running may still finish and be billed."""
        call = calls.cancel(message_batch_id)
        return await self._client.run(call.with_extras(extra_headers, extra_query), timeout)

    async def delete(
        self,
        message_batch_id: str,
        *,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> DeletedMessageBatch:
        """Delete an ended batch and its results."""
        call = calls.delete(message_batch_id)
        return await self._client.run(call.with_extras(extra_headers, extra_query), timeout)

    async def results(
        self,
        message_batch_id: str,
        *,
        extra_headers: Headers = None,
        extra_query: Query = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> AsyncJSONLDecoder[MessageBatchIndividualResponse]:
        """The results row by row as they arrive, in any order. NotFoundError until the batch has ended."""
        call = calls.results(message_batch_id).with_extras(extra_headers, extra_query)
        stream, pieces = await self._client.open_results(call, timeout)
        reader = RowReader(read_result_line, request_id=stream.request_id)
        return AsyncJSONLDecoder(pieces, reader, stream.close)


class Messages:
    """`client.messages`."""

    def __init__(self, client: BatchClient) -> None:
        self.batches = Batches(client)


class AsyncMessages:
    """`client.messages` of the asynchronous client."""

    def __init__(self, client: AsyncBatchClient) -> None:
        self.batches = AsyncBatches(client)


def _given(value: V | NotGiven | None) -> V | None:
    return None if isinstance(value, NotGiven) else value
