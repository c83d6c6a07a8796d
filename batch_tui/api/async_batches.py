"""The calls on Message Batches, as methods: `client.messages.batches` of the asynchronous client."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar

from batch_tui.api import calls
from batch_tui.api.batches import CLOCK_SLACK, may_be_the_one
from batch_tui.api.calls import CallExtras
from batch_tui.api.jsonl import AsyncJSONLDecoder, RowReader
from batch_tui.api.not_given import NOT_GIVEN
from batch_tui.api.pages import AsyncPage, AsyncPaginator, PageQuery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from batch_tui.api.batches import Body, Candidates, Given, Headers, Query, Requests
    from batch_tui.api.calls import Call
    from batch_tui.api.errors import CreateUncertain
    from batch_tui.api.models import DeletedMessageBatch, MessageBatch
    from batch_tui.api.options import Timeout
    from batch_tui.api.raw_batches import AsyncBatchesWithRawResponse
    from batch_tui.api.raw_response import Answer
    from batch_tui.api.result_models import MessageBatchIndividualResponse
    from batch_tui.api.results_stream import AsyncResultsStream
    from batch_tui.api.retry import Outcome

T = TypeVar("T")


class AsyncCaller(Protocol):
    """What makes the calls: the client, or something around it."""

    async def fetch(self, call: Call[T], timeout: Timeout) -> Answer[T]:
        """Make a call, repeating it as the policy allows."""
        ...

    async def open_results(
        self, call: Call[Outcome], timeout: Timeout
    ) -> Answer[tuple[AsyncResultsStream, AsyncIterator[bytes]]]:
        """Make the results call; its body, and the bytes of it, are still coming."""
        ...


class AsyncBatches:
    """Message Batches, asynchronously; for the arguments and errors see Batches."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    @property
    def with_raw_response(self) -> AsyncBatchesWithRawResponse:
        """The six methods of the API, each giving status, headers and retries with its answer."""
        # Here, since that module wraps this class.
        from batch_tui.api.raw_batches import AsyncBatchesWithRawResponse

        return AsyncBatchesWithRawResponse(self._client)

    async def create(
        self,
        *,
        requests: Requests,
        user_profile_id: Given[str] = NOT_GIVEN,
        workspace_id: Given[str] = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Body = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> MessageBatch:
        """Submit a batch; see Batches.create."""
        call = calls.create(requests, extra_body=extra_body)
        extras = CallExtras(
            headers=extra_headers,
            query=extra_query,
            workspace_id=workspace_id,
            user_profile_id=user_profile_id,
        )
        return (await self._client.fetch(call.with_extras(extras), timeout)).value

    async def retrieve(
        self,
        message_batch_id: str,
        *,
        workspace_id: Given[str] = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Body = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> MessageBatch:
        """One batch as it is now."""
        call = calls.retrieve(message_batch_id)
        extras = CallExtras(headers=extra_headers, query=extra_query, body=extra_body, workspace_id=workspace_id)
        return (await self._client.fetch(call.with_extras(extras), timeout)).value

    def list(
        self,
        *,
        before_id: Given[str] = NOT_GIVEN,
        after_id: Given[str] = NOT_GIVEN,
        limit: Given[int] = NOT_GIVEN,
        workspace_id: Given[str] = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Body = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> AsyncPaginator[MessageBatch]:
        """Await it for one page, or `async for` over every batch; `limit` is the size of a page."""
        first, others = PageQuery.of(before_id, after_id, limit, extra_query)
        extras = CallExtras(headers=extra_headers, query=others, body=extra_body, workspace_id=workspace_id)

        async def fetch(query: PageQuery) -> AsyncPage[MessageBatch]:
            call = calls.list_page(query).with_extras(extras)
            page = (await self._client.fetch(call, timeout)).value
            return AsyncPage(
                data=page.data,
                has_more=page.has_more,
                first_id=page.first_id,
                last_id=page.last_id,
                query=query,
                fetch=fetch,
            )

        return AsyncPaginator(fetch, first)

    async def cancel(
        self,
        message_batch_id: str,
        *,
        workspace_id: Given[str] = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Body = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> MessageBatch:
        """Ask to cancel; requests already running may still finish and be billed."""
        call = calls.cancel(message_batch_id)
        extras = CallExtras(headers=extra_headers, query=extra_query, body=extra_body, workspace_id=workspace_id)
        return (await self._client.fetch(call.with_extras(extras), timeout)).value

    async def delete(
        self,
        message_batch_id: str,
        *,
        workspace_id: Given[str] = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Body = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> DeletedMessageBatch:
        """Delete an ended batch and its results."""
        call = calls.delete(message_batch_id)
        extras = CallExtras(headers=extra_headers, query=extra_query, body=extra_body, workspace_id=workspace_id)
        return (await self._client.fetch(call.with_extras(extras), timeout)).value

    async def results(
        self,
        message_batch_id: str,
        *,
        workspace_id: Given[str] = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Body = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> AsyncJSONLDecoder[MessageBatchIndividualResponse]:
        """The results row by row as they arrive, in any order. NotFoundError until the batch has ended."""
        call = calls.results(message_batch_id)
        extras = CallExtras(headers=extra_headers, query=extra_query, body=extra_body, workspace_id=workspace_id)
        stream, pieces = (await self._client.open_results(call.with_extras(extras), timeout)).value
        # Here, since most calls read no result, and its models take their time to load.
        from batch_tui.api.result_row import read_result_line

        reader = RowReader(read_result_line, request_id=stream.request_id)
        return await AsyncJSONLDecoder(pieces, reader, stream.close).begun()

    async def find_created(
        self,
        error: CreateUncertain,
        *,
        slack: timedelta = CLOCK_SLACK,
        clock_ahead: timedelta = timedelta(0),
        workspace_id: Given[str] = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Body = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> Candidates:
        """The batches that a create in doubt may have made; see Batches.find_created."""
        found = []
        async for batch in self.list(
            limit=100,
            workspace_id=workspace_id,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
        ):
            verdict = may_be_the_one(batch, error, slack, clock_ahead)
            if verdict is None:
                break
            if verdict:
                found.append(batch)
        return found


class AsyncMessages:
    """`client.messages` of the asynchronous client."""

    def __init__(self, client: AsyncCaller) -> None:
        self.batches = AsyncBatches(client)
