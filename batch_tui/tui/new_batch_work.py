"""Sending a file of requests as a new batch, in threads: checking it, sending it once, linking it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from batch_tui.submission.journal import JournalError, SubmissionJournal
from batch_tui.submission.request_file import RequestFileError, check_request_file, iter_requests
from batch_tui.submission.sending import count_and_digest
from batch_tui.tui.new_batch_messages import FileChecked, FileRefused
from batch_tui.tui.resubmit_messages import ResubmitSaid
from batch_tui.tui.resubmit_work import link_to, sender_of, stamp_of
from batch_tui.tui.text import plain, plural, size

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from batch_tui.submission.journal import Submission
    from batch_tui.submission.request_file import Problem, RequestFileCheck
    from batch_tui.submission.sending import InDoubt, Sent
    from batch_tui.tui.connection import Submissions
    from batch_tui.tui.resubmit_work import Outcome, Post

_LARGE = 10_000_000
"""Bytes from which checking takes long enough to be told."""
_SAID = 3
"""Problems that a question has room for."""


@dataclass(frozen=True, slots=True)
class FilePlan:
    """A file that can be sent, as it was found; the strings are untrusted."""

    file: Path
    stamp: tuple[int, int]
    """Size and time of modification of the file then."""
    found: RequestFileCheck
    earlier: Submission | None = None
    """When just these custom_ids were sent before."""

    @property
    def doubts(self) -> list[str]:
        """What the API accepts and will probably answer with an error, the first of it."""
        return said_of(self.found)


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What the user agreed to send; `again` even though an earlier attempt may have made a batch."""

    plan: FilePlan
    again: bool = False

    key = ("batch.new", "a")
    """The action that sends it, and its usual key."""

    @property
    def count(self) -> int:
        """How many requests it has."""
        return self.plan.found.requests

    def send(self, way: Post) -> Outcome:
        """Send it once, and link the file to the batch. Raises as BatchSender does."""
        file = self.plan.file
        if stamp_of(file) != self.plan.stamp:
            raise RequestFileError(f"{file} was changed after the question.")
        outcome: Sent | InDoubt = sender_of(way, new=True).send(lambda: iter_requests(file), file, again=self.again)
        return outcome, link_to(outcome, file, self.plan.stamp, way)

    def despite_doubt(self) -> NewOrder:
        """The same, to be sent even though an earlier attempt may have made a batch."""
        return replace(self, again=True)


def check_file(typed: str, submissions: Submissions, post: Callable[[Message], object]) -> Message:
    """Read the whole file and say what comes next; everything that is wrong with it is told.

    `post` hears of it where that takes long.
    """
    try:
        file = Path(typed).expanduser().absolute()
        stamp = stamp_of(file) if file.exists() else (0, 0)
        if stamp[0] > _LARGE:
            post(ResubmitSaid(f"Checking {file.name}, {size(stamp[0])}…", "information"))
        found = check_request_file(file, api_version=submissions.api_version)
        if not found.ok:
            return FileRefused(typed, _refusal(found), quotes=True)
        _, digest = count_and_digest(iter_requests(file))
        if stamp_of(file) != stamp:
            return FileRefused(typed, f"{file} was changed while it was read. Send it once it is whole.")
        made = SubmissionJournal(submissions.directory).sent_before(digest, submissions.origin)
        return FileChecked(FilePlan(file, stamp, found, made[-1] if made else None))
    except (RequestFileError, JournalError) as error:
        return FileRefused(typed, str(error))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return FileRefused(typed, f"Could not read {typed}: {reason}. Check the name.")


def _refusal(found: RequestFileCheck) -> str:
    return "\n".join(("Nothing was sent: the API would refuse this.", *map(plain, said_of(found))))


def said_of(found: RequestFileCheck) -> list[str]:
    """The first problems, errors before warnings, and how many more there are."""
    problems = sorted(found.problems, key=lambda one: one.severity != "error")
    said = [_sentence(problem) for problem in problems[:_SAID]]
    more = found.errors + found.warnings - len(said)
    return [*said, f"{plural(more, 'more problem')}: `batch-tui check` lists all."] if more else said


def _sentence(problem: Problem) -> str:
    where = f"Line {problem.line}: " if problem.line else ""
    return f"{where}{problem.sentence} {problem.advice}"
