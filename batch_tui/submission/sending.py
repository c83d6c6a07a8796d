"""Sending a batch once: written down before the POST, and looked for where its fate is unknown."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from batch_tui.api.errors import APIResponseValidationError, BatchAPIError, CreateUncertain
from batch_tui.submission.journal import JournalError, custom_ids_digest
from batch_tui.submission.lost_batch import Look, is_it
from batch_tui.submission.request_file import RequestFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from batch_tui.api.client import BatchClient
    from batch_tui.api.models import MessageBatch
    from batch_tui.api.params import MessageBatchIndividualRequest
    from batch_tui.submission.journal import Submission, SubmissionJournal

_A_DAY: Final = timedelta(days=1)

LOOKS: Final = (0.0, 5.0, 15.0, 40.0)
"""Seconds before each look for a batch whose answer was lost."""


class NotRepeated(Exception):
    """The same requests were sent a short while ago, and the user does not want them sent once more."""


@dataclass(frozen=True, slots=True)
class Made:
    """A batch that is there."""

    batch: MessageBatch
    raw: Any
    """The API's own object, or None where it was not asked for."""
    earlier: Submission | None = None
    """The attempt before this one that made it; then nothing is sent now."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How it ended well: the batch, and what is noted of it."""

    batch: MessageBatch
    submission: Submission
    noted: bool


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Nobody can say whether there is a batch of these requests, so no more of them are sent.

    `found` are those of its size and time, which is no proof; without any it may be on its way, or not listed yet.
    """

    found: tuple[MessageBatch, ...]
    submission: Submission
    earlier: bool
    """It was an attempt before this one that is in doubt; now nothing was sent."""


@dataclass(slots=True)
class BatchSender:
    """Sends requests as one batch, never twice. The clocks are for tests.

    Every method raises JournalError where nothing may be sent, and RequestFileError or BatchAPIError where nothing
    was created. What is said may hold untrusted text.
    """

    client: BatchClient
    journal: SubmissionJournal
    origin: str
    """The base URL, as the journal has it."""
    access: str
    """With what the API is asked, in names."""
    explain: Callable[[BatchAPIError], str]
    say: Callable[[str], object]
    """Hears what goes on, a sentence at a time."""
    tell: Callable[[Made], object]
    """Hears of the batch as soon as there is one: nobody could find out its id later."""
    repeats: Callable[[Submission], bool] = lambda _: True
    """Whether to send once more what was sent, word for word, in the last day."""
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    stage: Literal["nothing sent", "open", "nothing made", "made"] = "nothing sent"
    """What is true of a stop at this moment."""
    batch_id: str | None = None
    """The batch, once there is one."""

    def send(
        self,
        requests: Callable[[], Iterable[MessageBatchIndividualRequest]],
        input_path: Path,
        *,
        again: bool = False,
    ) -> Sent | InDoubt:
        """Send what `requests` gives; it is called twice, and must give the same.

        Refuses while an earlier attempt with the same custom_ids may have created a batch; `again` overrides that.
        Raises NotRepeated where the same was sent within a day, and the user does not want it once more.
        """
        count, digest, content = _fingerprint(requests())
        if not again and (settled := self._settle_doubts(count, digest)) is not None:
            return settled
        earlier = self._mention_earlier(digest, content)
        if earlier is not None and not again and not self.repeats(earlier):
            raise NotRepeated
        self.stage = "open"
        submission = self.journal.intend(
            count=count,
            digest=digest,
            input_path=input_path,
            origin=self.origin,
            access=self.access,
            content=content,
        )
        try:
            answer = self.client.messages.batches.with_raw_response.create(requests=requests())
        except CreateUncertain as error:
            return self._look_for_lost(submission, error)
        except KeyboardInterrupt:
            # With its end noted, the next attempt need not fear that this one is still on its way.
            self._note_doubt(submission, "Stopped by the user while it was being sent.")
            raise
        except (BatchAPIError, RequestFileError, TypeError, ValueError) as error:
            # Raised before anything was created: a refusal, or a request that cannot be written.
            self.stage = "nothing made"
            try:
                self.journal.refused(submission, str(error))
            except JournalError as trouble:
                self.say(f"No batch was created, but this could not be noted: {trouble.problem}")
            if isinstance(error, TypeError | ValueError):
                raise RequestFileError(str(error)) from error
            raise
        return self.take(submission, Made(answer.parse(), answer.json()))

    def take(self, submission: Submission, made: Made) -> Sent:
        """Tell of a batch that is there, and note it."""
        self.stage, self.batch_id = "made", made.batch.id
        noted = False
        try:
            self.tell(made)
        finally:
            # Even if nobody hears it, or it was just then that the user stopped it.
            noted = self._note_made(submission, made.batch.id)
        return Sent(made.batch, submission, noted)

    def _note_made(self, submission: Submission, batch_id: str) -> bool:
        try:
            self.journal.accepted(submission, batch_id)
        except JournalError as error:
            sentence = f"The batch was created, as {batch_id}, but this could not be noted: {error.problem}"
            self.say(f"{sentence} Keep the id: a later attempt does not know of it, and may send these requests again.")
            return False
        return True

    # Doubts

    def doubts(self, count: int, digest: str) -> list[Submission]:
        """Earlier attempts at this API with the same custom_ids that may have made a batch, oldest first."""
        wanted = (digest, count, self.origin)
        return [one for one in self.journal.doubtful() if (one.digest, one.count, one.origin) == wanted]

    def _settle_doubts(self, count: int, digest: str) -> Sent | InDoubt | None:
        """Find out what became of earlier attempts; not None while one made a batch, or may have."""
        for doubt in self.doubts(count, digest):
            look = Look.at_the_list(self.client, self.now)
            if not look.sees(doubt, self.access):
                there = f"workspace {doubt.workspace}" if doubt.workspace else f"the {doubt.access}"
                self.say(f"{lost_sentence(doubt)} That was with {there}, and can be looked for only there.")
                continue
            fitting = look.fitting(doubt, self.known())
            if any(batch.results_url for batch in fitting):
                self.say("Comparing custom_ids with those of a batch that has ended…")
            verdicts = {batch.id: is_it(self.client, batch, doubt) for batch in fitting}
            found = [batch for batch in fitting if verdicts[batch.id] is not False]
            if len(found) == 1 and verdicts[found[0].id]:
                return self.take(doubt, Made(found[0], None, earlier=doubt))
            if found or look.too_early_for(doubt):
                return InDoubt(tuple(found), doubt, earlier=True)
            self.journal.refused(doubt, "Looked for later, and not found in the list of batches.")
            self.say(f"An attempt on {when(doubt)}, whose answer was lost, created no batch; sending now.")
        return None

    def _look_for_lost(self, submission: Submission, error: CreateUncertain) -> InDoubt:
        self.say(self.explain(error))
        submission = self._note_doubt(submission, str(error), error.sent_at)
        self.say("Looking for it in the list of batches…")
        told = ""
        for pause in LOOKS:
            self.sleep(pause)
            try:
                look = Look.at_the_list(self.client, self.now)
                submission = self._noting(submission, look)
                found = look.fitting(submission, self._known_if_readable())
            except BatchAPIError as trouble:
                if (sentence := self.explain(trouble)) != told:
                    self.say(sentence)
                    told = sentence
                if isinstance(trouble, APIResponseValidationError):
                    # Whoever answers is not the API, and will not be in a minute.
                    break
                continue
            if found:
                return InDoubt(tuple(found), submission, earlier=False)
        return InDoubt((), submission, earlier=False)

    def _note_doubt(self, submission: Submission, reason: str, sent_at: datetime | None = None) -> Submission:
        try:
            return self.journal.uncertain(submission, reason, sent_at=sent_at)
        except JournalError as trouble:
            # The note from before it was sent warns as well, if it is still there.
            self.say(f"This could not be noted: {trouble.problem}")
            return submission

    def _noting(self, submission: Submission, look: Look) -> Submission:
        """The submission with what a later look needs: by then this machine's clock may have been put right."""
        if submission.clock_ahead is not None:
            return submission
        ahead = None if look.ahead is None else look.ahead.total_seconds()
        try:
            return self.journal.looked_for(submission, workspace=look.workspace, clock_ahead=ahead)
        except JournalError:
            # Told already, when the doubt itself could not be noted.
            return submission

    def known(self) -> set[str]:
        """Batches that are known to be those of other attempts."""
        return {one.batch_id for one in self.journal.submissions() if one.batch_id is not None}

    def _known_if_readable(self) -> set[str]:
        try:
            return self.known()
        except JournalError:
            return set()

    def _mention_earlier(self, digest: str, content: str) -> Submission | None:
        """Tell of the last batch with these requests, or else custom_ids; gives the former if it is of the last day."""
        found = self.journal.sent_before(digest, self.origin)
        same = [one for one in found if one.content == content and one.access in (None, self.access)]
        if not found:
            return None
        last, what = (same[-1], "requests") if same else (found[-1], "custom_ids")
        self.say(f"The same {what} were sent on {last.written_at:%Y-%m-%d %H:%M} UTC as {last.batch_id}.")
        return last if same and self.now() - last.written_at < _A_DAY else None


