"""The file of requests a batch was made from: where in it the request of each custom_id is, remembered privately."""

from __future__ import annotations

import json
import os
import re
import sys
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from hashlib import blake2b, sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgspec
from msgspec import Struct

from batch_tui.submission.errors import LinkError
from batch_tui.submission.regular_file import why_not_read_again

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

_MAGIC = b"batch-tui input 1\n"
_ENDING = ".input"
_BOM = b"\xef\xbb\xbf"
_LOOKED_UP_EVERY = 1_000


class _Named(Struct, gc=False):
    """The part of a request that is indexed; the rest is only checked to be JSON."""

    custom_id: str


_named = msgspec.json.Decoder(_Named)


class _Head(Struct, kw_only=True):
    byte_order: str
    batch_id: str
    path: str
    """The bytes of the name, each as one character: a name need not be UTF-8."""
    size: int
    modified_ns: int
    requests: int
    checksum: int


@dataclass(frozen=True, slots=True)
class LinkedRequest:
    """What a linked input says of a custom_id; `value` is the whole line, None with the `problem` that says why."""

    value: Mapping[str, Any] | None
    line: int | None = None
    """Counts from 1, blank lines too."""
    problem: str | None = None


class LinkedInput:
    """A file of requests as it was when it was linked, and where in it each custom_id is.

    20 bytes per request. Any thread may ask. What is read later is trusted only while the file has the size and the
    time of modification it was linked with.
    """

    def __init__(
        self, batch_id: str, path: Path, size: int, modified_ns: int, columns: tuple[array[int], array[int], array[int]]
    ) -> None:
        self.batch_id = batch_id
        self.path = path
        self.size = size
        self.modified_ns = modified_ns
        self._codes, self._offsets, self._lines = columns

    def __len__(self) -> int:
        return len(self._codes)

    @classmethod
    def read(
        cls,
        batch_id: str,
        path: Path,
        *,
        only: Container[str] | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> LinkedInput | None:
        """Index a file, or `only` the requests with these custom_ids; None when told to stop.

        Raises LinkError at the first line that is no request.
        """
        places: list[tuple[int, int, int]] = []
        try:
            if (reason := why_not_read_again(path)) is not None:
                raise LinkError(reason)
            with path.open("rb") as file:
                before = os.fstat(file.fileno())
                for line, offset, raw in _lines_of(file):
                    custom_id = _custom_id(path, line, raw)
                    if only is None or custom_id in only:
                        places.append((_code(custom_id), offset, line))
                    if line % _LOOKED_UP_EVERY == 0 and should_stop():
                        return None
                after = os.fstat(file.fileno())
        except OSError as error:
            raise LinkError(f"{path} cannot be read: {error.strerror or error}. Check the name.") from error
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise LinkError(f"{path} was changed while it was read. Link it once it is whole.")
        if not places:
            raise LinkError(f"{path} holds no requests.")
        places.sort()
        for (code, _, line), (following, _, other) in pairwise(places):
            if code == following:
                raise LinkError(
                    f"{path}, line {other}: its custom_id is on line {line} already, "
                    "so no batch can have been made from this file."
                )
        codes, offsets, lines = (
            array(kind, column) for kind, column in zip("QQI", zip(*places, strict=True), strict=True)
        )
        return cls(batch_id, path.absolute(), before.st_size, before.st_mtime_ns, (codes, offsets, lines))

    def problem(self) -> str | None:
        """Why the file cannot be used any more, or None. Looks at the disk."""
        try:
            now = self.path.stat()
        except OSError as error:
            return f"The linked input {self.path} cannot be read: {error.strerror or error}. I links it anew."
        if (now.st_size, now.st_mtime_ns) != (self.size, self.modified_ns):
            return f"The linked input {self.path} was changed since it was linked. I links it anew."
        return None

    def request(self, custom_id: str | None) -> LinkedRequest:
        """The request of a custom_id; reads one line. Trouble is a sentence in what is returned."""
        if custom_id is None:
            return LinkedRequest(
                None, problem="This record has no custom_id, so nobody can say which request it answers."
            )
        if (problem := self.problem()) is not None:
            return LinkedRequest(None, problem=problem)
        code = _code(custom_id)
        place = bisect_left(self._codes, code)
        absent = LinkedRequest(None, problem=f"{self.path} has no request with this custom_id.")
        if place == len(self._codes) or self._codes[place] != code:
            return absent
        line = self._lines[place]
        try:
            with self.path.open("rb") as file:
                file.seek(self._offsets[place])
                value = _parse(file.readline().removeprefix(_BOM))
        except OSError as error:
            return LinkedRequest(None, line, f"{self.path} cannot be read: {error.strerror or error}.")
        except (ValueError, RecursionError) as error:
            return LinkedRequest(None, line, f"{self.path}, line {line}: cannot be read as JSON ({error}).")
        same = isinstance(value, dict) and value.get("custom_id") == custom_id
        return LinkedRequest(value, line) if same else absent

    def custom_ids(self) -> set[str]:
        """Every custom_id that is linked, read from the file. Raises LinkError when it is not what was linked."""
        if (problem := self.problem()) is not None:
            raise LinkError(problem)
        try:
            with self.path.open("rb") as file:
                names = {_custom_id(self.path, line, raw) for line, _, raw in _lines_of(file)}
        except OSError as error:
            raise LinkError(f"{self.path} cannot be read: {error.strerror or error}.") from error
        # The batch may have been made of a part of the file.
        codes = set(self._codes)
        return names if len(names) == len(codes) else {name for name in names if _code(name) in codes}

    def columns(self) -> tuple[array[int], array[int], array[int]]:
        """What is stored: codes of custom_ids in order, and where their requests are."""
        return self._codes, self._offsets, self._lines


class LinkedInputs:
    """The links of batches to their inputs, a small private file each (0600) in a private directory (0700).

    Every method touches the disk and raises LinkError.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def link(
        self,
        batch_id: str,
        path: Path,
        *,
        only: Container[str] | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> LinkedInput | None:
        """Index the file and remember it for the batch, instead of any other; None when told to stop.

        `only` these custom_ids where the batch was made of a part of the file.
        """
        linked = LinkedInput.read(batch_id, path, only=only, should_stop=should_stop)
        if linked is not None:
            self._save(linked)
        return linked

    def of(self, batch_id: str) -> LinkedInput | None:
        """The input of a batch, or None. Its file may be gone or changed since: ask it."""
        path = self._path(batch_id)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LinkError(f"The link {path} cannot be read: {error.strerror or error}.") from error
        linked = _unpack(content)
        if linked is None:
            raise LinkError(f"The link {path} is damaged. I links the input anew.")
        return linked

    def unlink(self, batch_id: str) -> None:
        """Forget the input of a batch; the input itself stays."""
        path = self._path(batch_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise LinkError(f"The link {path} cannot be removed: {error.strerror or error}.") from error

    def _path(self, batch_id: str) -> Path:
        readable = re.sub(r"[^A-Za-z0-9_-]+", "_", batch_id)[:64]
        return self.directory / f"{readable}-{sha256(_encoded(batch_id)).hexdigest()[:16]}{_ENDING}"

    def _save(self, linked: LinkedInput) -> None:
        path = self._path(linked.batch_id)
        temporary = path.with_name(path.name + ".new")
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(_pack(linked))
            temporary.replace(path)
        except OSError as error:
            raise LinkError(f"The link {path} cannot be written: {error.strerror or error}.") from error


def _pack(linked: LinkedInput) -> bytes:
    columns = b"".join(column.tobytes() for column in linked.columns())
    head = _Head(
        byte_order=sys.byteorder,
        batch_id=linked.batch_id.encode("utf-8", "backslashreplace").decode(),
        path=os.fsencode(linked.path).decode("latin-1"),
        size=linked.size,
        modified_ns=linked.modified_ns,
        requests=len(linked),
        checksum=crc32(columns),
    )
    packed = msgspec.json.encode(head)
    return _MAGIC + len(packed).to_bytes(8, "big") + packed + columns


def _unpack(content: bytes) -> LinkedInput | None:
    """A link as it was stored, or None when it is damaged."""
    start = len(_MAGIC) + 8
    stop = start + int.from_bytes(content[len(_MAGIC) : start], "big")
    if not content.startswith(_MAGIC):
        return None
    try:
        head = msgspec.json.decode(content[start:stop], type=_Head)
    except (ValueError, RecursionError):
        return None
    columns = (array("Q"), array("Q"), array("I"))
    rest = memoryview(content)[stop:]
    if head.byte_order != sys.byteorder or crc32(rest) != head.checksum:
        return None
    if len(rest) != head.requests * sum(column.itemsize for column in columns):
        return None
    for column in columns:
        size = head.requests * column.itemsize
        column.frombytes(rest[:size])
        rest = rest[size:]
    path = Path(os.fsdecode(head.path.encode("latin-1")))
    return LinkedInput(head.batch_id, path, head.size, head.modified_ns, columns)


def _lines_of(file: Any) -> Iterator[tuple[int, int, bytes]]:
    """Lines that are not blank, with their numbers and offsets; split at \\n only, as JSON strings may hold U+2028."""
    offset = 0
    for number, raw in enumerate(file, 1):
        said = raw.removeprefix(_BOM) if number == 1 else raw
        if said.strip():
            yield number, offset, said
        offset += len(raw)


def _custom_id(path: Path, line: int, raw: bytes) -> str:
    try:
        return _named.decode(raw).custom_id
    except (ValueError, RecursionError):
        return _custom_id_of_odd(path, line, raw)


def _custom_id_of_odd(path: Path, line: int, raw: bytes) -> str:
    """The custom_id of a line that was not plainly a request; raises LinkError if it is none."""
    try:
        value = _parse(raw)
    except (ValueError, RecursionError) as error:
        # To the parser, each line is line 1.
        why = f"{error.msg}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else error
        raise LinkError(f"{path}, line {line}: not JSON ({why}). {_SHAPE}") from error
    if not isinstance(value, dict):
        raise LinkError(f"{path}, line {line}: not a JSON object. {_SHAPE}")
    custom_id = value.get("custom_id")
    if not isinstance(custom_id, str):
        what = "custom_id is not a string" if "custom_id" in value else "no custom_id"
        raise LinkError(f"{path}, line {line}: {what}. {_SHAPE}")
    return custom_id


def _parse(raw: bytes) -> Any:
    """Any JSON; lone surrogates too, which other programs write."""
    try:
        return msgspec.json.decode(raw)
    except ValueError:
        return json.loads(raw)


_SHAPE = 'Each line must be one request: {"custom_id": "…", "params": {…}}.'


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _code(custom_id: str) -> int:
    return int.from_bytes(blake2b(_encoded(custom_id), digest_size=8).digest(), "big")
