"""A results source that follows a script: what each request is answered with, and where it breaks."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_tui.api.errors import APIConnectionError, APIStatusError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Answer:
    """One answer: `body` is the whole file; with `ranges` a start is honoured with a 206.

    `cut` breaks the line after so many bytes of the answer (with `clean`, a cut within a line looks like an
    end). `before` is called with the number of bytes sent before each chunk.
    """

    body: bytes
    ranges: bool = True
    cut: int | None = None
    clean: bool = False
    chunk: int = 1000
    error: Exception | None = None
    headers: dict[str, str] = field(default_factory=dict)
    tells_length: bool = True
    before: Callable[[int], None] | None = None


class ScriptedStream:
    """The answer being received."""

    def __init__(self, answer: Answer, start: int) -> None:
        self._answer = answer
        self._part = answer.ranges and start > 0
        self._sent = answer.body[start:] if self._part else answer.body
        self.status_code = 206 if self._part else 200
        self.headers = dict(answer.headers)
        if self._part:
            last = len(answer.body) - 1
            self.headers.setdefault("content-range", f"bytes {start}-{last}/{len(answer.body)}")
        self.request_id = "req_scripted"
        self.content_length = len(self._sent) if answer.tells_length else None
        self._closed = False
        self._waiting = 0

    def more_is_waiting(self) -> bool:
        """Whether there are further chunks, and nothing that they would have to wait for."""
        return self._waiting > 0 and self._answer.before is None

    def iter_bytes(self) -> Iterator[bytes]:
        """Chunks up to the cut."""
        limit = len(self._sent) if self._answer.cut is None else self._answer.cut
        for start in range(0, min(limit, len(self._sent)), self._answer.chunk):
            self._waiting = min(limit, len(self._sent)) - start - self._answer.chunk
            if self._answer.before:
                self._answer.before(start)
            if self._closed:
                raise APIConnectionError("The results were closed.")
            yield self._sent[start : min(limit, start + self._answer.chunk)]
        # An end at a line end would look whole; noticing that is up to the transport.
        in_mid_line = limit > 0 and b"\n" not in self._sent[limit - 1 : limit + 1]
        if limit < len(self._sent) and not (self._answer.clean and in_mid_line):
            raise APIConnectionError("The line was lost.")

    def close(self) -> None:
        """Make the receiving thread fail at its next chunk."""
        self._closed = True


class ScriptedSource:
    """Answers the first request with the first answer and so on; the last one serves all later requests."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.starts: list[int] = []

    @contextmanager
    def stream_results(self, message_batch_id: str, *, start: int = 0, chunk_size: int = 0) -> Iterator[ScriptedStream]:
        """The next answer of the script."""
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self.starts.append(start)
        if answer.error:
            raise answer.error
        if answer.ranges and start and start >= len(answer.body):
            raise APIStatusError("Range not satisfiable.", status_code=416)
        yield ScriptedStream(answer, start)
