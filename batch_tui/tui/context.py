"""What every screen is given: the state it may read, the clock, and the signal that says something moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, tzinfo

    from textual.signal import Signal

    from batch_tui.monitor.catalog import BatchCatalog
    from batch_tui.monitor.forecast import FinishedHistory
    from batch_tui.monitor.poller import OlderState, PollState
    from batch_tui.results.download_control import DownloadProgress
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.tui.messages import Update
    from batch_tui.tui.text import Plain


@dataclass(slots=True)
class OpenResults:
    """The results of one batch while the app has them open; updated in place as they arrive."""

    file: ResultsFile
    progress: DownloadProgress


@dataclass(slots=True)
class MonitorView:
    """How the polling stands; replaced by the app, read by screens."""

    poll: PollState
    older: OlderState
    pending: dict[str, Literal["cancel", "delete"]] = field(default_factory=dict)
    """Actions sent and not answered yet, by batch id."""
    saved: set[str] = field(default_factory=set)
    """Ids of the batches whose whole results are stored on this machine."""
    results: dict[str, OpenResults] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AppContext:
    """Handed to screens in their constructor; they never reach for the app."""

    catalog: BatchCatalog
    history: FinishedHistory
    monitor: MonitorView
    updates: Signal[Update]
    now: Callable[[], datetime]
    zone: tzinfo | None
    """None means the machine's own zone."""
    host: Plain
    """Who is asked, as shown: host and port of the base URL."""
    profile: Plain
