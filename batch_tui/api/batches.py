"""The calls on Message Batches, as methods: `client.messages.batches` of the synchronous client."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from batch_tui.api import calls
from batch_tui.api.calls import CallExtras
from batch_tui.api.jsonl import JSONLDecoder, RowReader
from batch_tui.api.not_given import NOT_GIVEN, NotGiven
from batch_tui.api.pages import PageQuery, SyncPage
from batch_tui.api.results_stream import CHUNK_SIZE, ResultsStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from batch_tui.api.calls import Call
    from batch_tui.api.errors import CreateUncertain
    from batch_tui.api.models import DeletedMessageBatch, MessageBatch
    from batch_tui.api.options import Timeout
    from batch_tui.api.params import MessageBatchIndividualRequest
    from batch_tui.api.raw_batches import BatchesWithRawResponse
    from batch_tui.api.raw_response import Answer
    from batch_tui.api.result_models import MessageBatchIndividualResponse
    from batch_tui.api.retry import Outcome

    Requests = Iterable[MessageBatchIndividualRequest | Mapping[str, Any]]
    Headers = Mapping[str, str] | None
    Query = Mapping[str, object] | None
    Body = Mapping[str, Any] | None
    # Aliases, since inside the class `list` is the method.
    Candidates = list[MessageBatch]

T = TypeVar("T")
Given: TypeAlias = T | NotGiven | None
"""An optional argument; None is as good as not given."""

CLOCK_SLACK = timedelta(minutes=5)


class Caller(Protocol):
    """What makes the calls: the client, or something around it."""

    def fetch(self, call: Call[T], timeout: Timeout) -> Answer[T]:
        """Make a call, repeating it as the policy allows."""
        ...

    def open_results(self, call: Call[Outcome], *, chunk_size: int, timeout: Timeout) -> Answer[ResultsStream]:
        """Make the results call; its body is still coming."""
        ...


class Batches:
    """Message Batches, synchronously.

    Every method takes `workspace_id`, `extra_headers`, `extra_query`, `extra_body` (which a GET cannot have, and
    drops) and `timeout` (seconds) for this call only, and raises the errors of `batch_tui.api.errors`; an id that
    cannot be one path segment is a ValueError.
    """

    def __init__(self, client: Caller) -> None:
        self._client = client

    @property
    def with_raw_response(self) -> BatchesWithRawResponse:
        """The six methods of the API, each giving status, headers and retries with its answer."""
        # Here, since that module wraps this class.
        from batch_tui.api.raw_batches import BatchesWithRawResponse

        return BatchesWithRawResponse(self._client)

    def create(
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
        """Submit a batch; `requests` may be any iterable and is walked once.

        `user_profile_id` says on whose behalf all its requests are. Sent again only after an attempt that
        certainly created nothing. Raises CreateUncertain where that cannot be told (`find_created` looks for the
        batch then); TypeError or ValueError, naming the request, if one cannot be written as JSON.
        """
        call = calls.create(requests, extra_body=extra_body)
        extras = CallExtras(
            headers=extra_headers,
            query=extra_query,
            workspace_id=workspace_id,
            user_profile_id=user_profile_id,
        )
        return self._client.fetch(call.with_extras(extras), timeout).value

    def retrieve(
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
        return self._client.fetch(call.with_extras(extras), timeout).value

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
    ) -> SyncPage[MessageBatch]:
        """One page, newest batch first; iterating the page walks on. `limit` is 1 to 1,000, by default 20."""
        first, others = PageQuery.of(before_id, after_id, limit, extra_query)
        extras = CallExtras(headers=extra_headers, query=others, body=extra_body, workspace_id=workspace_id)

        def fetch(query: PageQuery) -> SyncPage[MessageBatch]:
            call = calls.list_page(query).with_extras(extras)
            page = self._client.fetch(call, timeout).value
            return SyncPage(
                data=page.data,
                has_more=page.has_more,
                first_id=page.first_id,
                last_id=page.last_id,
                query=query,
                fetch=fetch,
            )

        return fetch(first)

    def cancel(
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
        return self._client.fetch(call.with_extras(extras), timeout).value

    def delete(
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
        return self._client.fetch(call.with_extras(extras), timeout).value

    def results(
        self,
        message_batch_id: str,
        *,
        workspace_id: Given[str] = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Body = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> JSONLDecoder[MessageBatchIndividualResponse]:
        """The results row by row as they arrive, in any order. NotFoundError until the batch has ended."""
        stream = self.stream_results(
            message_batch_id,
            workspace_id=workspace_id,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
        )
        # Here, since most calls read no result, and its models take their time to load.
        from batch_tui.api.result_row import read_result_line

        reader = RowReader(read_result_line, request_id=stream.request_id)
        return JSONLDecoder(stream.iter_bytes(), reader, stream.close)

    def stream_results(
        self,
        message_batch_id: str,
        *,
        start: int = 0,
        chunk_size: int = CHUNK_SIZE,
        workspace_id: Given[str] = NOT_GIVEN,
        extra_headers: Headers = None,
        extra_query: Query = None,
        extra_body: Body = None,
        timeout: Timeout = NOT_GIVEN,
    ) -> ResultsStream:
        """The results as bytes, from byte `start` on if the server can (206; else 200 and all)."""
        if chunk_size < 1:
            raise ValueError(f"chunk_size must be 1 or more, not {chunk_size}.")
        call = calls.results(message_batch_id, start=start)
        extras = CallExtras(headers=extra_headers, query=extra_query, body=extra_body, workspace_id=workspace_id)
        return self._client.open_results(call.with_extras(extras), chunk_size=chunk_size, timeout=timeout).value

    def find_created(
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
        """The batches that a create in doubt may have made, newest first: of its size, and from its time.

        None, one or several, and one is no proof either: an own batch is told from another of the same size only by
        what is in it, that is by the custom_ids of its results. A new batch can be missing from the list for up to a
        minute, so none is no proof yet. `slack` is how far the clocks of client and server may differ, beyond the
        `clock_ahead` by which the server's is known to be ahead (its `Date` less the time here).
        """
        found = []
        for batch in self.list(
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


def may_be_the_one(
    batch: MessageBatch, error: CreateUncertain, slack: timedelta, clock_ahead: timedelta
) -> bool | None:
    """Whether a create in doubt may have made this batch; None if it is too old, and all after it in the list are."""
    if batch.created_at < error.sent_at + clock_ahead - slack:
        return None
    return batch.created_at <= error.lost_at + clock_ahead + slack and batch.request_counts.total == error.count


class Messages:
    """`client.messages`."""

    def __init__(self, client: Caller) -> None:
        self.batches = Batches(client)
