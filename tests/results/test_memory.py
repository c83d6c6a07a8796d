"""A generous ceiling for memory: a file much larger than it is fetched, checked and added up below it."""

from __future__ import annotations

from tests.benchmarks.data import ROWS, results_file
from tests.benchmarks.measures import job
from tests.benchmarks.serve import serving

_CEILING_MB = 120


def test_memory_does_not_grow_with_the_file() -> None:
    file = results_file(text_bytes=1_500, mixture="plain")
    assert file.stat().st_size > 1.4 * _CEILING_MB * 2**20
    with serving(file, ROWS) as url:
        done = job("ingest", url, str(ROWS))
    assert done["count"] == ROWS
    assert done["peak_mb"] < _CEILING_MB
