"""The part of the app that is about linked inputs: which file a batch was made from, and whether it agrees."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from textual import on
from textual.screen import ModalScreen
from textual.worker import get_current_worker

from batch_tui.results.errors import ResultsStoreError
from batch_tui.submission.errors import LinkError
from batch_tui.tui.context import BatchInput
from batch_tui.tui.input_messages import (
    InputMatched,
    InputRead,
    InputRefused,
    InputUnlinked,
    InputWanted,
    LinkInputRequested,
)
from batch_tui.tui.key_names import key_for, with_own_keys
from batch_tui.tui.mask_app import MaskApp
from batch_tui.tui.messages import InputUpdate
from batch_tui.tui.text import Plain, join, number, plain, plural

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.signal import Signal

    from batch_tui.results.results_file import ResultsFile
    from batch_tui.submission.linked_input import LinkedInput, LinkedInputs
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.messages import Update

_TITLE = Plain("Link the input of this batch")
_HINT = Plain("The JSONL file its requests came from, one per line. It is only read; ")


class InputsApp(MaskApp):
    """Looks links up, asks for files and compares custom_ids, in threads; `shared` is set by the whole app."""

    shared: AppContext
    _updates: Signal[Update]

    @cached_property
    @abstractmethod
    def _inputs(self) -> LinkedInputs:
        """The links that this machine knows."""

    @on(InputWanted)
    def _look_up(self, event: InputWanted) -> None:
        self._in_thread(partial(self._read_link, event.batch_id), "input")

    def _in_thread(self, work: partial[None], group: str) -> None:
        self.run_worker(work, group=group, thread=True, exclusive=True, exit_on_error=False, description=group)

    def _read_link(self, batch_id: str) -> None:
        linked = self._inputs.of(batch_id)
        if linked is not None:
            self.post_message(InputRead(linked, linked.problem(), fresh=False))

    @on(LinkInputRequested)
    def _ask_for_input(self, event: LinkInputRequested) -> None:
        if not isinstance(self.screen, ModalScreen):
            known = self.shared.monitor.inputs.get(event.batch_id)
            self.ask_for_path(event.batch_id, "" if known is None else str(known.linked.path), None)

    @on(InputRefused)
    def _say_refused(self, event: InputRefused) -> None:
        if self.screen is not event.over:
            # Whoever went elsewhere meanwhile is told, and asked nothing.
            self.notify(plain(event.problem), severity="error", timeout=15)
        else:
            self.ask_for_path(event.batch_id, event.typed, event.problem)

    def ask_for_path(self, batch_id: str, value: str, problem: str | None, title: Plain = _TITLE) -> None:
        """Ask for the file of requests of a batch, with what stood there and what was wrong with it."""
        from batch_tui.tui.path_suggester import PathSuggester
        from batch_tui.tui.screens.prompt import PromptDialog

        linked = batch_id in self.shared.monitor.inputs
        completes = Plain(f"{key_for('prompt.complete', 'tab')} completes a path.")
        dialog = PromptDialog(
            title,
            join(_HINT, completes, Plain(" An empty path unlinks it." if linked else "")),
            value=value,
            verb="links it",
            problem=problem,
            problem_with=partial(path_problem, linked=linked),
            suggester=PathSuggester((".jsonl", ".ndjson", ".json")),
        )
        self.push_screen(dialog, partial(self.take_path, batch_id, self.screen))

    def take_path(self, batch_id: str, over: Screen[Any], typed: str | None) -> None:
        """Link what was typed over that screen; None when the question was closed."""
        if typed == "":
            self._in_thread(partial(self._unlink, batch_id, over), "link input")
        elif typed:
            opened = self.shared.monitor.results.get(batch_id)
            whole = None if opened is None or opened.progress.state != "complete" else opened.file
            self._in_thread(partial(self._link, batch_id, typed, whole, over), "link input")

    def _link(self, batch_id: str, typed: str, results: ResultsFile | None, over: Screen[Any]) -> None:
        worker = get_current_worker()
        path = Path(typed).expanduser()
        try:
            problem = self._why_not_instead(batch_id, path, results)
            linked = None
            if problem is None:
                linked = self._inputs.link(batch_id, path, should_stop=lambda: worker.is_cancelled)
        except (LinkError, ResultsStoreError) as error:
            problem = str(error)
        if problem is not None:
            self.post_message(InputRefused(batch_id, typed, with_own_keys(problem), over))
        elif linked is not None:
            self.post_message(InputRead(linked, None, fresh=True))

    def _why_not_instead(self, batch_id: str, path: Path, results: ResultsFile | None) -> str | None:
        """Why the file cannot take the place of the one that is linked, where one is; None where it can."""
        from batch_tui.submission.linked_input import LinkedInput
        from batch_tui.tui.link_choice import why_not_instead

        worker = get_current_worker()
        try:
            known = self._inputs.of(batch_id)
        except LinkError:
            # It is damaged, so there is nothing to lose.
            return None
        new = None if known is None else LinkedInput.read(batch_id, path, should_stop=lambda: worker.is_cancelled)
        return None if known is None or new is None else why_not_instead(known, new, results)

    def _unlink(self, batch_id: str, over: Screen[Any]) -> None:
        try:
            self._inputs.unlink(batch_id)
        except LinkError as error:
            self.post_message(InputRefused(batch_id, "", with_own_keys(str(error)), over))
        else:
            self.post_message(InputUnlinked(batch_id))

    @on(InputUnlinked)
    def _take_unlinked(self, event: InputUnlinked) -> None:
        known = self.shared.monitor.inputs.pop(event.batch_id, None)
        self._updates.publish(InputUpdate(event.batch_id))
        if known is not None:
            said = join(Plain("Unlinked "), plain(known.linked.path.name), Plain("; the file stays as it is."))
            self.notify(said, timeout=8)

    @on(InputRead)
    def _take_input(self, event: InputRead) -> None:
        linked, monitor = event.linked, self.shared.monitor
        known = monitor.inputs.get(linked.batch_id)
        match = None if event.fresh or known is None or event.problem else known.match
        monitor.inputs[linked.batch_id] = BatchInput(linked, event.problem and with_own_keys(event.problem), match)
        self._updates.publish(InputUpdate(linked.batch_id))
        if not self.compare_input(linked.batch_id, fresh=event.fresh) and event.fresh:
            self.notify(self._linked_sentence(linked), timeout=8)

    def _linked_sentence(self, linked: LinkedInput) -> Plain:
        said = join(Plain("Linked "), plain(linked.path.name), Plain(": "), plural(len(linked), "request"))
        batch = self.shared.catalog.get(linked.batch_id)
        if batch is None or "request_counts" in batch.unread:
            return join(said, Plain("."))
        total = batch.request_counts.total
        if total == len(linked):
            return join(said, Plain(", as many as the batch has."))
        return join(said, Plain("; but the batch has "), number(total), Plain(". Is it the right file?"))

    def compare_input(self, batch_id: str, *, fresh: bool = False) -> bool:
        """Compare the input of a batch with its results, where both are here and were not compared; else False."""
        known, opened = self.shared.monitor.inputs.get(batch_id), self.shared.monitor.results.get(batch_id)
        if known is None or known.problem is not None or known.match is not None:
            return False
        if opened is None or opened.file is None or opened.progress.state != "complete":
            return False
        self._in_thread(partial(self._compare, known.linked, opened.file, fresh=fresh), "compare input")
        return True

    def _compare(self, linked: LinkedInput, file: ResultsFile, *, fresh: bool) -> None:
        from batch_tui.results.completeness import match_input

        worker = get_current_worker()
        try:
            match = match_input(file, linked.custom_ids(), should_stop=lambda: worker.is_cancelled)
        except (LinkError, ResultsStoreError) as error:
            self.post_message(InputRead(linked, str(error), fresh=False))
        else:
            if match is not None:
                self.post_message(InputMatched(linked, match, fresh=fresh))

    @on(InputMatched)
    def _take_match(self, event: InputMatched) -> None:
        known = self.shared.monitor.inputs.get(event.linked.batch_id)
        if known is None or known.linked is not event.linked:
            return
        match = event.match
        self.shared.monitor.inputs[event.linked.batch_id] = replace(known, match=match)
        self._updates.publish(InputUpdate(event.linked.batch_id))
        if event.fresh:
            rate = f"{number(match.answered)} of {number(match.asked)} custom_ids found in the results."
            self.notify(
                plain(f"Linked {event.linked.path.name}: {rate}"),
                severity="warning" if match.sentences else "information",
                timeout=8,
            )


def path_problem(typed: str, *, linked: bool) -> str | None:
    """Why what was typed names no file, or None; nothing is an answer where one is linked."""
    if not typed and linked:
        return None
    if not typed:
        return f"Give the path of a file; {key_for('prompt.close', 'esc')} leaves things as they are."
    try:
        Path(typed).expanduser()
    except RuntimeError:
        return "There is no such user."
    return None
