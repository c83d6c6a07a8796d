"""The growing .part of a download: append and index, cut back to whole lines, compare, start again."""

from __future__ import annotations

import errno
import fcntl
import os
from collections import deque
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from batch_tui.results.errors import ResultsStoreError, disk_error, meddled
from batch_tui.results.line_index import LineIndex
from batch_tui.results.results_file import CHUNK_SIZE, ResultsFile, fill_index
from batch_tui.results.write_behind import WriteBehind, write_all

if TYPE_CHECKING:
    from pathlib import Path

_CHUNKS_BEHIND = 2
"""Chunks that may be on their way to the disk: two made a tenth less of it, more made no difference."""
_OPENINGS = 5
"""Tries to open a file that others move away just then, before it counts as theirs."""


def note_of(part: Path) -> Path:
    """Where it is noted in what state a part file was left."""
    return part.with_name(f"{part.name}.left")


class PartFile:
    """A file that is being received, locked against other processes; `results` is its live, browsable view.

    One thread writes. Every method raises ResultsStoreError when the disk refuses.
    """

    is_doubtful: bool
    """Whether something else wrote to it, so that all of it must be compared with what is sent."""

    def __init__(self, path: Path, results: ResultsFile | None = None) -> None:
        """Open or create `path` and index what it holds, unless `results` of an earlier run knows it."""
        self.path = path
        self._note = note_of(path)
        self._writer = WriteBehind()
        self._unsettled: deque[bytes] = deque()
        self.is_doubtful = True
        self._agreed = 0
        self._descriptor = self._open()
        # Whatever goes wrong here, the lock does not outlive it.
        with ExitStack() as undo:
            undo.callback(self.close)
            try:
                self.is_doubtful = self._was_written_to()
                known = results is not None and self._is_same_file(results)
                self.results = results if results and known else ResultsFile(path, LineIndex())
                if not known:
                    fill_index(self.results.index, self._descriptor)
                self.cut_back()
            except OSError as error:
                raise disk_error("read", path, error) from error
            undo.pop_all()

    def _open(self) -> int:
        try:
            for _ in range(_OPENINGS):
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if _is_at(self.path, descriptor):
                        return descriptor
                except OSError:
                    os.close(descriptor)
                    raise
                # Who had it before has just made it the whole file, or started over in another.
                os.close(descriptor)
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
        except OSError as error:
            raise disk_error("write", self.path, error) from error

    def _was_written_to(self) -> bool:
        """Whether something else did so since it was let go; where nobody could note how it was left, no."""
        try:
            left = self._note.read_bytes()
        except FileNotFoundError:
            return False
        if left != self._stamp().encode():
            return True
        self._note.unlink()
        return False

    def _stamp(self) -> str:
        here = os.fstat(self._descriptor)
        return f"{here.st_size} {here.st_mtime_ns}"

    def _is_same_file(self, results: ResultsFile) -> bool:
        here = os.fstat(self._descriptor)
        return os.path.samestat(here, os.fstat(results.descriptor)) and here.st_size >= results.size

    @property
    def size(self) -> int:
        """Bytes received, those of an unfinished last line included."""
        return self.results.index.fed + sum(map(len, self._unsettled))

    @property
    def secured(self) -> int:
        """Bytes that are surely what was sent: where it is doubtful, those that were compared without a gap."""
        return self._agreed if self.is_doubtful else self.size

    def append(self, chunk: bytes, *, more: bool = False) -> None:
        """Write the next bytes, then let readers see the lines they complete.

        With `more`, as when further bytes are waiting already, the last few chunks may be left to the next call or to
        `settle`: one is written while one before it is looked through.
        """
        if more or self._unsettled:
            self._writer.put(self._descriptor, chunk, self.size)
            self._unsettled.append(chunk)
            while len(self._unsettled) > (_CHUNKS_BEHIND if more else 0):
                self._settle_oldest()
            return
        try:
            write_all(self._descriptor, chunk, self.size)
        except OSError as error:
            raise self._refused("write", error) from error
        self.results.index.feed(chunk)

    def settle(self) -> None:
        """Wait until all that was appended is written, and let readers see it."""
        while self._unsettled:
            self._settle_oldest()

    def _settle_oldest(self) -> None:
        settled = False
        try:
            self._writer.wait()
            self.results.index.feed(self._unsettled.popleft())
        except OSError as error:
            raise self._refused("write", error) from error
        else:
            settled = True
        finally:
            if not settled:
                # Of what follows nothing is written, or nothing can be read without what is missing before it.
                self._unsettled.clear()

    def _refused(self, doing: str, error: OSError) -> ResultsStoreError:
        if error.errno == errno.ESTALE:
            # Who did that may have done more: the next time all of it is compared with what is sent.
            self.is_doubtful = True
            with suppress(OSError):
                self._note.write_text("")
        return disk_error(doing, self.path, error)

    def check(self) -> None:
        """Raises where something else changed its length, or put another in its place."""
        try:
            if not _is_at(self.path, self._descriptor):
                raise meddled("moved or deleted it")
            if os.fstat(self._descriptor).st_size != self.size:
                raise meddled("changed its length")
        except OSError as error:
            raise self._refused("keep", error) from error

    def trust(self) -> None:
        """All that it holds was compared with what was sent."""
        if self.is_doubtful:
            self.is_doubtful = False
            try:
                self._note.unlink(missing_ok=True)
            except OSError as error:
                raise disk_error("delete", self._note, error) from error

    def cut_back(self) -> None:
        """Drop the bytes of a last line that is not whole."""
        self.settle()
        end = self.results.index.drop_tail()
        try:
            # Not where there is nothing to drop: ext4 takes a file that was cut to nothing for one being replaced,
            # and has whoever closes it wait until all that was written since is on its way to the disk.
            size = os.fstat(self._descriptor).st_size
            if size < end:
                raise meddled("made it shorter")
            if size > end:
                os.ftruncate(self._descriptor, end)
        except OSError as error:
            raise self._refused("write", error) from error

    def holds(self, position: int, chunk: bytes) -> bool:
        """Whether the file has exactly these bytes at `position`."""
        self.settle()
        try:
            same = os.pread(self._descriptor, len(chunk), position) == chunk
        except OSError as error:
            raise disk_error("read", self.path, error) from error
        if same and position <= self._agreed:
            self._agreed = max(self._agreed, position + len(chunk))
        return same

    def start_over(self, keep: int) -> None:
        """Go on in a new file that begins with the first `keep` bytes of this one.

        The old `results` stays readable for whoever still shows it.
        """
        self.settle()
        old, before = self._descriptor, self.results
        try:
            self.path.unlink(missing_ok=True)
            self._descriptor = self._open()
            self.trust()
            self.results = ResultsFile(self.path, LineIndex())
            position = 0
            while position < keep:
                chunk = os.pread(before.descriptor, min(CHUNK_SIZE, keep - position), position)
                if not chunk:
                    raise meddled("made it shorter")
                self.append(chunk)
                position += len(chunk)
        except OSError as error:
            raise disk_error("start over", self.path, error) from error
        finally:
            if old != self._descriptor:
                os.close(old)

    def discard(self) -> None:
        """Remove the file and let go of it."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error("delete", self.path, error) from error
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the file and its lock; `results` stays open."""
        self._writer.close()
        if self._descriptor >= 0:
            # One that cannot be noted is taken on trust the next time, as one whose program was killed.
            with suppress(OSError):
                if _is_at(self.path, self._descriptor) and not self.is_doubtful:
                    self._leave_note()
            os.close(self._descriptor)
            self._descriptor = -1

    def _leave_note(self) -> None:
        try:
            self._note.write_text(self._stamp())
        except OSError:
            # On a full disk there is room for its name, and an empty one would tell of a stranger.
            self._note.unlink()
            raise


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is still the one at `path`. Raises OSError."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