def _fingerprint(requests: Iterable[MessageBatchIndividualRequest]) -> tuple[int, str, str]:
    """The number of these requests, the digest of their custom_ids, and that of all they say."""
    said = sha256()

    def hashed() -> Iterator[MessageBatchIndividualRequest]:
        for request in requests:
            said.update(_as_bytes(request) + b"\n")
            yield request

    count, digest = count_and_digest(hashed())
    return count, digest, said.hexdigest()


def _as_bytes(request: MessageBatchIndividualRequest) -> bytes:
    try:
        return msgspec.json.encode(request)
    except (TypeError, ValueError, OverflowError):
        # What cannot be written as JSON is told when it is about to be sent.
        return repr(request).encode("utf-8", "backslashreplace")


def count_and_digest(requests: Iterable[MessageBatchIndividualRequest]) -> tuple[int, str]:
    """What an attempt with these requests is recognised by."""
    custom_ids = [request["custom_id"] for request in requests]
    return len(custom_ids), custom_ids_digest(custom_ids)


def when(submission: Submission) -> str:
    """When an attempt was made."""
    return f"{submission.written_at:%Y-%m-%d %H:%M:%S} UTC"


def lost_sentence(submission: Submission) -> str:
    """What is known of an attempt in doubt."""
    return f"These requests were sent on {when(submission)}, and the answer was lost."
