"""What was about to be sent, written before it is sent, and what became of it: so that nothing is sent twice."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Outcome = Literal["accepted", "refused", "uncertain"]
_ENDING = ".submission.json"


class JournalError(Exception):
    """The journal cannot be written or read; nothing may be sent then. The text says where and what to do.

    `problem` is the part of it that is true after something was sent as well.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(f"{problem} {advice}")
        self.problem = problem


class Submission(Struct, frozen=True, kw_only=True):
    """One intent to create a batch. `outcome` is None until it is known that the request was answered.

    `digest` stands for the set of custom_ids in any order, to recognise the batch by. `detail` holds the
    error or the reason for doubt. Times are aware, from this machine's clock. Fields with a default may be missing
    from what earlier versions wrote.
    """

    id: str
    written_at: datetime
    input: str | None
    """For people; programs ask `input_path`."""
    origin: str
    """The base URL."""
    count: int
    digest: str
    outcome: Outcome | None = None
    settled_at: datetime | None = None
    batch_id: str | None = None
    detail: str | None = None
    access: str | None = None
    """With what the API was asked: the names of profile, workspace and variable of the key, never the key."""
    workspace: str | None = None
    """The workspace the API named when it was looked for the batch."""
    sent_at: datetime | None = None
    """When the attempt in doubt was sent; those before it made nothing."""
    clock_ahead: float | None = None
    """Seconds by which the server's clock was ahead of `written_at`'s then; None if it was not learnt."""
    input_bytes: str | None = None
    """The bytes of the file's name, each as one character, where it is not UTF-8."""
    input_stamp: tuple[int, int] | None = None
    """Size and time of modification (ns) of the file when it was about to be sent."""
    content: str | None = None
    """A digest of all that the requests say, in their order."""

    @property
    def input_path(self) -> Path | None:
        """The file of requests."""
        if self.input_bytes is not None:
            return Path(os.fsdecode(self.input_bytes.encode("latin-1")))
        return None if self.input is None else Path(self.input)

    def input_changed(self) -> bool:
        """Whether the file is known to be another than was sent. Raises OSError."""
        if self.input_path is None or self.input_stamp is None:
            return False
        return _stamp(self.input_path) != self.input_stamp


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _stamp_or_none(path: Path | None) -> tuple[int, int] | None:
    try:
        return None if path is None else _stamp(path)
    except OSError:
        # Whoever reads the requests from it says so.
        return None


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def custom_ids_digest(custom_ids: Iterable[str]) -> str:
    """A digest of the custom_ids that does not depend on their order; memory stays flat."""
    total = 0
    for custom_id in custom_ids:
        total += int.from_bytes(sha256(custom_id.encode("utf-8", "surrogatepass")).digest(), "big")
    return f"{total % 2**256:064x}"


class SubmissionJournal:
    """Submissions in a private directory (0700), one small file each (0600), written whole and flushed to disk.

    `clock` gives aware times, `token` a fresh name. Every method raises JournalError when the disk refuses
    or a file is damaged.
    """

    def __init__(
        self,
        directory: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self.directory = directory
        self._clock = clock
        self._token = token

    def intend(
        self,
        *,
        count: int,
        digest: str,
        input_path: Path | None = None,
        origin: str = "",
        access: str | None = None,
        content: str | None = None,
    ) -> Submission:
        """Write down that a batch is about to be created; call before the POST and send only if this returns."""
        now = self._clock()
        name = None if input_path is None else os.fsencode(input_path.absolute())
        readable = None if name is None else name.decode("utf-8", "backslashreplace")
        submission = Submission(
            id=f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{self._token()}",
            written_at=now,
            input=readable,
            origin=origin,
            count=count,
            digest=digest,
            access=access,
            input_bytes=name.decode("latin-1") if name is not None and not _is_utf8(name) else None,
            input_stamp=_stamp_or_none(input_path),
            content=content,
        )
        self._write(submission)
        return submission

    def accepted(self, submission: Submission, batch_id: str) -> Submission:
        """The server created this batch."""
        return self._settle(submission, "accepted", batch_id=batch_id)

    def refused(self, submission: Submission, error: str) -> Submission:
        """The server created nothing."""
        return self._settle(submission, "refused", detail=error)

    def uncertain(self, submission: Submission, reason: str, *, sent_at: datetime | None = None) -> Submission:
        """Nobody knows whether the server created a batch: look for it before sending anything again."""
        return self._settle(replace(submission, sent_at=sent_at), "uncertain", detail=reason)

    def pending(self) -> list[Submission]:
        """Intents without an outcome, oldest first: the program ended between writing and hearing the answer."""
        return [submission for submission in self.submissions() if submission.outcome is None]

    def doubtful(self) -> list[Submission]:
        """Submissions that may or may not have created a batch: pending or uncertain, oldest first."""
        return [one for one in self.submissions() if one.outcome in (None, "uncertain")]

    def sent_before(self, digest: str, origin: str) -> list[Submission]:
        """Submissions with these custom_ids that made a batch there, oldest first."""
        here = (digest, origin, "accepted")
        return [one for one in self.submissions() if (one.digest, one.origin, one.outcome) == here and one.batch_id]

    def submissions(self) -> list[Submission]:
        """Every submission, oldest first."""
        try:
            paths = sorted(self.directory.glob(f"*{_ENDING}"))
            found = [self._read(path) for path in paths]
        except OSError as error:
            raise self._trouble("read", self.directory, error) from error
        return sorted(found, key=lambda submission: (submission.written_at, submission.id))

    def looked_for(self, submission: Submission, *, workspace: str | None, clock_ahead: float | None) -> Submission:
        """What a look for the batch told of the server; how it came out stays open."""
        noted = replace(submission, workspace=workspace, clock_ahead=clock_ahead)
        self._write(noted)
        return noted

    def made(self, batch_id: str) -> Submission | None:
        """The newest submission that is known to have made a batch of a file."""
        for submission in reversed(self.submissions()):
            if submission.batch_id == batch_id and submission.input is not None:
                return submission
        return None

    def link(self, batch_id: str, input_path: Path, *, count: int, digest: str) -> Submission:
        """Remember the file of a batch that was created elsewhere."""
        submission = self.intend(count=count, digest=digest, input_path=input_path)
        return self.accepted(submission, batch_id)

    def _settle(
        self, submission: Submission, outcome: Outcome, *, batch_id: str | None = None, detail: str | None = None
    ) -> Submission:
        if detail is not None:
            # It may quote a file name, and those may hold any bytes.
            detail = detail.encode("utf-8", "backslashreplace").decode()
        settled = replace(submission, outcome=outcome, settled_at=self._clock(), batch_id=batch_id, detail=detail)
        self._write(settled)
        return settled

    def _write(self, submission: Submission) -> None:
        path = self.directory / f"{submission.id}{_ENDING}"
        temporary = path.with_name(path.name + ".new")
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.json.encode(submission))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            self._flush_directory()
        except OSError as error:
            raise self._trouble("write", path, error) from error

    def _flush_directory(self) -> None:
        # Without this the rename itself may be lost with the power.
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _read(self, path: Path) -> Submission:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Submission)
        except (ValueError, RecursionError) as error:
            raise JournalError(
                f"{path} is damaged ({error}).",
                "It may tell of a batch that was sent: look in the list of batches, then move the file away.",
            ) from error

    @staticmethod
    def _trouble(doing: str, path: Path, error: OSError) -> JournalError:
        reason = error.strerror or type(error).__name__
        return JournalError(
            f"Could not {doing} the submission journal {path}: {reason}.",
            "Nothing is sent without it; make that place writable, then retry.",
        )
