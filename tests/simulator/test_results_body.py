"""How results travel: compressed for those who ask."""

from __future__ import annotations

import gzip
import http.client
import zlib
from typing import TYPE_CHECKING

import pytest

from batch_tui.simulator import ManualClock, Simulator
from batch_tui.simulator.results_body import accepts_gzip
from tests.simulator.wire_client import BATCHES, HEADERS, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

WILLING = HEADERS | {"accept-encoding": "gzip, deflate"}


@pytest.fixture(scope="module")
def compressing() -> Iterator[Simulator]:
    """A simulator that compresses when asked."""
    with Simulator(now=ManualClock(), batches=20, live=False, gzip=True) as simulator:
        yield simulator


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5, br", True),
        ("gzip;q=1.0", True),
        ("br , gzip ; q=0.001", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000, br", False),
        ("x-gzipped", False),
    ],
)
def test_who_accepts_gzip(header: str, accepted: bool) -> None:
    """By name, unless its weight is zero."""
    assert accepts_gzip(header) is accepted


def test_results_are_compressed_when_asked(compressing: Simulator) -> None:
    """Smaller, the same inside, and other answers are left alone."""
    path = f"{BATCHES}/{compressing.past_batch_id(1)}/results"
    plain, packed = ask(compressing.url, "GET", path), ask(compressing.url, "GET", path, headers=WILLING)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"] == "application/x-jsonl"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2
    assert "content-encoding" not in ask(compressing.url, "GET", BATCHES, headers=WILLING).headers


def test_nothing_is_compressed_by_default(past: Simulator) -> None:
    """As recorded from the API."""
    answer = ask(past.url, "GET", f"{BATCHES}/{past.past_batch_id(1)}/results", headers=WILLING)
    assert "content-encoding" not in answer.headers
    assert "vary" not in answer.headers


def test_a_cut_compressed_body_has_no_end(compressing: Simulator) -> None:
    """What arrived can be read up to the cut; the stream says that it is not complete."""
    path = f"{BATCHES}/{compressing.past_batch_id(1)}/results"
    whole = ask(compressing.url, "GET", path).body
    compressing.arm(cut_results_after=20_000, clean_end=True)
    answer = ask(compressing.url, "GET", path, headers=WILLING)
    unpacking = zlib.decompressobj(31)
    assert unpacking.decompress(answer.body) == whole[:20_000]
    assert not unpacking.eof
    compressing.arm(cut_results_after=20_000)
    with pytest.raises(http.client.IncompleteRead):
        ask(compressing.url, "GET", path, headers=WILLING)


def test_a_proxy_compresses_too() -> None:
    """With the `proxy` profile, for the requests that it lets pass."""
    with Simulator(now=ManualClock(), batches=20, live=False, chaos=["proxy:0"]) as simulator:
        path = f"{BATCHES}/{simulator.past_batch_id(1)}/results"
        assert ask(simulator.url, "GET", path, headers=WILLING).headers["content-encoding"] == "gzip"
