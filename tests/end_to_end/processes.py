"""Which processes descend from which, to see that a program leaves none behind."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

_PROC = Path("/proc")


def descendants(pid: int) -> set[int]:
    """Ids of the children of a process, and of theirs."""
    parents = _parents()
    found: set[int] = set()
    todo = [pid]
    while todo:
        above = todo.pop()
        children = {child for child, parent in parents.items() if parent == above} - found
        found |= children
        todo += children
    return found


def still_alive(pids: set[int], *, patience: float) -> set[int]:
    """Those of the processes that do not end within `patience` seconds; one that only awaits its parent has ended."""
    give_up = time.monotonic() + patience
    while left := pids & _parents().keys():
        if time.monotonic() > give_up:
            break
        time.sleep(0.02)
    return left


def _parents() -> dict[int, int]:
    """The parent of every process that has not ended."""
    if (_PROC / "self" / "stat").exists():
        states = (_read_stat(entry) for entry in _PROC.iterdir() if entry.name.isdigit())
        return {pid: parent for pid, parent, state in filter(None, states) if state != "Z"}
    # Elsewhere than on Linux; small images of Linux lack `ps`.
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,state="], capture_output=True, text=True, check=True)
    rows = (line.split() for line in listing.stdout.splitlines())
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def _read_stat(entry: Path) -> tuple[int, int, str] | None:
    try:
        stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        # It ended between the listing and the look.
        return None
    # The name stands in parentheses and may hold any character, so count from its end.
    state, parent = stat.rpartition(")")[2].split()[:2]
    return int(entry.name), int(parent), state
