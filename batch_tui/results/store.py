"""The private directory that keeps results: which files are whole, which are still coming."""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from batch_tui.results.checksum import checksum_of
from batch_tui.results.errors import ResultsStoreError, disk_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from batch_tui.results.results_file import ResultsFile

DEFAULT_ORIGIN = "https://api.anthropic.com"


_NOTHING = Raw(b"null")

_remembering = threading.Lock()
"""Held while what is remembered of a file is changed: another thread may do so, also by another store."""

_SAME_TIME_NS = 2_000_000_000
"""Some file systems keep times to two seconds only."""


class _About(Struct, kw_only=True):
    """What is remembered of a whole file beside it."""

    batch_id: str
    size: int
    rows: int
    verified: bool
    modified_ns: int = 0
    """When the file was last written to; 0 where an earlier version did not remember it."""
    checksum: int | None = None
    """Of the whole file; None until it was looked at as a whole."""
    batch: Raw = _NOTHING
    """The batch as the API described it, so that it can be shown when the API knows it no more."""


@dataclass(frozen=True, slots=True)
class StoredResults:
    """A results file that was received to its end.

    `size` in bytes; `rows` is None when nobody remembers. `verified` only if the rows agreed with the batch's
    request counts and nothing has written to the file since; `problem` says what is wrong with the file, and
    `doubt` what may be.
    """

    batch_id: str
    path: Path
    size: int
    rows: int | None
    verified: bool
    problem: str | None = None
    batch: Mapping[str, object] | None = None
    """What the API said of the batch when its results were stored, where that is remembered."""
    pinned: bool = False
    """Whether it is never dropped to make room."""
    used_at: float = 0.0
    """When it was last opened, in seconds since the epoch."""
    doubt: str | None = None
    checksum: int | None = None
    """What the whole file came to once, where that is remembered; whether it still does, only reading it tells."""
    unfinished: bool = False
    """Whether it is only what came of a download that did not end."""


class PartsHere:
    """Of which batches a part of the results is here, asked with `in`."""

    def __init__(self, names: frozenset[str]) -> None:
        """`names` are those of their files, without the ending."""
        self._names = names

    def __contains__(self, batch_id: object) -> bool:
        # Lists ask this of each row, and mostly there are none.
        return bool(self._names) and isinstance(batch_id, str) and _safe_name(batch_id, batch_id) in self._names


