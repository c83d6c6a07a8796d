"""Where the demo keeps what it downloads: a directory that goes with it, at the latest when the next demo starts."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import stat
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX: Final = "batch-tui-demo-"


@contextmanager
def demo_directory() -> Iterator[Path]:
    """A private directory for as long as this process lives; those of demos that were killed are removed."""
    _end_tidily()
    _remove_left_behind(Path(tempfile.gettempdir()))
    path, lock = _make()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _end_tidily() -> None:
    """As the dashboard does, but while it does not run yet."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))


def _make() -> tuple[Path, int]:
    """A new directory, and what says that its process lives: the kernel lets go of a lock with whoever holds it."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        descriptor = _locked(path)
        if descriptor is not None and path.exists():
            return path, descriptor
        # Another demo began just now, and took it for one that was left behind.
        if descriptor is not None:
            os.close(descriptor)


def _remove_left_behind(directory: Path) -> None:
    for path in directory.glob(f"{_PREFIX}????????"):
        descriptor = _locked(path)
        if descriptor is None:
            continue
        # What others have there, or the user made by hand under such a name, is not ours to remove.
        status = os.fstat(descriptor)
        if status.st_uid == os.getuid() and stat.S_IMODE(status.st_mode) == 0o700:
            shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def _locked(path: Path) -> int | None:
    """The directory, held by this process; None where another holds it, it is gone, or a link to elsewhere."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
