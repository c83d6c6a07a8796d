"""What a download asks of whoever it gets results from: the client, in the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager


class ResultsStream(Protocol):
    """An open answer of the results endpoint."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content_length(self) -> int | None: ...
    def iter_bytes(self) -> Iterator[bytes]: ...
    def more_is_waiting(self) -> bool: ...
    def close(self) -> None: ...


class ResultsSource(Protocol):
    """Where results come from: `client.messages.batches`."""

    def stream_results(
        self, message_batch_id: str, *, start: int = 0, chunk_size: int
    ) -> AbstractContextManager[ResultsStream]: ...
