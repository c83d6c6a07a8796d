"""`wait`: ask until batches have ended, as patiently as the server wishes, and say how they came out."""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from batch_tui.api.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    BatchAPIError,
    NotFoundError,
)
from batch_tui.api.not_given import NOT_GIVEN
from batch_tui.api.retry import retry_after
from batch_tui.api.salvage import retrieve
from batch_tui.api.transport import patience
from batch_tui.tui.text import Plain, duration, fit, number, plain, plural
from batch_tui.tui.trouble import describe
from batch_tui.verbs.batch_lines import json_line, print_table
from batch_tui.verbs.looking import saved_here
from batch_tui.verbs.session import Exit, whoever_reads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_tui.api.client import BatchClient
    from batch_tui.api.models import MessageBatch
    from batch_tui.api.options import Timeout
    from batch_tui.verbs.session import Session

_LOST_FOR: Final = 900.0
"""Seconds of nothing but trouble after which waiting is given up, once the API has answered at all."""
_UNKNOWN_FOR: Final = 60.0
"""Seconds for which a 404 may be about a batch that was created a moment ago (batches-api.md, point 10)."""
_LONGEST_PAUSE: Final = 300.0
_PATIENCE: Final = 60.0
_CLEAR_LINE: Final = "\r\x1b[2K"


@dataclass(slots=True)
class _Waited:
    """One batch that is waited for."""

    batch_id: str
    batch: MessageBatch | None = None
    raw: Any = None
    unknown_since: float | None = None
    unknown: str | None = None
    """What was said when it was not found the last time."""
    problem: str | None = None
    """Why there will be no end to wait for."""

    @property
    def over(self) -> bool:
        return self.problem is not None or (self.batch is not None and self.batch.processing_status == "ended")


