"""Named chaos profiles, and single faults armed for the next few requests."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from batch_tui.simulator.draws import key_of, units

if TYPE_CHECKING:
    from collections.abc import Iterable


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong with a request; every field that is set happens.

    `count` is the number of matching requests it is for; `method` and `path` (any part of the
    path with its query) narrow which match. A fault with `status` answers before anything is done:
    as the API's own error, or as a proxy's HTML page with `html`.
    """

    name: str = ""
    """A chaos profile to switch on for `count` requests, or any label."""
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
    delay: float = 0.0
    """Real seconds to wait first."""
    lose_response: bool = False
    """The request takes effect, then the connection ends after the response headers."""
    cut_results_after: int | None = None
    """Results bodies end after this many bytes."""
    cut_results_at: float | None = None
    """Results bodies end after about this share of them."""
    clean_end: bool = False
    """A cut body ends as if complete, instead of with a broken connection."""
    hide_younger_than: float | None = None
    """404 for batches created over HTTP less than this many simulated seconds ago."""
    results_origin: str = ""
    """Another origin for `results_url`."""

    def matches(self, method: str, path: str) -> bool:
        """Whether it is for this request."""
        if (self.cut_results_after, self.cut_results_at) != (None, None) and "/results" not in path:
            return False
        return self.method in ("", method) and self.path in path


class Occasion(NamedTuple):
    """One request as a profile sees it: its number, and how often this path was asked for before."""

    seed: int
    number: int
    method: str
    path: str
    earlier: int

    def chance(self, word: str) -> list[float]:
        """Sixteen seeded numbers in [0, 1) for this request."""
        return units(key_of(self.seed, word), self.number)


Profile = Callable[[Occasion], Fault | None]


def _none(_occasion: Occasion) -> Fault | None:
    return None


def _cut(occasion: Occasion) -> Fault | None:
    """The first two downloads of each results file break off; the third is whole."""
    if not occasion.path.endswith("/results") or occasion.earlier >= 2:
        return None
    return Fault(cut_results_at=0.2 + 0.5 * occasion.chance("cut")[0], clean_end=occasion.earlier == 1)


def _proxy(occasion: Occasion) -> Fault | None:
    """One request in four meets a proxy's HTML page."""
    chance = occasion.chance("proxy")
    return Fault(html=True, status=(502, 503, 504)[int(chance[1] * 3)]) if chance[0] < 0.25 else None


def _flaky(occasion: Occasion) -> Fault | None:
    """One request in five fails with 429, 500 or 529."""
    chance = occasion.chance("flaky")
    if chance[0] >= 0.2:
        return None
    status = (429, 500, 529)[int(chance[1] * 3)]
    return Fault(status=status, retry_after=1.0 if status == 429 else None)


def _lag(_occasion: Occasion) -> Fault | None:
    """A batch cannot be found for five seconds after its creation."""
    return Fault(hide_younger_than=5.0)


PROFILES: dict[str, Profile] = {"none": _none, "cut": _cut, "proxy": _proxy, "flaky": _flaky, "lag": _lag}


def profile(name: str) -> Profile:
    """The profile of this name; ValueError listing the names if there is none."""
    if name not in PROFILES:
        raise ValueError(f"There is no chaos profile {name!r}. Choose from: {', '.join(PROFILES)}.")
    return PROFILES[name]


class Faults:
    """Decides what goes wrong with each request; may be armed from any thread."""

    def __init__(self, seed: int, chaos: Iterable[str] = ()) -> None:
        self._seed = seed
        self._profiles = [profile(name) for name in chaos]
        self._armed: list[tuple[Fault, int]] = []
        self._number = 0
        self._seen: dict[str, int] = {}
        self._lock = Lock()

    def arm(self, fault: Fault) -> None:
        """Let `fault` happen to the next `fault.count` requests it matches."""
        if fault.count < 1:
            raise ValueError(f"count must be at least 1, not {fault.count}.")
        with self._lock:
            self._armed.append((fault, fault.count))

    def disarm(self) -> None:
        """Forget what was armed; the profiles given at construction stay."""
        with self._lock:
            self._armed.clear()

    def next(self, method: str, path: str) -> Fault | None:
        """What goes wrong with this request, if anything: an armed fault first, then the profiles."""
        with self._lock:
            occasion = Occasion(self._seed, self._number, method, path, self._seen.get(path, 0))
            self._number += 1
            if path.endswith("/results"):
                self._seen[path] = occasion.earlier + 1
            for place, (fault, left) in enumerate(self._armed):
                if fault.matches(method, path):
                    self._armed[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                    return PROFILES[fault.name](occasion) if fault.name in PROFILES else fault
            outcomes = (chosen(occasion) for chosen in self._profiles)
            return next((found for found in outcomes if found is not None), None)
