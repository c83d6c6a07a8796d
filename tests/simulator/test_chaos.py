"""Chaos profiles: what each does, how often, and several at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.simulator import ManualClock, Simulator
from batch_tui.simulator.chaos import NOWHERE, SLOW_BYTES_PER_SECOND
from batch_tui.simulator.dirty_lines import HUGE, NOT_RESULTS
from tests.simulator.wire_client import BATCHES, ask, request_of, status_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulator.wire_client import Answer


class Pauses:
    """Stands in for sleeping; remembers how long each pause would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Do not wait."""
        self.seconds.append(seconds)


def troubled(chaos: Sequence[str], **options: Any) -> Simulator:
    """A small past and the trouble named."""
    merged: dict[str, Any] = {"now": ManualClock(), "batches": 20, "live": False, "chaos": chaos} | options
    return Simulator(**merged)


def results_path(simulator: Simulator, number: int = 1) -> str:
    """Where the results of a past batch are."""
    return f"{BATCHES}/{simulator.past_batch_id(number)}/results"


def records(body: bytes) -> list[dict[str, Any]]:
    """The result records among the lines of a body; everything else is skipped."""
    found = []
    for line in body.split(b"\n"):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and isinstance(value.get("custom_id"), str):
            found.append(value)
    return found


def _answered(simulator: Simulator, body: object) -> Answer | None:
    """The answer to a create, unless trouble came in between."""
    try:
        answer = ask(simulator.url, "POST", BATCHES, body)
    except ConnectionResetError:
        return None
    return answer if answer.status == 200 else None


def clean_body(number: int = 1) -> bytes:
    """The same results without trouble."""
    with troubled([]) as simulator:
        return ask(simulator.url, "GET", results_path(simulator, number)).body


@pytest.mark.parametrize("wrong", ["flaky:2", "flaky:-0.1", "flaky:", "slow:often", "stuck:nan"])
def test_a_rate_is_a_share(wrong: str) -> None:
    """The message names the profile and shows how a rate is written."""
    with pytest.raises(ValueError, match=rf"{wrong}.*from 0 to 1, as in {wrong.partition(':')[0]}:0.3"):
        Simulator(chaos=[wrong])


@pytest.mark.parametrize(("rate", "least", "most"), [("0", 0, 0), ("0.5", 60, 140), ("1", 200, 200)])
def test_the_rate_is_how_often_it_happens(rate: str, least: int, most: int) -> None:
    """Never, about every other time, always."""
    with troubled([f"flaky:{rate}"], batches=1) as simulator:
        failed = sum(status_of(simulator.url, "GET", BATCHES) != 200 for _ in range(200))
    assert least <= failed <= most


def test_a_rate_picks_the_same_downloads_every_time() -> None:
    """Some files trickle whenever they are asked for, the others never."""
    pauses = Pauses()
    with troubled(["slow:0.5"], sleep=pauses) as simulator:

        def trickled(number: int) -> bool:
            before = len(pauses.seconds)
            ask(simulator.url, "GET", results_path(simulator, number))
            return len(pauses.seconds) > before

        small = [0, 2, 4, 6, 8, 9, 10, 12]
        first = [trickled(number) for number in small]
        assert set(first) == {True, False}
        assert [trickled(number) for number in small] == first


def test_slow_results_trickle_in_torn_pieces() -> None:
    """Complete in the end, twenty pauses for each second of the pace."""
    pauses = Pauses()
    with troubled(["slow"], sleep=pauses) as simulator:
        body = ask(simulator.url, "GET", results_path(simulator)).body
        assert body == clean_body()
        assert sum(pauses.seconds) == pytest.approx(len(body) / SLOW_BYTES_PER_SECOND)
        assert max(pauses.seconds) <= 0.05
        pauses.seconds.clear()
        assert ask(simulator.url, "GET", BATCHES).status == 200
        assert pauses.seconds == []


def test_a_pace_can_be_armed_for_one_download() -> None:
    """The slower of two paces holds; the next request is for results, not for the list."""
    pauses = Pauses()
    with troubled([], sleep=pauses, results_bytes_per_second=10**6) as simulator:
        simulator.arm(results_bytes_per_second=10_000)
        ask(simulator.url, "GET", BATCHES)
        body = ask(simulator.url, "GET", results_path(simulator)).body
        assert sum(pauses.seconds) == pytest.approx(len(body) / 10_000)


def test_dirty_results_hold_every_record_among_the_dirt() -> None:
    """CRLF, blank lines, lines that are no JSON, raw line separators, one huge line, no Content-Type."""
    with troubled(["dirty:0.5"]) as simulator:
        answer = ask(simulator.url, "GET", results_path(simulator))
        again = ask(simulator.url, "GET", results_path(simulator))
    assert answer.body == again.body
    assert "content-type" not in answer.headers
    lines = answer.body.split(b"\n")
    assert any(line.endswith(b"}\r") for line in lines)
    assert any(not line.strip() for line in lines)
    assert set(NOT_RESULTS) <= set(lines)
    assert sum(len(line) > HUGE for line in lines) == 1
    assert any("\u2028".encode() in line and b"line\xe2\x80\xa8separator" in line for line in lines)
    clean = [json.loads(line) for line in clean_body().split(b"\n")]
    found = [(record["custom_id"], record["result"]) for record in records(answer.body)]
    assert found == [(record["custom_id"], record["result"]) for record in clean]


def test_dirt_is_only_in_results() -> None:
    """The list is as always."""
    with troubled(["dirty"]) as dirty, troubled([]) as clean:
        pages = [ask(each.url, "GET", BATCHES) for each in (dirty, clean)]
        assert pages[0].body.replace(dirty.url.encode(), clean.url.encode()) == pages[1].body
        assert pages[0].headers["content-type"] == "application/json"


def test_canceling_gets_stuck(clock: ManualClock) -> None:
    """Still canceling a week later, without results, neither to be deleted nor done; others end as usual."""
    with Simulator(now=clock, batches=3, chaos=["stuck"]) as simulator:
        ids = [
            ask(simulator.url, "POST", BATCHES, {"requests": [request_of(f"r{n}") for n in range(40)]}).json["id"]
            for _ in range(2)
        ]
        clock.advance(seconds=3)
        first = ask(simulator.url, "POST", f"{BATCHES}/{ids[0]}/cancel").json
        assert first["processing_status"] == "canceling"
        clock.advance(days=7)
        later = ask(simulator.url, "GET", f"{BATCHES}/{ids[0]}")
        assert later.json == first
        assert later.headers["retry-after"] == "10"
        assert ask(simulator.url, "DELETE", f"{BATCHES}/{ids[0]}").status == 400
        assert ask(simulator.url, "GET", f"{BATCHES}/{ids[0]}/results").status == 404
        assert ask(simulator.url, "GET", f"{BATCHES}/{ids[1]}").json["processing_status"] == "ended"
        page = ask(simulator.url, "GET", f"{BATCHES}?before_id={simulator.past_batch_id(0)}&limit=1000").json
        stuck = [batch for batch in page["data"] if batch["processing_status"] == "canceling"]
        # The one above, and the one that was canceling when the simulator started.
        assert len(stuck) == 2


def test_running_batches_run_into_their_expiry(clock: ManualClock) -> None:
    """Running until `expires_at`, then part of the requests is expired, in the counts as in the lines."""
    with Simulator(now=clock, batches=3, chaos=["expired"]) as simulator:
        requests = [request_of(f"r{n}") for n in range(40)] + [request_of("bad", model=None)]
        made = ask(simulator.url, "POST", BATCHES, {"requests": requests}).json
        running = ask(simulator.url, "GET", f"{BATCHES}?limit=8").json["data"]
        clock.advance(days=1, seconds=-1)
        path = f"{BATCHES}/{made['id']}"
        assert ask(simulator.url, "GET", path).json["processing_status"] == "in_progress"
        clock.advance(seconds=1)
        ended = ask(simulator.url, "GET", path).json
        assert ended["ended_at"] == ended["expires_at"]
        counts = ended["request_counts"]
        assert counts["expired"] > 0
        assert (counts["errored"], counts["canceled"], sum(counts.values())) == (1, 0, 41)
        lines = records(ask(simulator.url, "GET", f"{path}/results").body)
        for kind in ("succeeded", "errored", "expired"):
            assert sum(line["result"]["type"] == kind for line in lines) == counts[kind]
        for batch in running:
            if batch["processing_status"] == "in_progress" and batch["request_counts"]["processing"] != 300:
                after = ask(simulator.url, "GET", f"{BATCHES}/{batch['id']}").json
                assert after["request_counts"]["expired"] > 0


def test_a_share_of_the_batches_is_hit(clock: ManualClock) -> None:
    """Some expire, some end as always."""
    with Simulator(now=clock, batches=0, live=False, chaos=["expired:0.5"]) as simulator:
        for _ in range(30):
            ask(simulator.url, "POST", BATCHES, {"requests": [request_of("a"), request_of("b")]})
        clock.advance(hours=1)
        page = ask(simulator.url, "GET", f"{BATCHES}?limit=100").json["data"]
        running = sum(batch["processing_status"] == "in_progress" for batch in page)
        assert 5 < running < 25


@pytest.mark.parametrize("name", ["stuck", "expired:0.5"])
def test_what_happens_to_batches_cannot_be_armed(name: str) -> None:
    """It is said where it belongs, also over HTTP."""
    with troubled([]) as simulator:
        with pytest.raises(ValueError, match="at the start"):
            simulator.arm(name=name)
        answer = ask(simulator.url, "POST", "/__sim__/faults", {"name": name})
        assert answer.status == 400
        assert "at the start" in answer.json["error"]


def test_the_proxy_sends_some_requests_elsewhere() -> None:
    """To another origin on this machine, without any of the API's own headers."""
    with troubled(["proxy:1"]) as simulator:
        answers = [ask(simulator.url, "GET", f"{BATCHES}?limit=2") for _ in range(40)]
        redirects = [answer for answer in answers if answer.status == 307]
        assert redirects
        for answer in redirects:
            assert answer.headers["location"] == f"{NOWHERE}{BATCHES}?limit=2"
            assert "request-id" not in answer.headers
        assert all("location" not in answer.headers for answer in answers if answer.status != 307)


