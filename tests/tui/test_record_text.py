"""A record as a text to be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.tui.results_work import record_text
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
