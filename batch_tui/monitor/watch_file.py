"""What is watched and what was warned of, remembered across runs in one small private file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from batch_tui.monitor.private_file import changing, replace_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime
    from pathlib import Path

_MOST = 5_000
"""Entries of each kind that are kept, the latest."""
_WATCHED_FOR = 3 * 86_400
"""Seconds after which nothing is watched any more: no batch runs longer than a day."""
_WARNED_FOR = 30 * 86_400
"""Seconds after which a warning is forgotten: its results are gone long since."""


class WatchFileError(Exception):
    """The file cannot be read or written; the text says which, why, and what follows."""


class Remembered(Struct, kw_only=True):
    """Ids, with when they were noted in seconds since the epoch; for `warned` also how many seconds were left."""

    watched: dict[str, float] = field(default_factory=dict)
    warned: dict[str, tuple[float, float]] = field(default_factory=dict)


class WatchFile:
    """One file (0600, in a directory of 0700) that several dashboards may share: every change is made to what is there.

    `now` gives aware times. Methods block, and raise WatchFileError.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime]) -> None:
        self.path = path
        self._now = now

    def read(self) -> Remembered:
        """What is remembered and not too old; nothing, where there is no file."""
        try:
            found = self._read()
        except OSError as error:
            raise self._trouble("read", error) from error
        return self._bounded(found)

    def change(
        self, *, watch: Collection[str] = (), unwatch: Collection[str] = (), warned: Mapping[str, float] | None = None
    ) -> None:
        """Remember more and forget some; what another dashboard wrote meanwhile stays."""
        now = self._now().timestamp()
        try:
            with changing(self.path):
                try:
                    found = self._read()
                except WatchFileError:
                    # Reading has told the user; what is written now is whole again.
                    found = Remembered()
                found.watched |= dict.fromkeys(watch, now)
                for batch_id in unwatch:
                    found.watched.pop(batch_id, None)
                found.warned |= {batch_id: (now, left) for batch_id, left in (warned or {}).items()}
                replace_whole(self.path, msgspec.json.encode(self._bounded(found)))
        except OSError as error:
            raise self._trouble("write", error) from error

    def _bounded(self, found: Remembered) -> Remembered:
        now = self._now().timestamp()
        watched = {each: at for each, at in found.watched.items() if now - at < _WATCHED_FOR}
        warned = {each: noted for each, noted in found.warned.items() if now - noted[0] < _WARNED_FOR}
        return Remembered(
            watched=dict(sorted(watched.items(), key=lambda one: one[1])[-_MOST:]),
            warned=dict(sorted(warned.items(), key=lambda one: one[1])[-_MOST:]),
        )

    def _read(self) -> Remembered:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Remembered)
        except FileNotFoundError:
            return Remembered()
        except (ValueError, RecursionError) as error:
            raise WatchFileError(f"{self.path} is damaged, so no batch is watched; m watches one again.") from error

    def _trouble(self, doing: str, error: OSError) -> WatchFileError:
        reason = error.strerror or type(error).__name__
        return WatchFileError(f"Could not {doing} {self.path}: {reason}. What is watched is forgotten at the end.")
