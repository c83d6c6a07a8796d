"""Reading ahead, pausing, stopping and being told how a download stands."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api.errors import APIStatusError
from batch_tui.results.download import ResultsDownload
from batch_tui.results.download_control import Speedometer
from batch_tui.results.store import ResultsStore
from tests.results.lines import many
from tests.results.scripted_source import Answer, ScriptedSource
from tests.results.watched_download import BATCH, Watched

if TYPE_CHECKING:
    from pathlib import Path

    from batch_tui.results.download_control import DownloadProgress


@pytest.fixture
def store(tmp_path: Path) -> ResultsStore:
    return ResultsStore(tmp_path / "cache")


def stored_bytes(store: ResultsStore) -> bytes:
    return store.results_path(BATCH).read_bytes()


class Background:
    """A download in a thread of its own, with states that can be waited for."""

    def __init__(self, store: ResultsStore, answer: Answer, **options: Any) -> None:
        self._changed = threading.Condition()
        self._progress: DownloadProgress | None = None
        self.source = ScriptedSource(answer)
        self.download = ResultsDownload(self.source, BATCH, store, on_progress=self._told, **options)
        self.thread = threading.Thread(target=self.download.run)
        self.thread.start()

    def _told(self, progress: DownloadProgress) -> None:
        with self._changed:
            self._progress = progress
            self._changed.notify_all()

    def reach(self, state: str, at_least: int = 0) -> DownloadProgress:
        """Wait until the download says `state` with so many bytes."""

        def reached() -> bool:
            progress = self._progress
            return progress is not None and progress.state == state and progress.bytes >= at_least

        with self._changed:
            assert self._changed.wait_for(reached, timeout=20), f"never {state}: {self._progress}"
            assert self._progress is not None
            return self._progress


def test_reading_runs_ahead_only_so_far(store: ResultsStore) -> None:
    text = many(300)
    background = Background(store, Answer(text), read_ahead=10_000)
    held = background.reach("waiting")
    assert 10_000 <= held.bytes < 12_000
    background.download.want_row(5)
    arriving = background.download.results
    assert arriving is not None
    row_end = arriving.index.span(5)[1]
    held = background.reach("waiting", at_least=row_end + 10_000)
    background.download.want_bytes(30_000)
    held = background.reach("waiting", at_least=40_000)
    assert held.bytes < 42_000
    background.download.want_row(10**9)
    background.reach("waiting", at_least=held.bytes + 9_000)
    background.download.want_all()
    background.reach("complete")
    background.thread.join()
    assert stored_bytes(store) == text


def test_a_file_as_long_as_the_read_ahead_completes_by_itself(store: ResultsStore) -> None:
    text = many(20)
    end = Watched(store, Answer(text), read_ahead=len(text)).run()
    assert (end.state, end.rows) == ("complete", 20)


def test_pause_resume_and_stop(store: ResultsStore) -> None:
    text = many(300)
    background = Background(store, Answer(text), read_ahead=10_000)
    background.reach("waiting")
    background.download.pause()
    background.download.want_all()
    held = background.reach("paused")
    background.download.resume()
    background.download.pause()
    background.reach("paused", at_least=held.bytes)
    background.download.stop()
    background.reach("stopped")
    background.thread.join()
    assert store.stored(BATCH) is None
    end = Watched(store, Answer(text)).run()
    assert (end.state, end.rows) == ("complete", 300)
    assert stored_bytes(store) == text


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_idles_is_closed_and_resumed(store: ResultsStore, ranges: bool) -> None:
    text = many(300)
    background = Background(store, Answer(text, ranges=ranges), read_ahead=10_000, idle_limit=0.0)
    held = background.reach("waiting")
    background.download.want_bytes(20_000)
    background.reach("waiting", at_least=30_000)
    background.download.want_all()
    end = background.reach("complete")
    background.thread.join()
    assert (end.rows, end.restarts, end.error) == (300, 0, None)
    assert stored_bytes(store) == text
    first, second, third = background.source.starts
    assert first == 0 < second <= held.bytes < third


def test_a_stop_reaches_a_download_whose_connection_was_given_up(store: ResultsStore) -> None:
    background = Background(store, Answer(many(300)), read_ahead=10_000, idle_limit=0.0)
    background.reach("waiting")
    background.download.stop()
    background.reach("stopped")
    background.thread.join()
    assert background.source.starts == [0]


def test_stop_during_a_read_closes_the_connection(store: ResultsStore) -> None:
    def stop(sent: int) -> None:
        if sent >= 5000:
            watched.download.stop()

    watched = Watched(store, Answer(many(100), before=stop))
    end = watched.run()
    assert (end.state, end.error) == ("stopped", None)
    assert 0 < end.bytes <= 6000
    assert watched.slept == []


def test_stop_before_the_run_is_heeded_once(store: ResultsStore) -> None:
    watched = Watched(store, Answer(many(10)))
    watched.download.stop()
    assert watched.run().state == "stopped"
    assert watched.run().state == "complete"


def test_stop_ends_a_long_wait_before_the_next_try(store: ResultsStore) -> None:
    trouble = APIStatusError("Later.", status_code=503, retry_after=86_400.0)
    background = Background(store, Answer(b"", error=trouble))
    background.reach("retrying")
    background.download.stop()
    background.thread.join(timeout=20)
    background.reach("stopped")


def test_progress_is_told_at_intervals(store: ResultsStore) -> None:
    clock = iter(range(10_000))
    watched = Watched(store, Answer(many(200), chunk=500), progress_interval=10.0, monotonic=lambda: float(next(clock)))
    watched.run()
    assert 5 < len(watched.told) < 30
    assert any(progress.bytes_per_second > 0 for progress in watched.told)


def test_a_speed_is_not_told_of_what_came_in_no_time() -> None:
    speed = Speedometer()
    assert [speed.measure(now, received) for now, received in ((1.0, 0), (1.001, 50_000))] == [0.0, 0.0]
    assert speed.measure(1.5, 50_000) == 100_000
