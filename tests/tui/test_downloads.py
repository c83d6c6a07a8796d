"""The downloads of the dashboard on a machine that has no further threads to give."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from batch_tui.results.store import ResultsStore
from batch_tui.tui.downloads import DownloadReport, Downloads
from tests.results.lines import many
from tests.results.scripted_source import Answer, ScriptedSource

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

BATCH = "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d"


def refuse(patch: pytest.MonkeyPatch, name: str) -> None:
    """No thread of this name can be had."""
    start = threading.Thread.start

    def refuse_some(self: threading.Thread) -> None:
        if self.name == name:
            raise RuntimeError("can't start new thread")
        start(self)

    patch.setattr(threading.Thread, "start", refuse_some)


def end_threads() -> None:
    """Wait for what the downloads began."""
    for thread in threading.enumerate():
        if thread.name in ("results", "checksum"):
            thread.join(20)


def test_without_a_thread_for_the_checksum_results_are_whole_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "checksum")
    store, told = ResultsStore(tmp_path), list[DownloadReport]()
    dropped: list[object] = []
    downloads = Downloads(
        lambda: store,
        lambda: ScriptedSource(Answer(many(50))),
        told.append,
        read_ahead=0,
        cache_limit=10**9,
        dropped=dropped.append,
    )
    downloads.fetch(BATCH, 50)
    end_threads()
    assert [report.progress.state for report in told][-1] == "complete"
    stored = store.stored(BATCH)
    assert stored is not None
    assert stored.checksum is not None
    # What comes after it is done too.
    assert len(dropped) == 1


def test_without_a_thread_for_a_download_it_fails_with_a_sentence_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, told = ResultsStore(tmp_path), list[DownloadReport]()
    downloads = Downloads(lambda: store, lambda: ScriptedSource(Answer(many(50))), told.append, read_ahead=0)
    with monkeypatch.context() as patch:
        refuse(patch, "results")
        downloads.fetch(BATCH, 50)
    (report,) = told
    assert report.progress.state == "failed"
    assert "no further thread" in str(report.progress.error)
    downloads.fetch(BATCH, 50)
    end_threads()
    assert [report.progress.state for report in told][-1] == "complete"
