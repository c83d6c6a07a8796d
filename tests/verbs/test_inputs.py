"""What the command line says of linked inputs: its own advice, and paths as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from batch_tui.results.store import ResultsStore
from batch_tui.submission.journal import SubmissionJournal
from batch_tui.verbs.inputs import link, path_of

if TYPE_CHECKING:
    from pathlib import Path


def test_advice_takes_the_place_of_the_key_and_a_path_stays_as_it_is(tmp_path: Path) -> None:
    directory = tmp_path / "I links it anew. I links"
    directory.mkdir()
    file = directory / "in.jsonl"
    file.write_text('{"custom_id": "a", "params": {}}\n')
    store = ResultsStore(tmp_path / "results", "https://api.anthropic.com")
    link(store, "msgbatch_1", file)
    file.write_text('{"custom_id": "other", "params": {}}\n')
    with pytest.raises(click.ClickException) as changed:
        path_of(store, SubmissionJournal(tmp_path / "submissions"), "msgbatch_1")
    assert changed.value.message == (
        f"The linked input {file} was changed since it was linked. --input names the file to use."
    )
