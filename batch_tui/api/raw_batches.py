"""`client.messages.batches.with_raw_response`: the six methods, each giving its answer with status and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from batch_tui.api.async_batches import AsyncBatches
from batch_tui.api.batches import Batches
from batch_tui.api.raw_response import APIResponse, AsyncAPIResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from batch_tui.api.async_batches import AsyncCaller
    from batch_tui.api.batches import Caller
    from batch_tui.api.calls import Call
    from batch_tui.api.options import Timeout
    from batch_tui.api.raw_response import Answer
    from batch_tui.api.results_stream import AsyncResultsStream, ResultsStream
    from batch_tui.api.retry import Outcome

P = ParamSpec("P")
T = TypeVar("T")


class BatchesWithRawResponse:
    """Arguments and errors of each method are those of `Batches`; what it returns is what `parse()` gives."""

    def __init__(self, client: Caller) -> None:
        def raw(method: Callable[Concatenate[Batches, P], T]) -> Callable[P, APIResponse[T]]:
            def call(*args: P.args, **kwargs: P.kwargs) -> APIResponse[T]:
                noting = _Noting(client)
                parsed = method(Batches(noting), *args, **kwargs)
                return APIResponse(parsed, noting.first())

            return call

        self.create = raw(Batches.create)
        self.retrieve = raw(Batches.retrieve)
        self.list = raw(Batches.list)
        self.cancel = raw(Batches.cancel)
        self.delete = raw(Batches.delete)
        self.results = raw(Batches.results)


class AsyncBatchesWithRawResponse:
    """The same, awaited; `list` too, and `parse()` of it is one page."""

    def __init__(self, client: AsyncCaller) -> None:
        def raw(
            method: Callable[Concatenate[AsyncBatches, P], Awaitable[T]],
        ) -> Callable[P, Coroutine[Any, Any, AsyncAPIResponse[T]]]:
            async def call(*args: P.args, **kwargs: P.kwargs) -> AsyncAPIResponse[T]:
                noting = _AsyncNoting(client)
                parsed = await method(AsyncBatches(noting), *args, **kwargs)
                return AsyncAPIResponse(parsed, noting.first())

            return call

        self.create = raw(AsyncBatches.create)
        self.retrieve = raw(AsyncBatches.retrieve)
        self.list = raw(AsyncBatches.list)
        self.cancel = raw(AsyncBatches.cancel)
        self.delete = raw(AsyncBatches.delete)
        self.results = raw(AsyncBatches.results)


class _FirstAnswer:
    """Keeps the first answer of one invocation; a page goes on fetching through it, which is no concern of it."""

    def __init__(self) -> None:
        self._answer: Answer[Any] | None = None

    def first(self) -> Answer[Any]:
        assert self._answer is not None, "a method returns only after an answer"
        return self._answer

    def note(self, answer: Answer[T]) -> Answer[T]:
        if self._answer is None:
            self._answer = answer
        return answer


class _Noting(_FirstAnswer):
    def __init__(self, client: Caller) -> None:
        super().__init__()
        self._client = client

    def fetch(self, call: Call[T], timeout: Timeout) -> Answer[T]:
        return self.note(self._client.fetch(call, timeout))

    def open_results(self, call: Call[Outcome], *, chunk_size: int, timeout: Timeout) -> Answer[ResultsStream]:
        return self.note(self._client.open_results(call, chunk_size=chunk_size, timeout=timeout))


class _AsyncNoting(_FirstAnswer):
    def __init__(self, client: AsyncCaller) -> None:
        super().__init__()
        self._client = client

    async def fetch(self, call: Call[T], timeout: Timeout) -> Answer[T]:
        return self.note(await self._client.fetch(call, timeout))

    async def open_results(
        self, call: Call[Outcome], timeout: Timeout
    ) -> Answer[tuple[AsyncResultsStream, AsyncIterator[bytes]]]:
        return self.note(await self._client.open_results(call, timeout))