@dataclass(slots=True)
class Wait:
    """Waits for batches. `poll` and `timeout` in seconds, None for no limit; the clocks are for tests."""

    session: Session
    batch_ids: Sequence[str]
    poll: float = 10.0
    timeout: float | None = None
    as_json: bool = False
    quiet: bool = False
    sleep: Callable[[float], object] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _waited: list[_Waited] = field(init=False, default_factory=list)
    _said: str = field(init=False, default="")
    _begun: float = field(init=False, default=0.0)
    _trouble_since: float | None = field(init=False, default=None)
    _ever_answered: bool = field(init=False, default=False)

    def run(self) -> int:
        """Wait, print each batch as it ended, and give the exit code.

        0 when every request of every batch succeeded, 1 when one did not or a batch is not there, 4 when the time
        is up. Raises BatchAPIError for what asking again will not cure.
        """
        self._waited = [_Waited(one) for one in dict.fromkeys(self.batch_ids)]
        self._begun = self.monotonic()
        with self.session.connect() as connected:
            # Tried again by this loop, which knows when the time is up.
            client = connected.with_options(max_retries=0)
            while True:
                wish = self._ask_all(client)
                left = [one for one in self._waited if not one.over]
                self._narrate(left)
                if not left:
                    break
                pause = min(max(self.poll, wish or 0.0), _LONGEST_PAUSE)
                spent = self.monotonic() - self._begun
                if self.timeout is not None and spent + pause > self.timeout:
                    # The last look comes exactly when the time is up.
                    pause = self.timeout - spent
                    if pause <= 0:
                        break
                self.sleep(pause)
        return self._finish()

    def _ask_all(self, client: BatchClient) -> float | None:
        """Ask for each batch that has not ended; the longest wait that the server asked for."""
        wishes: list[float] = []
        for one in self._waited:
            if one.over:
                continue
            try:
                answer = client.fetch(retrieve(one.batch_id), self._patience())
            except NotFoundError as error:
                self._note_missing(one, error)
            except APIResponseValidationError as error:
                self._note_unreadable(one, str(describe(error, host=self.session.host)))
            except BatchAPIError as error:
                self._note_trouble(error)
                asked = getattr(error, "retry_after", None)
                wishes += [asked] if asked else []
                if isinstance(error, APIStatusError) and error.status_code >= 500:
                    # It may be about this batch alone.
                    continue
                # Whatever keeps this one from being answered keeps the others too.
                break
            else:
                self._ever_answered, self._trouble_since = True, None
                if "processing_status" in answer.value.unread:
                    self._note_unreadable(one, f"{one.batch_id} could not be read: processing_status.")
                    continue
                one.batch, one.raw, one.unknown_since = answer.value, json.loads(answer.outcome.body), None
                wish = retry_after(answer.outcome.headers, self.now())
                wishes += [wish] if wish and not one.over else []
        return max(wishes, default=None)

    def _patience(self) -> Timeout:
        """Seconds to wait for one answer: as always, but not beyond the time."""
        if self.timeout is None:
            return NOT_GIVEN
        return patience(min(_PATIENCE, max(self.timeout - (self.monotonic() - self._begun), 1.0)))

    def _note_missing(self, one: _Waited, error: NotFoundError) -> None:
        self._ever_answered, self._trouble_since = True, None
        now = self.monotonic()
        one.unknown_since = now if one.unknown_since is None else one.unknown_since
        if one.batch is not None and now - one.unknown_since < _UNKNOWN_FOR:
            return
        one.unknown = str(describe(error, host=self.session.host))
        if one.batch is None and now - self._begun < _UNKNOWN_FOR:
            # It may have been created a moment ago.
            self._say(plain(f"{one.unknown} Asking again, as it may be new."))
            return
        one.problem = one.unknown

    def _note_unreadable(self, one: _Waited, said: str) -> None:
        """Others may be fine; this one has a minute to become so."""
        now = self.monotonic()
        one.unknown, one.unknown_since = said, now if one.unknown_since is None else one.unknown_since
        if now - one.unknown_since < _UNKNOWN_FOR:
            self._say(plain(f"{said} Asking again."))
        else:
            one.problem = said

    def _note_trouble(self, error: BatchAPIError) -> None:
        """Put up with what may pass; raises the error where it will not, or has not for too long."""
        trouble, now = describe(error, host=self.session.host), self.monotonic()
        self._trouble_since = now if self._trouble_since is None else self._trouble_since
        lost_for = now - self._trouble_since
        unreachable_from_the_start = isinstance(error, APIConnectionError) and not self._ever_answered
        if not trouble.will_pass or unreachable_from_the_start or lost_for > _LOST_FOR:
            self._clear()
            raise error
        self._say(plain(f"{trouble} Still waiting."))

    # Saying

    def _narrate(self, left: Sequence[_Waited]) -> None:
        if self._trouble_since is not None or any(one.batch is None for one in left):
            return
        spent = duration(timedelta(seconds=self.monotonic() - self._begun))
        ended = len(self._waited) - len(left)
        known = [one.batch for one in left if one.batch is not None]
        requests = sum(batch.request_counts.processing for batch in known)
        said = f"{number(ended)} of {plural(len(self._waited), 'batch', 'batches')} ended"
        if known:
            said += f", {plural(requests, 'request')} in process"
        self._say(Plain(said), after=Plain(f", {spent}"))

    def _say(self, sentence: Plain, *, after: Plain | None = None) -> None:
        """One line: written over on a terminal; elsewhere a new one only when there is something new to say."""
        if self.quiet:
            return
        if sys.stderr.isatty():
            line = fit(Plain(sentence + (after or "")), max(shutil.get_terminal_size().columns - 1, 20))
            click.echo(f"{_CLEAR_LINE}{line}", nl=False, err=True)
        elif sentence != self._said:
            click.echo(f"{sentence}{after or ''}", err=True)
        self._said = sentence

    def _clear(self) -> None:
        if self._said and not self.quiet and sys.stderr.isatty():
            click.echo(_CLEAR_LINE, nl=False, err=True)

    def _finish(self) -> int:
        self._clear()
        for one in self._waited:
            if one.batch is not None and one.batch.unread and one.problem is None:
                one.problem = f"{one.batch_id} could not be read: {', '.join(sorted(one.batch.unread))}."
        batches = [one.batch for one in self._waited if one.batch is not None and not one.batch.unread]
        whoever_reads(lambda: self._print(batches))
        for one in self._waited:
            if one.batch is None and one.unknown is not None:
                one.problem = one.unknown
        problems = [one.problem for one in self._waited if one.problem is not None]
        for problem in problems:
            click.echo(plain(problem), err=True)
        waiting = [one for one in self._waited if not one.over]
        if waiting:
            click.echo(f"The time is up: {plural(len(waiting), 'batch', 'batches')} not ended.", err=True)
            return Exit.NOT_READY
        counts = [batch.request_counts for batch in batches]
        return Exit.REFUSED if problems or any(one.succeeded < one.total for one in counts) else Exit.DONE

    def _print(self, batches: Sequence[MessageBatch]) -> None:
        if self.as_json:
            for one in self._waited:
                if one.batch is not None and not one.batch.unread:
                    click.echo(json_line(one.raw))
        elif batches:
            print_table(batches, self.now(), saved_here(self.session))
