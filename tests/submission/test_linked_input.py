"""Linking a batch to the file it was made from: found by custom_id, kept privately, honest about changes."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_tui.submission.errors import LinkError
from batch_tui.submission.linked_input import LinkedInput, LinkedInputs

if TYPE_CHECKING:
    from pathlib import Path


def request(custom_id: str, **params: object) -> str:
    return json.dumps({"custom_id": custom_id, "params": {"model": "claude-x", **params}})


def written(directory: Path, *lines: str, end: str = "\n") -> Path:
    path = directory / "prompts.jsonl"
    path.write_bytes(end.join([*lines, ""]).encode("utf-8", "surrogatepass"))
    return path


def read(path: Path) -> LinkedInput:
    linked = LinkedInput.read("msgbatch_1", path)
    assert linked is not None
    return linked


def test_each_request_is_found_by_its_custom_id(tmp_path: Path) -> None:
    linked = read(written(tmp_path, request("a", max_tokens=1), "", request("b", max_tokens=2), request("ü")))
    assert len(linked) == 3
    found = linked.request("b")
    assert found.line == 3
    assert found.value is not None
    assert found.value["params"]["max_tokens"] == 2
    assert linked.custom_ids() == {"a", "b", "ü"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path: Path, end: str) -> None:
    path = written(tmp_path, request("a"), request("b"), end=end)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    linked = read(path)
    for name in "ab":
        assert (linked.request(name).value or {})["custom_id"] == name


def test_a_custom_id_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    linked = read(written(tmp_path, request("a")))
    assert "no request with this custom_id" in (linked.request("b").problem or "")
    assert "has no custom_id" in (linked.request(None).problem or "")


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        ([request("a"), "{not json"], 2, "not JSON"),
        ([request("a"), "", '{"params": {}}'], 3, "no custom_id"),
        (['{"custom_id": 5}'], 1, "custom_id is not a string"),
        (["[1]"], 1, "not a JSON object"),
        ([request("a"), request("b"), request("a")], 3, "on line 1 already"),
    ],
)
def test_what_is_no_request_is_named_with_its_line(tmp_path: Path, lines: list[str], line: int, reason: str) -> None:
    with pytest.raises(LinkError, match=f"line {line}: .*{reason}"):
        LinkedInput.read("msgbatch_1", written(tmp_path, *lines))


def test_what_is_no_json_is_told_with_one_line_number_only(tmp_path: Path) -> None:
    with pytest.raises(LinkError) as caught:
        LinkedInput.read("msgbatch_1", written(tmp_path, request("a"), "not json"))
    assert ", line 2: not JSON (Expecting value, column 1)." in str(caught.value)


def test_lone_surrogates_are_no_reason_to_refuse_a_file(tmp_path: Path) -> None:
    linked = read(written(tmp_path, request("a", note="\ud800"), request("b")))
    assert linked.custom_ids() == {"a", "b"}
    assert (linked.request("a").value or {})["params"]["note"] == "\ud800"


def test_a_missing_and_an_empty_file_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="cannot be read: No such file"):
        LinkedInput.read("msgbatch_1", tmp_path / "nowhere.jsonl")
    with pytest.raises(LinkError, match="cannot be read: Is a directory"):
        LinkedInput.read("msgbatch_1", tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LinkError, match="is not a regular file"):
        LinkedInput.read("msgbatch_1", tmp_path / "pipe")
    with pytest.raises(LinkError, match="holds no requests"):
        LinkedInput.read("msgbatch_1", written(tmp_path, ""))


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    path = written(tmp_path, *(request(f"r{number}") for number in range(2_000)))
    assert LinkedInput.read("msgbatch_1", path, should_stop=lambda: True) is None


def test_a_link_is_remembered_privately(tmp_path: Path) -> None:
    inputs = LinkedInputs(tmp_path / "inputs")
    inputs.link("msgbatch_1", written(tmp_path, request("a"), request("b")))
    (stored,) = inputs.directory.iterdir()
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert stat.S_IMODE(inputs.directory.stat().st_mode) == 0o700
    again = LinkedInputs(tmp_path / "inputs").of("msgbatch_1")
    assert again is not None
    assert again.problem() is None
    assert (again.request("b").value or {})["custom_id"] == "b"
    assert inputs.of("msgbatch_2") is None
    inputs.unlink("msgbatch_1")
    assert inputs.of("msgbatch_1") is None


def test_a_file_that_was_changed_or_went_says_so_and_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path, request("a"))
    linked = read(path)
    path.write_text(request("a", max_tokens=7) + "\n" + request("b"), encoding="utf-8")
    assert "was changed since it was linked" in (linked.problem() or "")
    assert linked.request("a").value is None
    with pytest.raises(LinkError, match="was changed"):
        linked.custom_ids()
    path.unlink()
    assert "No such file" in (linked.problem() or "")


def test_the_same_size_at_another_time_is_another_file(tmp_path: Path) -> None:
    path = written(tmp_path, request("a"))
    linked = read(path)
    os.utime(path, ns=(1, 1))
    assert "was changed" in (linked.problem() or "")


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-1], lambda raw: raw[:-1] + b"x", lambda raw: b"", lambda raw: raw[:30]]
)
def test_a_damaged_link_says_what_to_do(tmp_path: Path, damage: object) -> None:
    inputs = LinkedInputs(tmp_path / "inputs")
    inputs.link("msgbatch_1", written(tmp_path, request("a")))
    (stored,) = inputs.directory.iterdir()
    stored.write_bytes(damage(stored.read_bytes()))  # type: ignore[operator]  # one of the functions above
    with pytest.raises(LinkError, match=r"damaged\. I links"):
        inputs.of("msgbatch_1")


def test_ids_of_batches_lead_nowhere_else(tmp_path: Path) -> None:
    inputs = LinkedInputs(tmp_path / "inputs")
    path = written(tmp_path, request("a"))
    for odd in ("../../etc/x", "\x1b[31m", "", "lone \ud800"):
        inputs.link(odd, path)
        assert inputs.of(odd) is not None
    assert {one.parent for one in tmp_path.rglob("*.input")} == {inputs.directory}


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=30, unique=True))
def test_any_custom_ids_are_found_again(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    names = [name for name in names if not any("\ud800" <= letter <= "\udfff" for letter in name)] or ["a"]
    linked = read(written(tmp_path_factory.mktemp("input"), *(request(name) for name in names)))
    assert [(linked.request(name).value or {}).get("custom_id") for name in names] == names


def test_a_part_of_a_file_is_linked_as_that_part(tmp_path: Path) -> None:
    """What was sent again in a batch of its own, and no other request of the file."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({"custom_id": name, "params": {}}) + "\n" for name in "abc"))
    links = LinkedInputs(tmp_path / "links")
    links.link("msgbatch_1", path, only={"c", "a"})
    linked = links.of("msgbatch_1")
    assert linked is not None
    assert (len(linked), linked.custom_ids()) == (2, {"a", "c"})
    assert linked.request("c").line == 3
    assert linked.request("b").value is None
