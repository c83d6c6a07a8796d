"""Resubmitting: the failed requests and no others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.results_file import ResultsFile
from batch_tui.submission.request_file import RequestFileError
from batch_tui.submission.resubmit import FAILED, RequestsToResubmit, failed_rows
from tests.results.lines import bare, body, errored, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from batch_tui.submission.resubmit import Kind

    Opened = Callable[..., ResultsFile]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    files: list[ResultsFile] = []

    def open_lines(*lines: object) -> ResultsFile:
        path = tmp_path / f"results-{len(files)}.jsonl"
        path.write_bytes(body(*lines))
        files.append(ResultsFile.open(path))
        return files[-1]

    yield open_lines
    for file in files:
        file.close()


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    requests = ({"custom_id": f"r-{n}", "params": {"model": "m", "n": n}} for n in range(8))
    path.write_text("\n".join(map(json.dumps, requests)))
    return path


def ids(requests: Iterable[Mapping[str, Any]]) -> list[str]:
    return [request["custom_id"] for request in requests]


def failed_requests(path: Path, results: ResultsFile, kinds: Collection[Kind] = FAILED) -> RequestsToResubmit:
    return RequestsToResubmit(path, frozenset(failed_rows(results, kinds)))


def test_of_some_rows_only_those_that_failed(opened: Opened) -> None:
    results = opened(bare("r-5", "expired"), succeeded("r-0"), errored("r-1"), errored("r-0"))
    assert failed_rows(results, among=[0, 1, 3]) == {"r-5": 0}
    assert failed_rows(results) == {"r-5": 0, "r-1": 2}


def test_failed_requests_come_in_the_order_of_the_input(opened: Opened, inputs: Path) -> None:
    results = opened(
        bare("r-5", "expired"),
        succeeded("r-0"),
        errored("r-1"),
        bare("r-3", "canceled"),
        bare("r-4", "novel"),
        b"garbage",
        succeeded("r-2", stop_reason="refusal"),
    )
    chosen = failed_requests(inputs, results)
    assert list(chosen) == [{"custom_id": f"r-{n}", "params": {"model": "m", "n": n}} for n in (1, 3, 5)]
    assert ids(chosen) == ["r-1", "r-3", "r-5"]
    summary = chosen.summary()
    assert (summary.wanted, summary.matched, summary.missing, summary.examples) == (3, 3, 0, ())


def test_kinds_can_be_chosen(opened: Opened, inputs: Path) -> None:
    results = opened(bare("r-5", "expired"), errored("r-1"))
    assert ids(failed_requests(inputs, results, {"expired"})) == ["r-5"]


def test_ids_that_the_input_does_not_have_are_named(opened: Opened, inputs: Path) -> None:
    results = opened(errored("r-1"), errored("gone"), {"result": {"type": "expired"}})
    summary = failed_requests(inputs, results).summary()
    assert (summary.wanted, summary.matched, summary.missing, summary.examples) == (2, 1, 1, ("gone",))


def test_what_succeeded_once_is_not_sent_again(opened: Opened, inputs: Path) -> None:
    results = opened(errored("r-1"), succeeded("r-1"), errored("r-2"), errored("r-2"))
    assert ids(failed_requests(inputs, results)) == ["r-2"]


def test_a_broken_input_says_where(opened: Opened, inputs: Path) -> None:
    inputs.write_text(inputs.read_text() + "\noops\n")
    chosen = failed_requests(inputs, opened(errored("r-1"), errored("gone")))
    with pytest.raises(RequestFileError, match="line 9"):
        list(chosen)
