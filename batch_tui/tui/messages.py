"""What screens ask for (messages going up) and what the app tells them (updates coming down the one signal)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.screen import Screen

    from batch_tui.monitor.batch_order import BatchOrder
    from batch_tui.monitor.catalog import Changes
    from batch_tui.results.download_control import DownloadProgress
    from batch_tui.results.store import StoredResults
    from batch_tui.tui.action_plan import Action
    from batch_tui.tui.jobs import Job


class BatchIntent(Message):
    """A wish about one batch, named by its id whatever the list does meanwhile."""

    def __init__(self, batch_id: str) -> None:
        super().__init__()
        self.batch_id = batch_id


class DetailRequested(BatchIntent):
    """Show everything known of the batch."""


class ResultsRequested(BatchIntent):
    """Browse the results of the batch."""


class NameRequested(BatchIntent):
    """Ask what the user calls the batch."""


class SaveRequested(Message):
    """Receive the whole results of these batches and keep them on this machine."""

    def __init__(self, batch_ids: Sequence[str]) -> None:
        super().__init__()
        self.batch_ids = batch_ids


class ActionRequested(Message):
    """Cancel or delete these batches, after asking; named by their ids whatever the list does meanwhile."""

    def __init__(self, action: Action, batch_ids: Sequence[str]) -> None:
        super().__init__()
        self.action = action
        self.batch_ids = batch_ids


class WatchRequested(Message):
    """Tell the user when these batches end, or no longer if that is wanted of all of them already."""

    def __init__(self, batch_ids: Sequence[str]) -> None:
        super().__init__()
        self.batch_ids = batch_ids


class DownloadToggleRequested(BatchIntent):
    """Pause the download of the batch's results, or go on with it, or try again after it failed."""


class SavedListRequested(Message):
    """Show the results that are stored on this machine; without `opens` only where they are shown already."""

    def __init__(self, *, opens: bool = True) -> None:
        super().__init__()
        self.opens = opens


class SavedListed(Message):
    """The results that are stored on this machine; `over` is the screen on which somebody asked to see them."""

    def __init__(self, stored: Sequence[StoredResults], over: Screen[Any] | None = None) -> None:
        super().__init__()
        self.stored = stored
        self.over = over


class SavedDeleteRequested(BatchIntent):
    """Delete the stored results of a batch, after asking; `listed`: the API can give them again."""

    def __init__(self, batch_id: str, *, listed: bool) -> None:
        super().__init__(batch_id)
        self.listed = listed


class SavedPinRequested(BatchIntent):
    """Keep the stored results of a batch whatever room they take, or not."""

    def __init__(self, batch_id: str, *, pinned: bool) -> None:
        super().__init__(batch_id)
        self.pinned = pinned


class OlderPageRequested(Message):
    """Load the page below the oldest batch known."""


class OrderChosen(Message):
    """The user wants the list in this order, also the next time."""

    def __init__(self, order: BatchOrder) -> None:
        super().__init__()
        self.order = order


class MonitorUpdate(msgspec.Struct, frozen=True):
    """The catalog, the polling or a pending action moved."""

    changes: Changes


class DownloadUpdate(msgspec.Struct, frozen=True):
    """A download of results moved."""

    batch_id: str
    progress: DownloadProgress


class JobUpdate(msgspec.Struct, frozen=True):
    """Confirmed actions have come to their end."""

    job: Job


class InputUpdate(msgspec.Struct, frozen=True):
    """The linked input of a batch was read, linked anew, unlinked, or compared with its results."""

    batch_id: str


class OrderUpdate(msgspec.Struct, frozen=True):
    """It was learnt in which order the list was left the last time."""

    order: BatchOrder


Update = MonitorUpdate | DownloadUpdate | JobUpdate | InputUpdate | OrderUpdate
