"""What every screen is given: the state it may read, the clock, and the signal that says something moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from datetime import datetime, tzinfo
    from pathlib import Path

    from textual.signal import Signal

    from batch_tui.monitor.activity_log import ActivityLog
    from batch_tui.monitor.batch_notes import BatchNotes
    from batch_tui.monitor.catalog import BatchCatalog
    from batch_tui.monitor.forecast import FinishedHistory
    from batch_tui.monitor.poller import OlderState, PollState
    from batch_tui.monitor.request_budget import RequestBudget
    from batch_tui.results.completeness import InputMatch
    from batch_tui.results.download_control import DownloadProgress
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.submission.linked_input import LinkedInput
    from batch_tui.tui.action_plan import Pending
    from batch_tui.tui.messages import Update
    from batch_tui.tui.results_digest import ResultsDigest
    from batch_tui.tui.said import SaidLog
    from batch_tui.tui.text import Plain


class OpenResults(msgspec.Struct):
    """The results of one batch while the app has them open; updated in place as they arrive."""

    file: ResultsFile | None
    """None until the first bytes came, or the disk gave what it has."""
    progress: DownloadProgress
    deleted: bool = False
    """Its file is deleted, and can be read for as long as it is open."""
    changed: str | None = None
    """What somebody else did to the copy on this machine while it was open; None when nothing is known of that."""
    gone: bool = False
    """Whether that was to remove it."""
    silence: int = 0
    """Seconds since anything came, while it is downloading."""

    @property
    def rows(self) -> int:
        """Lines that can be browsed so far."""
        return 0 if self.file is None else len(self.file)

    @property
    def going_on(self) -> str:
        """What has to end before they are complete, for a sentence."""
        return "checking what is saved" if self.progress.state == "checking" else "fetching the rest"


class SavedResults(msgspec.Struct, frozen=True):
    """Results that were received to their end."""

    path: Path
    verified: bool
    """Whether the lines agreed with the batch's counts."""


class BatchInput(msgspec.Struct, frozen=True):
    """The linked input of a batch."""

    linked: LinkedInput
    problem: str | None = None
    """Why it cannot be used any more; None when it can."""
    match: InputMatch | None = None
    """How it agrees with the results, once both are whole and were compared."""


class MonitorView(msgspec.Struct):
    """How the polling stands; replaced by the app, read by screens."""

    poll: PollState
    older: OlderState
    pending: dict[str, Pending] = msgspec.field(default_factory=dict)
    """Actions confirmed and not done yet, by batch id."""
    notes: dict[str, BatchNotes] = msgspec.field(default_factory=dict)
    """What the user calls their batches, by batch id."""
    saved: dict[str, SavedResults] = msgspec.field(default_factory=dict)
    """Whole results stored on this machine, by batch id."""
    parts: Container[str] = frozenset()
    """Batches of which an earlier download left a part of the results, by id."""
    results: dict[str, OpenResults] = msgspec.field(default_factory=dict)
    watched: set[str] = msgspec.field(default_factory=set)
    """Ids of the batches whose end the user wants to be told of."""
    leaving_below: dict[str, datetime] = msgspec.field(default_factory=dict)
    """Batches that are not loaded and will soon lose their results, by id: when they were created."""
    warnings: int = 0
    """How often it was said that results will soon be lost."""
    digests: dict[str, ResultsDigest | None] = msgspec.field(default_factory=dict)
    """What whole results come to, by batch id, once they were opened; None while they are added up."""
    inputs: dict[str, BatchInput] = msgspec.field(default_factory=dict)
    """Linked inputs that were looked up, by batch id."""


class AppContext(msgspec.Struct, frozen=True):
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
    base_url: Plain
    activity: ActivityLog
    """Each request to the API."""
    said: SaidLog
    """Each toast."""
    budget: RequestBudget
    """How many requests may be made."""
    read_only: bool = False
    """Whether nothing may be canceled, deleted or sent."""
