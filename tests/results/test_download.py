"""Downloads: whole, dropped, resumed, changed, held back and stopped."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_tui.api.errors import APIConnectionError, APIStatusError
from batch_tui.api.models import MessageBatchRequestCounts
from batch_tui.results.errors import NotResults, ResultsStoreError
from batch_tui.results.part_file import PartFile, note_of
from batch_tui.results.store import ResultsStore
from tests.results.lines import bare, body, encode, many, succeeded
from tests.results.scripted_source import Answer
from tests.results.watched_download import BATCH, Watched

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_tui.results.download_control import DownloadProgress


@pytest.fixture
def store(tmp_path: Path) -> ResultsStore:
    return ResultsStore(tmp_path / "cache")


def stored_bytes(store: ResultsStore) -> bytes:
    return store.results_path(BATCH).read_bytes()


def test_a_whole_download_is_stored_verified_and_browsable(store: ResultsStore) -> None:
    text = many(50)
    watched = Watched(store, Answer(text), expected=50)
    end = watched.run()
    assert (end.state, end.rows, end.bytes, end.verified, end.error) == (
        "complete",
        50,
        len(text),
        True,
        None,
    )
    assert end.content_length == len(text)
    assert watched.states() == ["starting", "downloading", "complete"]
    assert stored_bytes(store) == text
    assert not store.part_path(BATCH).exists()
    results = watched.download.results
    assert results is not None
    assert results.row(49).custom_id == "r-49"
    assert results.path == store.results_path(BATCH)


def test_files_are_private(store: ResultsStore) -> None:
    Watched(store, Answer(many(3))).run()
    assert store.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in store.directory.iterdir()} == {0o600}


def test_rows_can_be_read_while_they_come(store: ResultsStore) -> None:
    seen: list[str | None] = []

    def look(_: int) -> None:
        results = watched.download.results
        if results is not None and len(results):
            seen.append(results.row(len(results) - 1).custom_id)

    watched = Watched(store, Answer(many(40), before=look))
    watched.run()
    assert len(seen) > 5
    assert seen == sorted(seen, key=lambda name: int((name or "r-0")[2:]))


def test_fewer_lines_than_expected_are_stored_but_not_verified(store: ResultsStore) -> None:
    end = Watched(store, Answer(many(3)), expected=5).run()
    assert (end.state, end.verified) == ("complete", False)
    assert end.note is not None
    assert "2 lines missing" in end.note
    stored = store.stored(BATCH)
    assert stored is not None
    assert (stored.rows, stored.verified) == (3, False)


def test_without_an_expected_number_nothing_is_called_verified(store: ResultsStore) -> None:
    assert Watched(store, Answer(many(3))).run().verified is False


def test_an_empty_answer_is_a_whole_file_without_rows(store: ResultsStore) -> None:
    end = Watched(store, Answer(b""), expected=0).run()
    assert (end.state, end.rows, end.verified) == ("complete", 0, True)


def test_a_dropped_line_is_resumed_where_it_broke(store: ResultsStore) -> None:
    text = many(100)
    watched = Watched(store, Answer(text, cut=20_500), Answer(text))
    end = watched.run()
    assert end.state == "complete"
    assert stored_bytes(store) == text
    assert watched.source.starts[0] == 0
    assert 0 < watched.source.starts[1] < 20_500
    assert watched.states() == ["starting", "downloading", "retrying", "downloading", "complete"]
    assert end.attempt == 2
    assert end.restarts == 0


def test_a_server_without_ranges_is_read_again_without_doubling(store: ResultsStore) -> None:
    text = many(100)
    watched = Watched(store, Answer(text, cut=20_500, ranges=False), Answer(text, ranges=False))
    end = watched.run()
    assert (end.state, end.rows, end.restarts) == ("complete", 100, 0)
    assert stored_bytes(store) == text


@pytest.mark.parametrize("ranges", [True, False])
def test_other_bytes_than_before_start_the_file_over_and_say_so(store: ResultsStore, ranges: bool) -> None:
    other = many(120, "Moved")
    watched = Watched(store, Answer(many(100), cut=20_500), Answer(other, ranges=ranges))
    end = watched.run()
    assert (end.state, end.rows, end.restarts) == ("complete", 120, 1)
    assert end.note is not None
    assert "started over" in end.note
    assert stored_bytes(store) == other


def test_rows_shown_before_a_start_over_can_still_be_read(store: ResultsStore) -> None:
    watched = Watched(store, Answer(many(100), cut=20_500), Answer(many(5, "Moved")), max_retries=0)
    assert watched.run().state == "failed"
    old = watched.download.results
    assert old is not None
    assert watched.run().state == "complete"
    assert watched.download.results is not old
    assert old.row(10).preview == "Hello 10"


def test_a_file_that_became_shorter_starts_over(store: ResultsStore) -> None:
    watched = Watched(store, Answer(many(100), cut=20_500), Answer(many(30), ranges=False))
    end = watched.run()
    assert (end.state, end.rows, end.restarts) == ("complete", 30, 1)
    assert stored_bytes(store) == many(30)


def test_a_range_that_cannot_be_had_any_more_starts_over(store: ResultsStore) -> None:
    gone = APIStatusError("Range not satisfiable.", status_code=416)
    watched = Watched(store, Answer(many(100), cut=20_500), Answer(b"", error=gone), Answer(many(2)))
    end = watched.run()
    assert (end.state, end.rows, end.restarts) == ("complete", 2, 1)


def test_a_server_that_has_no_part_does_not_cost_what_is_here(store: ResultsStore) -> None:
    text, none = many(100), APIStatusError("Range not satisfiable.", status_code=416)
    watched = Watched(store, Answer(text, cut=20_500), Answer(b"", error=none), Answer(b"", error=none))
    end = watched.run()
    assert (end.state, watched.source.starts) == ("failed", [0, watched.source.starts[1], 0])
    assert text.startswith(kept := store.part_path(BATCH).read_bytes())
    assert len(kept) > 20_000
    again = Watched(store, Answer(b"", error=none), Answer(text))
    end = again.run()
    assert (end.state, end.rows, end.restarts) == ("complete", 100, 0)
    assert end.note is not None
    assert "started over" in end.note


def test_a_wrong_range_is_not_trusted(store: ResultsStore) -> None:
    text = many(100)
    odd = Answer(text, headers={"content-range": "bytes 7-9/10"})
    watched = Watched(store, Answer(text, cut=20_500), odd, Answer(text))
    assert watched.run().state == "complete"
    assert stored_bytes(store) == text


def test_an_order_that_changes_for_ever_is_given_up(store: ResultsStore) -> None:
    answers = [Answer(many(100, f"try {n}"), cut=30_000) for n in range(40)]
    end = Watched(store, *answers, max_retries=3).run()
    assert end.state == "failed"
    assert "differently each time" in str(end.error)


def test_lost_lines_are_retried_with_growing_waits_and_then_reported(store: ResultsStore) -> None:
    text = many(100)
    watched = Watched(store, Answer(text, cut=20_500), Answer(text, cut=0), max_retries=4)
    end = watched.run()
    assert end.state == "failed"
    assert isinstance(end.error, APIConnectionError)
    assert end.rows == 40
    assert watched.slept == [0.5, 1.0, 2.0, 4.0]
    results = watched.download.results
    assert results is not None
    assert results.row(39).preview == "Hello 39"


def test_a_failed_download_continues_when_run_again(store: ResultsStore) -> None:
    text = many(100)
    watched = Watched(store, Answer(text, cut=20_500), Answer(text), max_retries=0)
    assert watched.run().state == "failed"
    before = watched.download.results
    assert watched.run().state == "complete"
    assert watched.download.results is before
    assert stored_bytes(store) == text


def test_a_new_process_continues_from_the_part_file(store: ResultsStore) -> None:
    text = many(100)
    assert Watched(store, Answer(text, cut=20_500), max_retries=0).run().state == "failed"
    # As it is left by a process that was killed: in mid-line, and with nothing noted about it.
    with store.part_path(BATCH).open("ab") as part:
        part.write(b'{"custom_id": torn')
    note_of(store.part_path(BATCH)).unlink()
    again = Watched(store, Answer(text))
    assert again.run().state == "complete"
    assert again.source.starts[0] > 10_000
    assert stored_bytes(store) == text


def test_a_damaged_part_file_is_noticed(store: ResultsStore) -> None:
    text = many(100)
    assert Watched(store, Answer(text, cut=20_500), max_retries=0).run().state == "failed"
    path = store.part_path(BATCH)
    path.write_bytes(path.read_bytes()[:-1000] + bytes(999) + b"\n")
    end = Watched(store, Answer(text)).run()
    assert (end.state, end.restarts, end.rows) == ("complete", 1, 100)
    assert stored_bytes(store) == text


@pytest.mark.parametrize("ranges", [True, False])
def test_a_part_file_that_something_wrote_to_is_compared_as_a_whole(store: ResultsStore, ranges: bool) -> None:
    """Wherever it was changed: what its last bytes say is not enough."""
    text = many(100)
    assert Watched(store, Answer(text, cut=20_500), max_retries=0).run().state == "failed"
    path = store.part_path(BATCH)
    assert Watched(store, Answer(text, cut=100), max_retries=0).run().state == "failed"
    path.write_bytes(path.read_bytes().replace(b"Hello", b"HELLO", 1))
    # A run that ends before it came so far leaves the doubt.
    assert Watched(store, Answer(text, cut=50, ranges=ranges), max_retries=0).run().state == "failed"
    again = Watched(store, Answer(text, ranges=ranges), expected=100)
    end = again.run()
    assert (end.state, end.verified, again.source.starts) == ("complete", True, [0])
    assert end.note is not None
    assert "other bytes" in end.note
    assert stored_bytes(store) == text
    assert not note_of(path).exists()


def test_a_disk_too_full_to_note_how_it_was_left_makes_nobody_fetch_it_all_again(
    store: ResultsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_fits(path: Path, text: str) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    text = many(100)
    monkeypatch.setattr("pathlib.Path.write_text", nothing_fits)
    assert Watched(store, Answer(text, cut=20_500), max_retries=0).run().state == "failed"
    monkeypatch.undo()
    again = Watched(store, Answer(text))
    assert again.run().state == "complete"
    assert again.source.starts[0] > 10_000
    assert stored_bytes(store) == text


def test_the_first_rows_are_told_of_before_the_line_can_stall(store: ResultsStore) -> None:
    watched: Watched
    seen: list[int] = []

    def look(sent: int) -> None:
        seen.append(watched.told[-1].rows)

    watched = Watched(store, Answer(many(20), chunk=1000, before=look), progress_interval=10.0, monotonic=lambda: 5.0)
    assert watched.run().state == "complete"
    assert seen[0] == 0
    assert min(seen[1:]) > 0


def test_comparing_a_part_file_goes_on_where_the_line_dropped(store: ResultsStore) -> None:
    """Else a line that drops before its end would never let it come further."""
    text = many(200)
    assert Watched(store, Answer(text, cut=40_500), max_retries=0).run().state == "failed"
    path = store.part_path(BATCH)
    note_of(path).write_text("other")
    again = Watched(store, Answer(text, cut=12_000), expected=200, max_retries=1)
    end = again.run()
    assert (end.state, end.verified, end.restarts) == ("complete", True, 0)
    assert again.source.starts == sorted(again.source.starts)
    assert stored_bytes(store) == text


def test_a_part_file_that_was_only_touched_is_kept(store: ResultsStore) -> None:
    text = many(100)
    assert Watched(store, Answer(text, cut=20_500), max_retries=0).run().state == "failed"
    store.part_path(BATCH).touch()
    again = Watched(store, Answer(text, cut=5_000), Answer(text), max_retries=3, expected=100)
    end = again.run()
    assert (end.state, end.restarts, end.verified) == ("complete", 0, True)
    assert again.source.starts == [0, 904]
    assert stored_bytes(store) == text


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_fails_at_once(store: ResultsStore, status: int) -> None:
    refusal = APIStatusError("No.", status_code=status)
    watched = Watched(store, Answer(b"", error=refusal))
    end = watched.run()
    assert (end.state, end.error, watched.slept) == ("failed", refusal, [])
    assert watched.source.starts == [0]


def test_a_server_in_trouble_is_asked_again_when_it_said(store: ResultsStore) -> None:
    trouble = APIStatusError("Overloaded.", status_code=529, retry_after=7.0)
    watched = Watched(store, Answer(b"", error=trouble), Answer(many(2)))
    assert watched.run().state == "complete"
    assert watched.slept == [7.0]


def test_a_cut_last_line_counts_as_a_lost_line(store: ResultsStore) -> None:
    text = many(10)
    watched = Watched(store, Answer(text, cut=len(text) - 30, clean=True), Answer(text))
    assert watched.run().state == "complete"
    assert stored_bytes(store) == text
    assert "retrying" in watched.states()


def test_a_file_that_always_ends_in_mid_line_is_never_called_complete(store: ResultsStore) -> None:
    end = Watched(store, Answer(many(10)[:-30]), max_retries=2).run()
    assert (end.state, end.rows) == ("failed", 9)
    assert "middle of a line" in str(end.error)
    assert store.stored(BATCH) is None


def test_the_last_line_needs_no_line_end(store: ResultsStore) -> None:
    text = many(10).rstrip(b"\n")
    end = Watched(store, Answer(text), expected=10).run()
    assert (end.state, end.rows, end.verified) == ("complete", 10, True)
    assert stored_bytes(store) == text


def test_a_web_page_is_refused(store: ResultsStore) -> None:
    end = Watched(store, Answer(b"\n <!doctype html><title>Sign in</title>")).run()
    assert end.state == "failed"
    assert isinstance(end.error, NotResults)
    assert store.stored(BATCH) is None


def test_a_stored_file_needs_no_network(store: ResultsStore) -> None:
    Watched(store, Answer(many(10)), expected=10).run()
    again = Watched(store, Answer(b"", error=APIConnectionError("offline")))
    end = again.run()
    assert (end.state, end.rows, end.verified) == ("complete", 10, True)
    assert again.source.starts == []


def test_running_a_complete_download_again_changes_nothing(store: ResultsStore) -> None:
    watched = Watched(store, Answer(many(10)), expected=10)
    watched.run()
    before = watched.download.results
    assert watched.run().state == "complete"
    assert watched.download.results is before
    assert watched.source.starts == [0]


def test_a_stored_file_that_was_cut_or_grew_is_fetched_again_and_that_is_said(store: ResultsStore) -> None:
    Watched(store, Answer(many(10))).run()
    with store.results_path(BATCH).open("ab") as file:
        file.write(b"x")
    end = Watched(store, Answer(many(10)), expected=10).run()
    assert (end.state, end.verified) == ("complete", True)
    assert "fetched anew" in (end.note or "")
    assert stored_bytes(store) == many(10)


def test_a_stored_file_that_something_wrote_to_is_not_called_verified_any_more(store: ResultsStore) -> None:
    body = many(5)
    Watched(store, Answer(body), expected=5).run()
    path = store.results_path(BATCH)
    path.write_bytes(body.replace(b"r", b"R", 1))
    later = path.stat().st_mtime + 60
    os.utime(path, (later, later))
    ended = Watched(store, expected=5).run()
    assert (ended.state, ended.verified) == ("complete", False)
    assert "Something else wrote to" in (ended.note or "")


def test_outcomes_other_than_the_batch_counts_are_not_called_verified(store: ResultsStore) -> None:
    lines = body(*(bare(f"r-{number}", "expired") for number in range(5)))
    counted = MessageBatchRequestCounts(processing=0, succeeded=5, errored=0, canceled=0, expired=0)
    end = Watched(store, Answer(lines), expected=counted).run()
    assert (end.state, end.verified) == ("complete", False)
    assert "The batch counts 5 succeeded, the file 0" in (end.note or "")
    agreeing = Watched(store, Answer(lines), expected=counted.model_copy(update={"succeeded": 0, "expired": 5}))
    agreeing.download.again()
    assert agreeing.run().verified is True


@pytest.mark.parametrize("expected", [5, None])
def test_a_stored_file_that_was_changed_and_kept_its_length_is_checked_again(
    store: ResultsStore, expected: int | None
) -> None:
    """At once, when its times still tell nothing."""
    Watched(store, Answer(many(5)), expected=5).run()
    path = store.results_path(BATCH)
    path.write_bytes(path.read_bytes().replace(b'"r-3"', b'"r-2"'))
    end = Watched(store, expected=expected).run()
    assert (end.state, end.verified) == ("complete", False)
    assert "repeats a custom_id: r-2" in (end.note or "")
    stored = store.stored(BATCH)
    assert stored is not None
    assert stored.verified is False


def change_unnoticed(store: ResultsStore, instead: bytes) -> None:
    """A stored, verified file in which something was put in place of something as long, with its old times.

    It is too long for the samples that every opening looks at.
    """
    text = body(*(succeeded(f"r-{n}", "x" * 40_000) for n in range(60)))
    first = Watched(store, Answer(text, chunk=100_000), expected=60)
    assert first.run().verified
    assert first.download.results is not None
    store.remember_checksum(BATCH, first.download.results)
    path = store.results_path(BATCH)
    place = text.index(b'"r-7"') + 2_000
    before = path.stat()
    path.write_bytes(text[:place] + instead + text[place + 1 :])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(("instead", "rows"), [(b"\n", 61), (b"y", 60)])
def test_a_stored_file_that_was_changed_where_nobody_looks_is_noticed_before_it_is_called_complete(
    store: ResultsStore, instead: bytes, rows: int
) -> None:
    """Its rows are those that it has now; they can be seen meanwhile."""
    change_unnoticed(store, instead)
    watched = Watched(store, expected=60)
    end = watched.run()
    assert watched.states() == ["starting", "checking", "complete"]
    assert watched.told[1].rows == 60
    assert (end.rows, end.verified, end.restarts) == (rows, False, 1)
    assert "does not say any more what was stored" in (end.note or "")
    stored = store.stored(BATCH)
    assert stored is not None
    assert stored.verified is False
    # Nor is it the next time.
    again = Watched(store, expected=60).run()
    assert again.verified is False
    assert "does not say any more what was stored" in (again.note or "")
    stored = store.stored(BATCH)
    assert stored is not None
    assert stored.verified is False


def test_a_stored_file_that_is_what_it_was_is_verified_after_a_look_at_all_of_it(store: ResultsStore) -> None:
    text = many(10)
    first = Watched(store, Answer(text), expected=10)
    first.run()
    assert first.download.results is not None
    store.remember_checksum(BATCH, first.download.results)
    watched = Watched(store, expected=10)
    end = watched.run()
    assert watched.states() == ["starting", "checking", "complete"]
    assert (end.verified, end.note, end.restarts) == (True, None, 0)


def test_a_check_ends_when_told_to(store: ResultsStore) -> None:
    change_unnoticed(store, b"y")
    watched = Watched(store, expected=60)
    told = watched.told.append

    def stop_then(progress: DownloadProgress) -> None:
        told(progress)
        if progress.state == "checking":
            watched.download.stop()

    watched.download._on_progress = stop_then
    assert watched.run().state == "stopped"


def test_a_stored_file_that_lost_its_index_is_still_verified(store: ResultsStore) -> None:
    Watched(store, Answer(many(5)), expected=5).run()
    store.index_path(BATCH).unlink()
    assert Watched(store).run().verified is True


def test_a_stored_file_is_fetched_anew_when_that_is_asked_for(store: ResultsStore) -> None:
    """Until that is here, the stored one stays."""
    Watched(store, Answer(many(5)), expected=7).run()
    broken = Watched(store, Answer(many(7), cut=300), expected=7, max_retries=0)
    broken.download.again()
    assert broken.run().state == "failed"
    assert stored_bytes(store) == many(5)
    again = Watched(store, Answer(many(7)), expected=7)
    again.download.again()
    end = again.run()
    assert (end.state, end.verified, end.note) == ("complete", True, None)
    assert stored_bytes(store) == many(7)


def test_what_a_stored_file_lacks_is_said_again_when_it_is_opened(store: ResultsStore) -> None:
    said = Watched(store, Answer(many(5)), expected=7).run().note
    again = Watched(store, expected=7).run()
    assert again.note == said
    assert "2 lines missing" in (again.note or "")


def test_a_full_disk_is_said_and_rows_stay(store: ResultsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    write, written = os.pwrite, 0

    def fill_up(descriptor: int, data: bytes, offset: int) -> int:
        nonlocal written
        if written > 20_000:
            raise OSError(28, "No space left on device")
        done = write(descriptor, data[:700], offset)
        written += done
        return done

    text = many(100)
    watched = Watched(store, Answer(text))
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", fill_up)
        end = watched.run()
    assert end.state == "failed"
    assert isinstance(end.error, ResultsStoreError)
    assert "disk is full" in str(end.error)
    assert end.rows > 30
    assert watched.run().state == "complete"
    assert stored_bytes(store) == text


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    end = Watched(ResultsStore(tmp_path / "file" / "cache"), Answer(many(1))).run()
    assert end.state == "failed"
    assert "Could not" in str(end.error)
    assert str(tmp_path) in str(end.error)


def test_two_downloads_of_one_batch_do_not_mix(store: ResultsStore) -> None:
    ends: list[DownloadProgress] = []

    def second(sent: int) -> None:
        if not ends and sent:
            ends.append(Watched(store, Answer(many(50))).run())

    assert Watched(store, Answer(many(50), before=second)).run().state == "complete"
    assert ends[0].state == "failed"
    # No path: what it is about is on screen, and a long one would push the advice out of view.
    assert str(ends[0].error) == "Another batch-tui is downloading these results. Wait for it to finish, or stop it."


def waiting(store: ResultsStore, *meanwhile: Callable[[], object], **options: Any) -> Watched:
    """A download that waits for another process, and what goes on at each of its looks."""
    steps = list(meanwhile)
    return Watched(store, Answer(many(50)), waits_for_others=True, sleep=lambda _: steps.pop(0)(), **options)


def test_results_that_another_process_finishes_during_the_wait_are_taken(store: ResultsStore) -> None:
    part = PartFile(prepared(store))
    part.append(many(50))

    def finish() -> None:
        part.results.index.finish()
        store.keep(BATCH, part.results, verified=True)
        part.close()

    watched = waiting(store, lambda: None, finish, expected=50)
    end = watched.run()
    assert (end.state, end.rows, end.verified, watched.source.starts) == ("complete", 50, True, [])
    assert watched.states() == ["starting", "retrying", "complete"]
    assert not store.part_path(BATCH).exists()


def test_what_another_process_left_unfinished_is_fetched_on(store: ResultsStore) -> None:
    part = PartFile(prepared(store))
    part.append(many(50)[:5000])
    watched = waiting(store, part.close)
    end = watched.run()
    assert (end.state, end.rows, end.error) == ("complete", 50, None)
    assert watched.source.starts[0] > 0
    assert stored_bytes(store) == many(50)


@pytest.mark.parametrize("waits", [True, False])
def test_a_part_that_became_the_whole_file_is_not_taken_for_a_part(
    store: ResultsStore, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    """The other process ends between our opening and our locking of its file."""
    Watched(store, Answer(many(50))).run()
    path, whole = prepared(store), store.results_path(BATCH)
    whole.rename(path)
    lock = fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        if not whole.exists():
            path.rename(whole)
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    watched = Watched(store, waits_for_others=waits)
    end = watched.run()
    assert (end.state, end.rows, watched.source.starts) == ("complete", 50, [])
    assert stored_bytes(store) == many(50)
    assert not path.exists()


class EndsMeanwhile(ResultsStore):
    """Another process ends with the same results just after it was looked for them."""

    def prepare(self) -> None:
        super().prepare()
        Watched(ResultsStore(self.directory.parent), Answer(many(50)), expected=50).run()


def test_results_that_another_process_finished_a_moment_ago_are_not_fetched_again(tmp_path: Path) -> None:
    store = EndsMeanwhile(tmp_path)
    watched = Watched(store, expected=50)
    end = watched.run()
    assert (end.state, end.rows, end.verified, watched.source.starts) == ("complete", 50, True, [])
    assert not store.part_path(BATCH).exists()


def test_a_disk_that_refuses_a_look_at_what_another_process_stored_keeps_no_lock(tmp_path: Path) -> None:
    class Damaged(EndsMeanwhile):
        def prepare(self) -> None:
            super().prepare()
            path = self.results_path(BATCH)
            path.unlink()
            path.symlink_to(path)

    store = Damaged(tmp_path)
    assert Watched(store).run().state == "failed"
    PartFile(store.part_path(BATCH)).close()


def prepared(store: ResultsStore) -> Path:
    store.prepare()
    return store.part_path(BATCH)


WHOLE = body(*(succeeded(f"r-{n}", "é" * (n * 7 % 50)) for n in range(30)), encode({"custom_id": "x"}))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(0, len(WHOLE) - 1), min_size=1, max_size=4),
    chunk=st.integers(20, 9000),
    ranges=st.booleans(),
    clean=st.booleans(),
    new_process=st.booleans(),
    final=st.booleans(),
)
def test_any_cut_and_resume_gives_the_uncut_file(
    tmp_path_factory: pytest.TempPathFactory,
    cuts: list[int],
    chunk: int,
    ranges: bool,
    clean: bool,
    new_process: bool,
    final: bool,
) -> None:
    store = ResultsStore(tmp_path_factory.mktemp("cache"))
    text = WHOLE if final else WHOLE.rstrip(b"\n")
    broken = [Answer(text, cut=cut, chunk=chunk, ranges=ranges, clean=clean) for cut in cuts]
    answers = [*broken, Answer(text, chunk=chunk, ranges=ranges)]
    if new_process:
        for answer in broken:
            Watched(store, answer, max_retries=0).run()
    end = Watched(store, *answers, max_retries=10).run()
    if not store.stored(BATCH):
        pytest.fail(f"{end}")
    assert stored_bytes(store) == text
    results = store.open(BATCH)
    assert results is not None
    assert [results.line(row) for row in range(len(results))] == text.splitlines()
    results.close()
