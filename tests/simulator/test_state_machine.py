"""Random calls in random order, over simulated weeks: counts add up, instants are ordered, nothing goes backwards."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from batch_tui.simulator.account import Account
from batch_tui.simulator.chaos import Faults
from batch_tui.simulator.clock import ManualClock, ShiftedClock, instant
from batch_tui.simulator.misfortune import Misfortune
from batch_tui.simulator.request_log import RequestLog
from batch_tui.simulator.routes import Api, application
from tests.simulator.wire_client import BATCHES, HEADERS, request_of

ORIGIN = "http://simulator"
DAY = timedelta(days=1)
ALLOWED = {
    "in_progress": {"in_progress", "canceling", "ended"},
    "canceling": {"canceling", "ended"},
    "ended": {"ended"},
}
KINDS = ("succeeded", "errored", "canceled", "expired")


class Answer(NamedTuple):
    """Status, parsed JSON (None for results) and body."""

    status: int
    json: Any
    body: bytes


def moment(text: str | None) -> datetime | None:
    """A stamp of the wire as an instant."""
    return None if text is None else datetime.fromisoformat(text)


class BatchLives(RuleBasedStateMachine):
    """The whole application in this process, its clock in our hands; what was seen of each batch is remembered."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock()
        self.seen: dict[str, dict[str, Any]] = {}
        self.mine: dict[str, tuple[int, int]] = {}
        self.canceled: set[str] = set()
        self.deleted: set[str] = set()

    def teardown(self) -> None:
        """Threads that took requests in end with their loop."""
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    @initialize(
        seed=some.integers(0, 9),
        gradual=some.booleans(),
        live=some.booleans(),
        expired=some.sampled_from([0.0, 0.5]),
        target=ids,
    )
    def start(self, seed: int, gradual: bool, live: bool, expired: float) -> Any:
        """Another world each time; its newest batches join those that calls are made for."""
        self.log = RequestLog()
        now = instant(self.clock())
        account = Account(
            seed=seed, start=now, history=6, live=live, gradual=gradual, misfortune=Misfortune(expired=expired)
        )
        api = Api(account, origin=ORIGIN, most_bytes=10**6, sleep=asyncio.sleep)
        self.app = application(
            api,
            seed=seed,
            clock=ShiftedClock(self.clock),
            log=self.log,
            faults=Faults(seed),
            bucket=None,
            sleep=asyncio.sleep,
            reset=lambda scope: None,
        )
        self.gradual = gradual
        return multiple(*[batch["id"] for batch in self.ask("GET", BATCHES, "limit=9").json["data"]])

    def ask(self, method: str, path: str, query: str = "", body: object = None) -> Answer:
        """One request through the application, without a socket."""
        sent = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
        raw = {"path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": sent}
        scope: dict[str, Any] = {"type": "http", "method": method, "root_path": "", "client": None, **raw}
        payload = json.dumps(body).encode() if body is not None else b""
        status, parts, received = 0, [], False

        async def receive() -> dict[str, Any]:
            nonlocal received
            if received:  # A stream listens for the caller's leaving, and this caller stays.
                await asyncio.get_running_loop().create_future()
            received = True
            return {"type": "http.request", "body": payload, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            parts.append(message.get("body", b""))

        self.loop.run_until_complete(self.app(scope, receive, send))
        whole = b"".join(parts)
        return Answer(status, None if path.endswith("/results") and status == 200 else json.loads(whole), whole)

    def look(self, batch: dict[str, Any]) -> None:
        """Hold what the API says of a batch against the rules, and against what it said before."""
        now = self.clock()
        counts, status = batch["request_counts"], batch["processing_status"]
        total = sum(counts.values())
        assert min(counts.values()) >= 0
        assert (counts["processing"] == 0) == (status == "ended")
        created, expires = moment(batch["created_at"]), moment(batch["expires_at"])
        canceled, ended, archived = (moment(batch[f"{name}_at"]) for name in ("cancel_initiated", "ended", "archived"))
        assert created is not None
        assert expires == created + DAY
        assert (ended is not None) == (status == "ended")
        assert (canceled is not None) or status != "canceling"
        instants = [at for at in (created, canceled, ended, archived) if at is not None]
        assert instants == sorted(instants)
        assert ended is None or ended <= min(expires, now)
        assert archived == (created + 29 * DAY if now >= created + 29 * DAY else None)
        url = f"{ORIGIN}{BATCHES}/{batch['id']}/results"
        assert batch["results_url"] == (url if ended is not None and archived is None else None)
        if status != "ended" and not self.gradual:
            assert counts["processing"] == total

        before = self.seen.get(batch["id"])
        self.seen[batch["id"]] = batch
        if batch["id"] in self.mine:
            good, bad = self.mine[batch["id"]]
            assert total == good + bad
            assert (canceled is not None) == (batch["id"] in self.canceled)
            if ended is not None and canceled is None:
                assert counts["errored"] == bad
        if before is None:
            return
        assert status in ALLOWED[before["processing_status"]]
        assert total == sum(before["request_counts"].values())
        for name, value in before.items():
            if name.endswith("_at") and value is not None:
                assert batch[name] == value
        # What has an outcome keeps it.
        assert all(counts[kind] >= before["request_counts"][kind] for kind in KINDS)
        if before["processing_status"] == "ended":
            assert counts == before["request_counts"]

    @rule(target=ids, good=some.integers(0, 12), bad=some.integers(0, 4))
    def create(self, good: int, bad: int) -> Any:
        """Some requests that succeed, some that are errored once the batch runs; none at all is refused."""
        requests = [request_of(f"good-{n}") for n in range(good)] + [
            request_of(f"bad-{n}", model="x") for n in range(bad)
        ]
        answer = self.ask("POST", BATCHES, body={"requests": requests})
        if not requests:
            assert answer.status == 400
            return multiple()
        assert answer.status == 200
        batch = answer.json
        assert batch["id"] not in self.seen
        self.mine[batch["id"]] = good, bad
        assert batch["processing_status"] == "in_progress"
        self.look(batch)
        return batch["id"]

    @rule(seconds=some.sampled_from([0.5, 4, 9, 40, 700, 13_000, 86_400, 9 * 86_400, 30 * 86_400]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(seconds=seconds)

    @rule(batch_id=ids)
    def retrieve(self, batch_id: str) -> None:
        """A look at one batch."""
        answer = self.ask("GET", f"{BATCHES}/{batch_id}")
        assert answer.status == (404 if batch_id in self.deleted else 200)
        if answer.status == 200:
            self.look(answer.json)

    @rule(batch_id=ids)
    def cancel(self, batch_id: str) -> None:
        """Possible until the end; at once canceling; again and again without further effect."""
        if batch_id in self.deleted:
            assert self.ask("POST", f"{BATCHES}/{batch_id}/cancel").status == 404
            return
        before = self.ask("GET", f"{BATCHES}/{batch_id}").json
        answer = self.ask("POST", f"{BATCHES}/{batch_id}/cancel")
        assert answer.status == (400 if before["processing_status"] == "ended" else 200)
        if answer.status == 200:
            assert answer.json["processing_status"] == "canceling"
            assert answer.json["request_counts"] == before["request_counts"]
            self.canceled.add(batch_id)
            self.look(answer.json)

    @rule(batch_id=ids)
    def delete(self, batch_id: str) -> None:
        """Possible once, after the end."""
        known = self.ask("GET", f"{BATCHES}/{batch_id}")
        answer = self.ask("DELETE", f"{BATCHES}/{batch_id}")
        if batch_id in self.deleted:
            assert (known.status, answer.status) == (404, 404)
        elif known.json["processing_status"] == "ended":
            assert answer.json == {"id": batch_id, "type": "message_batch_deleted"}
            self.deleted.add(batch_id)
        else:
            assert answer.status == 400

    @rule(batch_id=ids)
    def results(self, batch_id: str) -> None:
        """There from the end until 29 days after creation; as many lines of each kind as counted, one per request."""
        known = self.ask("GET", f"{BATCHES}/{batch_id}")
        if known.status == 200 and sum(known.json["request_counts"].values()) > 3_000:
            return
        answer = self.ask("GET", f"{BATCHES}/{batch_id}/results")
        there = known.status == 200 and known.json["results_url"] is not None
        assert answer.status == (200 if there else 404)
        if not there:
            return
        lines = [json.loads(line) for line in answer.body.split(b"\n")]
        assert len({line["custom_id"] for line in lines}) == len(lines)
        counts = known.json["request_counts"]
        kinds = [line["result"]["type"] for line in lines]
        assert {kind: kinds.count(kind) for kind in KINDS} == {kind: counts[kind] for kind in KINDS}
        if batch_id in self.mine:
            good, bad = self.mine[batch_id]
            assert {line["custom_id"] for line in lines} == {f"good-{n}" for n in range(good)} | {
                f"bad-{n}" for n in range(bad)
            }

    @rule(limit=some.integers(1, 30))
    def read_the_list(self, limit: int) -> None:
        """Page by page, newest first, each batch once; every batch of ours that is not deleted, and no deleted one."""
        listed: list[dict[str, Any]] = []
        query, more = f"limit={limit}", True
        # Weeks of small arrivals are not paged through to their end: ours are looked for among the newest.
        while more and len(listed) < 60:
            page = self.ask("GET", BATCHES, query).json
            listed += page["data"]
            query, more = f"limit={limit}&after_id={page['last_id']}", page["has_more"]
        ids = [batch["id"] for batch in listed]
        assert len(set(ids)) == len(ids)
        assert not set(ids) & self.deleted
        stamps = [batch["created_at"] for batch in listed]
        assert stamps == sorted(stamps, reverse=True)
        for batch in listed:
            self.look(batch)
        reached = stamps[-1] if more else ""
        expected = {one for one in self.mine if self.seen[one]["created_at"] >= reached} - self.deleted
        assert expected <= set(ids)

    @invariant()
    def every_answer_is_one_of_the_apis(self) -> None:
        """Nothing is ever answered with a server error."""
        if self.seen:
            assert {served.status for served in self.log.read()[1]} <= {200, 400, 404}


BatchLives.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestBatchLives = BatchLives.TestCase
