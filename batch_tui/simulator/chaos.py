"""Named chaos profiles with a rate, and what they and the armed faults make of each request."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from batch_tui.simulator.draws import key_of, units
from batch_tui.simulator.faults import Fault, combined, is_list, without_answer
from batch_tui.simulator.misfortune import Misfortune

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SLOW_BYTES_PER_SECOND = 32 * 1024
LAG = 5.0
"""Simulated seconds."""
NOWHERE = "http://127.0.0.1:9"
"""Where the proxy redirects to: another origin, on this machine, where nobody answers."""


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

    def is_picked(self, word: str, rate: float) -> bool:
        """Whether this path is among the share `rate` of all paths; the same at every request for it."""
        return rate >= 1 or units(key_of(self.seed, word, self.path.partition("?")[0]), 0)[0] < rate

    @property
    def is_download(self) -> bool:
        """Whether a results file is asked for."""
        return self.path.partition("?")[0].endswith("/results")


Profile = Callable[[Occasion, float], Fault | None]


def _none(_occasion: Occasion, _rate: float) -> Fault | None:
    return None


def _cut(occasion: Occasion, rate: float) -> Fault | None:
    """The first two downloads of each results file end early; the third is whole.

    The first breaks off, for half of the files after a Content-Length that promised more; the second looks complete.
    """
    if not occasion.is_download or occasion.earlier >= 2 or not occasion.is_picked("cut files", rate):
        return None
    share = 0.2 + 0.5 * occasion.chance("cut")[0]
    if occasion.earlier == 1:
        return Fault(cut_results_at=share, clean_end=True)
    return Fault(cut_results_at=share, announce_length=occasion.is_picked("announced", 0.5))


def _proxy(occasion: Occasion, rate: float) -> Fault | None:
    """Some requests meet a proxy's HTML page or are sent elsewhere; what passes is compressed."""
    chance = occasion.chance("proxy")
    if chance[0] >= rate:
        return Fault(gzip=True)
    status = (502, 503, 504, 307)[int(chance[1] * 4)]
    return Fault(redirect=NOWHERE, status=status) if status == 307 else Fault(html=True, status=status)


_FLAKES = (
    Fault(status=429, retry_after=1.0),
    Fault(status=500),
    Fault(status=529),
    Fault(reset="before"),
    Fault(reset="after"),
)


def _flaky(occasion: Occasion, rate: float) -> Fault | None:
    """Some requests fail with 429, 500 or 529, or lose their connection before or after they took effect."""
    chance = occasion.chance("flaky")
    return _FLAKES[int(chance[1] * len(_FLAKES))] if chance[0] < rate else None


def _lag(occasion: Occasion, rate: float) -> Fault | None:
    """A batch cannot be found for five seconds after its creation; some lists are five seconds old."""
    if is_list(occasion.method, occasion.path):
        # By request, not by path: of two lists in a row the second may know less.
        return Fault(lists_behind=LAG) if occasion.chance("lag")[0] < rate else None
    return Fault(hide_younger_than=LAG) if occasion.is_picked("lag", rate) else None


def _slow(occasion: Occasion, rate: float) -> Fault | None:
    """Results trickle."""
    if not occasion.is_download or not occasion.is_picked("slow", rate):
        return None
    return Fault(results_bytes_per_second=SLOW_BYTES_PER_SECOND)


def _dirty(_occasion: Occasion, rate: float) -> Fault | None:
    """Results hold what does not belong there."""
    return Fault(dirty=rate)


def _hostile(_occasion: Occasion, rate: float) -> Fault | None:
    """Texts speak to the terminal."""
    return Fault(hostile=rate)


