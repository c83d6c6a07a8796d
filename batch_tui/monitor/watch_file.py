"""What is watched and what was warned of, remembered across runs in one small private file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, field

from batch_tui.monitor.private_file import LaterVersionError, changing, read_object, replace_whole

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


_AHEAD = 3_600
"""Seconds in the future at which a warning may have been noted; beyond, the clock was wrong that made it."""
_VERSION: Final = 1


class WatchFileError(Exception):
    """The file cannot be read or written; the text says which, why, and what follows."""


class _DamagedError(WatchFileError):
    """Nobody can read it."""


class Warned(Struct, array_like=True, frozen=True):
    """That a batch was spoken of before the loss of its results; times in seconds since the epoch."""

    at: float
    """When."""
    stage: float
    """The span it was spoken of for, in seconds before the loss."""
    lost_at: float | None = None
    """When the loss would be: a warning counts for that one only."""

    def holds(self, now: datetime) -> bool:
        """Whether it counts: one from the future was made by a clock that was wrong."""
        return self.at - now.timestamp() < _AHEAD and now.timestamp() - self.at < _WARNED_FOR


class Remembered(Struct, kw_only=True):
    """Ids, with when they were noted in seconds since the epoch."""

    version: int = _VERSION
    watched: dict[str, float] = field(default_factory=dict)
    warned: dict[str, Warned] = field(default_factory=dict)


class WatchFile:
    """One file (0600, in a directory of 0700) that several dashboards may share: every change is made to what is there.

    `now` gives aware times. Methods block, and raise WatchFileError. A file of a later version is left alone.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime]) -> None:
        self.path = path
        self._now = now

    def read(self) -> Remembered:
        """What is remembered and not too old; nothing, where there is no file."""
        try:
            found, _ = self._read()
        except OSError as error:
            raise self._trouble("read", error) from error
        return self._bounded(found)

    def change(
        self, *, watch: Collection[str] = (), unwatch: Collection[str] = (), warned: Mapping[str, Warned] | None = None
    ) -> None:
        """Remember more and forget some; what another dashboard wrote meanwhile stays."""
        now = self._now().timestamp()
        try:
            with changing(self.path):
                try:
                    found, held = self._read()
                except _DamagedError:
                    # Reading has told the user; what is written now is whole again.
                    found, held = Remembered(), {}
                found.watched |= dict.fromkeys(watch, now)
                for batch_id in unwatch:
                    found.watched.pop(batch_id, None)
                found.warned |= warned or {}
                replace_whole(self.path, msgspec.json.encode(held | msgspec.to_builtins(self._bounded(found))))
        except OSError as error:
            raise self._trouble("write", error) from error

    def _bounded(self, found: Remembered) -> Remembered:
        now = self._now()
        watched = {each: at for each, at in found.watched.items() if now.timestamp() - at < _WATCHED_FOR}
        warned = {each: one for each, one in found.warned.items() if one.holds(now)}
        return Remembered(
            watched=dict(sorted(watched.items(), key=lambda one: one[1])[-_MOST:]),
            warned=dict(sorted(warned.items(), key=lambda one: one[1].at)[-_MOST:]),
        )

    def _read(self) -> tuple[Remembered, dict[str, Any]]:
        """What is ours, and all that the file holds."""
        try:
            held = read_object(self.path, _VERSION)
            found = msgspec.convert(held, Remembered)
        except FileNotFoundError:
            return Remembered(), {}
        except LaterVersionError as error:
            raise WatchFileError(
                f"{self.path} is of a later batch-tui; what is watched here is forgotten at the end."
            ) from error
        except (ValueError, RecursionError) as error:
            raise _DamagedError(f"{self.path} is damaged, so no batch is watched; m watches one again.") from error
        return found, held

    def _trouble(self, doing: str, error: OSError) -> WatchFileError:
        reason = error.strerror or type(error).__name__
        return WatchFileError(f"Could not {doing} {self.path}: {reason}. What is watched is forgotten at the end.")
