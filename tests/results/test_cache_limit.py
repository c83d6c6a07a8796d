"""Room for results: the least recently used go first, never what is pinned or open in any process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from batch_tui.results.cache_limit import in_use, keep_within
from batch_tui.results.line_index import LineIndex
from batch_tui.results.results_file import ResultsFile, fill_index
from batch_tui.results.store import ResultsStore
from tests.results.lines import many

if TYPE_CHECKING:
    from pathlib import Path


def stored(store: ResultsStore, batch_id: str, *, used_at: float, rows: int = 10) -> int:
    """Put results into a store as a download does; gives their size."""
    store.prepare()
    path = store.part_path(batch_id)
    path.write_bytes(many(rows))
    file = ResultsFile(path, LineIndex())
    fill_index(file.index, file.descriptor)
    kept = store.keep(batch_id, file, verified=True, batch=b'{"id":"x","created_at":"2026-11-22T12:00:00Z"}')
    file.close()
    os.utime(store._about_path(batch_id), (used_at, used_at))
    return kept.size


def ids(store: ResultsStore) -> set[str]:
    return {one.batch_id for one in store.all_stored()}


def test_the_least_recently_used_go_first_over_all_origins(tmp_path: Path) -> None:
    here, there = ResultsStore(tmp_path), ResultsStore(tmp_path, "http://127.0.0.1:1")
    size = stored(here, "old", used_at=1)
    stored(there, "older", used_at=0)
    stored(here, "new", used_at=3)
    stores = ResultsStore.all_in(tmp_path)
    assert keep_within(stores, 3 * size) == []
    assert [one.batch_id for one in keep_within(stores, 2 * size)] == ["older"]
    assert [one.batch_id for one in keep_within(stores, size)] == ["old"]
    assert (ids(here), ids(there)) == ({"new"}, set())


def test_what_is_pinned_or_open_stays_whatever_the_limit(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    for place, batch_id in enumerate(("pinned", "open", "free")):
        stored(store, batch_id, used_at=place)
    store.set_pinned("pinned", True)
    file = store.open("open")
    assert file is not None
    assert in_use(file.path)
    keep_within([store], 0)
    assert ids(store) == {"pinned", "open"}
    file.close()
    store.set_pinned("pinned", False)
    keep_within([store], 0)
    assert ids(store) == set()


def test_another_process_sees_that_a_file_is_open(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    stored(store, "shared", used_at=0)
    program = (
        "import sys, pathlib; from batch_tui.results.cache_limit import in_use; "
        "print(in_use(pathlib.Path(sys.argv[1])))"
    )

    def asked() -> str:
        command = [sys.executable, "-c", program, str(store.results_path("shared"))]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    file = store.open("shared")
    assert file is not None
    assert asked() == "True"
    file.close()
    assert asked() == "False"


def test_opening_counts_as_use_and_the_batch_is_remembered(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    stored(store, "one", used_at=1)
    file = store.open("one")
    assert file is not None
    (one,) = store.all_stored()
    assert one.used_at > 1
    assert one.batch == {"id": "x", "created_at": "2026-11-22T12:00:00Z"}


def test_what_older_versions_stored_is_read_without_the_batch(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    size = stored(store, "one", used_at=1)
    about = {"batch_id": "one", "size": size, "rows": 10, "verified": True}
    store._about_path("one").write_bytes(msgspec.json.encode(about))
    (one,) = store.all_stored()
    assert (one.verified, one.batch) == (True, None)


def test_a_directory_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert ResultsStore.all_in(tmp_path / "nowhere") == []
