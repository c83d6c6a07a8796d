"""`python -m tests.benchmarks [GROUP …]`: ratios against peers, interleaved in one run, as a table."""

from __future__ import annotations

import compileall
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import batch_list, files, screen
from tests.benchmarks.client import client
from tests.benchmarks.measures import ROUNDS, print_row
from tests.benchmarks.simulator import simulator

if TYPE_CHECKING:
    from collections.abc import Callable

GROUPS: dict[str, Callable[[], None]] = {
    "ingest": files.ingest,
    "lines": files.lines,
    "gigabyte": files.gigabyte,
    "search": files.search,
    "start": screen.start,
    "stored": screen.stored,
    "pages": screen.pages,
    "keys": screen.keys,
    "list": batch_list.batch_list,
    "client": client,
    "simulator": simulator,
}


def main() -> None:
    """Measure the groups named on the command line, or all."""
    chosen = sys.argv[1:] or list(GROUPS)
    if unknown := [name for name in chosen if name not in GROUPS]:
        raise SystemExit(f"There is no {', '.join(unknown)}. There are {', '.join(GROUPS)}.")
    # Compiled as an installed program is; starting without takes twice as long.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(Path(sys.prefix) / "lib", quiet=2, workers=0)
    sys.stdout.write(f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, Python {platform.python_version()}, ")
    sys.stdout.write(f"{ROUNDS} rounds unless said otherwise, medians; a ratio above 1 means that ours is faster.\n\n")
    print_row("what", "ours", "peer", "ratio", "goal")
    print_row(*["---"] * 5)
    for name in chosen:
        GROUPS[name]()


if __name__ == "__main__":
    main()