class ResultsStore:
    """Results of one origin's batches in a directory that only its owner can read (0700, files 0600).

    Batch ids are untrusted: a file name is made of harmless characters and a digest of the id, so no id
    leads out of the directory or to another's file, also where the file system ignores case. Every method
    that touches the disk raises ResultsStoreError, but for the two that only remember: on a disk that refuses, the next
    opening just knows less.
    """

    def __init__(self, directory: Path, origin: str = DEFAULT_ORIGIN) -> None:
        self.directory = directory / _safe_name(origin.split("://", 1)[-1], origin)

    @classmethod
    def all_in(cls, directory: Path) -> list[ResultsStore]:
        """The stores of every origin below a directory that was given to any of them."""
        try:
            found = sorted(one for one in directory.iterdir() if one.is_dir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise disk_error("look into", directory, error) from error
        stores = []
        for one in found:
            store = cls(directory)
            store.directory = one
            stores.append(store)
        return stores

    def results_path(self, batch_id: str) -> Path:
        """Where the whole file of a batch is, or would be."""
        return self._path(batch_id, ".jsonl")

    def part_path(self, batch_id: str) -> Path:
        """Where an unfinished file of a batch is, or would be."""
        return self._path(batch_id, ".part")

    def index_path(self, batch_id: str) -> Path:
        """Where the index of the whole file is, or would be."""
        return self._path(batch_id, ".index")

    def _about_path(self, batch_id: str) -> Path:
        return self._path(batch_id, ".about.json")

    def _pin_path(self, batch_id: str) -> Path:
        return self._path(batch_id, ".pin")

    def _used_at(self, batch_id: str) -> float:
        # Opening sets it; on a file system that refuses, the time of storing has to do.
        for path in (self._about_path(batch_id), self.results_path(batch_id)):
            # Another process may delete it just now.
            with suppress(OSError):
                return path.stat().st_mtime
        return 0.0

    def set_pinned(self, batch_id: str, pinned: bool) -> None:
        """Never drop these results to make room, or do so again."""
        path = self._pin_path(batch_id)
        try:
            if pinned:
                path.touch(mode=0o600)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error("pin", path, error) from error

    def _path(self, batch_id: str, ending: str) -> Path:
        return self.directory / (_safe_name(batch_id, batch_id) + ending)

    def prepare(self) -> None:
        """Make the directory, for its owner only."""
        try:
            self.directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.mkdir(mode=0o700, exist_ok=True)
            # The parent may be a directory the user shares on purpose; ours never is.
            self.directory.chmod(0o700)
        except OSError as error:
            raise disk_error("create the directory", self.directory, error) from error

    def stored(self, batch_id: str) -> StoredResults | None:
        """What is stored of a batch, if its file is whole. Looks at sizes and times only, so it is quick."""
        path = self.results_path(batch_id)
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise disk_error("look at", path, error) from error
        size, about = status.st_size, _read_about(self._about_path(batch_id))
        pinned, used_at = self._pin_path(batch_id).exists(), self._used_at(batch_id)
        if about is None:
            return StoredResults(batch_id, path, size, None, False, pinned=pinned, used_at=used_at)
        batch = _batch_of(about)
        if about.size == size:
            doubt = None
            if about.modified_ns and abs(status.st_mtime_ns - about.modified_ns) > _SAME_TIME_NS:
                doubt = f"Something else wrote to {path} after it was stored: it may not say what came."
            verified = about.verified and doubt is None
            return StoredResults(
                batch_id, path, size, about.rows, verified, None, batch, pinned, used_at, doubt, about.checksum
            )
        problem = (
            f"{path} has {size:,} bytes but was stored with {about.size:,}: something else changed it. "
            "Delete the local copy and download it again."
        )
        return StoredResults(batch_id, path, size, None, False, problem, batch, pinned, used_at)

    def all_stored(self) -> list[StoredResults]:
        """Every whole file of this origin whose batch can be told, by batch id."""
        found = {about.batch_id for path in self._files(".about.json") if (about := _read_about(path))}
        # Also where nothing is remembered any more, as what cannot be seen takes room for ever.
        found |= {batch_id for path in self._files(".jsonl") if (batch_id := _id_in_name(path))}
        return [stored for batch_id in sorted(found) if (stored := self.stored(batch_id))]

    def _files(self, ending: str) -> list[Path]:
        # Not glob, to which a directory that may not be looked into is an empty one.
        try:
            return [self.directory / name for name in os.listdir(self.directory) if name.endswith(ending)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise disk_error("look into", self.directory, error) from error

    def all_unfinished(self) -> list[StoredResults]:
        """What downloads have left that did not end, or are going on, by batch id."""
        found = []
        for path in sorted(self._files(".part")):
            with suppress(FileNotFoundError):
                status, batch_id = path.stat(), _id_in_name(path)
                if batch_id is not None:
                    used_at = status.st_mtime
                    one = StoredResults(batch_id, path, status.st_size, None, False, used_at=used_at, unfinished=True)
                    found.append(one)
        return found

    def parts(self) -> PartsHere:
        """Of which batches a download has begun that is not whole."""
        names = []
        try:
            for path in self._files(".part"):
                # One may become a whole file just now.
                with suppress(FileNotFoundError):
                    if path.stat().st_size:
                        names.append(path.stem)
        except OSError as error:
            raise disk_error("look into", self.directory, error) from error
        return PartsHere(frozenset(names))

    def open(self, batch_id: str, *, anew: bool = False) -> ResultsFile | None:
        """Open the whole file of a batch, or None; indexes it `anew` or where the saved index does not match."""
        path, index_path = self.results_path(batch_id), self.index_path(batch_id)
        if not path.exists():
            return None
        if anew:
            with suppress(OSError):
                index_path.unlink(missing_ok=True)
        # Who only lists what is stored need not wait for what reads it.
        from batch_tui.results.index_file import save_index
        from batch_tui.results.results_file import ResultsFile

        results = ResultsFile.open(path, index_path)
        results.hold()
        with suppress(OSError):
            # A file system that is read-only keeps the old time; then others are dropped first.
            os.utime(self._about_path(batch_id))
        if not results.index_was_saved:
            # On a full disk the rows can be browsed all the same; the next opening just takes as long.
            with suppress(ResultsStoreError):
                save_index(results.index, results.descriptor, index_path)
        return results

    def keep(self, batch_id: str, results: ResultsFile, *, verified: bool, batch: bytes | None = None) -> StoredResults:
        """Turn the part file behind `results` into the whole file of a batch, with its index.

        `batch` is the JSON of the batch, to be remembered.
        """
        from batch_tui.results.index_file import save_index

        path = self.results_path(batch_id)
        save_index(results.index, results.descriptor, self.index_path(batch_id))
        # An id with a lone surrogate has no UTF-8; it is stored all the same, only not listed.
        sayable = batch_id.encode("utf-8", "backslashreplace").decode()
        about = _About(batch_id=sayable, size=results.size, rows=len(results), verified=verified)
        about.modified_ns = os.fstat(results.descriptor).st_mtime_ns
        about.batch = _NOTHING if batch is None else Raw(batch)
        try:
            with _remembering:
                self._write_about(batch_id, about)
                # Last, so that a whole file never lacks what is remembered of it.
                self.part_path(batch_id).replace(path)
        except OSError as error:
            raise disk_error("store", path, error) from error
        results.path = path
        return StoredResults(batch_id, path, about.size, about.rows, verified)

    def remember_verdict(self, batch_id: str, *, verified: bool) -> None:
        """Another look at a whole file found that it is, or is not, what the batch promised."""
        self._note(batch_id, lambda about: replace(about, verified=verified))

    def remember_checksum(
        self, batch_id: str, results: ResultsFile, *, should_stop: Callable[[], bool] = lambda: False
    ) -> None:
        """Read a whole verified file once, and note what it comes to: another opening can tell a change by it."""
        with suppress(OSError, ResultsStoreError):
            before = _read_about(self._about_path(batch_id))
            if before is None or before.checksum is not None or not before.verified:
                return
            checksum, status = checksum_of(results.descriptor, should_stop=should_stop), os.fstat(results.descriptor)
            # Not where it was told to stop, or where it is not what was stored any more.
            if checksum is not None and (status.st_size, status.st_mtime_ns) == (before.size, before.modified_ns):
                self._note(batch_id, lambda about: replace(about, checksum=checksum) if about == before else about)

    def _note(self, batch_id: str, changed: Callable[[_About], _About]) -> None:
        """Change what is remembered of a whole file; does nothing where it was deleted meanwhile."""
        with _remembering, suppress(OSError, ResultsStoreError):
            about = _read_about(self._about_path(batch_id))
            if about is not None:
                self._write_about(batch_id, changed(about))

    def _write_about(self, batch_id: str, about: _About) -> None:
        path = self._about_path(batch_id)
        temporary = path.with_name(path.name + ".new")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(about))
        temporary.replace(path)

    def delete(self, batch_id: str) -> None:
        """Remove everything stored of a batch, unfinished parts too; nothing stored is fine."""
        self._remove(
            self.results_path(batch_id),
            *self._unfinished_paths(batch_id),
            self.index_path(batch_id),
            self._about_path(batch_id),
            self._pin_path(batch_id),
        )

    def delete_unfinished(self, batch_id: str) -> None:
        """Remove what a download has left that did not end; a whole file stays."""
        self._remove(*self._unfinished_paths(batch_id))

    def _unfinished_paths(self, batch_id: str) -> tuple[Path, Path]:
        from batch_tui.results.part_file import note_of

        return self.part_path(batch_id), note_of(self.part_path(batch_id))

    @staticmethod
    def _remove(*paths: Path) -> None:
        with _remembering:
            for path in paths:
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    raise disk_error("delete", path, error) from error


def _batch_of(about: _About) -> Mapping[str, object] | None:
    value = msgspec.json.decode(about.batch)
    return value if isinstance(value, dict) else None


def _safe_name(shown: str, identity: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", shown)[:64]
    return f"{readable}-{sha256(identity.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _id_in_name(path: Path) -> str | None:
    """The id of a batch from the name of one of its files; None where that leaves something of it out."""
    batch_id = path.stem.rpartition("-")[0]
    return batch_id if batch_id and _safe_name(batch_id, batch_id) == path.stem else None


def _read_about(path: Path) -> _About | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_About)
    except (OSError, ValueError, RecursionError):
        # Not there, unreadable or damaged: the file beside it is judged without, and then is not called verified.
        return None
