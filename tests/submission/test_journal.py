"""The journal: written before, settled after, readable by the next process."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from batch_tui.submission.journal import JournalError, SubmissionJournal, custom_ids_digest

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def input_of(journal: SubmissionJournal, batch_id: str) -> Path | None:
    made = journal.made(batch_id)
    return None if made is None else made.input_path


def journal_in(directory: Path) -> SubmissionJournal:
    seconds, names = count(), count()
    return SubmissionJournal(
        directory, clock=lambda: START + timedelta(seconds=next(seconds)), token=lambda: f"{next(names):04}"
    )


@pytest.fixture
def journal(tmp_path: Path) -> SubmissionJournal:
    return journal_in(tmp_path / "journal")


def test_an_intent_is_pending_until_it_is_settled(journal: SubmissionJournal, tmp_path: Path) -> None:
    digest = custom_ids_digest(["a", "b"])
    intent = journal.intend(count=2, digest=digest, input_path=tmp_path / "in.jsonl", origin="http://x")
    again = SubmissionJournal(tmp_path / "journal")
    assert again.pending() == [intent]
    assert (intent.count, intent.digest, intent.origin, intent.written_at) == (2, digest, "http://x", START)
    settled = journal.accepted(intent, "msgbatch_1")
    assert again.pending() == []
    assert again.submissions() == [settled]
    assert (settled.outcome, settled.batch_id, settled.id) == ("accepted", "msgbatch_1", intent.id)
    assert settled.settled_at is not None
    assert settled.settled_at > settled.written_at
    assert input_of(again, "msgbatch_1") == tmp_path / "in.jsonl"
    assert input_of(again, "msgbatch_2") is None


def test_a_refusal_and_a_doubt_are_kept_with_their_reason(journal: SubmissionJournal) -> None:
    first, second, third = (journal.intend(count=1, digest=str(n)) for n in range(3))
    journal.refused(first, "400: duplicate custom_id")
    doubt = journal.uncertain(second, "The line was lost.")
    assert [one.outcome for one in journal.submissions()] == ["refused", "uncertain", None]
    assert journal.submissions()[0].detail == "400: duplicate custom_id"
    assert [one.id for one in journal.pending()] == [third.id]
    assert [one.id for one in journal.doubtful()] == [second.id, third.id]
    journal.accepted(doubt, "msgbatch_found")
    assert [one.id for one in journal.doubtful()] == [third.id]


def test_a_batch_made_elsewhere_can_be_linked(journal: SubmissionJournal, tmp_path: Path) -> None:
    journal.link("msgbatch_9", tmp_path / "in.jsonl", count=3, digest="d")
    assert input_of(journal, "msgbatch_9") == tmp_path / "in.jsonl"
    assert journal.pending() == []


def test_a_file_name_that_is_not_utf8_is_kept(journal: SubmissionJournal, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"bad\xff.jsonl")
    file.write_text("{}")
    intent = journal.intend(count=1, digest="d", input_path=file)
    journal.accepted(intent, "msgbatch_1")
    (kept,) = SubmissionJournal(journal.directory).submissions()
    assert kept.input_path == file
    assert kept.input == f"{tmp_path}/bad\\xff.jsonl"
    assert input_of(journal, "msgbatch_1") == file
    journal.refused(intent, f"{file}, line 3: not JSON")


def test_what_an_earlier_version_wrote_is_read(journal: SubmissionJournal, tmp_path: Path) -> None:
    journal.directory.mkdir()
    (journal.directory / "20261101T120000-0001.submission.json").write_text(
        '{"id":"20261101T120000-0001","written_at":"2026-11-01T12:00:00Z","input":"/data/in.jsonl",'
        '"origin":"https://api.anthropic.com","count":2,"digest":"d","outcome":"uncertain",'
        '"settled_at":"2026-11-01T12:00:09Z","batch_id":null,"detail":"lost"}'
    )
    (old,) = journal.doubtful()
    assert (str(old.input_path), old.access, old.clock_ahead, old.input_changed()) == (
        "/data/in.jsonl",
        None,
        None,
        False,
    )
    looked = journal.looked_for(old, workspace="wrkspc_1", clock_ahead=-360.0)
    assert journal.doubtful() == [looked]
    assert (looked.workspace, looked.clock_ahead, looked.settled_at) == ("wrkspc_1", -360.0, old.settled_at)


def test_a_file_that_was_changed_since_is_noticed(journal: SubmissionJournal, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text("one")
    journal.accepted(journal.intend(count=1, digest="d", input_path=file), "msgbatch_1")
    made = journal.made("msgbatch_1")
    assert made is not None
    assert not made.input_changed()
    file.write_text("other")
    assert made.input_changed()


def test_the_journal_is_private(journal: SubmissionJournal) -> None:
    journal.intend(count=1, digest="d")
    assert journal.directory.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in journal.directory.iterdir()] == [0o600]


def test_an_unwritten_journal_is_empty(tmp_path: Path) -> None:
    assert SubmissionJournal(tmp_path / "none").submissions() == []


def test_nothing_may_be_sent_when_the_intent_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="Nothing is sent without it"):
        journal_in(tmp_path / "file" / "journal").intend(count=1, digest="d")


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b"[" * 100_000])
def test_a_damaged_file_is_not_passed_over(journal: SubmissionJournal, damage: bytes) -> None:
    journal.intend(count=1, digest="d")
    (path,) = journal.directory.iterdir()
    path.write_bytes(damage)
    with pytest.raises(JournalError, match="is damaged") as raised:
        journal.pending()
    assert str(path) in str(raised.value)


def test_an_outcome_that_was_cut_off_leaves_the_intent(journal: SubmissionJournal) -> None:
    intent = journal.intend(count=1, digest="d")
    (path,) = journal.directory.iterdir()
    path.with_name(path.name + ".new").write_bytes(b'{"id": "torn')
    assert journal.pending() == [intent]


def test_the_digest_does_not_know_order_but_number() -> None:
    assert custom_ids_digest(["a", "b", "c"]) == custom_ids_digest(["c", "a", "b"])
    assert custom_ids_digest(["a", "b"]) != custom_ids_digest(["a", "b", "b"])
    assert custom_ids_digest(["ab", "c"]) != custom_ids_digest(["a", "bc"])
    assert len(custom_ids_digest([])) == 64
