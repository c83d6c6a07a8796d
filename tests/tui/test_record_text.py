"""A record as a text to be copied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from batch_tui.tui.results_work import record_text
from batch_tui.tui.text import plain
from tests.results.opened import opened

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("number", "copied"),
    [("NaN", "NaN"), ("-Infinity", "-Infinity"), ("1e400", "1e400"), ("-0.5", "-0.5"), ("null", "null")],
)
def test_numbers_that_json_has_no_room_for_do_not_become_null(tmp_path: Path, number: str, copied: str) -> None:
    file = opened(tmp_path, raw=f'{{"custom_id":"a","x":[{{"y":{number}}}]}}\n'.encode())
    text = record_text(file, lambda: False, line=0, what="json").text
    assert f'"y": {copied}' in text
    assert text.startswith('{\n  "custom_id": "a"')


@pytest.mark.parametrize("what", ["json", "PAGER", "EDITOR"])
def test_json_of_characters_that_no_terminal_may_get_says_the_same(tmp_path: Path, what: str) -> None:
    said = "\x9b31m \x9d52;c;QQ==\x9c \x7f \x1b[0m \t \x00 \u202e \u2028 \ufeff \U0001f44d\U0001f3fd \U000e0041 é 漢"
    file = opened(tmp_path, {"custom_id": "a", said: [said, "\ud800"]})
    text = record_text(file, lambda: False, line=0, what=what).text
    assert json.loads(text) == {"custom_id": "a", said: [said, "\ud800"]}
    assert text.replace("\n", "") == plain(text.replace("\n", ""))
    assert "é 漢" in text


def test_a_line_that_is_no_json_is_only_made_harmless(tmp_path: Path) -> None:
    file = opened(tmp_path, raw=b"no \xc2\x9b json\n")
    assert record_text(file, lambda: False, line=0, what="json").text == "no \ufffd json"
