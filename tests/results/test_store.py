"""The store: names that cannot escape, origins kept apart, and files that changed behind our back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.results.errors import ResultsStoreError
from batch_tui.results.part_file import PartFile
from batch_tui.results.store import ResultsStore
from tests.results.lines import many

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE_IDS = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "",
    "a/b",
    "a\x00b",
    "con",
    "x" * 5000,
    "\ud800",
    "msgbatch_é\n\x1b[31m",
]


def keep(store: ResultsStore, batch_id: str, rows: int = 3, *, verified: bool = True) -> None:
    store.prepare()
    part = PartFile(store.part_path(batch_id))
    part.append(many(rows))
    part.results.index.finish()
    store.keep(batch_id, part.results, verified=verified)
    part.close()
    part.results.close()


@pytest.mark.parametrize("batch_id", HOSTILE_IDS)
def test_no_id_leads_out_of_the_directory(tmp_path: Path, batch_id: str) -> None:
    store = ResultsStore(tmp_path / "cache")
    keep(store, batch_id)
    assert store.results_path(batch_id).parent == store.directory
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {store.directory}
    stored = store.stored(batch_id)
    assert stored is not None
    assert (stored.rows, stored.verified, stored.problem) == (3, True, None)
    store.delete(batch_id)
    assert list(store.directory.iterdir()) == []


def test_ids_that_look_alike_have_files_of_their_own(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    names = {store.results_path(name).name.lower() for name in ("a/b", "a_b", "a.b", "A_B", "a//b")}
    assert len(names) == 5


def test_origins_are_kept_apart(tmp_path: Path) -> None:
    real = ResultsStore(tmp_path)
    other = ResultsStore(tmp_path, origin="http://127.0.0.1:8000")
    keep(other, "msgbatch_1")
    assert real.stored("msgbatch_1") is None
    assert other.stored("msgbatch_1") is not None
    assert "127_0_0_1" in other.directory.name


def test_nothing_stored(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path / "never made")
    assert store.stored("msgbatch_1") is None
    assert store.open("msgbatch_1") is None
    assert store.all_stored() == []
    store.delete("msgbatch_1")


def test_an_unfinished_file_is_not_stored(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    store.prepare()
    store.part_path("b").write_bytes(many(3))
    assert store.stored("b") is None
    assert store.open("b") is None


def test_every_stored_file_is_listed(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    for name in ("b", "a"):
        keep(store, name)
    assert [stored.batch_id for stored in store.all_stored()] == ["a", "b"]


def test_a_file_of_another_size_is_not_called_verified(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    keep(store, "b")
    store.results_path("b").write_bytes(many(2))
    stored = store.stored("b")
    assert stored is not None
    assert (stored.verified, stored.rows) == (False, None)
    assert "something else changed it" in (stored.problem or "")
    file = store.open("b")
    assert file is not None
    assert len(file) == 2
    file.close()


@pytest.mark.parametrize("damage", [b"", b"{}", b"\x00", b'{"batch_id":7}'])
def test_lost_notes_lose_the_mark_but_not_the_rows(tmp_path: Path, damage: bytes) -> None:
    store = ResultsStore(tmp_path)
    keep(store, "b")
    (about,) = store.directory.glob("*.about.json")
    about.write_bytes(damage)
    stored = store.stored("b")
    assert stored is not None
    assert (stored.verified, stored.rows) == (False, None)
    file = store.open("b")
    assert file is not None
    assert len(file) == 3
    file.close()


def test_a_lost_index_is_saved_again(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    keep(store, "b")
    store.index_path("b").unlink()
    for saved_before in (False, True):
        file = store.open("b")
        assert file is not None
        assert file.index_was_saved is saved_before
        file.close()


def test_rows_can_be_browsed_when_the_index_cannot_be_saved(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    keep(store, "b")
    store.index_path("b").unlink()
    store.index_path("b").mkdir()
    file = store.open("b")
    assert file is not None
    assert len(file) == 3
    file.close()


def note_checksum(store: ResultsStore, meanwhile: Callable[[], object]) -> None:
    """Note the checksum of a stored file; `meanwhile` happens in the middle of reading it."""
    results = store.open("msgbatch_1")
    assert results is not None

    def goes_on() -> bool:
        meanwhile()
        return False

    store.remember_checksum("msgbatch_1", results, should_stop=goes_on)


def test_a_checksum_that_comes_after_a_delete_leaves_nothing_behind(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    keep(store, "msgbatch_1")
    note_checksum(store, lambda: store.delete("msgbatch_1"))
    assert list(store.directory.iterdir()) == []


def test_a_checksum_that_comes_after_the_results_were_fetched_anew_is_not_theirs(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    keep(store, "msgbatch_1")
    note_checksum(store, lambda: keep(store, "msgbatch_1", rows=4))
    stored = store.stored("msgbatch_1")
    assert stored is not None
    assert (stored.rows, stored.verified, stored.problem, stored.checksum) == (4, True, None, None)


def test_a_verdict_that_came_before_a_checksum_is_kept(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    keep(store, "msgbatch_1")
    note_checksum(store, lambda: store.remember_verdict("msgbatch_1", verified=False))
    stored = store.stored("msgbatch_1")
    assert stored is not None
    assert stored.verified is False


def test_a_disk_that_refuses_to_remember_more_of_a_file_keeps_nobody_from_reading_it(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    keep(store, "msgbatch_1")
    about = store._about_path("msgbatch_1")
    about.with_name(about.name + ".new").mkdir()
    note_checksum(store, lambda: store.remember_verdict("msgbatch_1", verified=False))
    stored = store.stored("msgbatch_1")
    assert stored is not None
    assert (stored.verified, stored.checksum) == (True, None)


def test_an_existing_directory_becomes_private_but_not_its_parent(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    shared.chmod(0o755)
    store = ResultsStore(shared)
    store.directory.mkdir(mode=0o755)
    store.prepare()
    assert store.directory.stat().st_mode & 0o777 == 0o700
    assert shared.stat().st_mode & 0o777 == 0o755


def test_a_directory_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    store.prepare()
    store.results_path("b").mkdir()
    with pytest.raises(ResultsStoreError, match="Could not"):
        store.open("b")
    with pytest.raises(ResultsStoreError, match="Could not delete"):
        store.delete("b")


def test_parts_are_found_by_batch(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path / "cache")
    assert "msgbatch_a" not in store.parts()
    store.prepare()
    store.part_path("msgbatch_a").write_bytes(b"{}\n")
    store.part_path("msgbatch_empty").write_bytes(b"")
    store.part_path("../odd").write_bytes(b"{}\n")
    parts = store.parts()
    assert [one for one in ("msgbatch_a", "msgbatch_empty", "../odd", "msgbatch_b") if one in parts] == [
        "msgbatch_a",
        "../odd",
    ]
