"""The file that keeps names, tags and notes: private, written whole, shared by every batch-tui of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from batch_tui.monitor.batch_notes import BatchNotes
from batch_tui.monitor.private_file import LaterVersionError, changing, read_object, replace_whole

if TYPE_CHECKING:
    from pathlib import Path


NOTES_NAME: Final = "notes.json"
"""Its name in the data directory."""
_VERSION: Final = 1


class NotesFileError(Exception):
    """The file of names cannot be read or written; the text says where, why and what to do."""


class _Entry(Struct, frozen=True, omit_defaults=True):
    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""


class _Content(Struct, frozen=True):
    version: int = _VERSION
    batches: dict[str, _Entry] = {}


class NotesFile:
    """Notes by batch id in one JSON file (0600, its directory 0700). Every method touches the disk.

    A file that cannot be understood is never written over: it may hold names that somebody still wants. What it
    holds beside ours stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, BatchNotes]:
        """All notes; none when there is no file yet. Raises NotesFileError."""
        entries = self._load()[0].batches.items()
        notes = {batch_id: BatchNotes(one.name, one.tags, one.note) for batch_id, one in entries}
        return {batch_id: one for batch_id, one in notes.items() if one}

    def put(self, batch_id: str, notes: BatchNotes) -> dict[str, BatchNotes]:
        """Keep the notes of one batch, empty ones not at all, and return what the file holds now.

        Read anew under a lock: another batch-tui may have written since. Raises NotesFileError.
        """
        try:
            with changing(self.path):
                held = self._load()[1]
                batches = held.setdefault("batches", {})
                old = batches.pop(batch_id, {})
                entry = {each: value for each, value in old.items() if each not in _Entry.__struct_fields__}
                entry |= msgspec.to_builtins(_Entry(notes.name, notes.tags, notes.note))
                if entry:
                    batches[batch_id] = entry
                replace_whole(self.path, msgspec.json.format(msgspec.json.encode(held), indent=1))
        except OSError as error:
            raise NotesFileError(f"The name was not kept: {self.path} cannot be written: {error.strerror}.") from error
        return self.read()

    def _load(self) -> tuple[_Content, dict[str, Any]]:
        """What is ours, and all that the file holds."""
        try:
            held = read_object(self.path, _VERSION)
            content = msgspec.convert(held, _Content)
        except FileNotFoundError:
            return _Content(), {"version": _VERSION}
        except LaterVersionError as error:
            raise NotesFileError(f"Names are neither shown nor kept: {self.path} is of a later batch-tui.") from error
        except OSError as error:
            raise NotesFileError(f"Names are not shown: {self.path} cannot be read: {error.strerror}.") from error
        except msgspec.DecodeError as error:
            raise NotesFileError(
                f"Names are neither shown nor kept: {self.path} is damaged ({error}). Mend it, or move it away."
            ) from error
        return content, held
