"""A download whose every word is kept and that never waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_tui.results.download import ResultsDownload
from tests.results.scripted_source import Answer, ScriptedSource

if TYPE_CHECKING:
    from batch_tui.results.download_control import DownloadProgress
    from batch_tui.results.store import ResultsStore

BATCH = "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d"


class Watched:
    """A download whose every word is kept and that never waits."""

    def __init__(self, store: ResultsStore, *answers: Answer, **options: Any) -> None:
        self.source = ScriptedSource(*answers)
        self.told: list[DownloadProgress] = []
        self.slept: list[float] = []
        usual: dict[str, Any] = {"read_ahead": 0, "progress_interval": 0.0, "jitter": lambda: 0.0}
        given = usual | {"sleep": self.slept.append} | options
        self.download = ResultsDownload(self.source, BATCH, store, on_progress=self.told.append, **given)

    def run(self) -> DownloadProgress:
        return self.download.run()

    def states(self) -> list[str]:
        found: list[str] = []
        for progress in self.told:
            if not found or found[-1] != progress.state:
                found.append(progress.state)
        return found
