"""What is watched outlives the dashboard, in a file that is private, whole and bounded."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batch_tui.monitor.watch_file import Warned, WatchFile, WatchFileError
from tests.monitor.batches import NOON

if TYPE_CHECKING:
    from pathlib import Path


def warned(days: float = 0) -> Warned:
    """A warning that was made so many days after noon."""
    at = (NOON + timedelta(days=days)).timestamp()
    return Warned(at, 86_400.0, at + 3_600)


def test_what_is_remembered_is_there_in_the_next_run_and_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "watched.json"
    WatchFile(path, now=lambda: NOON).change(watch=["a", "b"], warned={"c": warned()})
    WatchFile(path, now=lambda: NOON).change(unwatch=["a", "never"])
    found = WatchFile(path, now=lambda: NOON).read()
    assert (list(found.watched), found.warned) == (["b"], {"c": warned()})
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert all(one.stat().st_mode & 0o777 == 0o600 for one in path.parent.iterdir())


def test_two_dashboards_do_not_undo_each_other(tmp_path: Path) -> None:
    path = tmp_path / "watched.json"

    def work(name: str) -> None:
        for number in range(20):
            WatchFile(path, now=lambda: NOON).change(watch=[f"{name}{number}"])

    threads = [threading.Thread(target=work, args=(name,)) for name in "xy"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(WatchFile(path, now=lambda: NOON).read().watched) == 40


def test_what_is_too_old_or_too_much_goes(tmp_path: Path) -> None:
    path = tmp_path / "watched.json"
    WatchFile(path, now=lambda: NOON).change(watch=["old"], warned={"old": warned()})
    later = WatchFile(path, now=lambda: NOON + timedelta(days=31))
    assert (later.read().watched, later.read().warned) == ({}, {})
    later.change(watch=[f"w{number}" for number in range(6_000)])
    assert len(later.read().watched) == 5_000


def test_a_damaged_file_is_said_to_be_so_and_mended_by_the_next_change(tmp_path: Path) -> None:
    path = tmp_path / "watched.json"
    path.write_bytes(b'{"watched": [1')
    file = WatchFile(path, now=lambda: NOON)
    with pytest.raises(WatchFileError, match="damaged"):
        file.read()
    file.change(watch=["a"])
    assert list(file.read().watched) == ["a"]


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "watched.json"
    content = b'{"version": 2, "watched": {"a": {"since": 1}}}'
    path.write_bytes(content)
    file = WatchFile(path, now=lambda: NOON)
    for call in (file.read, lambda: file.change(watch=["b"])):
        with pytest.raises(WatchFileError, match=r"watched\.json is of a later batch-tui"):
            call()
    assert path.read_bytes() == content


def test_what_another_program_added_to_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "watched.json"
    path.write_bytes(b'{"watched": {}, "warned": {}, "muted": ["x"]}')
    WatchFile(path, now=lambda: NOON).change(watch=["a"])
    assert json.loads(path.read_bytes())["muted"] == ["x"]


def test_a_warning_from_the_future_is_none(tmp_path: Path) -> None:
    """It was made by a clock that was wrong, and must not keep the true one from being made."""
    path = tmp_path / "watched.json"
    ahead = WatchFile(path, now=lambda: NOON + timedelta(days=27))
    ahead.change(warned={"a": warned(27)})
    assert WatchFile(path, now=lambda: NOON).read().warned == {}


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(WatchFileError, match=r"Could not write .*watched\.json"):
        WatchFile(tmp_path / "state" / "watched.json", now=lambda: NOON).change(watch=["a"])