def test_a_redirect_to_a_second_simulator_can_be_armed() -> None:
    """So that a test can see whether a credential crosses."""
    with troubled([]) as home, troubled([]) as elsewhere:
        home.arm(redirect=elsewhere.url, status=308)
        answer = ask(home.url, "GET", results_path(home))
        assert answer.status == 308
        assert answer.headers["location"] == elsewhere.url + results_path(home)
        assert elsewhere.request_count == 0


def test_profiles_act_together() -> None:
    """A download can be dirty and cut while batches get lost; one answer fails in one way only."""
    with troubled(["lag", "cut,dirty:0.5", "flaky:0.3"]) as simulator:
        body = {"requests": [request_of("a")]}
        while (answer := _answered(simulator, body)) is None:
            continue
        statuses = {status_of(simulator.url, "GET", f"{BATCHES}/{answer.json['id']}") for _ in range(20)}
        assert 404 in statuses
        assert statuses & {0, 429, 500, 529}
        assert 200 not in statuses
    with troubled(["cut", "dirty:0.5"]) as simulator:
        simulator.arm(cut_results_after=3_000, clean_end=True)
        answer = ask(simulator.url, "GET", results_path(simulator))
        assert len(answer.body) == 3_000
        assert "content-type" not in answer.headers


def test_an_armed_answer_comes_before_those_of_profiles() -> None:
    """A test meets the fault it armed."""
    with troubled(["flaky:1", "proxy:1"]) as simulator:
        simulator.arm(cut_results_after=100, clean_end=True)
        answer = ask(simulator.url, "GET", results_path(simulator))
        assert (answer.status, len(answer.body)) == (200, 100)
        simulator.arm(status=413)
        assert ask(simulator.url, "GET", BATCHES).status == 413


@pytest.mark.parametrize(
    "wrong", [{"dirty": 1.5}, {"hostile": -1.0}, {"results_bytes_per_second": 0}, {"name": "flaky:7"}]
)
def test_faults_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    """When they are armed, from here and over HTTP."""
    with troubled([]) as simulator:
        with pytest.raises(ValueError, match=r"dirty|hostile|results_bytes_per_second|rate"):
            simulator.arm(**wrong)
        assert ask(simulator.url, "POST", "/__sim__/faults", wrong).status == 400
