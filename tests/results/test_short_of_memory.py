"""Memory that runs out in the middle of indexing: what was there before stays as it was, and another try goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.count_column import CountColumn
from batch_tui.results.line_index import LineIndex, NameTable
from batch_tui.results.pricing import Prices
from batch_tui.results.store import ResultsStore
from batch_tui.results.summary import ResultsSummary
from tests.results.lines import body, errored, succeeded
from tests.results.scripted_source import Answer
from tests.results.test_line_index import state
from tests.results.watched_download import Watched

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = body(*(succeeded(f"a-{n}", model="claude-haiku-4-5") for n in range(5)), errored("e"))
AFTER = body(
    *(succeeded(f"b-{n}", '{"json": 1}', model="claude-opus-4-5", stop_reason="max_tokens") for n in range(12)),
    errored("f"),
    b"odd",
)


def runs_out(patch: pytest.MonkeyPatch, place: type[Any], method: str, calls: int) -> None:
    """Have memory run out at a call of a method, and be there again after it."""
    real, left = getattr(place, method), [calls]

    def fail_once(self: Any, *given: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise MemoryError
        return real(self, *given)

    patch.setattr(place, method, fail_once)


@pytest.mark.parametrize(
    ("place", "method", "calls"),
    [
        *((CountColumn, "extend", calls) for calls in range(1, 8)),
        (NameTable, "__missing__", 1),
        (NameTable, "__missing__", 2),
        (LineIndex, "count_flags", 1),
    ],
)
def test_lines_are_indexed_all_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, place: type[Any], method: str, calls: int
) -> None:
    index, clean = LineIndex(), LineIndex()
    for one in (index, clean):
        one.feed(BEFORE)
    before = state(index)
    with monkeypatch.context() as patch:
        runs_out(patch, place, method, calls)
        with pytest.raises(MemoryError):
            index.feed(AFTER)
    index.drop_tail()
    assert state(index) == before
    for one in (index, clean):
        one.feed(AFTER)
        one.finish()
    assert state(index) == state(clean)


def test_a_download_that_ran_out_of_memory_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(ResultsStore(tmp_path), Answer(BEFORE + AFTER, chunk=2000), expected=20)
    with monkeypatch.context() as patch:
        runs_out(patch, CountColumn, "extend", 10)
        with pytest.raises(MemoryError):
            watched.run()
    end = watched.run()
    file = watched.download.results
    assert (end.state, end.rows) == ("complete", 20)
    assert file is not None
    assert file.counts()["errored"] == 2
    summary = ResultsSummary.of(file, Prices.load())
    assert (summary.kinds["succeeded"], summary.output_tokens) == (17, 17 * 5)
    assert [file.row(row).custom_id for row in (0, 5, 6, 18)] == ["a-0", "e", "b-0", "f"]
