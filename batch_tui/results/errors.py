"""What can go wrong with results on disk, as sentences a user can act on."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

NO_MEMORY: Final = "This machine has too little memory for that. Close something, then try again."
NO_THREAD: Final = "This machine has no further thread to give. Close something, then try again."


class ResultsStoreError(Exception):
    """Results could not be read from or written to this machine; the text says what, where and what to do."""


class NotResults(ResultsStoreError):
    """The server answered with something that cannot be a results file, such as a web page."""


class ResultsInUse(ResultsStoreError):
    """Another process is receiving the same results."""


class ExportError(ResultsStoreError):
    """Rows could not be exported."""


class ExportExists(ExportError):
    """The file to export to exists and overwriting was not asked for."""


class ExportStopped(ExportError):
    """The export was stopped by its user; nothing was left behind."""


class PricesError(Exception):
    """A file of prices cannot be used; the text says which, where and why."""


def disk_error(doing: str, path: Path, error: OSError) -> ResultsStoreError:
    """Turn an operating system error into a sentence: what was being done, where, why, what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why, remedy = "the disk is full", "Free some space or choose another cache directory, then retry."
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        why, remedy = (
            "it is not allowed there",
            "Make the directory writable for you or choose another cache directory, then retry.",
        )
    elif error.errno in (errno.EWOULDBLOCK, errno.EAGAIN):
        return ResultsInUse("Another batch-tui is downloading these results. Wait for it to finish, or stop it.")
    else:
        why, remedy = error.strerror or type(error).__name__, "Check that place, then retry."
    return ResultsStoreError(f"Could not {doing} {path}: {why}. {remedy}")


def meddled(what: str) -> OSError:
    """What is raised where something else did something to a file that is being written."""
    return OSError(errno.ESTALE, f"something else {what}")


def shrunk_error(path: Path) -> ResultsStoreError:
    """The sentence for a file that ends before a line that the index knows."""
    return ResultsStoreError(
        f"{path} is shorter than when it was indexed: something else changed it. "
        "Delete the local copy and download it again."
    )
