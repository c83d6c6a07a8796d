"""`wait` under a clock that only the test moves: outcomes, patience, the server's wishes, and what it puts up with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api import APIConnectionError, AuthenticationError, BatchClient
from batch_tui.settings import Settings
from batch_tui.simulator import ManualClock, Simulator
from batch_tui.verbs.session import Session
from batch_tui.verbs.waiting import Wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARAMS = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


class World:
    """A simulator, and waiting whose sleep moves its clock."""

    def __init__(self, simulator: Simulator, clock: ManualClock, directory: Path) -> None:
        self.simulator, self.clock = simulator, clock
        self.retries = 0
        self.sleeps: list[float] = []
        self.during: dict[int, Any] = {}
        """What happens in the sleep of that number."""
        self._start = clock()
        self.url = simulator.url
        self._directory = directory

    def client(self) -> BatchClient:
        return BatchClient(api_key="k", base_url=self.url, environ={}, max_retries=self.retries)

    def create(self, size: int = 3) -> str:
        with self.client() as client:
            requests = [{"custom_id": f"r{number}", "params": PARAMS} for number in range(size)]
            return client.messages.batches.create(requests=requests).id

    def _sleep(self, seconds: float) -> None:
        happens = self.during.get(len(self.sleeps))
        self.sleeps.append(seconds)
        assert len(self.sleeps) < 500, "waits for ever"
        if happens is not None:
            happens()
        self.clock.advance(seconds=seconds)

    def wait(self, *batch_ids: str, **options: Any) -> int:
        settings = Settings(base_url=self.url, cache_dir=self._directory)
        return Wait(
            Session(settings, self.client),
            batch_ids,
            sleep=self._sleep,
            monotonic=lambda: (self.clock() - self._start).total_seconds(),
            now=self.clock,
            **options,
        ).run()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = ManualClock()
    with Simulator(now=clock, batches=40, live=False) as simulator:
        yield World(simulator, clock, tmp_path)


def ended(world: World, *, well: bool) -> str:
    with world.client() as client:
        batches = client.messages.batches.list(limit=100).data
    return next(one.id for one in batches if (one.request_counts.succeeded == one.request_counts.total) == well)


def test_it_waits_until_the_end_and_prints_the_apis_object(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    batch_id = world.create()
    code = world.wait(batch_id, as_json=True)
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    assert (json.loads(line)["id"], json.loads(line)["processing_status"]) == (batch_id, "ended")
    failed = sum(json.loads(line)["request_counts"][kind] for kind in ("errored", "expired", "canceled"))
    assert code == (1 if failed else 0)
    assert err.startswith("0 of 1 batch ended, 3 requests in process, 0s\n")


@pytest.mark.parametrize(("well", "code"), [(True, 0), (False, 1)])
def test_the_outcome_is_the_exit_code_and_what_has_ended_is_not_waited_for(world: World, well: bool, code: int) -> None:
    assert world.wait(ended(world, well=well)) == code
    assert world.sleeps == []


def test_the_servers_wish_is_honoured_and_a_longer_pause_of_the_user_too(world: World) -> None:
    world.wait(world.create(), poll=1)
    assert set(world.sleeps) == {10.0}
    world.sleeps.clear()
    world.wait(world.create(), poll=30)
    assert set(world.sleeps) == {30.0}


def test_a_wish_of_a_refusal_is_honoured(world: World) -> None:
    batch_id = world.create(300)
    world.during[0] = lambda: world.simulator.arm(status=429, retry_after=77, count=1)
    world.wait(batch_id, poll=2)
    assert world.sleeps[:2] == [10.0, 77.0]


def test_one_that_the_server_chokes_on_does_not_keep_the_others_from_being_asked_about(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = ended(world, well=True), world.create(300)
    world.simulator.arm(status=500, path=bad, count=100)
    assert world.wait(bad, good, timeout=30, as_json=True) == 4
    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == [good]
    assert "The time is up: 1 batch not ended." in err


def test_no_try_is_made_behind_the_back_of_the_time(world: World) -> None:
    """The client would otherwise sleep as long as the server asks, again and again."""
    batch_id = world.create(300)
    world.retries = 5
    world.simulator.arm(status=429, retry_after=20, count=1)
    before = world.simulator.request_count
    assert world.wait(batch_id, timeout=2) == 4
    assert world.sleeps == [2.0]
    assert world.simulator.request_count - before == 2


def test_when_the_time_is_up_it_is_4_and_the_last_look_comes_then(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    batch_id = world.create(300)
    assert world.wait(batch_id, timeout=12, as_json=True) == 4
    assert world.sleeps == [10.0, 2.0]
    out, err = capsys.readouterr()
    assert json.loads(out)["processing_status"] == "in_progress"
    assert "The time is up: 1 batch not ended." in err


def test_several_are_waited_for_together_and_each_is_printed_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = world.create(), world.create(60)
    world.wait(first, second, first, as_json=True)
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == [first, second]


def test_a_new_batch_may_be_unknown_for_a_moment(world: World) -> None:
    batch_id = world.create()
    world.simulator.arm(status=404, path=batch_id, count=3)
    assert world.wait(batch_id) in (0, 1)
    world.sleeps.clear()
    assert world.wait("msgbatch_nobody") == 1
    assert 60 <= sum(world.sleeps) <= 90


def test_an_unknown_one_is_no_matter_of_time(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.wait("msgbatch_nobody", timeout=5) == 1
    assert "404" in capsys.readouterr().err


def test_trouble_that_passes_is_put_up_with_and_said(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    batch_id = world.create(300)
    world.during[0] = lambda: world.simulator.arm(status=529, count=4)
    assert world.wait(batch_id) in (0, 1)
    assert capsys.readouterr().err.count("Still waiting") == 4


def test_trouble_that_will_not_pass_ends_it(world: World) -> None:
    batch_id = world.create(300)
    world.during[1] = lambda: world.simulator.arm(status=401, count=1)
    with pytest.raises(AuthenticationError):
        world.wait(batch_id)
    assert len(world.sleeps) == 2


def test_a_server_that_never_was_there_is_not_waited_for_but_one_that_goes_is_for_a_while(world: World) -> None:
    batch_id = world.create(100_000)
    world.during[0] = lambda: world.simulator.__exit__(None, None, None)
    with pytest.raises(APIConnectionError):
        world.wait(batch_id, quiet=True)
    assert 900 < sum(world.sleeps) < 1000
    world.sleeps.clear()
    world.url = "http://127.0.0.1:9"
    with pytest.raises(APIConnectionError):
        world.wait(batch_id)
    assert world.sleeps == []
