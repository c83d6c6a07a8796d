"""What lines of many megabytes leave behind in memory."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.results.lines import body, succeeded

if TYPE_CHECKING:
    from pathlib import Path

_JOB = """
import re, sys, threading
from pathlib import Path
from batch_tui.results.large_blocks import give_back_large_blocks
from batch_tui.results.results_file import ResultsFile
from batch_tui.results.search import SearchPattern, search

def in_use():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

def work():
    file = ResultsFile.open(Path(sys.argv[1]))
    for pattern in ("needle", "nothing"):
        for _ in search(file, SearchPattern.of(pattern)):
            pass
    for line in range(len(file)):
        file.record(line)

if not give_back_large_blocks():
    print("no such switch")
else:
    before = in_use()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    print(in_use() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the switch is glibc's, what is in use is read from /proc")
def test_lines_of_many_megabytes_leave_nothing_behind(tmp_path: Path) -> None:
    """By itself the C library would keep more than 30 MB."""
    path = tmp_path / "results.jsonl"
    values = [succeeded(f"r-{number}", "lorem ipsum " * 1_000_000 + "needle") for number in range(4)]
    path.write_bytes(body(*values, *(succeeded(f"s-{number}") for number in range(50))))
    done = subprocess.run(
        [sys.executable, "-c", _JOB, str(path)], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()
    if done == "no such switch":
        pytest.skip("another C library")
    assert int(done) < 15
