"""The past: large, varied, ordered, and computed only where it is looked at."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from batch_tui.simulator import ManualClock, Simulator
from batch_tui.simulator.clock import DAY, HOUR
from batch_tui.simulator.history import History
from tests.simulator.wire_client import BATCHES, ask

START = 1_795_000_000_000_000


def test_the_past_is_ordered_and_ended() -> None:
    """From 26 hours to 60 days ago; nobody took longer than a day; ranks grow with time."""
    history = History(1, START, 5_000)
    plans = [history.plan(rank) for rank in range(5_000)]
    created = [plan.created for plan in plans]
    assert created == sorted(set(created))
    assert START - 60 * DAY <= created[0] < START - 55 * DAY
    assert START - 27 * HOUR < created[-1] <= START - 26 * HOUR
    assert all(plan.created < plan.ends <= plan.created + DAY for plan in plans)
    assert all(plan.ends == plan.created + DAY for plan in plans if plan.expired)


def test_sizes_and_endings_are_those_of_a_working_account() -> None:
    """Mostly 50 to 5,000 requests, mostly all succeeded, and some of everything else."""
    history = History(1, START, 2_000)
    plans = [history.plan(rank) for rank in range(2_000)]
    sizes = [plan.total for plan in plans]
    assert min(sizes) == 1
    assert max(sizes) == 100_000
    assert sum(50 <= size <= 5_000 for size in sizes) > 0.8 * len(sizes)
    endings = Counter(
        "expired"
        if plan.expired
        else "canceled"
        if plan.cancel_at
        else "errored"
        if not plan.succeeded
        else "mixed"
        if plan.errored
        else "clean"
        for plan in plans
    )
    assert endings["clean"] > 1_000
    assert min(endings.values()) > 20
    assert len(endings) == 5


def test_a_hundred_million_batches_cost_nothing() -> None:
    """Only a past that is never stored can be this long; its far end is one page away."""
    total = 100_000_000
    with Simulator(now=ManualClock(), batches=total, live=False) as simulator:
        for number in (0, total // 2, total - 6):
            cursor = simulator.past_batch_id(number)
            page = ask(simulator.url, "GET", f"{BATCHES}?limit=5&after_id={cursor}").json
            wanted = [simulator.past_batch_id(number + step) for step in range(1, 6)]
            assert [batch["id"] for batch in page["data"]] == wanted
        assert page["has_more"] is False


def test_paging_through_everything_meets_each_batch_once() -> None:
    """In the order of creation, and each batch's own page entry equals its retrieve."""
    seen: list[dict[str, Any]] = []
    with Simulator(now=ManualClock(), batches=4_321) as simulator:
        cursor, more = "", True
        while more:
            page = ask(simulator.url, "GET", f"{BATCHES}?limit=1000{cursor}").json
            seen += page["data"]
            cursor, more = f"&after_id={page['last_id']}", page["has_more"]
        for batch in seen[::431]:
            assert ask(simulator.url, "GET", f"{BATCHES}/{batch['id']}").json == batch
    assert len({batch["id"] for batch in seen}) == len(seen) == 4_321 + 7
    stamps = [batch["created_at"] for batch in seen]
    assert stamps == sorted(stamps, reverse=True)
    archived = [batch for batch in seen if batch["archived_at"]]
    assert 0 < len(archived) < len(seen)
    assert all(batch["results_url"] is None for batch in archived)
    now = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
    for batch in seen:
        old = now - datetime.fromisoformat(batch["created_at"]) >= timedelta(days=29)
        assert bool(batch["archived_at"]) is old


def test_seeds_differ_and_repeat() -> None:
    """The same seed gives the same bytes, another one others."""

    def page(seed: int) -> bytes:
        with Simulator(now=ManualClock(), seed=seed, batches=50) as simulator:
            return ask(simulator.url, "GET", f"{BATCHES}?limit=20").body.replace(simulator.url.encode(), b"")

    assert page(1) == page(1) != page(2)
