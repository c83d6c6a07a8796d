"""An answer with everything around it: what `with_raw_response` gives beside the parsed value."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx

if TYPE_CHECKING:
    from batch_tui.api.retry import Outcome

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A call that succeeded: its value, the last attempt, and how many came before that."""

    value: T
    outcome: Outcome = field(repr=False)
    retries_taken: int
    url: str
    is_streamed: bool = False
    """The body is not in `outcome`; `value` reads it."""


class _Response(Generic[T]):
    def __init__(self, parsed: T, answer: Answer[Any]) -> None:
        self._parsed = parsed
        self._answer = answer

    @property
    def status_code(self) -> int:
        """The HTTP status, always a success: refusals are raised."""
        assert self._answer.outcome.status is not None  # there was an answer
        return self._answer.outcome.status

    @property
    def headers(self) -> httpx.Headers:
        """The headers of the answer, by name in any case."""
        return httpx.Headers(dict(self._answer.outcome.headers))

    @property
    def request_id(self) -> str | None:
        """The server's name for this request, to quote to support."""
        return self._answer.outcome.headers.get("request-id")

    @property
    def workspace_id(self) -> str | None:
        """The workspace the credential acted in, where the server says so."""
        return self._answer.outcome.headers.get("anthropic-workspace-id")

    @property
    def retries_taken(self) -> int:
        """How many attempts failed before the one that was answered."""
        return self._answer.retries_taken

    @property
    def url(self) -> str:
        """Where the call went, with its query."""
        return self._answer.url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status_code} {self.url} {self.request_id or 'without request id'}>"

    def _body(self) -> bytes:
        if self._answer.is_streamed:
            raise RuntimeError("The body of results is streamed: parse() gives its rows, stream_results() its bytes.")
        return self._answer.outcome.body


class APIResponse(_Response[T]):
    """An answer of the synchronous client. It keeps no request: that would hold the key."""

    def parse(self) -> T:
        """What the method without `with_raw_response` returns."""
        return self._parsed

    def read(self) -> bytes:
        """The body. Raises RuntimeError for results, as `text` and `json` do."""
        return self._body()

    def text(self) -> str:
        """The body as text."""
        return self._body().decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as plain Python values."""
        return json.loads(self._body())


class AsyncAPIResponse(_Response[T]):
    """An answer of the asynchronous client; its methods are awaited, as in the official one."""

    async def parse(self) -> T:
        """What the method without `with_raw_response` returns."""
        return self._parsed

    async def read(self) -> bytes:
        """The body. Raises RuntimeError for results, as `text` and `json` do."""
        return self._body()

    async def text(self) -> str:
        """The body as text."""
        return self._body().decode("utf-8", "replace")

    async def json(self) -> Any:
        """The body as plain Python values."""
        return json.loads(self._body())
