"""The file that keeps names, tags and notes: private, written whole, shared by every batch-tui of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from batch_tui.monitor.batch_notes import BatchNotes
from batch_tui.monitor.private_file import changing, replace_whole

if TYPE_CHECKING:
    from pathlib import Path


NOTES_NAME: Final = "notes.json"
"""Its name in the data directory."""


class NotesFileError(Exception):
    """The file of names cannot be read or written; the text says where, why and what to do."""


class _Entry(Struct, frozen=True, omit_defaults=True):
    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""


class _Content(Struct, frozen=True):
    version: int = 1
    batches: dict[str, _Entry] = {}


class NotesFile:
    """Notes by batch id in one JSON file (0600, its directory 0700). Every method touches the disk.

    A file that cannot be understood is never written over: it may hold names that somebody still wants.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, BatchNotes]:
        """All notes; none when there is no file yet. Raises NotesFileError."""
        entries = self._load().batches.items()
        return {batch_id: BatchNotes(one.name, one.tags, one.note) for batch_id, one in entries}

    def put(self, batch_id: str, notes: BatchNotes) -> dict[str, BatchNotes]:
        """Keep the notes of one batch, empty ones not at all, and return what the file holds now.

        Read anew under a lock: another batch-tui may have written since. Raises NotesFileError.
        """
        try:
            with changing(self.path):
                batches = dict(self._load().batches)
                batches.pop(batch_id, None)
                if notes:
                    batches[batch_id] = _Entry(notes.name, notes.tags, notes.note)
                replace_whole(self.path, msgspec.json.format(msgspec.json.encode(_Content(batches=batches)), indent=1))
        except OSError as error:
            raise NotesFileError(f"The name was not kept: {self.path} cannot be written: {error.strerror}.") from error
        return self.read()

    def _load(self) -> _Content:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_Content)
        except FileNotFoundError:
            return _Content()
        except OSError as error:
            raise NotesFileError(f"Names are not shown: {self.path} cannot be read: {error.strerror}.") from error
        except msgspec.DecodeError as error:
            raise NotesFileError(
                f"Names are neither shown nor kept: {self.path} is damaged ({error}). Mend it, or move it away."
            ) from error
