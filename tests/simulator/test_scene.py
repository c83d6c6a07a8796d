"""What a person sees in the first minutes."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from batch_tui.simulator import ManualClock, Simulator
from tests.simulator.wire_client import BATCHES, ask

if TYPE_CHECKING:
    from collections.abc import Mapping


def recent(simulator: Simulator, limit: int = 40) -> dict[str, dict[str, Any]]:
    """The newest batches by id."""
    page = ask(simulator.url, "GET", f"{BATCHES}?limit={limit}").json
    return {batch["id"]: batch for batch in page["data"]}


def unfinished(batches: Mapping[str, dict[str, Any]]) -> set[str]:
    """Ids of those still running."""
    return {batch_id for batch_id, batch in batches.items() if batch["processing_status"] != "ended"}


def test_something_ends_every_little_while(simulator: Simulator, clock: ManualClock) -> None:
    """Seven at the start, one of them canceling; they end one after the other."""
    opening = recent(simulator)
    running = unfinished(opening)
    assert len(running) == 7
    assert [opening[one]["processing_status"] for one in running].count("canceling") == 1
    left = []
    passed = 0.0
    for moment in (16, 26, 36, 71, 151, 721, 3 * 3600 + 1):
        clock.advance(seconds=moment - passed)
        passed = moment
        left.append(len(running & unfinished(recent(simulator, 400))))
    assert left == [6, 5, 4, 3, 2, 1, 0]


def test_small_batches_keep_arriving(simulator: Simulator, clock: ManualClock) -> None:
    """Every 40 to 70 seconds a new one, gone from the running ones two minutes later."""
    before = recent(simulator)
    clock.advance(minutes=30)
    after = recent(simulator, 100)
    new = [batch for batch_id, batch in after.items() if batch_id not in before]
    arrivals = sorted(datetime.fromisoformat(batch["created_at"]) for batch in new)
    created_later = [at for at in arrivals if at > datetime.fromisoformat("2026-11-22T12:00:00+00:00")]
    gaps = [(b - a).total_seconds() for a, b in pairwise(created_later)]
    assert 25 <= len(created_later) <= 45
    assert 40 <= min(gaps) <= max(gaps) <= 70
    ended = [batch for batch in new if batch["ended_at"] and batch["created_at"] > "2026-11-22T12"]
    for batch in ended:
        took = datetime.fromisoformat(batch["ended_at"]) - datetime.fromisoformat(batch["created_at"])
        assert 30 <= took.total_seconds() <= 120
        assert sum(batch["request_counts"].values()) <= 200


def test_arrivals_and_posted_batches_share_one_order(simulator: Simulator, clock: ManualClock) -> None:
    """A batch created over HTTP stands where its instant puts it, from either side."""
    request = {"custom_id": "a", "params": {}}
    mine = []
    for _ in range(3):
        clock.advance(minutes=3)
        mine.append(ask(simulator.url, "POST", BATCHES, {"requests": [request]}).json["id"])
    clock.advance(minutes=3)
    listed = list(recent(simulator).values())
    stamps = [batch["created_at"] for batch in listed]
    assert stamps == sorted(stamps, reverse=True)
    ids = [batch["id"] for batch in listed]
    assert [one for one in ids if one in mine] == mine[::-1]
    for batch_id in mine:
        place = ids.index(batch_id)
        older = ask(simulator.url, "GET", f"{BATCHES}?limit=3&after_id={batch_id}").json["data"]
        newer = ask(simulator.url, "GET", f"{BATCHES}?limit=3&before_id={batch_id}").json["data"]
        assert [batch["id"] for batch in older] == ids[place + 1 : place + 4]
        assert [batch["id"] for batch in newer] == ids[place - 3 : place]


def test_a_running_batch_can_be_canceled(simulator: Simulator, clock: ManualClock) -> None:
    """Within ten seconds it has ended, part done and part canceled; its results agree."""
    batch_id = next(one for one, batch in recent(simulator).items() if sum(batch["request_counts"].values()) == 2_500)
    ask(simulator.url, "POST", f"{BATCHES}/{batch_id}/cancel")
    clock.advance(seconds=5.9)
    assert recent(simulator)[batch_id]["processing_status"] == "canceling"
    clock.advance(seconds=4.2)
    batch = recent(simulator)[batch_id]
    assert batch["processing_status"] == "ended"
    assert batch["request_counts"]["canceled"] > 0
    assert batch["request_counts"]["succeeded"] > 0
    body = ask(simulator.url, "GET", f"{BATCHES}/{batch_id}/results").body
    assert body.count(b'"result":{"type":"canceled"}') == batch["request_counts"]["canceled"]


def test_gradual_counts_move_and_always_add_up() -> None:
    """For those who want to see a bar move."""
    clock = ManualClock()
    with Simulator(now=clock, counts="gradual", batches=0) as simulator:
        totals = {one: sum(b["request_counts"].values()) for one, b in recent(simulator).items()}
        seen = []
        for _ in range(6):
            batches = recent(simulator)
            for one, total in totals.items():
                assert sum(batches[one]["request_counts"].values()) == total
            seen.append(sum(batches[one]["request_counts"]["succeeded"] for one in totals))
            clock.advance(seconds=20)
    assert seen == sorted(seen)
    assert len(set(seen)) == 6


def test_without_a_live_scene_nothing_moves(clock: ManualClock) -> None:
    """Only the finished past."""
    with Simulator(now=clock, live=False, batches=30) as simulator:
        first = recent(simulator)
        assert unfinished(first) == set()
        clock.advance(hours=5)
        assert recent(simulator) == first
