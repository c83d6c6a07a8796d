"""A JSONL of batch requests on disk: read it, and name every problem with its line before anything is sent."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from batch_tui.submission.params_check import Severity, check_params
from batch_tui.submission.regular_file import why_not_read_again

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from batch_tui.api.params import MessageBatchIndividualRequest

MAX_REQUESTS = 100_000
MAX_BYTES = 256 * 1_000_000
"""The safe reading of the documented 256 MB; the other one is 256 x 2**20 (batches-api.md section 6)."""

_MAX_BYTES_BINARY = 256 * 2**20
_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_BOM = b"\xef\xbb\xbf"
_ENVELOPE_BYTES = len(b'{"requests":[]}')


class RequestFileError(Exception):
    """A file of requests cannot be read; the text names the file, the line and what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file of requests.

    An `error` makes the API refuse the whole batch (or cannot be sent at all); with a `warning` the batch is
    accepted and that request probably comes back errored. `line` counts from 1, None for the file as a whole.
    """

    line: int | None
    severity: Severity
    sentence: str
    advice: str
    custom_id: str | None = None


@dataclass(slots=True)
class RequestFileCheck:
    """What a check found. `bytes` is the size of the request body that would be sent.

    At most `max_problems` problems are kept; `errors` and `warnings` count all.
    """

    problems: list[Problem] = field(default_factory=list)
    requests: int = 0
    bytes: int = 0
    models: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    warnings: int = 0

    @property
    def ok(self) -> bool:
        """Whether the API would accept the batch, as far as can be told here."""
        return self.errors == 0


class _Checker:
    def __init__(self, api_version: str | None, max_problems: int) -> None:
        self.check = RequestFileCheck()
        self._api_version = api_version
        self._max_problems = max_problems
        self._lines_of: dict[str, int] = {}

    def report(
        self, line: int | None, severity: Severity, sentence: str, advice: str, custom_id: str | None = None
    ) -> None:
        check = self.check
        if severity == "error":
            check.errors += 1
        else:
            check.warnings += 1
        if len(check.problems) < self._max_problems:
            check.problems.append(Problem(line, severity, sentence, advice, custom_id))

    def take(self, number: int, raw: bytes) -> bool:
        """Check one line; False if reading on makes no sense."""
        check = self.check
        check.requests += 1
        try:
            value = msgspec.json.decode(raw)
        except RecursionError:
            self.report(number, "error", "The line is nested too deeply to be read.", "Flatten this request.")
            return True
        except ValueError as error:
            return self._not_json(number, raw, error)
        if not isinstance(value, dict):
            self.report(number, "error", "The line is not a JSON object.", _SHAPE)
            # One array of all requests on one line is one mistake, and so is each number or word on its own.
            return not (isinstance(value, list) and len(value) > 1)
        if "requests" in value and "custom_id" not in value:
            self.report(
                number,
                "error",
                "The line holds a whole request body, not one request.",
                "Write each item of its `requests` on a line of its own.",
            )
            return False
        # Commas between items; the size on the wire is that of compact JSON.
        check.bytes += len(msgspec.json.encode(value)) + 1
        self._take_request(number, value)
        return True

    def _not_json(self, number: int, raw: bytes, error: ValueError) -> bool:
        if self.check.requests == 1 and raw.strip() in (b"[", b"{"):
            sentence = "The file looks like one JSON document over many lines, not JSON lines."
            self.report(number, "error", sentence, _SHAPE)
            return False
        self.report(number, "error", f"The line is not JSON: {error}.", _SHAPE)
        return True

    def _take_request(self, number: int, request: dict[str, Any]) -> None:
        custom_id = self._take_custom_id(number, request)
        extra = sorted(set(request) - {"custom_id", "params"})
        if extra:
            self.report(
                number,
                "error",
                f"Unknown field {', '.join(map(repr, extra))} beside custom_id and params.",
                "Remove it, or move it into params if it belongs to the message.",
                custom_id,
            )
        params = request.get("params")
        if not isinstance(params, dict):
            what = "params is not an object" if "params" in request else "params is missing"
            self.report(number, "error", f"{what}.", "Put the message's parameters there.", custom_id)
            return
        model = params.get("model")
        if isinstance(model, str):
            self.check.models[model] += 1
        for finding in check_params(params, self._api_version):
            self.report(number, "warning", finding.sentence, finding.advice, custom_id)

    def _take_custom_id(self, number: int, request: dict[str, Any]) -> str | None:
        custom_id = request.get("custom_id")
        if not isinstance(custom_id, str):
            what = "is not a string" if "custom_id" in request else "is missing"
            self.report(number, "error", f"custom_id {what}.", "Give each request its own name.")
            return None
        if not _CUSTOM_ID.fullmatch(custom_id):
            length = f" It has {len(custom_id)}." if len(custom_id) > 64 else ""
            sentence = f"custom_id {_short(custom_id)!r} is not 1 to 64 of a-z, A-Z, 0-9, _ and -.{length}"
            self.report(number, "error", sentence, "Rename it.", custom_id)
            return custom_id
        first = self._lines_of.setdefault(custom_id, number) if self._remembers() else number
        if first != number:
            sentence = f"custom_id {custom_id!r} is on line {first} already."
            self.report(number, "error", sentence, "Rename one of the two, or remove it.", custom_id)
        return custom_id

    def _remembers(self) -> bool:
        # Past the limit the file has to be split anyway, and memory stays flat.
        return len(self._lines_of) <= MAX_REQUESTS

    def finish(self) -> RequestFileCheck:
        check = self.check
        check.bytes += _ENVELOPE_BYTES - (1 if check.requests else 0)
        split = "Split the file into several batches."
        if not check.requests:
            self.report(None, "error", "There are no requests.", _SHAPE)
        if check.requests > MAX_REQUESTS:
            sentence = f"There are {check.requests:,} requests; a batch takes at most {MAX_REQUESTS:,}."
            self.report(None, "error", sentence, split)
        if check.bytes > MAX_BYTES:
            severity: Severity = "error" if check.bytes > _MAX_BYTES_BINARY else "warning"
            sentence = f"The request would have {check.bytes / 1e6:,.1f} MB; a batch takes at most 256 MB."
            self.report(None, severity, sentence, split)
        return check


_SHAPE = 'Write one object per line: {"custom_id": "…", "params": {…}}.'


def check_request_file(
    source: Path | Iterable[bytes | str], *, api_version: str | None = None, max_problems: int = 10_000
) -> RequestFileCheck:
    """Check a file, or lines, of batch requests against what the API is known to refuse.

    Reads line by line; memory depends on the number of custom_ids only. `api_version` adds the rules of that
    version. Raises RequestFileError if the file cannot be opened or read.
    """
    checker = _Checker(api_version, max_problems)
    for number, raw in _numbered_lines(source):
        if not checker.take(number, raw):
            break
    return checker.finish()


def iter_requests(path: Path) -> Iterator[MessageBatchIndividualRequest]:
    """The requests of a file, one at a time; raises RequestFileError at the first line that is none."""
    for _, request in numbered_requests(path):
        yield request


def numbered_requests(path: Path) -> Iterator[tuple[int, MessageBatchIndividualRequest]]:
    """The requests of a file with the numbers of their lines, from 1."""
    for number, raw in _numbered_lines(path):
        try:
            value = msgspec.json.decode(raw)
        except (ValueError, RecursionError) as error:
            raise RequestFileError(f"{path}, line {number}: not JSON ({error}). {_SHAPE}") from error
        if not isinstance(value, dict) or not isinstance(value.get("custom_id"), str):
            raise RequestFileError(f"{path}, line {number}: no custom_id. {_SHAPE}")
        if not isinstance(value.get("params"), dict):
            raise RequestFileError(f"{path}, line {number}: no params. {_SHAPE}")
        yield number, cast("MessageBatchIndividualRequest", value)


def _numbered_lines(source: Path | Iterable[bytes | str]) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers; split at \\n only, as JSON strings may hold U+2028."""
    if isinstance(source, Path):
        try:
            if (reason := why_not_read_again(source)) is not None:
                raise RequestFileError(reason)
            with source.open("rb") as file:
                yield from _numbered(file)
        except OSError as error:
            reason = error.strerror or str(error)
            raise RequestFileError(f"Could not read {source}: {reason}. Check the name.") from error
    else:
        yield from _numbered(source)


def _numbered(lines: Iterable[bytes | str]) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(lines, 1):
        raw = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
        if number == 1:
            raw = raw.removeprefix(_BOM)
        if raw.strip():
            yield number, raw


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
