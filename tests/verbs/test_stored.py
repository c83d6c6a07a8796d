"""`batch-tui cache`: all that takes room is listed and can be made to go, but nothing that came into use meanwhile."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from batch_tui.results.errors import ResultsStoreError
from batch_tui.results.store import ResultsStore
from batch_tui.verbs.stored import chosen_for_pruning, delete_chosen, find, list_stored
from tests.results.lines import many
from tests.results.test_cache_limit import stored

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from batch_tui.verbs.stored import Stored

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> ResultsStore:
    return ResultsStore(tmp_path)


def unfinished(store: ResultsStore, batch_id: str, *, used_at: float) -> Path:
    """A download that was left in the middle."""
    store.prepare()
    part = store.part_path(batch_id)
    part.write_bytes(many(3))
    os.utime(part, (used_at, used_at))
    return part


def pruned(directory: Path, *batch_ids: str, older_than: str | None = None, to: str | None = None) -> list[Stored]:
    return chosen_for_pruning(directory, batch_ids=batch_ids, older_than=older_than, to=to, now=NOW)


def names(chosen: Iterable[Stored]) -> list[str]:
    return [one.batch_id for one, _ in chosen]


def test_a_file_of_which_nothing_is_remembered_takes_room_too(
    tmp_path: Path, store: ResultsStore, capsys: pytest.CaptureFixture[str]
) -> None:
    size = stored(store, "msgbatch_1", used_at=5)
    store._about_path("msgbatch_1").write_text("{")
    list_stored(tmp_path, as_json=True, now=NOW)
    (told,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (told["batch_id"], told["size"], told["rows"], told["verified"]) == ("msgbatch_1", size, None, False)
    assert find(tmp_path, "msgbatch_1")[0].path.exists()
    assert names(pruned(tmp_path, to="0")) == ["msgbatch_1"]


def test_what_is_remembered_of_one_may_be_unreadable(tmp_path: Path, store: ResultsStore) -> None:
    for batch_id in ("a", "b"):
        stored(store, batch_id, used_at=5)
    # Root may read anything, but no directory as a file.
    store._about_path("a").unlink()
    store._about_path("a").mkdir()
    assert [(one.batch_id, one.verified) for one in store.all_stored()] == [("a", False), ("b", True)]


def test_a_place_that_cannot_be_looked_into_is_not_called_empty(tmp_path: Path, store: ResultsStore) -> None:
    assert store.all_stored() == store.all_unfinished() == []
    store.directory.write_text("")
    for look in (store.all_stored, store.all_unfinished):
        with pytest.raises(ResultsStoreError, match="Could not look into"):
            look()


def test_what_an_unfinished_download_left_is_listed_and_goes(
    tmp_path: Path, store: ResultsStore, capsys: pytest.CaptureFixture[str]
) -> None:
    stored(store, "whole", used_at=NOW.timestamp())
    old = (NOW - timedelta(days=40)).timestamp()
    part = unfinished(store, "left", used_at=old)
    part.with_name(f"{part.name}.left").write_text("1 2")
    list_stored(tmp_path, as_json=False, now=NOW)
    said = capsys.readouterr()
    assert "left" in said.out
    assert "unfinished" in said.out
    assert said.err.startswith("2 files")
    assert names(pruned(tmp_path, older_than="30d")) == ["left"]
    assert names(pruned(tmp_path, to="0")) == ["left", "whole"]
    delete_chosen(pruned(tmp_path, "left"), ["left"])
    assert not part.exists()
    assert not part.with_name(f"{part.name}.left").exists()
    assert names(pruned(tmp_path, to="0")) == ["whole"]


def test_a_download_that_goes_on_is_left_alone(tmp_path: Path, store: ResultsStore) -> None:
    with unfinished(store, "coming", used_at=0).open("rb") as receiving:
        fcntl.flock(receiving, fcntl.LOCK_EX)
        assert names(pruned(tmp_path, to="0")) == []


def test_fetching_anew_in_the_middle_leaves_the_whole_file(tmp_path: Path, store: ResultsStore) -> None:
    stored(store, "both", used_at=NOW.timestamp())
    unfinished(store, "both", used_at=0)
    delete_chosen(pruned(tmp_path, older_than="1d"), [])
    assert not store.part_path("both").exists()
    assert store.stored("both") is not None


def test_what_came_into_use_while_it_was_asked_stays(tmp_path: Path, store: ResultsStore) -> None:
    for batch_id in ("pinned", "opened", "named", "free", "gone"):
        stored(store, batch_id, used_at=1)
    chosen = pruned(tmp_path, "named", to="0")
    assert sorted(names(chosen)) == ["free", "gone", "named", "opened", "pinned"]
    for batch_id in ("pinned", "named"):
        store.set_pinned(batch_id, True)
    file = store.open("opened")
    store.delete("gone")
    assert sorted(names(delete_chosen(chosen, ["named"]))) == ["free", "gone", "named"]
    assert {one.batch_id for one in store.all_stored()} == {"pinned", "opened"}
    assert file is not None
    file.close()


def test_what_goes_while_it_is_looked_at_is_not_listed(
    tmp_path: Path, store: ResultsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(store, "a", used_at=1)
    exists = type(tmp_path).exists

    def goes(path: Path) -> bool:
        there = exists(path)
        if path == store._about_path("a"):
            store.delete("a")
        return there

    monkeypatch.setattr(type(tmp_path), "exists", goes)
    assert all(one.batch_id == "a" for one in store.all_stored())
