"""Bytes of a batch's results into a .part that can be browsed at once, and a verified file when whole."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from batch_tui.api.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    BatchAPIError,
    TruncatedResults,
)
from batch_tui.results.answer_facts import is_plain, range_start, refuse_what_is_no_result, worth_retrying
from batch_tui.results.completeness import check_completeness, check_stored, looked_through
from batch_tui.results.download_control import Controls, DownloadProgress, Speedometer, State
from batch_tui.results.errors import ResultsInUse, ResultsStoreError
from batch_tui.results.part_file import PartFile
from batch_tui.results.results_file import CHUNK_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.results.completeness import RequestCounts
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.results_source import ResultsSource, ResultsStream
    from batch_tui.results.store import ResultsStore

MEGABYTE = 2**20
_OVERLAP = 4096
_STARTS_OVER_LIMIT = 5
_LOOKS_EVERY = 2.0
"""Seconds between two looks at whether another process is still receiving the same results."""
_ELSEWHERE = "Another batch-tui is downloading these results; they are shown here when it has ended."
_ANOTHER_PART = "The server sent another part of the results than was asked for, so the download started over."


class ResultsDownload:
    """Fetches one batch's results into a store; `run()` blocks in a thread, the rest may come from any.

    `expected` are the batch's request counts, or their sum, to compare with when the file is whole; `batch` is its
    JSON, remembered beside the file.
    Reading runs at most `read_ahead` bytes past what was last wanted (0: everything). A connection on which nothing
    was read for `idle_limit` seconds is closed, before a server takes offence, and resumed when reading goes on.
    `sleep`, `jitter` (0 to 1) and `monotonic` stand in for the clock; without `sleep`, `stop()` ends a back-off early.
    At most `chunk_size` bytes are taken in at once: larger ones are faster by some percent and take as much memory
    four times.
    With `waits_for_others`, results that another process is receiving are taken, or fetched on, when it has ended.
    `on_progress` is called in the thread of `run()`, at each change of state and otherwise at most every
    `progress_interval` seconds.
    """

    def __init__(
        self,
        source: ResultsSource,
        batch_id: str,
        store: ResultsStore,
        *,
        expected: RequestCounts | int | None = None,
        batch: bytes | None = None,
        read_ahead: int = 32 * MEGABYTE,
        idle_limit: float = 45.0,
        sleep: Callable[[float], None] | None = None,
        jitter: Callable[[], float] = random.random,
        on_progress: Callable[[DownloadProgress], None] | None = None,
        progress_interval: float = 0.1,
        monotonic: Callable[[], float] = time.monotonic,
        max_retries: int = 5,
        waits_for_others: bool = False,
        chunk_size: int = CHUNK_SIZE,
    ) -> None:
        self.batch_id = batch_id
        self._source = source
        self._store = store
        self._expected = expected
        self._batch = batch
        self._controls = Controls(read_ahead)
        self._idle_limit = idle_limit
        self._sleep = sleep or self._controls.sleep
        self._jitter = jitter
        self._on_progress = on_progress
        self._interval = progress_interval
        self._monotonic = monotonic
        self._max_retries = max_retries
        self._waits_for_others = waits_for_others
        self._chunk_size = chunk_size
        self._results: ResultsFile | None = None
        self._speed = Speedometer()
        self._content_length: int | None = None
        self._attempt = 1
        self._restarts = 0
        self._anew = False
        self._looked_through = False
        self._starts_over = 0
        self._note: str | None = None
        self._reported_at = 0.0
        self._progress = DownloadProgress("starting")

    @property
    def results(self) -> ResultsFile | None:
        """The live file, None before the first run; another one after a start-over (see `restarts`)."""
        return self._results

    @property
    def progress(self) -> DownloadProgress:
        """Where the download stood when it last told."""
        return self._progress

    def want_bytes(self, offset: int) -> None:
        """Keep reading until `read_ahead` past this offset."""
        self._controls.want_bytes(offset)

    def want_row(self, row: int) -> None:
        """Keep reading until `read_ahead` past this row; one not here yet counts as the end of what is."""
        results = self._results
        if results is not None:
            self._controls.want_bytes(results.index.span(row)[1] if row < len(results) else results.size)

    def want_all(self) -> None:
        """Read to the end whatever is looked at."""
        self._controls.want_all()

    def pause(self) -> None:
        """Stop reading until `resume()`; what is here can be browsed."""
        self._controls.pause()

    def resume(self) -> None:
        """Read on after `pause()`."""
        self._controls.resume()

    def stop(self) -> None:
        """End the run soon and keep what came; a later `run()` continues."""
        self._controls.stop()

    def again(self) -> None:
        """Fetch anew what is stored; until it is whole, what is stored stays."""
        self._anew = True

    def run(self) -> DownloadProgress:
        """Download until the file is whole, failed or stopped, and say which; call again to continue.

        Trouble is reported in the progress, not raised. Retries lost connections and answers 408, 429 and
        5xx; only tries in a row that brought no whole line count against `max_retries`.
        """
        self._attempt, self._starts_over, self._note = 1, 0, None
        self._speed.reset()
        self._tell("starting")
        part: PartFile | None = None
        try:
            if self._take_stored():
                return self._progress
            self._store.prepare()
            part = self._own_part()
            if part is None:
                return self._progress
            # Whoever wrote it may have ended with it just before it was ours.
            if not part.size and self._take_stored():
                part.discard()
            else:
                self._results = part.results
                self._fetch(part)
        except (BatchAPIError, ResultsStoreError) as error:
            self._tell("failed", error=error)
        finally:
            if part is not None:
                part.close()
                if self._progress.state == "complete":
                    # Not before: an unfinished one must be free to be written again.
                    part.results.hold()
            self._controls.clear_stop()
        return self._progress

    def _own_part(self) -> PartFile | None:
        """The part file, once nobody else writes it; None where there is nothing left to fetch, or no wish to."""
        path, told = self._store.part_path(self.batch_id), False
        while True:
            try:
                return PartFile(path, self._results)
            except ResultsInUse:
                if not self._waits_for_others:
                    raise
                if not told:
                    self._tell("retrying", error=ResultsInUse(_ELSEWHERE))
                told = True
                self._sleep(_LOOKS_EVERY)
                if self._controls.stopping:
                    self._tell("stopped")
                    return None
                if self._take_stored():
                    return None

    def _take_stored(self) -> bool:
        stored = None if self._anew else self._store.stored(self.batch_id)
        if stored is None:
            return False
        if stored.problem is not None:
            self._note = "Something else changed the copy on this machine, so the results are fetched anew."
            return False
        known = self._results is not None and self._results.path == stored.path
        results = self._results if known else self._store.open(self.batch_id)
        if results is None:
            # Deleted a moment ago.
            return False
        self._results, self._content_length, verified = results, stored.size, stored.verified
        if not self._looked_through and stored.checksum is not None and stored.doubt is None:
            # It can be browsed meanwhile, and is called complete only when nothing has changed it.
            self._tell("checking")
            looked = looked_through(self._store, stored, results, lambda: self._controls.stopping)
            if looked is None:
                self._tell("stopped")
                return True
            if looked is not stored and (anew := self._store.open(self.batch_id, anew=True)) is not None:
                # Lines may begin elsewhere now.
                self._results = results = anew
                self._restarts += 1
            stored, verified, self._looked_through = looked, looked.verified, looked is stored
        # An index that does not match tells of other bytes also where times and length do not.
        if not verified or not (known or results.index_was_saved):
            verdict = check_stored(self._store, stored, results, self._expected)
            verified = verdict.verified and stored.doubt is None
            self._note = " ".join([*([stored.doubt] if stored.doubt else []), *verdict.sentences]) or None
        self._tell("complete", verified=verified)
        return True

    def _fetch(self, part: PartFile) -> None:
        failures, parts_come = 0, True
        while not self._controls.stopping:
            before = part.secured
            # Some of the stored bytes are asked for again: they show whether it is still the same file.
            asked = max(0, before - _OVERLAP) if parts_come else 0
            try:
                whole = self._receive(part, asked)
            except APIResponseValidationError as error:
                if not asked or error.status_code != 206:
                    raise
                # What is here is compared with all that comes instead.
                parts_come, self._note = False, _ANOTHER_PART
                self._attempt += 1
                continue
            except (APIConnectionError, APIStatusError) as error:
                part.cut_back()
                if self._controls.stopping:
                    break
                failures = 0 if part.secured > before else failures
                if part.size and isinstance(error, APIStatusError) and error.status_code == 416:
                    self._start_over(part, 0)
                    self._attempt += 1
                    continue
                if failures >= self._max_retries or not worth_retrying(error):
                    raise
                self._back_off(failures, error)
                failures += 1
                continue
            if whole:
                part.trust()
                self._finish(part)
                return
            self._attempt += 1
        part.cut_back()
        self._tell("stopped")

    def _back_off(self, failures: int, error: APIError) -> None:
        asked = error.retry_after if isinstance(error, APIStatusError) else None
        self._attempt += 1
        self._speed.reset()
        self._tell("retrying", error=error)
        self._sleep(asked or min(0.5 * 2**failures, 8.0) * (1 - 0.25 * self._jitter()))

    def _receive(self, part: PartFile, asked: int) -> bool:
        """One request: append what is new. True when the answer came to its end, False when told to stop."""
        with self._source.stream_results(self.batch_id, start=asked, chunk_size=self._chunk_size) as stream:
            self._controls.hold_stream(stream.close)
            try:
                return self._take_in(part, stream, asked)
            finally:
                self._controls.hold_stream(None)
                # Whatever ended it: what came can be browsed.
                part.settle()

    def _take_in(self, part: PartFile, stream: ResultsStream, asked: int) -> bool:
        position = asked if stream.status_code == 206 else 0
        # Where the answer begins at 0, what agreed so far is worth keeping when the rest turns out different.
        from_zero = position == 0
        self._content_length = None
        # The length of a compressed body says nothing about the bytes stored.
        if stream.content_length is not None and is_plain(stream.headers):
            self._content_length = position + stream.content_length
        if not from_zero and range_start(stream.headers) not in (None, asked):
            self._start_over(part, 0)
            return False
        self._tell("downloading")
        for chunk in stream.iter_bytes():
            if self._controls.stopping:
                return False
            if not self._place(part, position, chunk, from_zero, stream.more_is_waiting()):
                return False
            position += len(chunk)
            self._tell_now_and_then()
            if not self._wait_if_told(part, stream):
                return False
        part.settle()
        if self._controls.stopping:
            return False
        if position < part.size:
            self._start_over(part, position if from_zero else 0)
            if not from_zero:
                return False
        if part.results.index.tail_is_cut():
            raise TruncatedResults("The results ended in the middle of a line.", bytes_read=position)
        return True

    def _place(self, part: PartFile, position: int, chunk: bytes, from_zero: bool, more: bool) -> bool:
        """Store what is new in a chunk; False when it is of another file than what is stored."""
        if position == 0:
            refuse_what_is_no_result(chunk)
        known = min(len(chunk), max(0, part.size - position))
        if not known:
            part.trust()
        if known and not part.holds(position, chunk[:known]):
            self._start_over(part, position if from_zero else 0)
            if not from_zero:
                return False
            known = 0
        if known < len(chunk):
            part.append(chunk[known:] if known else chunk, more=more)
        return True

    def _start_over(self, part: PartFile, keep: int) -> None:
        self._restarts += 1
        self._starts_over += 1
        if self._starts_over > _STARTS_OVER_LIMIT:
            raise ResultsStoreError(
                f"The server sent the results of {self.batch_id} differently each time. Try again later."
            )
        part.start_over(keep)
        self._results = part.results
        self._note = "The server sent other bytes than before, so the download started over."
        self._tell("downloading")

    def _wait_if_told(self, part: PartFile, stream: ResultsStream) -> bool:
        """Wait while nothing more is wanted; False when the connection was given up meanwhile."""
        if self._content_length is not None and part.size >= self._content_length:
            # All is here; what is left is to say so.
            return True
        waited = False
        limit: float | None = self._idle_limit
        while hindrance := self._controls.hindrance(part.size):
            waited = True
            part.settle()
            self._tell(hindrance)
            if not self._controls.wait_while(hindrance, part.size, limit):
                stream.close()
                limit = None
        if waited:
            self._speed.reset()
            self._tell("downloading")
        return limit is not None

    def _finish(self, part: PartFile) -> None:
        part.check()
        results = part.results
        results.index.finish()
        verdict = check_completeness(results, self._expected)
        self._store.keep(self.batch_id, results, verified=verdict.verified, batch=self._batch)
        self._content_length, self._anew, self._looked_through = results.size, False, True
        if self._expected is not None and not verdict.verified:
            self._note = " ".join(verdict.sentences)
        self._tell("complete", verified=verdict.verified)

    def _tell_now_and_then(self) -> None:
        # The first rows at once: the line may stall before it is time to tell.
        first = self._progress.rows == 0 and self._results is not None and len(self._results) > 0
        if first or self._monotonic() - self._reported_at >= self._interval:
            self._tell("downloading")

    def _tell(self, state: State, *, error: Exception | None = None, verified: bool = False) -> None:
        results = self._results
        received = results.index.fed if results else 0
        self._reported_at = self._monotonic()
        self._progress = DownloadProgress(
            state,
            received,
            len(results) if results else 0,
            self._content_length,
            self._speed.measure(self._reported_at, received) if state == "downloading" else 0.0,
            error,
            self._attempt,
            self._note,
            self._restarts,
            verified,
        )
        if self._on_progress is not None:
            self._on_progress(self._progress)
