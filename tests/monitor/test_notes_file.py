"""Names on disk: private, whole, shared, and never lost to a damaged file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from batch_tui.monitor.batch_notes import NOTHING_NOTED, BatchNotes, read_tags
from batch_tui.monitor.notes_file import NotesFile, NotesFileError

if TYPE_CHECKING:
    from pathlib import Path

EVAL = BatchNotes("Nightly eval", ("eval", "prod"), "the one with the long prompts")


@pytest.fixture
def file(tmp_path: Path) -> NotesFile:
    return NotesFile(tmp_path / "data" / "notes.json")


def test_there_are_none_before_the_first(file: NotesFile) -> None:
    assert file.read() == {}


def test_what_is_kept_is_read_again(file: NotesFile) -> None:
    file.put("a", EVAL)
    assert NotesFile(file.path).read() == {"a": EVAL}


def test_empty_notes_are_not_kept(file: NotesFile) -> None:
    file.put("a", EVAL)
    assert file.put("a", NOTHING_NOTED) == {}
    assert file.read() == {}


def test_another_program_of_ours_may_write_too(file: NotesFile) -> None:
    other = NotesFile(file.path)
    file.read()
    other.put("b", BatchNotes("theirs"))
    assert file.put("a", EVAL) == {"a": EVAL, "b": BatchNotes("theirs")}


def test_nobody_else_can_read_it(file: NotesFile) -> None:
    file.put("a", EVAL)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", ["", "{", "[]", '{"batches": {"a": 1}}', "\xff"])
def test_a_damaged_file_is_named_and_left_alone(file: NotesFile, content: str) -> None:
    file.path.parent.mkdir()
    file.path.write_text(content, encoding="latin-1")
    with pytest.raises(NotesFileError, match=r"notes\.json is damaged"):
        file.put("a", EVAL)
    assert file.path.read_text(encoding="latin-1") == content


def test_a_file_of_a_later_version_is_named_and_left_alone(file: NotesFile) -> None:
    file.path.parent.mkdir()
    content = '{"version":2,"batches":{"a":{"name":"keep","colour":"red"}},"folders":{"x":1}}'
    file.path.write_text(content)
    for call in (file.read, lambda: file.put("b", EVAL)):
        with pytest.raises(NotesFileError, match=r"neither shown nor kept: .*notes\.json is of a later batch-tui"):
            call()
    assert file.path.read_text() == content


def test_what_another_program_added_to_the_file_stays(file: NotesFile) -> None:
    """Also beside the notes of the very batch that is changed, and when those are taken away."""
    file.path.parent.mkdir()
    file.path.write_text('{"version":1,"batches":{"a":{"name":"old","tags":["t"],"colour":"red"}},"folders":{"x":1}}')
    assert file.put("a", EVAL) == {"a": EVAL}
    assert file.put("a", NOTHING_NOTED) == {}
    file.put("b", BatchNotes("other"))
    held = json.loads(file.path.read_text())
    assert held == {"version": 1, "batches": {"a": {"colour": "red"}, "b": {"name": "other"}}, "folders": {"x": 1}}


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(NotesFileError, match="The name was not kept"):
        NotesFile(tmp_path / "data" / "notes.json").put("a", EVAL)


@pytest.mark.parametrize(
    ("typed", "tags"),
    [("", ()), ("eval prod", ("eval", "prod")), ("#eval, #prod  eval", ("eval", "prod")), ("# ,", ())],
)
def test_tags_are_typed_in_any_way(typed: str, tags: tuple[str, ...]) -> None:
    assert read_tags(typed) == tags