PROFILES: dict[str, tuple[Profile, float]] = {
    "none": (_none, 0.0),
    "cut": (_cut, 1.0),
    "proxy": (_proxy, 0.25),
    "flaky": (_flaky, 0.2),
    "lag": (_lag, 1.0),
    "slow": (_slow, 1.0),
    "dirty": (_dirty, 0.1),
    "hostile": (_hostile, 1.0),
}
"""Profiles that trouble requests, with the rate each has unless another is given: the share of
requests (`proxy`, `flaky`, lists in `lag`), of paths (`cut`, `slow`, batches in `lag`), of lines (`dirty`),
of texts (`hostile`)."""

MISFORTUNES = {"stuck": 1.0, "expired": 1.0}
"""Profiles that trouble the batches themselves; the rate is the share of unfinished batches."""


def named(word: str) -> tuple[str, float]:
    """Name and rate from `name` or `name:rate`; ValueError that lists the names, or says what a rate is."""
    name, colon, text = word.strip().partition(":")
    if name not in PROFILES and name not in MISFORTUNES:
        known = ", ".join([*PROFILES, *MISFORTUNES])
        raise ValueError(f"There is no chaos profile {name!r}. Choose from: {known}.")
    if not colon:
        return name, MISFORTUNES[name] if name in MISFORTUNES else PROFILES[name][1]
    message = f"The rate of chaos profile {word.strip()!r} must be a number from 0 to 1, as in {name}:0.3."
    try:
        rate = float(text)
    except ValueError as problem:
        raise ValueError(message) from problem
    if not 0 <= rate <= 1:
        raise ValueError(message)
    return name, rate


class Faults:
    """Decides what goes wrong with each request; may be armed from any thread.

    `chaos` holds profiles such as `flaky`, `flaky:0.3` or `slow,dirty`; ValueError for unknown names and rates.
    """

    def __init__(self, seed: int, chaos: Iterable[str] = ()) -> None:
        self._seed = seed
        rates = dict(named(word) for words in chaos for word in words.split(","))
        self.misfortune = Misfortune(stuck=rates.get("stuck", 0.0), expired=rates.get("expired", 0.0))
        self._profiles = [(PROFILES[name][0], rate) for name, rate in rates.items() if name in PROFILES]
        self._armed: list[tuple[Fault, int]] = []
        self._number = 0
        self._seen: dict[str, int] = {}
        self._lock = Lock()

    def arm(self, fault: Fault) -> None:
        """Let `fault` happen to the next `fault.count` requests it matches; ValueError for what cannot."""
        if fault.count < 1:
            raise ValueError(f"count must be at least 1, not {fault.count}.")
        label = fault.name.partition(":")[0]
        if label in MISFORTUNES:
            raise ValueError(f"{label!r} happens to batches, not to requests: name it in `chaos` at the start.")
        if label in PROFILES:
            named(fault.name)
        with self._lock:
            self._armed.append((fault, fault.count))

    def disarm(self) -> None:
        """Forget what was armed; the profiles given at construction stay."""
        with self._lock:
            self._armed.clear()

    def next(self, method: str, path: str) -> Fault | None:
        """What goes wrong with this request, if anything: an armed fault and all profiles together."""
        with self._lock:
            occasion = Occasion(self._seed, self._number, method, path, self._seen.get(path, 0))
            self._number += 1
            if occasion.is_download:
                self._seen[path] = occasion.earlier + 1
            found: Fault | None = None
            for fault in self._happening(occasion):
                found = fault if found is None else combined(found, fault)
            return found

    def _happening(self, occasion: Occasion) -> Iterator[Fault]:
        armed = self._take_armed(occasion)
        if armed is not None:
            yield armed
        for profile, rate in self._profiles:
            fault = profile(occasion, rate)
            if fault is not None:
                # A test that arms a fault wants to meet that one.
                yield fault if armed is None else without_answer(fault)

    def _take_armed(self, occasion: Occasion) -> Fault | None:
        for place, (fault, left) in enumerate(self._armed):
            if fault.matches(occasion.method, occasion.path):
                self._armed[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                if fault.name.partition(":")[0] not in PROFILES:
                    return fault
                name, rate = named(fault.name)
                return PROFILES[name][0](occasion, rate)
        return None
