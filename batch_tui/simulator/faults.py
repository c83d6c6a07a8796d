"""What can go wrong with one request, as a value; two of them can be combined."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

Reset = Literal["", "before", "after"]
_LONGEST_LAG = 86_400


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong with a request; every field that is set happens.

    `count` is the number of matching requests it is for; `method` and `path` (any part of the
    path with its query) narrow which match. A fault with `status` answers before anything is done:
    as the API's own error, or as a proxy's HTML page with `html`.
    """

    name: str = ""
    """A chaos profile to switch on for `count` requests (`flaky`, `flaky:0.5`), or any label."""
    count: int = 1
    method: str = ""
    path: str = ""
    status: int | None = None
    message: str = ""
    error_type: str = ""
    error_code: str = ""
    """Goes to `error.details.error_code`."""
    retry_after: float | None = None
    """Seconds, sent as `retry-after` with `status`."""
    html: bool = False
    """An HTML page from a proxy; its status is 502 unless `status` says otherwise."""
    redirect: str = ""
    """An origin to send the client to, path and query kept; the status is 307 unless `status` says otherwise."""
    delay: float = 0.0
    """Real seconds to wait first."""
    lose_response: bool = False
    """The request takes effect, then the connection ends after the response headers."""
    reset: Reset = ""
    """The connection is reset instead of an answer: `before` anything is done, or `after` the request took effect."""
    cut_results_after: int | None = None
    """Results bodies end after this many bytes."""
    cut_results_at: float | None = None
    """Results bodies end after about this share of them."""
    clean_end: bool = False
    """A cut body ends as if complete, instead of with a broken connection."""
    announce_length: bool = False
    """Results bodies come with a `Content-Length`, that of the whole file unless `clean_end` hides a cut."""
    hide_younger_than: float | None = None
    """404 for batches created over HTTP less than this many simulated seconds ago."""
    lists_behind: float = 0.0
    """Lists are as they were this many simulated seconds ago: new batches missing, deleted ones still there."""
    results_origin: str = ""
    """Another origin for `results_url`."""
    results_bytes_per_second: int | None = None
    """Results trickle at this pace (real time), in pieces that tear lines and characters apart."""
    gzip: bool = False
    """Results are compressed for a client that accepts gzip."""
    dirty: float = 0.0
    """The share of result lines with dirt in or before them; one line is huge, and Content-Type is missing."""
    hostile: float = 0.0
    """The share of texts, ids included, that carry terminal escapes, markup and odd Unicode."""

    def __post_init__(self) -> None:
        """Refuse what could only surprise later; ValueError names the field."""
        for field in ("dirty", "hostile"):
            if not 0 <= getattr(self, field) <= 1:
                raise ValueError(f"{field} must be a share from 0 to 1, not {getattr(self, field)}.")
        if self.reset not in get_args(Reset):
            raise ValueError(f'reset must be "before" or "after", not {self.reset!r}.')
        if not 0 <= self.lists_behind <= _LONGEST_LAG:
            raise ValueError(f"lists_behind must be seconds from 0 to {_LONGEST_LAG}, not {self.lists_behind}.")
        if self.results_bytes_per_second is not None and self.results_bytes_per_second <= 0:
            raise ValueError("results_bytes_per_second must be positive, or null.")

    def matches(self, method: str, path: str) -> bool:
        """Whether it is for this request."""
        limits = (self.cut_results_after, self.cut_results_at, self.results_bytes_per_second)
        if (limits != (None, None, None) or self.dirty or self.announce_length) and "/results" not in path:
            return False
        if self.lists_behind and not is_list(method, path):
            return False
        return self.method in ("", method) and self.path in path


def is_list(method: str, path: str) -> bool:
    """Whether a request asks for a page of batches."""
    return method == "GET" and path.partition("?")[0].endswith("/batches")


_LABELS = ("name", "count", "method", "path")
_ANSWER = ("status", "message", "error_type", "error_code", "retry_after", "html", "redirect", "reset")
_CUT = ("cut_results_after", "cut_results_at", "clean_end", "announce_length")
_TOGETHER = {*_LABELS, *_ANSWER, *_CUT}
_GROUPS = (_ANSWER, _CUT, *((field,) for field in Fault.__struct_fields__ if field not in _TOGETHER))
_NOTHING = Fault()


def combined(first: Fault, second: Fault) -> Fault:
    """Both at once; where they contradict each other the first has its way."""
    taken: dict[str, object] = {}
    for group in _GROUPS:
        if all(getattr(first, field) == getattr(_NOTHING, field) for field in group):
            taken |= {field: getattr(second, field) for field in group}
    return msgspec.structs.replace(first, **taken)


def without_answer(fault: Fault) -> Fault:
    """The same fault, but the API is asked."""
    return msgspec.structs.replace(fault, **{field: getattr(_NOTHING, field) for field in _ANSWER})
