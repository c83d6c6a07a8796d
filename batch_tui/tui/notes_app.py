"""The part of the app that keeps what the user calls their batches."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread
from textual import on
from textual.screen import ModalScreen

from batch_tui.monitor.batch_notes import NOTHING_NOTED
from batch_tui.monitor.catalog import NO_CHANGES
from batch_tui.monitor.notes_file import NotesFile, NotesFileError
from batch_tui.tui import mask, messages
from batch_tui.tui.profile_app import ProfileApp
from batch_tui.tui.text import plain

if TYPE_CHECKING:
    from batch_tui.monitor.batch_notes import BatchNotes


class NotesApp(ProfileApp):
    """Reads the file of names once at the start, and writes it at each change."""

    notes_file: NotesFile | None = None
    """None: names are kept for as long as the app runs."""

    async def read_notes(self) -> None:
        """Take up the names that are on disk."""
        if self.notes_file is not None:
            try:
                self._take_notes(await anyio.to_thread.run_sync(self.notes_file.read))
            except NotesFileError as error:
                self._tell_notes_failure(error)

    @on(messages.NameRequested)
    def _ask_name(self, event: messages.NameRequested) -> None:
        if isinstance(self.screen, ModalScreen):
            return
        if mask.is_on():
            self.notify(mask.shows_first("then names can be written"), timeout=4)
            return
        self._ask_notes(event.batch_id, self.shared.monitor.notes.get(event.batch_id, NOTHING_NOTED))

    def _ask_notes(self, batch_id: str, shown: BatchNotes, problem: str | None = None) -> None:
        def answered(notes: BatchNotes | None) -> None:
            if notes is not None and notes != self.shared.monitor.notes.get(batch_id, NOTHING_NOTED):
                self.start_work(partial(self._keep, batch_id, notes), "notes")

        from batch_tui.tui.screens.name_batch import NameDialog

        self.push_screen(NameDialog(batch_id, shown, problem), answered)

    async def _keep(self, batch_id: str, notes: BatchNotes) -> None:
        if self.notes_file is None:
            kept = {**self.shared.monitor.notes, batch_id: notes}
            self._take_notes({each: one for each, one in kept.items() if one})
            return
        try:
            self._take_notes(await anyio.to_thread.run_sync(self.notes_file.put, batch_id, notes))
        except NotesFileError as error:
            if isinstance(self.screen, ModalScreen):
                self._tell_notes_failure(error)
            else:
                self._ask_notes(batch_id, notes, str(error))

    def _take_notes(self, notes: dict[str, BatchNotes]) -> None:
        # In place: whoever looks names up was given this very mapping.
        self.shared.monitor.notes.clear()
        self.shared.monitor.notes |= notes
        self.publish(NO_CHANGES)

    def _tell_notes_failure(self, error: NotesFileError) -> None:
        self.notify(plain(str(error)), severity="error", timeout=15)
